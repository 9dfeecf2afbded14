package cliargs

import (
	"slices"
	"strings"
)

// A Command is a command as it is declared. The root of the tree is the program.
type Command struct {
	Name      string
	Aliases   []string
	Usage     string // what it does, in one line
	Flags     []Flag
	Commands  []*Command
	Arguments *Values // what its arguments are; nil where it takes none

	Examples    string // command lines, one a line
	Description string
}

// A Flag is a flag as it is declared.
type Flag struct {
	Names       []string // without dashes, the long one first
	Placeholder string   // of the value; "" for a switch
	Usage       string
	Default     string // for people; "" for none
	Category    string
	Hidden      bool // from help and completion
	Kind        Kind
	Values      Values
}

// Help is the flag that every command has. Only the program itself lists it.
var Help = Flag{Names: []string{"help", "h"}, Usage: "show help", Kind: Switch}

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
	// Look finds them, in the files that -f names where it needs some.
	Look func(files []string) []Candidate
}

// command returns the command below c that has a name or an alias; nil for none.
func (c *Command) command(name string) *Command {
	for _, below := range c.Commands {
		if below.Name == name || slices.Contains(below.Aliases, name) {
			return below
		}
	}
	return nil
}

// flag returns the flag with a name, without dashes; nil for none.
func (c *Command) flag(name string) *Flag {
	for i := range c.Flags {
		if slices.Contains(c.Flags[i].Names, name) {
			return &c.Flags[i]
		}
	}
	return nil
}

// flagBelow returns the first flag with a name of the commands below c.
func (c *Command) flagBelow(name string) *Flag {
	for _, below := range c.Commands {
		if f := below.flag(name); f != nil {
			return f
		}
		if f := below.flagBelow(name); f != nil {
			return f
		}
	}
	return nil
}

// takesValue reports whether any command has a flag of that name that takes a
// value. A flag has one meaning in every command, so this is known without
// knowing the command.
func (c *Command) takesValue(name string) bool {
	f := c.flag(name)
	return f != nil && f.Kind != Switch ||
		slices.ContainsFunc(c.Commands, func(below *Command) bool { return below.takesValue(name) })
}

// A line is a command line, read.
type line struct {
	path      []string // the words that name the command, without the program
	called    string   // the command with its program, by their names
	command   *Command
	flags     []typedFlag
	arguments []string
}

// A typedFlag is a flag as typed.
type typedFlag struct {
	typed    string // with its dashes, and with its value after "="
	name     string // without dashes
	value    string
	inline   bool // the value is behind "="
	separate bool // the value is the next word
	cut      bool // the value is due, and there is no next word
}

// read takes a command line apart: args are the words after the program. A
// lone "-" is standard input, and everything behind "--" is an argument.
func read(root *Command, args []string) line {
	l := line{command: root, called: root.Name}
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		if word == "--" {
			l.arguments = append(l.arguments, args...)
			break
		}
		if len(word) < 2 || word[0] != '-' {
			l.arguments = append(l.arguments, word)
			continue
		}
		f := typedFlag{typed: word}
		f.name, f.value, f.inline = strings.Cut(strings.TrimLeft(word, "-"), "=")
		if !f.inline && root.takesValue(f.name) {
			if f.cut = len(args) == 0; !f.cut {
				f.separate, f.value, args = true, args[0], args[1:]
			}
		}
		l.flags = append(l.flags, f)
	}
	for len(l.arguments) > 0 {
		below := l.command.command(l.arguments[0])
		if below == nil {
			break
		}
		l.command, l.called = below, l.called+" "+below.Name
		l.path, l.arguments = append(l.path, l.arguments[0]), l.arguments[1:]
	}
	return l
}
