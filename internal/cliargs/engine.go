package cliargs

import (
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// A setting is a flag for urfave/cli, which sets its value.
type setting struct {
	flag    *Flag
	invalid *Flag // a flag whose value was refused, of all settings
}

func (s setting) String() string { return "" }

func (s setting) Set(value string) error {
	err := s.flag.set(value)
	if err != nil {
		*s.invalid = *s.flag
	}
	return err
}

// run lets urfave/cli find the command and set the values of its flags. It
// returns the command, or the flag whose value is invalid.
//
// The line was checked before, and is passed on in one form: long names, values
// behind "=", flags before arguments. What urfave/cli says of mistakes is not
// used: it is English text, which no program should read.
func (l line) run() (found *Command, invalid *typedFlag) {
	var refused Flag
	app := cli.NewApp()
	app.Name, app.HideHelp, app.HideVersion = l.root.Name, true, true
	app.Writer, app.ErrWriter = io.Discard, io.Discard
	app.ExitErrHandler = func(*cli.Context, error) {}
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return err }
	app.Action = func(*cli.Context) error { found = l.root; return nil }
	app.Flags = engineFlags(l.root.Flags, &refused)
	for _, c := range l.root.Commands {
		app.Commands = append(app.Commands, engineCommand(c, &found, &refused))
	}
	if err := app.Run(l.words()); err == nil {
		return found, nil
	}
	i := slices.IndexFunc(l.flags, func(f typedFlag) bool { return slices.Contains(refused.Names, f.name) })
	return nil, &l.flags[max(i, 0)]
}

func engineCommand(c *Command, found **Command, refused *Flag) *cli.Command {
	made := &cli.Command{Name: c.Name, HideHelp: true, Flags: engineFlags(c.Flags, refused),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action:       func(*cli.Context) error { *found = c; return nil }}
	for _, below := range c.Commands {
		made.Subcommands = append(made.Subcommands, engineCommand(below, found, refused))
	}
	return made
}

func engineFlags(flags []Flag, refused *Flag) []cli.Flag {
	var list []cli.Flag
	for i := range flags {
		if f := &flags[i]; f.set != nil {
			list = append(list, &cli.GenericFlag{Name: f.Names[0], Value: setting{f, refused}})
		}
	}
	return list
}

// words are the line in the form that urfave/cli reads: the flags of the program
// first, then the command with its own.
func (l line) words() []string {
	words := []string{l.root.Name}
	path := strings.Fields(l.called)[1:]
	var own []string
	for _, f := range l.flags {
		declared := l.flag(f.name)
		if declared.set == nil {
			continue
		}
		word := "--" + declared.Names[0] + "=" + f.text(declared)
		if l.command != l.root && l.command.Flag(f.name) != nil {
			own = append(own, word)
		} else {
			words = append(words, word)
		}
	}
	words = append(append(words, path...), own...)
	if len(l.arguments) > 0 {
		words = append(append(words, "--"), l.arguments...)
	}
	return words
}

// text is the value of a flag: a switch without one is on.
func (f typedFlag) text(declared *Flag) string {
	if declared.Kind == Switch && !f.inline {
		return "true"
	}
	return f.value
}
