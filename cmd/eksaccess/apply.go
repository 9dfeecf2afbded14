package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/internal/saved"
	"github.com/eksaccess/eksaccess/internal/term"
	"github.com/eksaccess/eksaccess/plan"
)

// applyOptions are the flags of apply.
type applyOptions struct {
	choiceOptions
	planOptions
	connectionOptions
	journalOptions
	outputOptions
	shardOption
	yesOption
	saved       *string
	maxPlanAge  time.Duration
	maxFailures *int
}

func (o *applyOptions) flags() []cliargs.Flag {
	o.maxPlanAge = 24 * time.Hour
	return slices.Concat(o.fileFlags(), cliargs.In(inputCategory,
		o.shardFlag(),
		cliargs.Optional("--plan FILE", "apply exactly this saved plan", &o.saved).With(aFile),
	), o.planFlags(), cliargs.In(guardsCategory,
		cliargs.Value("--max-plan-age DURATION", "maximum age of a saved plan", &o.maxPlanAge).WithDefault("24h"),
		cliargs.Optional("--max-failures N", "maximum number of failed clusters before the run starts no more",
			&o.maxFailures).WithDefault("no limit"),
	), []cliargs.Flag{o.yesFlag()}, cliargs.In(outputCategory, o.outputFlag()), o.journalFlags(), o.connectionFlags())
}

func (o *applyOptions) rules() []cliargs.Rule {
	return slices.Concat([]cliargs.Rule{{
		When:    []string{"plan"},
		Without: []string{"file", "cluster", "selector", "shard", "add-only", "expires", "reason"},
		Hint:    "make another plan: eksaccess plan -f FILE --save plan.json",
	}}, o.fileRules(), o.planRules(), o.journalRules())
}

func (p *program) applyCommand() *cliargs.Command {
	o := &applyOptions{outputOptions: outputOptions{forms: render.Formats}}
	return p.command(&cliargs.Command{
		Name:  "apply",
		Group: daily,
		Usage: "make the changes of a plan, and verify them",
		Examples: "eksaccess apply -f clusters.yaml\n" +
			"eksaccess apply --plan plan.json    # exactly the plan that was reviewed\n" +
			"eksaccess apply -f breakglass.yaml --add-only --expires 4h --yes  # emergency: removes nothing",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		most := 0
		if o.maxFailures != nil {
			if err := atLeast(1, "max-failures", *o.maxFailures); err != nil {
				return err
			}
			most = *o.maxFailures
		}
		options, err := o.options()
		if err != nil {
			return err
		}
		r := p.newRun(p.openFleet(&o.connectionOptions, o.kubeOptions), options, o.journalOptions, most)
		targets, err := p.targets(ctx, o, r)
		if err != nil {
			return err
		}
		return p.confirmAndApply(ctx, "apply", r, targets, o.format(), o.yes)
	})
}

// targets is what is to be applied: a plan that is made now, or that --plan
// names.
func (p *program) targets(ctx context.Context, o *applyOptions, r *run.Run) ([]*run.Target, error) {
	if o.saved == nil {
		shard, err := o.part()
		if err != nil {
			return nil, err
		}
		p.noteReason(valueOr(o.reason, ""))
		return r.Plan(ctx, run.Request{Choice: o.Choice, Shard: shard})
	}
	name := *o.saved
	reviewed, err := saved.OpenPlan(name, p.stdin, "make a plan: eksaccess plan -f FILE --save plan.json")
	if err != nil {
		return nil, err
	}
	return r.Resume(ctx, name, reviewed, o.maxPlanAge)
}

// ask returns nil for yes.
func (p *program) ask(ctx context.Context, made *plan.Plan) error {
	clusters := run.ChangedClusters(made)
	return p.confirm(ctx, fmt.Sprintf("Apply %s to %s?", whatChanges(clusters), phrase.Count(len(clusters), "cluster")))
}

// confirm asks a question, and returns an error unless the answer is "yes".
func (p *program) confirm(ctx context.Context, question string) error {
	p.release()
	var prompt term.Prompt
	prompt.Out = p.stderr
	yes, err := prompt.Confirm(ctx, question)
	switch {
	case errors.Is(err, term.ErrNoTerminal):
		return withHint(
			errors.New("nothing was applied: there is no terminal to ask at"),
			"pass --yes to apply without confirmation",
		)
	case err != nil:
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("nothing was applied: %w", context.Cause(ctx))
	case !yes:
		return errors.New("nothing was applied: the answer was not \"yes\"")
	}
	return nil
}

// hasWatched reports whether there is anything that is not done because its
// cluster is only watched, which has to be said.
func hasWatched(p *plan.Plan) bool {
	return slices.ContainsFunc(p.Clusters, func(c plan.Cluster) bool { return c.Status == plan.Changed && c.Watch })
}

// whatChanges is "4 changes and 1 mode change".
func whatChanges(clusters []plan.Cluster) string {
	changes, modes := 0, 0
	for _, c := range clusters {
		changes += len(c.Changes)
		if c.AuthenticationMode.Moves() {
			modes++
		}
	}
	var parts []string
	if changes > 0 {
		parts = append(parts, phrase.Count(changes, "change"))
	}
	if modes > 0 {
		parts = append(parts, phrase.Count(modes, "mode change"))
	}
	return phrase.And(parts)
}

// resultOutcome is the exit code of a run that applied, as an error.
func resultOutcome(command string, r *apply.Result) error {
	s := r.Summary
	with := func(status apply.Status) (failures []render.Failure, guards []plan.Guard) {
		for _, c := range r.Clusters {
			if c.Status == status {
				failures = append(failures, failureIn(c.Account, c.Region, c.Name, c.Error))
				guards = append(guards, c.Guards...)
			}
		}
		return failures, guards
	}
	switch {
	case s.Interrupted > 0:
		failures, _ := with(apply.Interrupted)
		return outcome{code: exitFailure,
			message: render.FailureSummary(command+" was interrupted", failures, s.Clusters)}
	case s.Failed > 0:
		failures, _ := with(apply.Failed)
		return failedOutcome(command+" failed", failures, s.Clusters)
	case s.Refused > 0:
		_, guards := with(apply.Refused)
		return refusedOutcome(guards, s.Refused, s.Clusters)
	case s.Incomplete > 0:
		return outcome{
			code: exitUnconfirmed,
			message: fmt.Sprintf(
				"applied, but not everything in %d of %s: something changed since the plan or was not part of it",
				s.Incomplete,
				phrase.Count(s.Clusters, "cluster"),
			),
		}
	case s.Unconfirmed > 0:
		message := fmt.Sprintf("applied, but not confirmed in %d of %s", s.Unconfirmed,
			phrase.Count(s.Clusters, "cluster"))
		return outcome{code: exitUnconfirmed, message: message}
	}
	return nil
}

// cleanupOptions are the flags of cleanup.
type cleanupOptions struct {
	choiceOptions
	kubeOptions
	guardOptions
	connectionOptions
	journalOptions
	outputOptions
	yesOption
	expired, orphaned bool
}

func (o *cleanupOptions) flags() []cliargs.Flag {
	return slices.Concat([]cliargs.Flag{
		cliargs.Bool("--expired", "delete entries of eksaccess that have expired", &o.expired),
		cliargs.Bool("--orphaned", "delete entries whose principal no longer exists in IAM", &o.orphaned),
		o.yesFlag(),
	}, o.locateFlags(), o.kubeFlags(), o.guardFlags(), cliargs.In(outputCategory, o.outputFlag()), o.journalFlags(),
		o.connectionFlags())
}

func (o *cleanupOptions) rules() []cliargs.Rule {
	return slices.Concat([]cliargs.Rule{{
		Needs:   []string{"expired", "orphaned"},
		Message: "cleanup requires --expired or --orphaned",
		Hint:    "eksaccess cleanup --expired -f FILE",
	}}, o.choiceRules(), o.kubeRules(), o.journalRules())
}

func (p *program) cleanupCommand() *cliargs.Command {
	o := &cleanupOptions{outputOptions: outputOptions{forms: render.Formats}}
	return p.command(&cliargs.Command{
		Name:  "cleanup",
		Group: emergency,
		Usage: "delete expired and orphaned entries",
		Examples: "eksaccess cleanup --expired -f clusters.yaml\n" +
			"eksaccess cleanup --expired --orphaned --all-clusters --region eu-west-1",
		Description: "Entries that are on hold, declared, or of another owner are skipped and listed. Without a " +
			"file, all entries that eksaccess created can be deleted, and those of other tools only with " +
			"--take-ownership. The guards are those of apply.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		allow, err := o.allowance()
		if err != nil {
			return err
		}
		clusters := p.openFleet(&o.connectionOptions, o.kubeOptions)
		r := p.newRun(clusters, plan.Options{Allow: allow}, o.journalOptions, 0)
		targets, err := r.Cleanup(ctx, o.Choice, o.expired, o.orphaned)
		if err != nil {
			return err
		}
		return unlistedOutcome(clusters.UnlistedRegions(),
			p.confirmAndApply(ctx, "cleanup", r, targets, o.format(), o.yes))
	})
}
