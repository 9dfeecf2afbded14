package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/saved"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
)

// showOptions are the flags of show.
type showOptions struct{ outputOptions }

func (o *showOptions) flags() []cliargs.Flag { return cliargs.In(outputCategory, o.outputFlag()) }
func (o *showOptions) rules() []cliargs.Rule { return nil }

func (p *program) showCommand() *cliargs.Command {
	o := &showOptions{outputOptions{forms: render.Formats}}
	return p.command(&cliargs.Command{
		Name:  "show",
		Group: daily,
		Usage: "print a saved plan, result, snapshot or journal",
		Examples: "eksaccess show plan.json\n" +
			"eksaccess show plan.json -o markdown\n" +
			"eksaccess show snapshot.json\n" +
			"eksaccess show JOURNAL",
		Arguments: &aFile,
	}, o, func(_ context.Context, line cliargs.Line) error {
		if len(line.Arguments) != 1 {
			return withHint(errors.New("show requires one file"), "eksaccess show plan.json")
		}
		file, err := saved.Open(line.Arguments[0], p.stdin)
		if err != nil {
			return err
		}
		return p.show(file, p.drawing(o.format()))
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
		fmt.Errorf("kind of %q is %q: want %s, %s, %s or %s", file.Name, file.Kind,
			plan.Kind, apply.Kind, snapshot.Kind, journal.Kind),
		"save a plan: eksaccess plan -f FILE --save "+file.Name,
	)
}
