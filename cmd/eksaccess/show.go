package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
)

func (p *program) showCommand() *cli.Command {
	return &cli.Command{
		Name:  "show",
		Usage: "a saved plan, a result, a snapshot or a journal in any form, offline",
		UsageText: "eksaccess show plan.json\neksaccess show plan.json -o markdown\neksaccess show " +
			"snapshot.json\neksaccess show JOURNAL",
		ArgsUsage: "FILE",
		Flags:     []cli.Flag{outputFlag(render.Formats)},
		Action: func(c *cli.Context) error {
			f, err := format(c, render.Formats)
			if err != nil {
				return err
			}
			if c.Args().Len() != 1 {
				return withHint(errors.New("show takes exactly one file"), "eksaccess show plan.json")
			}
			return p.show(c.Args().First(), f)
		},
	}
}

func (p *program) show(name string, f render.Format) error {
	data, kind, err := p.saved(name)
	if err != nil {
		return err
	}
	switch kind {
	case plan.Kind:
		saved, err := run.ParsePlan(name, data)
		if err != nil {
			return err
		}
		return render.Plan(p.stdout, saved, p.drawing(f))
	case apply.Kind:
		var result apply.Result
		if err := json.Unmarshal(data, &result); err != nil {
			return fmt.Errorf("reading %q: %w", name, err)
		}
		return render.Result(p.stdout, &result, p.drawing(f))
	case journal.Kind:
		runs, err := journal.Parse(data)
		if err != nil {
			return fmt.Errorf("journal %q: %w", name, err)
		}
		return render.Journal(p.stdout, runs, p.drawing(f))
	case snapshot.Kind:
		taken, err := parseSnapshot(name, data)
		if err != nil {
			return err
		}
		return render.Snapshot(p.stdout, taken, p.drawing(f))
	}
	return withHint(
		fmt.Errorf(
			"%q is of kind %q; show knows %s, %s, %s and %s",
			name,
			kind,
			plan.Kind,
			apply.Kind,
			snapshot.Kind,
			journal.Kind,
		),
		"make one with: eksaccess plan -f FILE --save "+name,
	)
}
