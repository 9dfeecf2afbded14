package cliargs

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Flag is a flag as it is declared.
type Flag struct {
	Names       []string // without dashes, the long one first
	Placeholder string   // of the value; "" for a switch
	Usage       string   // what it is or does, without the placeholder
	Default     string   // for people; "" for none
	Category    string
	Hidden      bool // from help and completion
	Kind        Kind
	Values      Values

	set func(value string) error
}

// A Kind says what a flag takes.
type Kind int

const (
	Text     Kind = iota
	Switch        // no value, or one that strconv.ParseBool reads
	Number        // an integer
	Duration      // what time.ParseDuration reads
)

// Values are what a flag or an argument can be, as far as that is known. The
// zero value knows nothing.
type Values struct {
	Files bool     // names of files
	OneOf []string // exactly these
	Known []string // these, and others that are not known here
	List  bool     // several, separated by commas
	// Explain returns a hint about a value that is none of OneOf; "" for none.
	Explain func(value string) string
	// Look finds them, in the files that -f names where there are some.
	Look func(files []string) []Candidate
}

// declare returns a flag by its head, which is how help shows it: its names,
// the short one first, and the placeholder of its value, "-f, --file FILE".
func declare(head, usage string, kind Kind, set func(string) error) Flag {
	f := Flag{Usage: usage, Kind: kind, set: set}
	for strings.HasPrefix(head, "-") {
		var name string
		name, head, _ = strings.Cut(head, " ")
		f.Names = append(f.Names, strings.Trim(name, "-,"))
	}
	slices.Reverse(f.Names)
	f.Placeholder = head
	return f
}

// Bool declares a flag that is on or off.
func Bool(head, usage string, on *bool) Flag {
	return declare(head, usage, Switch, func(text string) (err error) {
		*on, err = strconv.ParseBool(text)
		return err
	})
}

// Value declares a flag with a value. What is there already is the default.
func Value[T string | int | time.Duration](head, usage string, value *T) Flag {
	kind, parse := parser[T]()
	return declare(head, usage, kind, func(text string) (err error) {
		*value, err = parse(text)
		return err
	})
}

// Optional declares a flag for which it matters whether it is given, since its
// zero value can be given too: the value stays nil without it.
func Optional[T string | int | time.Duration](head, usage string, value **T) Flag {
	kind, parse := parser[T]()
	return declare(head, usage, kind, func(text string) error {
		v, err := parse(text)
		*value = &v
		return err
	})
}

// List declares a flag that can be repeated.
func List(head, usage string, values *[]string) Flag {
	return declare(head, usage, Text, func(text string) error {
		*values = append(*values, text)
		return nil
	})
}

func parser[T string | int | time.Duration]() (Kind, func(string) (T, error)) {
	var parse any
	kind := Text
	switch any(*new(T)).(type) {
	case string:
		parse = func(text string) (string, error) { return text, nil }
	case int:
		kind = Number
		parse = func(text string) (int, error) {
			n, err := strconv.ParseInt(text, 0, strconv.IntSize)
			return int(n), err
		}
	case time.Duration:
		kind, parse = Duration, time.ParseDuration
	}
	return kind, parse.(func(string) (T, error))
}

// WithDefault returns the flag with what its help prints as the default.
func (f Flag) WithDefault(text string) Flag {
	f.Default = text
	return f
}

// With returns the flag with what is known of its values.
func (f Flag) With(v Values) Flag {
	f.Values = v
	return f
}

// Hide returns the flag without a place in help and completion.
func (f Flag) Hide() Flag {
	f.Hidden = true
	return f
}

// In puts flags into a category of the help.
func In(category string, flags ...Flag) []Flag {
	for i := range flags {
		flags[i].Category = category
	}
	return flags
}

// Strings returns the names of an enumeration.
func Strings[T ~string](values ...T) []string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	return names
}

// helpFlag is the long name of [Help].
const helpFlag = "help"

// Help is the flag of the program that prints the help of a command.
var Help = Flag{Names: []string{helpFlag, "h"}, Usage: "print help", Kind: Switch}
