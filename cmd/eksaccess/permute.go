package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// permute puts the command first, then its flags, then its arguments, in
// whatever order they were typed: the cli library stops reading flags at the
// first argument and would take what follows for file names. A flag has one
// meaning in every command, so whether it takes a value is known without
// knowing the command.
func permute(app *cli.App, args []string) ([]string, error) {
	if len(args) == 0 {
		return []string{app.Name}, nil
	}
	takes := map[string]bool{}
	collectValueFlags(takes, app.Flags, app.Commands)
	var flags, words []string
	rest := args[1:]
	for len(rest) > 0 {
		a := rest[0]
		rest = rest[1:]
		if a == "--" {
			words = append(words, rest...)
			break
		}
		if len(a) < 2 || a[0] != '-' { // a lone "-" is standard input
			words = append(words, a)
			continue
		}
		flags = append(flags, a)
		if name, _, inline := strings.Cut(strings.TrimLeft(a, "-"), "="); takes[name] && !inline {
			if len(rest) == 0 {
				return nil, withHint(fmt.Errorf("flag %q needs a value", a), helpOf(app.Commands, words))
			}
			flags, rest = append(flags, rest[0]), rest[1:]
		}
	}
	path, words := commandPath(app.Commands, words)
	out := append([]string{args[0]}, path...)
	if len(path) == 0 && len(words) > 0 {
		return nil, unknownCommand(app, words[0]) // before its flags, which need not be ours either
	}
	out = append(out, flags...)
	if len(words) > 0 {
		out = append(append(out, "--"), words...)
	}
	return out, nil
}

// commandPath splits words into those that name a command and the rest.
func commandPath(commands []*cli.Command, words []string) (path, rest []string) {
	for len(words) > 0 {
		cmd := named(commands, words[0])
		if cmd == nil {
			break
		}
		path, words, commands = append(path, words[0]), words[1:], cmd.Subcommands
	}
	return path, words
}

// helpOf is the command line that explains the command that words begin with.
func helpOf(commands []*cli.Command, words []string) string {
	path, _ := commandPath(commands, words)
	return strings.Join(append(append([]string{"eksaccess"}, path...), "--help"), " ")
}

func collectValueFlags(takes map[string]bool, flags []cli.Flag, commands []*cli.Command) {
	for _, f := range flags {
		if _, boolean := f.(*cli.BoolFlag); !boolean {
			for _, n := range f.Names() {
				takes[n] = true
			}
		}
	}
	for _, c := range commands {
		collectValueFlags(takes, c.Flags, c.Subcommands)
	}
}

func named(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}
