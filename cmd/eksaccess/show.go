package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/saved"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
)

// showOptions are the flags of show.
type showOptions struct{ outputOptions }

func (o *showOptions) flags() []cli.Flag { return []cli.Flag{o.outputFlag()} }
func (o *showOptions) rules() []rule     { return nil }

func (p *program) showCommand() *cli.Command {
	o := &showOptions{outputOptions{forms: render.Formats}}
	return p.command(&cli.Command{
		Name:  "show",
		Usage: "a saved plan, a result, a snapshot or a journal in any form, offline",
		UsageText: "eksaccess show plan.json\neksaccess show plan.json -o markdown\neksaccess show " +
			"snapshot.json\neksaccess show JOURNAL",
		ArgsUsage: "FILE",
	}, o, func(_ context.Context, line invocation) error {
		if len(line.args) != 1 {
			return withHint(errors.New("show takes exactly one file"), "eksaccess show plan.json")
		}
		file, err := saved.Open(line.args[0], p.stdin)
		if err != nil {
			return err
		}
		return p.show(file, p.drawing(o.format))
	})
}

func (p *program) show(file saved.File, opts render.Options) error {
	switch file.Kind {
	case plan.Kind:
		made, err := file.Plan()
		if err != nil {
			return err
		}
		return render.Plan(p.stdout, made, opts)
	case apply.Kind:
		result, err := file.Result()
		if err != nil {
			return err
		}
		return render.Result(p.stdout, result, opts)
	case journal.Kind:
		runs, err := file.Journal()
		if err != nil {
			return err
		}
		return render.Journal(p.stdout, runs, opts)
	case snapshot.Kind:
		taken, err := file.Snapshot()
		if err != nil {
			return err
		}
		return render.Snapshot(p.stdout, taken, opts)
	}
	return withHint(
		fmt.Errorf("%q is of kind %q; show knows %s, %s, %s and %s", file.Name, file.Kind,
			plan.Kind, apply.Kind, snapshot.Kind, journal.Kind),
		"make one with: eksaccess plan -f FILE --save "+file.Name,
	)
}
