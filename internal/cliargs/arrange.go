package cliargs

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/suggest"
)

// An Error is why a command line cannot be run, and what to type instead.
type Error struct {
	Message string
	Hints   []string
}

func (e *Error) Error() string { return e.Message }

// A Line is a command line that can be run.
type Line struct {
	Command *Command // the root where none is named
	Called  string   // the command with its program, by their names: "eksaccess plan"
	Help    bool     // its help is asked for

	// Words are the command, its flags but --help, and its arguments behind "--".
	Words []string
}

// Arrange checks a command line. Args are the words after the program, in
// whatever order they were typed: a library that stops reading flags at the
// first argument would take what follows for file names. Every flag of the
// result is one of the command, with a value that the flag can have; an error is
// an [*Error].
func Arrange(root *Command, args []string) (Line, error) {
	l := read(root, args)
	out := Line{Command: l.command, Called: l.called, Words: l.path}
	if n := len(l.flags); n > 0 && l.flags[n-1].cut {
		return out, l.wrong(fmt.Sprintf("flag %q needs a value", l.flags[n-1].typed))
	}
	if len(l.path) == 0 && len(l.arguments) > 0 { // before its flags, which need not be ours either
		return out, unknownCommand(root, l.arguments[0])
	}
	for _, f := range l.flags {
		if err := l.check(f); err != nil {
			return out, err
		}
		if slices.Contains(Help.Names, f.name) {
			on, _ := strconv.ParseBool(f.value)
			out.Help = on || !f.inline
			continue
		}
		out.Words = append(out.Words, f.typed)
		if f.separate {
			out.Words = append(out.Words, f.value)
		}
	}
	if len(l.arguments) > 0 {
		if l.command.Arguments == nil && !out.Help {
			return out, l.unexpected(l.arguments[0])
		}
		out.Words = append(append(out.Words, "--"), l.arguments...)
	}
	return out, nil
}

// wrong is an error that the help of the command answers.
func (l line) wrong(message string) *Error {
	return &Error{Message: message, Hints: []string{l.called + " --help"}}
}

// check checks one flag against what the command declares.
func (l line) check(f typedFlag) error {
	dashes := len(f.typed) - len(strings.TrimLeft(f.typed, "-"))
	if dashes > 2 || f.name == "" {
		return l.wrong("bad flag syntax: " + f.typed)
	}
	declared := l.command.flag(f.name)
	if declared == nil {
		return l.unknownFlag(f.name)
	}
	if !f.inline && !f.separate || declared.Kind.check(f.value) == nil {
		return nil
	}
	quoted := strconv.Quote(f.value)
	err := l.wrong(fmt.Sprintf("--%s=%s can't be read", f.name, quoted[1:len(quoted)-1]))
	if declared.Kind == Duration {
		err.Hints = []string{"a time has a unit: 90s, 30m, 1h"}
	}
	return err
}

func (k Kind) check(value string) error {
	var err error
	switch k {
	case Text:
	case Switch:
		_, err = strconv.ParseBool(value)
	case Number:
		_, err = strconv.ParseInt(value, 0, strconv.IntSize)
	case Duration:
		_, err = time.ParseDuration(value)
	default:
		err = errors.ErrUnsupported
	}
	return err
}

func (l line) unknownFlag(name string) error {
	err := l.wrong(fmt.Sprintf("unknown flag %q", strings.Repeat("-", min(len(name), 2))+name))
	var names []string
	for _, f := range l.command.Flags {
		names = append(names, f.Names...)
	}
	if near, ok := suggest.Nearest(name, names); ok {
		err.Hints = append([]string{fmt.Sprintf("did you mean %q?", "--"+near)}, err.Hints...)
	}
	return err
}

// unexpected is about an argument of a command that takes none.
func (l line) unexpected(arg string) error {
	err := l.wrong(fmt.Sprintf("unexpected argument %q", arg))
	var names, all []string
	for _, c := range l.command.Commands {
		names, all = append(append(names, c.Name), c.Aliases...), append(all, l.called+" "+c.Name)
	}
	near, isNear := suggest.Nearest(arg, names)
	takesFile := l.command.flag("file") != nil
	if len(all) > 0 && !takesFile { // it does nothing but what is below it
		err.Message = fmt.Sprintf("%s does not know %q", l.command.Name, arg)
		err.Hints = []string{strings.Join(all, ", ")}
	}
	switch {
	case isNear:
		err.Hints = []string{fmt.Sprintf("did you mean %q?", l.called+" "+near)}
	case takesFile && l.command.flag("selector") == nil: // one cluster, and a file is a detour to it
		err.Hints = []string{fmt.Sprintf("a cluster is named with --cluster: %s --cluster %s", l.called, arg)}
	case takesFile:
		err.Hints = []string{fmt.Sprintf("files are named with -f: %s -f %s", l.called, arg)}
	}
	return err
}

func unknownCommand(root *Command, typed string) error {
	var names []string
	for _, c := range root.Commands {
		names = append(append(names, c.Name), c.Aliases...)
	}
	hint := root.Name + " --help"
	if near := suggest.DidYouMean(typed, names); near != "" {
		hint = near
	}
	return &Error{Message: fmt.Sprintf("unknown command %q", typed), Hints: []string{hint}}
}
