package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) applyCommand() *cli.Command {
	return &cli.Command{
		Name:  "apply",
		Usage: "show the plan, ask, change only that, and read back",
		UsageText: "eksaccess apply -f clusters.yaml\n" +
			"eksaccess apply --plan plan.json                      # what was reviewed, and nothing else\n" +
			"eksaccess apply -f breakglass.yaml --add-only --expires 4h --yes   # an emergency: nothing is removed",
		Flags: join(fileFlags(), []cli.Flag{shardFlag()}, planFlags(), awsFlags(), journalFlags(), []cli.Flag{
			outputFlag(render.Formats),
			&cli.StringFlag{Name: "plan", Usage: "apply exactly the plan saved in `FILE`", Category: "Input"},
			&cli.DurationFlag{
				Name:        "max-plan-age",
				Value:       24 * time.Hour,
				DefaultText: "24h",
				Usage:       "refuse a saved plan older than `TIME`",
				Category:    "Guards",
			},
			&cli.IntFlag{
				Name:        "max-failures",
				Usage:       "begin no further cluster once `N` have failed",
				DefaultText: "go on with the others",
				Category:    "Guards",
			},
			yesFlag(),
		}),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			f, err := format(c, render.Formats)
			if err != nil {
				return err
			}
			if err := checkJournalFlags(c); err != nil {
				return err
			}
			if c.IsSet("max-failures") {
				if err := positive(c, "max-failures"); err != nil {
					return err
				}
			}
			ctx, cancel := timed(c)
			defer cancel()
			return p.apply(ctx, c, f)
		},
	}
}

func (p *program) apply(ctx context.Context, c *cli.Context, f render.Format) error {
	plans := p.plans
	if c.IsSet("plan") {
		plans = p.savedPlans
	}
	fleet, sites, err := plans(ctx, c)
	if err != nil {
		return err
	}
	return p.carry(ctx, c, f, fleet, sites)
}

// carry shows what is planned, asks, and carries it out.
func (p *program) carry(ctx context.Context, c *cli.Context, f render.Format, fleet *fleet, sites []*site) error {
	made := fleet.made(sites)
	work := len(changed(made)) > 0
	// The result is what standard output is for. In its other forms the plan
	// is only for whoever is asked about it.
	shown := p.stdout
	if f != render.Text {
		shown = p.stderr
	}
	if f == render.Text || work && !c.Bool("yes") {
		if err := render.Plan(shown, made, p.drawing(render.Text)); err != nil {
			return err
		}
	}
	if work && !c.Bool("yes") {
		if err := p.ask(ctx, c, made); err != nil {
			return err
		}
		fleet.refresh(ctx, sites)
	}
	if err := stopped(ctx); err != nil {
		return err
	}
	if work {
		if err := fleet.keepJournal(c); err != nil {
			return err
		}
	}
	result := fleet.carryOut(ctx, sites)
	fleet.endJournal()
	if fleet.undone == nil && !fleet.finishesNone && !c.IsSet("plan") {
		fleet.settle(sites, result)
	}
	if f != render.Text || work || watched(made) {
		if err := render.Result(p.stdout, result, p.drawing(f)); err != nil {
			return err
		}
	}
	if line := fleet.undoCommandLine(); line != "" && f == render.Text {
		if _, err := fmt.Fprintln(p.stdout, "Undo: "+render.Safe(p.asCalled(line))); err != nil {
			return err
		}
	}
	return resultOutcome(result)
}

// savedPlans loads what --plan names. What is in it was decided when it was
// made; only guards are judged anew.
func (p *program) savedPlans(ctx context.Context, c *cli.Context) (*fleet, []*site, error) {
	for _, name := range []string{"file", "cluster", "selector", "shard", "add-only", "expires", "reason"} {
		if c.IsSet(name) {
			return nil, nil, withHint(fmt.Errorf("--%s goes without --plan: a saved plan is applied as it is", name),
				"plan again with it: eksaccess plan -f FILE --save plan.json")
		}
	}
	name := c.String("plan")
	data, kind, err := p.saved(name)
	if err != nil {
		return nil, nil, err
	}
	if kind != plan.Kind {
		return nil, nil, withHint(
			fmt.Errorf("%q is of kind %q, not %s", name, kind, plan.Kind),
			"make one with: eksaccess plan -f FILE --save plan.json",
		)
	}
	saved, err := parsePlan(name, data)
	if err != nil {
		return nil, nil, err
	}
	options, err := planOptions(c)
	if err != nil {
		return nil, nil, err
	}
	var declared []*spec.Cluster
	for i := range saved.Clusters {
		declared = append(declared, saved.Clusters[i].Declared())
	}
	if err := checkTakeOwnership(c, declared); err != nil {
		return nil, nil, err
	}
	f, err := p.fleet(c, options)
	if err != nil {
		return nil, nil, err
	}
	limit := c.Duration("max-plan-age")
	if limit <= 0 { // which no plan is young enough for, by any clock
		if err := tooOld(name, saved, f.begun, limit); err != nil {
			return nil, nil, err
		}
	}
	sites, err := f.planned(ctx, saved.Clusters)
	if err != nil {
		return nil, nil, err
	}
	// After reading, which tells AWS's time.
	if err := tooOld(name, saved, f.now(), limit); err != nil {
		return nil, nil, err
	}
	return f, sites, nil
}

// ask returns nil for yes.
func (p *program) ask(ctx context.Context, c *cli.Context, made *plan.Plan) error {
	question := fmt.Sprintf("Apply this to %s: %s?", phrase.Count(len(changed(made)), "cluster"), whatChanges(made.Summary))
	var prompt term.Prompt
	prompt.Out = p.stderr
	yes, err := prompt.Confirm(ctx, question)
	switch {
	case errors.Is(err, term.ErrNoTerminal):
		return withHint(
			errors.New("nothing was applied: there is no terminal to ask at"),
			"pass --yes to apply without being asked",
		)
	case err != nil:
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("nothing was applied: %w", ctx.Err())
	case !yes:
		return errors.New("nothing was applied: the answer was not \"yes\"")
	}
	return nil
}

// changed are the clusters that will be written to.
func changed(p *plan.Plan) []plan.Cluster {
	return slices.DeleteFunc(
		slices.Clone(p.Clusters),
		func(c plan.Cluster) bool { return c.Status != plan.Changed || c.Watch },
	)
}

// watched reports whether there is anything that is not done because its
// cluster is only watched, which has to be said.
func watched(p *plan.Plan) bool {
	return slices.ContainsFunc(p.Clusters, func(c plan.Cluster) bool { return c.Status == plan.Changed && c.Watch })
}

// whatChanges is "1 to create, 2 to delete".
func whatChanges(s plan.Summary) string {
	var parts []string
	for _, n := range []struct {
		count int
		what  string
	}{
		{s.ModeChanges, "to change mode"}, {s.Create, "to create"}, {s.Update, "to update"}, {s.Replace, "to replace"},
		{s.Rekey, "to rekey"}, {s.Delete, "to delete"},
	} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	return strings.Join(parts, ", ")
}

func (f *fleet) carryOut(ctx context.Context, sites []*site) *apply.Result {
	targets := make([]apply.Target, len(sites))
	for i, s := range sites {
		targets[i] = f.applyTarget(s)
	}
	told := f.p.applyingTo(targets)
	defer told.Done()
	clusters := apply.Fleet(
		ctx,
		targets,
		apply.Options{
			AddOnly:       f.options.AddOnly,
			TakeOwnership: f.options.Allow.TakeOwnership,
			MaxFailures:   f.maxFailures,
			Now:           f.p.clock.Now,
			Sleep:         f.p.testOnlySleep,
			Events:        told.tell,
		},
	)
	return &apply.Result{
		APIVersion:  plan.APIVersion,
		Kind:        apply.Kind,
		CreatedAt:   f.p.clock.Now().UTC().Truncate(time.Second),
		ToolVersion: version(),
		Summary:     apply.Summarise(clusters),
		Clusters:    clusters,
	}
}

// resultOutcome is the exit code of a run that applied, as an error.
func resultOutcome(r *apply.Result) error {
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
		return outcome{code: exitFailure, message: render.FailureSummary("apply was interrupted", failures, s.Clusters)}
	case s.Failed > 0:
		failures, _ := with(apply.Failed)
		return failedOutcome("apply failed", failures, s.Clusters)
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
		message := fmt.Sprintf("applied, but not confirmed in %d of %s", s.Unconfirmed, phrase.Count(s.Clusters, "cluster"))
		return outcome{code: exitUnconfirmed, message: message}
	}
	return nil
}
