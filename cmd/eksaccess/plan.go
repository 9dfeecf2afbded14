package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/internal/saved"
	"github.com/eksaccess/eksaccess/plan"
)

type validateOptions struct{ choiceOptions }

func (o *validateOptions) flags() []cliargs.Flag { return o.fileFlags() }
func (o *validateOptions) rules() []cliargs.Rule { return o.fileRules() }

func (p *program) validateCommand() *cliargs.Command {
	o := &validateOptions{}
	return p.command(&cliargs.Command{
		Name:     "validate",
		Group:    daily,
		Usage:    "check files, without network and credentials",
		Examples: "eksaccess validate -f clusters.yaml\neksaccess validate -f access/ --selector env=prod",
	}, o, func(context.Context, cliargs.Line) error {
		v, err := fleet.Validate(o.Choice, p.stdin, reporter{p}, p.machineNow())
		if err != nil {
			return err
		}
		line := fmt.Sprintf("valid: %s, %s", phrase.Count(v.Clusters, "cluster"),
			phrase.Count(v.Principals, "declared principal"))
		if v.Answers > 0 {
			line += ", " + phrase.Count(v.Answers, "passed access test")
		}
		_, err = fmt.Fprintln(p.stdout, line)
		return err
	})
}

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

func (o *planCommandOptions) flags() []cliargs.Flag {
	return slices.Concat(o.fileFlags(), cliargs.In(inputCategory,
		o.snapshotFlag(),
		o.shardFlag(),
		cliargs.Bool("--declared-only", "read only declared entries; report no unmanaged or owned ones",
			&o.declaredOnly),
	), o.planFlags(), cliargs.In(outputCategory,
		o.outputFlag(),
		o.saveFlag(),
		o.detailedFlag(),
	), o.connectionFlags())
}

func (o *planCommandOptions) rules() []cliargs.Rule {
	return slices.Concat(o.fileRules(), o.planRules(), cliargs.Exclusive("snapshot", "declared-only"))
}

func (p *program) planCommand() *cliargs.Command {
	o := &planCommandOptions{
		outputOptions: outputOptions{forms: render.Formats, saves: true},
		saveOption:    saveOption{what: "the plan"},
	}
	return p.command(&cliargs.Command{
		Name:    "plan",
		Aliases: []string{"diff"},
		Group:   daily,
		Usage:   "show what would change, and why",
		Examples: "eksaccess plan -f clusters.yaml\n" +
			"eksaccess plan -f clusters.yaml --detailed-exitcode  # in CI: 2 if access has drifted\n" +
			"eksaccess plan -f clusters.yaml --save plan.json     # for review and apply --plan",
		Commands: []*cliargs.Command{p.planMergeCommand()},
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		options, err := o.options()
		if err != nil {
			return err
		}
		shard, err := o.part()
		if err != nil {
			return err
		}
		p.noteReason(valueOr(o.reason, ""))
		r := p.newRun(p.openFleet(&o.connectionOptions, o.kubeOptions), options, journalOptions{}, 0)
		targets, err := r.Plan(ctx, run.Request{Choice: o.Choice, Shard: shard, DeclaredOnly: o.declaredOnly})
		if err != nil {
			return err
		}
		made := r.PlanOf(targets)
		if err := render.Plan(p.stdout, made, p.drawing(o.format())); err != nil {
			return err
		}
		if err := o.saveTo(func(w io.Writer) error { return render.JSON(w, made) }); err != nil {
			return err
		}
		return p.stoppedOutcome(ctx, planOutcome(made, o.detailed))
	})
}

// mergeOptions are the flags of plan merge.
type mergeOptions struct {
	outputOptions
	saveOption
	detailedOption
}

func (o *mergeOptions) flags() []cliargs.Flag {
	return cliargs.In(outputCategory, o.outputFlag(), o.saveFlag(), o.detailedFlag())
}

func (o *mergeOptions) rules() []cliargs.Rule { return nil }

func (p *program) planMergeCommand() *cliargs.Command {
	o := &mergeOptions{
		outputOptions: outputOptions{forms: render.Formats, saves: true},
		saveOption:    saveOption{what: "the plan"},
	}
	return p.command(&cliargs.Command{
		Name:      "merge",
		Usage:     "merge the saved plans of shards into one report",
		Arguments: &aFile,
		Examples: "eksaccess plan merge shard-*.json\n" +
			"eksaccess plan merge shard-*.json -o markdown --detailed-exitcode",
		Description: "The plans are those of runs with --shard, or of different selections of clusters. No " +
			"cluster can be in two of them. If a shard is missing, the report has the others, and the exit code " +
			"is 5.",
	}, o, func(_ context.Context, line cliargs.Line) error {
		if len(line.Arguments) == 0 {
			return withHint(errors.New("plan merge requires the files of plans"),
				"eksaccess plan -f FILE --shard 0/4 --save shard-0.json")
		}
		merged, err := saved.MergePlans(line.Arguments, p.stdin, version())
		if err != nil {
			return err
		}
		if err := render.Plan(p.stdout, merged, p.drawing(o.format())); err != nil {
			return err
		}
		// A saved plan does not show that shards are missing, so it is not saved.
		if len(merged.MissingShards) > 0 {
			return missingShards(merged.MissingShards, o.save)
		}
		if err := o.saveTo(func(w io.Writer) error { return render.JSON(w, merged) }); err != nil {
			return err
		}
		return planOutcome(merged, o.detailed)
	})
}

// missingShards is the outcome of a merge of plans that are not all there.
func missingShards(shards []int, save *string) error {
	numbers := strings.ReplaceAll(strings.Trim(fmt.Sprint(shards), "[]"), " ", ", ")
	hints := []string{"plan the missing shards with --shard and the same files, then merge again"}
	if save != nil {
		hints = append(hints, fmt.Sprintf("%q was not written", *save))
	}
	noun := "shards"
	if len(shards) == 1 {
		noun = "shard"
	}
	return outcome{code: exitSome, message: fmt.Sprintf("missing %s %s", noun, numbers), hints: hints}
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
