package cliargs

import (
	"context"
	"slices"
	"strings"
)

// A Command is a command as it is declared. The root of the tree is the
// program; every command has its flags too.
type Command struct {
	Name      string
	Aliases   []string
	Group     string // in the help of the program
	Usage     string // what it does, in one line
	Flags     []Flag
	Rules     []Rule
	Commands  []*Command
	Arguments *Values // what its arguments are; nil if it takes none

	Examples    string // command lines, one a line
	Description string

	// Run carries it out.
	Run func(context.Context, Line) error

	Foreign []Foreign // flags of other tools; of the program only
}

// A Foreign is a flag of other tools, and what to use here instead.
type Foreign struct {
	Name string // without dashes
	For  string // the command, or a flag of the commands, that the hint is for
	Hint string
}

// Walk calls visit for the command and all below it.
func (c *Command) Walk(visit func(*Command)) {
	visit(c)
	for _, below := range c.Commands {
		below.Walk(visit)
	}
}

// Command returns the command below c that has a name or an alias; nil for none.
func (c *Command) Command(name string) *Command {
	for _, below := range c.Commands {
		if below.Name == name || slices.Contains(below.Aliases, name) {
			return below
		}
	}
	return nil
}

// Flag returns the flag with a name, without dashes; nil for none.
func (c *Command) Flag(name string) *Flag {
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
		if f := below.Flag(name); f != nil {
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
	f := c.Flag(name)
	return f != nil && f.Kind != Switch ||
		slices.ContainsFunc(c.Commands, func(below *Command) bool { return below.takesValue(name) })
}

// A line is a command line, read.
type line struct {
	root      *Command
	called    string // the command with its program, by their names
	command   *Command
	flags     []typedFlag
	arguments []string
	help      bool // by the word help
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

// helpWord can stand in place of a command before it, and behind a command that
// takes no arguments.
const helpWord = "help"

// read takes a command line apart: args are the words after the program. A
// lone "-" is standard input, and everything behind "--" is an argument.
func read(root *Command, args []string) line {
	l := line{root: root, command: root, called: root.Name}
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
	if len(l.arguments) > 0 && l.arguments[0] == helpWord {
		l.help, l.arguments = true, l.arguments[1:]
	}
	for len(l.arguments) > 0 {
		below := l.command.Command(l.arguments[0])
		if below == nil {
			break
		}
		l.command, l.called, l.arguments = below, l.called+" "+below.Name, l.arguments[1:]
	}
	if len(l.arguments) == 1 && l.arguments[0] == helpWord && l.command.Arguments == nil {
		l.help, l.arguments = true, nil
	}
	return l
}

// flag returns a flag of the command, or one of the program, which all commands
// have; nil for none.
func (l line) flag(name string) *Flag {
	if f := l.command.Flag(name); f != nil {
		return f
	}
	return l.root.Flag(name)
}
