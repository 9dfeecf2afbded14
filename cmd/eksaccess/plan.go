package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
)

// planCommandOptions are the flags of plan.
type planCommandOptions struct {
	choiceOptions
	planOptions
	connectionOptions
	outputOptions
	shardOption
	saveOption
	detailedOption
	declaredOnly bool
}

func (o *planCommandOptions) flags() []cli.Flag {
	return join(o.fileFlags(), []cli.Flag{o.shardFlag()}, o.planFlags(), o.connectionFlags(), []cli.Flag{
		o.snapshotFlag(), o.outputFlag(),
		o.saveFlag("keep the plan in `FILE`, for show and apply --plan"),
		boolFlag("declared-only", "",
			"read only what is declared: nothing is said of unmanaged or owned entries", &o.declaredOnly),
		o.detailedFlag(),
	})
}

func (o *planCommandOptions) rules() []rule {
	return join(o.fileRules(), o.planRules(), []rule{{
		when:    []string{"snapshot"},
		without: []string{"declared-only"},
		message: "--declared-only is about what is read, and a snapshot was read already",
		hint:    "leave out --declared-only",
	}})
}

func (p *program) planCommand() *cli.Command {
	o := &planCommandOptions{outputOptions: outputOptions{forms: render.Formats}}
	return p.command(&cli.Command{
		Name:    "plan",
		Aliases: []string{"diff"},
		Usage:   "what would change, and why; changes nothing",
		UsageText: "eksaccess plan -f clusters.yaml\n" +
			"eksaccess plan -f clusters.yaml --detailed-exitcode   # in CI: exit code 2 where access has drifted\n" +
			"eksaccess plan -f clusters.yaml --save plan.json      # review it, then: eksaccess apply --plan plan.json",
		Subcommands: []*cli.Command{p.planMergeCommand()},
	}, o, func(ctx context.Context, line invocation) error {
		f, err := o.format(line)
		if err != nil {
			return err
		}
		if err := o.checkSave("the plan"); err != nil {
			return err
		}
		options, err := o.options()
		if err != nil {
			return err
		}
		shard, err := o.part()
		if err != nil {
			return err
		}
		p.noteReason(&o.planOptions)
		r := p.newRun(p.openFleet(&o.connectionOptions, o.kubeOptions), options, journalOptions{}, 0)
		targets, err := r.Plan(ctx, run.Request{Choice: o.Choice, Shard: shard, DeclaredOnly: o.declaredOnly})
		if err != nil {
			return err
		}
		made := r.PlanOf(targets)
		if err := render.Plan(p.stdout, made, p.drawing(f)); err != nil {
			return err
		}
		if err := o.saveTo("the plan", func(w io.Writer) error { return render.JSON(w, made) }); err != nil {
			return err
		}
		return p.stoppedOutcome(ctx, planOutcome(made, o.detailed))
	})
}

// planOutcome is the exit code of a plan, as an error.
func planOutcome(p *plan.Plan, detailed bool) error {
	s := p.Summary
	switch {
	case s.Failed > 0:
		var failures []render.Failure
		for _, c := range p.Clusters {
			if c.Status == plan.Failed {
				failures = append(failures, failureIn(c.Account, c.Region, c.Name, c.Error))
			}
		}
		return failedOutcome("plan failed", failures, s.Clusters)
	case s.Refused > 0:
		var guards []plan.Guard
		for _, c := range p.Clusters {
			guards = append(guards, c.Guards...)
		}
		return refusedOutcome(guards, s.Refused, s.Clusters)
	case detailed && (s.Create+s.Update+s.Replace+s.Rekey+s.Delete+s.ModeChanges+s.Unmanaged+s.LeftOut > 0):
		return differences
	}
	return nil
}
