package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/internal/saved"
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
	o := &planCommandOptions{
		outputOptions: outputOptions{forms: render.Formats},
		saveOption:    saveOption{what: "the plan"},
	}
	return p.command(&cli.Command{
		Name:    "plan",
		Aliases: []string{"diff"},
		Usage:   "what would change, and why; changes nothing",
		UsageText: "eksaccess plan -f clusters.yaml\n" +
			"eksaccess plan -f clusters.yaml --detailed-exitcode   # in CI: exit code 2 where access has drifted\n" +
			"eksaccess plan -f clusters.yaml --save plan.json      # review it, then: eksaccess apply --plan plan.json",
		Subcommands: []*cli.Command{p.planMergeCommand()},
	}, o, func(ctx context.Context, _ invocation) error {
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
		if err := render.Plan(p.stdout, made, p.drawing(o.format)); err != nil {
			return err
		}
		if err := o.saveTo(func(w io.Writer) error { return render.JSON(w, made) }); err != nil {
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

// mergeOptions are the flags of plan merge.
type mergeOptions struct {
	outputOptions
	saveOption
	detailedOption
}

func (o *mergeOptions) flags() []cli.Flag {
	return []cli.Flag{
		o.outputFlag(),
		o.saveFlag("keep the whole plan in `FILE`, for show and apply --plan"),
		o.detailedFlag(),
	}
}

func (o *mergeOptions) rules() []rule { return nil }

func (p *program) planMergeCommand() *cli.Command {
	o := &mergeOptions{
		outputOptions: outputOptions{forms: render.Formats},
		saveOption:    saveOption{what: "the plan"},
	}
	return p.command(&cli.Command{
		Name:      "merge",
		Usage:     "join the saved plans of parts of a fleet into one report, with one exit code",
		ArgsUsage: "FILE…",
		UsageText: "eksaccess plan merge shard-*.json\n" +
			"eksaccess plan merge shard-*.json -o markdown --detailed-exitcode",
		Description: "The parts are of a run with --shard on each machine, or of different selections.\n" +
			"No cluster may be in two. If a shard is missing, the others are shown, and the exit code is 5.",
	}, o, func(_ context.Context, line invocation) error {
		if len(line.args) == 0 {
			return withHint(errors.New("no plan is named"),
				"make parts with: eksaccess plan -f FILE --shard 0/4 --save shard-0.json")
		}
		merged, err := saved.MergePlans(line.args, p.stdin, version())
		if err != nil {
			return err
		}
		if err := render.Plan(p.stdout, merged, p.drawing(o.format)); err != nil {
			return err
		}
		// A plan that lacks shards looks as good as a whole one to whoever
		// applies it, so it is not kept.
		if len(merged.MissingShards) > 0 {
			return missingShards(merged.MissingShards, o.save)
		}
		if err := o.saveTo(func(w io.Writer) error { return render.JSON(w, merged) }); err != nil {
			return err
		}
		return planOutcome(merged, o.detailed)
	})
}

// missingShards is the exit code of a merged plan that is not whole, as an error.
func missingShards(shards []int, save *string) error {
	noun := "shards"
	if len(shards) == 1 {
		noun = "shard"
	}
	hints := []string{"make them with --shard and the same files, and merge again"}
	if save != nil {
		hints = append(hints, fmt.Sprintf("%q was not written", *save))
	}
	numbers := strings.Trim(fmt.Sprint(shards), "[]")
	return outcome{
		code: exitSome,
		message: fmt.Sprintf("this is not the whole fleet: missing %s %s", noun,
			strings.ReplaceAll(numbers, " ", ", ")),
		hints: hints,
	}
}
