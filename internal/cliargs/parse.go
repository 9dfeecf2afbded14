package cliargs

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
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
	Command   *Command // the root if none is named
	Called    string   // the command with its program, by their names: "eksaccess plan"
	Arguments []string
	Help      bool            // its help is asked for
	Given     map[string]bool // the flags, by their long names, but for switches that are turned off
}

// Parse reads a command line, checks it, and sets the flags of its command. Args
// are the words after the program; flags and arguments come in any order. An
// error is an [*Error].
func Parse(root *Command, args []string) (Line, error) {
	l := read(root, args)
	out := Line{Command: l.command, Called: l.called, Arguments: l.arguments, Help: l.help}
	if n := len(l.flags); n > 0 && l.flags[n-1].cut {
		return out, l.wrong(fmt.Sprintf("flag %q needs a value", l.flags[n-1].typed))
	}
	if l.command == root && len(l.arguments) > 0 { // before its flags, which need not be ours either
		return out, unknownCommand(root, l.arguments[0])
	}
	out.Given = map[string]bool{}
	for _, f := range l.flags {
		declared, err := l.check(f)
		switch {
		case err != nil:
			return out, err
		case declared.Names[0] == helpFlag:
			out.Help = f.isOn()
		default:
			out.Given[declared.Names[0]] = declared.Kind != Switch || f.isOn()
		}
	}
	found, invalid := l.run()
	if invalid != nil {
		return out, l.invalid(*invalid)
	}
	if out.Command = found; out.Help {
		return out, nil
	}
	if len(l.arguments) > 0 && l.command.Arguments == nil {
		return out, l.unexpectedArgument(l.arguments[0])
	}
	for _, r := range l.command.Rules {
		if err := r.check(l, out.Given); err != nil {
			return out, err
		}
	}
	return out, nil
}

// isOn reports whether a switch is turned on.
func (f typedFlag) isOn() bool {
	on, _ := strconv.ParseBool(f.value)
	return on || !f.inline
}

// wrong is an error that the help of the command answers.
func (l line) wrong(message string) *Error {
	return &Error{Message: message, Hints: []string{l.called + " --help"}}
}

// check returns what the command declares of a flag.
func (l line) check(f typedFlag) (*Flag, error) {
	dashes := len(f.typed) - len(strings.TrimLeft(f.typed, "-"))
	if dashes > 2 || f.name == "" {
		return nil, l.wrong("invalid flag syntax: " + f.typed)
	}
	declared := l.flag(f.name)
	if declared == nil {
		return nil, l.unknownFlag(f.name)
	}
	if oneOf := declared.Values.OneOf; oneOf != nil && !slices.Contains(oneOf, f.value) {
		return nil, l.noneOf(f, declared.Values)
	}
	return declared, nil
}

// invalid is about a value that its flag cannot have.
func (l line) invalid(f typedFlag) error {
	declared := l.flag(f.name)
	wants := map[Kind]string{Switch: "true or false", Number: "a whole number", Duration: "a number with a unit"}
	err := l.wrong(fmt.Sprintf("invalid value %q of %s: want %s", f.text(declared), withDashes(f.name),
		wants[declared.Kind]))
	if declared.Kind == Duration {
		err.Hints = []string{"write a duration like 90s, 30m or 4h"}
	}
	return err
}

// noneOf is about a value that is not in an enumeration.
func (l line) noneOf(f typedFlag, values Values) error {
	err := l.wrong(fmt.Sprintf("invalid value %q of %s: want %s", f.value, withDashes(f.name), phrase.Or(values.OneOf)))
	hint := suggest.DidYouMean(f.value, values.OneOf)
	if values.Explain != nil {
		hint = cmp.Or(hint, values.Explain(f.value))
	}
	if hint != "" {
		err.Hints = []string{hint}
	}
	return err
}

func (l line) unknownFlag(name string) error {
	err := l.wrong(fmt.Sprintf("unknown flag %q", withDashes(name)))
	for _, f := range l.root.Foreign {
		if f.Name == name && (f.For == l.command.Name || l.command.Flag(f.For) != nil) {
			err.Hints = []string{f.Hint, err.Hints[0]}
			return err
		}
	}
	var names []string
	for _, f := range slices.Concat(l.command.Flags, l.root.Flags) {
		names = append(names, f.Names...)
	}
	if near, ok := suggest.Nearest(name, names); ok {
		err.Hints = append([]string{fmt.Sprintf("did you mean %q?", "--"+near)}, err.Hints...)
	}
	return err
}

// unexpectedArgument is about an argument of a command that takes none.
func (l line) unexpectedArgument(arg string) error {
	err := l.wrong(fmt.Sprintf("unexpected argument %q", arg))
	var names, all []string
	for _, c := range l.command.Commands {
		names, all = append(append(names, c.Name), c.Aliases...), append(all, l.called+" "+c.Name)
	}
	near, isNear := suggest.Nearest(arg, names)
	takesFile := l.command.Flag("file") != nil
	if len(all) > 0 && !takesFile { // it does nothing but what is below it
		err.Message = fmt.Sprintf("unknown command %q", strings.TrimPrefix(l.called, l.root.Name+" ")+" "+arg)
		err.Hints = []string{strings.Join(all, ", ")}
	}
	switch {
	case isNear:
		err.Hints = []string{fmt.Sprintf("did you mean %q?", l.called+" "+near)}
	case takesFile && l.command.Flag("selector") == nil: // one cluster, and a file is a detour to it
		err.Hints = []string{l.called + " --cluster " + arg}
	case takesFile:
		err.Hints = []string{l.called + " -f " + arg}
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
