package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/fleet"
)

// How a command reads its flags
//
// A command has one struct of options. Its fields are plain Go values, and its
// method flags() declares each flag once, with the field that it fills:
//
//	type whoOptions struct {
//		choiceOptions     // groups that several commands have (groups.go)
//		connectionOptions
//		outputOptions
//		adminsOnly bool
//		principals []string
//		most       *int // nil if the flag was not given
//	}
//
//	func (o *whoOptions) flags() []cli.Flag {
//		return join(o.locateFlags(), []cli.Flag{
//			boolFlag("admins-only", "Which", "only cluster admins", &o.adminsOnly),
//			listFlag("principal", "Which", "only this `PRINCIPAL`; repeatable", &o.principals),
//			&cli.IntFlag{Name: "most", Action: optional(&o.most)}, // where 0 differs from not given
//		}, o.connectionFlags(), []cli.Flag{o.outputFlag()})
//	}
//
//	func (o *whoOptions) rules() []rule {
//		return join(o.choiceRules(), []rule{{when: []string{"most"}, needs: []string{"admins-only"}}})
//	}
//
// rules() declares which flags exclude or require each other. The function
// command joins it all to a *cli.Command: it checks the rules and the values of
// the connection, limits the run to --timeout, and calls the action with a
// context and the command line. Arguments are refused before that where
// ArgsUsage is empty, see package cliargs. The action knows no *cli.Context.

// Options are what a command can be given.
type options interface {
	flags() []cli.Flag
	rules() []rule
}

// An action runs a command whose options have been filled and checked.
type action func(ctx context.Context, line invocation) error

// An invocation is what an action knows of its command besides the options.
type invocation struct {
	name    string   // of the command itself: "merge"
	command string   // as it is typed, without flags: "eksaccess plan merge"
	args    []string // that are no flags
	canSave bool     // the command has --save
}

// command completes a command by its options and its action.
func (p *program) command(c *cli.Command, o options, run action) *cli.Command {
	c.Flags = o.flags()
	c.Action = func(c *cli.Context) error {
		if err := checkRules(o.rules(), isGiven(c)); err != nil {
			return err
		}
		line, ctx := lineOf(c), c.Context
		if err := checkGroups(o, line); err != nil {
			return err
		}
		if connects, ok := o.(interface{ connection() *connectionOptions }); ok {
			if connects.connection().stats {
				p.statsForm = "text"
				if o, ok := o.(interface{ isMachine() bool }); ok && o.isMachine() {
					p.statsForm = "json"
				}
			}
			limited, cancel := connects.connection().limit(ctx)
			defer cancel()
			ctx = limited
		}
		return run(ctx, line)
	}
	return c
}

// checkGroups checks the values of the groups of flags that a command has, and
// completes them.
func checkGroups(o options, line invocation) error {
	if o, chooses := o.(interface{ choice() *fleet.Choice }); chooses {
		o.choice().Command = line.command
	}
	if o, prints := o.(interface{ parseOutput(invocation) error }); prints {
		if err := o.parseOutput(line); err != nil {
			return err
		}
	}
	if o, saves := o.(interface{ checkSave() error }); saves {
		if err := o.checkSave(); err != nil {
			return err
		}
	}
	if o, writes := o.(interface{ checkJournal() error }); writes {
		if err := o.checkJournal(); err != nil {
			return err
		}
	}
	if o, connects := o.(interface{ connection() *connectionOptions }); connects {
		return o.connection().check()
	}
	return nil
}

func lineOf(c *cli.Context) invocation {
	return invocation{
		name:    c.Command.Name,
		command: called(c),
		args:    c.Args().Slice(),
		canSave: slices.ContainsFunc(c.Command.Flags, func(f cli.Flag) bool { return f.Names()[0] == "save" }),
	}
}

// isGiven reports which flags are on the command line. A flag that is turned
// off, as in --kube=false, is not.
func isGiven(c *cli.Context) func(name string) bool {
	return func(name string) bool {
		if !c.IsSet(name) {
			return false
		}
		on, isSwitch := c.Value(name).(bool)
		return on || !isSwitch
	}
}

// A rule is what some flags mean for others. It applies where one of the flags
// when is given, or always where there are none.
type rule struct {
	when    []string
	without []string // none of these may be given
	needs   []string // one of these must be given

	// What is wrong, and what to do. "{when}" and "{other}" are the flag of
	// when and the one of without that were given. An empty message is "--A
	// cannot be combined with --B", or "--A requires --B".
	message, hint string
}

// checkRules returns the error of the first rule that is broken.
func checkRules(rules []rule, given func(string) bool) error {
	for _, r := range rules {
		if err := r.check(given); err != nil {
			return err
		}
	}
	return nil
}

func (r rule) check(given func(string) bool) error {
	first := func(names []string) string {
		if i := slices.IndexFunc(names, given); i >= 0 {
			return names[i]
		}
		return ""
	}
	when, other := first(r.when), first(r.without)
	broken := other != "" || len(r.needs) > 0 && first(r.needs) == ""
	if len(r.when) > 0 && when == "" || !broken {
		return nil
	}
	message, hint := r.message, r.hint
	if message == "" && len(r.needs) > 0 {
		message = fmt.Sprintf("--%s requires --%s", when, strings.Join(r.needs, " or --"))
	} else if message == "" {
		message = fmt.Sprintf("--%s cannot be combined with --%s", when, other)
	}
	if hint == "" && len(r.needs) == 0 {
		hint = "pass one of them"
	}
	fill := strings.NewReplacer("{when}", when, "{other}", other)
	err := fmt.Errorf("%s", fill.Replace(message))
	if hint == "" {
		return err
	}
	return withHint(err, fill.Replace(hint))
}

// optional is the Action of a flag for which it matters whether it was given,
// since its zero value can be given too: the field stays nil without it.
func optional[T any](field **T) func(*cli.Context, T) error {
	return func(_ *cli.Context, value T) error {
		*field = &value
		return nil
	}
}

// boolFlag is a flag that is on or off.
func boolFlag(name, category, usage string, on *bool) cli.Flag {
	return &cli.BoolFlag{Name: name, Category: category, Usage: usage, Destination: on, DisableDefaultText: true}
}

// textFlag is a flag with a value that is as good as not given when empty.
func textFlag(name, category, usage string, value *string) cli.Flag {
	return &cli.StringFlag{Name: name, Category: category, Usage: usage, Destination: value}
}

// optionalFlag is a flag with a value that may be empty; nil if not given.
func optionalFlag(name, category, usage string, value **string) cli.Flag {
	return &cli.StringFlag{Name: name, Category: category, Usage: usage, Action: optional(value)}
}

// listFlag is a flag that may be repeated.
func listFlag(name, category, usage string, values *[]string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Category: category, Usage: usage, Action: into(values)}
}

// valueOr is what a flag was given, or otherwise.
func valueOr[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}

// into is the Action of a flag that fills a field with what was given.
func into[T any](field *T) func(*cli.Context, T) error {
	return func(_ *cli.Context, value T) error {
		*field = value
		return nil
	}
}

// join returns all of several groups of flags or rules.
func join[T any](groups ...[]T) []T { return slices.Concat(groups...) }

// atLeast checks the value of a flag that takes a number.
func atLeast(least int, flag string, n int) error {
	if n < least {
		return fmt.Errorf("--%s=%d must be at least %d", flag, n, least)
	}
	return nil
}

// areMany is how often what can be named once is named: "none is", "2 are".
func areMany(n int) string {
	if n == 0 {
		return "none is"
	}
	return fmt.Sprintf("%d are", n)
}
