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

func (o *applyOptions) flags() []cli.Flag {
	return join(o.fileFlags(), []cli.Flag{o.shardFlag()}, o.planFlags(), o.connectionFlags(), o.journalFlags(),
		[]cli.Flag{
			o.outputFlag(),
			&cli.StringFlag{Name: "plan", Usage: "apply exactly the plan saved in `FILE`", Category: "Input",
				Action: optional(&o.saved)},
			&cli.DurationFlag{
				Name:        "max-plan-age",
				Value:       24 * time.Hour,
				DefaultText: "24h",
				Usage:       "refuse a saved plan older than `TIME`",
				Category:    "Guards",
				Destination: &o.maxPlanAge,
			},
			&cli.IntFlag{
				Name:        "max-failures",
				Usage:       "begin no further cluster once `N` have failed",
				DefaultText: "go on with the others",
				Category:    "Guards",
				Action:      optional(&o.maxFailures),
			},
			o.yesFlag(),
		})
}

func (o *applyOptions) rules() []rule {
	return join([]rule{{
		when:    []string{"plan"},
		without: []string{"file", "cluster", "selector", "shard", "add-only", "expires", "reason"},
		message: "--{other} goes without --plan: a saved plan is applied as it is",
		hint:    "plan again with it: eksaccess plan -f FILE --save plan.json",
	}}, o.fileRules(), o.planRules(), o.journalRules())
}

func (p *program) applyCommand() *cli.Command {
	o := &applyOptions{outputOptions: outputOptions{forms: render.Formats}}
	return p.command(&cli.Command{
		Name:  "apply",
		Usage: "show the plan, ask, change only that, and read back",
		UsageText: "eksaccess apply -f clusters.yaml\n" +
			"eksaccess apply --plan plan.json                      # what was reviewed, and nothing else\n" +
			"eksaccess apply -f breakglass.yaml --add-only --expires 4h --yes   # an emergency: nothing is removed",
	}, o, func(ctx context.Context, line invocation) error {
		f, err := o.format(line)
		if err != nil {
			return err
		}
		journal, err := o.file()
		if err != nil {
			return err
		}
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
		in := planning{
			Choice:      o.Choice,
			planOptions: &o.planOptions,
			connection:  &o.connectionOptions,
			options:     options,
			shard:       o.shard,
			journal:     journal,
			maxFailures: most,
		}
		var fleet *fleetRun
		var sites []*site
		if o.saved != nil {
			fleet, sites, err = p.savedPlans(ctx, in, *o.saved, o.maxPlanAge)
		} else {
			fleet, sites, err = p.plans(ctx, in)
		}
		if err != nil {
			return err
		}
		return p.carry(ctx, carrying{form: f, yes: o.yes, noJournal: o.noJournal, saved: o.saved != nil}, fleet, sites)
	})
}

// A carrying is how a plan is carried out.
type carrying struct {
	form      render.Format
	yes       bool // do not ask
	noJournal bool
	saved     bool // the plan was made by an earlier run
}

// carry shows what is planned, asks, and carries it out.
func (p *program) carry(ctx context.Context, o carrying, fleet *fleetRun, sites []*site) error {
	made := fleet.made(sites)
	work := len(changed(made)) > 0
	// The result is what standard output is for. In its other forms the plan
	// is only for whoever is asked about it.
	shown := p.stdout
	if o.form != render.Text {
		shown = p.stderr
	}
	if o.form == render.Text || work && !o.yes {
		if err := render.Plan(shown, made, p.drawing(render.Text)); err != nil {
			return err
		}
	}
	if work && !o.yes {
		if err := p.ask(ctx, made); err != nil {
			return err
		}
		fleet.refresh(ctx, sites)
	}
	if err := stopped(ctx); err != nil {
		return err
	}
	if work && !o.noJournal {
		if err := fleet.keepJournal(); err != nil {
			return err
		}
	}
	result := fleet.carryOut(ctx, sites)
	fleet.endJournal()
	if fleet.undone == nil && !fleet.finishesNone && !o.saved {
		fleet.settle(sites, result)
	}
	if o.form != render.Text || work || watched(made) {
		if err := render.Result(p.stdout, result, p.drawing(o.form)); err != nil {
			return err
		}
	}
	if line := fleet.undoCommandLine(); line != "" && o.form == render.Text {
		if _, err := fmt.Fprintln(p.stdout, "Undo: "+render.Safe(p.asCalled(line))); err != nil {
			return err
		}
	}
	return resultOutcome(result)
}

// savedPlans loads what --plan names. What is in it was decided when it was
// made; only guards are judged anew.
func (p *program) savedPlans(ctx context.Context, o planning, name string, maxAge time.Duration) (
	*fleetRun, []*site, error,
) {
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
	var declared []*spec.Cluster
	for i := range saved.Clusters {
		declared = append(declared, saved.Clusters[i].Declared())
	}
	if err := checkTakeOwnership(o.options, declared); err != nil {
		return nil, nil, err
	}
	f := p.newFleet(o.connection, o.kubeOptions, o.options)
	f.lookBack(o.journal)
	f.maxFailures = o.maxFailures
	if maxAge <= 0 { // which no plan is young enough for, by any clock
		if err := tooOld(name, saved, f.begun, maxAge); err != nil {
			return nil, nil, err
		}
	}
	sites, err := f.planned(ctx, saved.Clusters)
	if err != nil {
		return nil, nil, err
	}
	// After reading, which tells AWS's time.
	if err := tooOld(name, saved, f.now(), maxAge); err != nil {
		return nil, nil, err
	}
	return f, sites, nil
}

// ask returns nil for yes.
func (p *program) ask(ctx context.Context, made *plan.Plan) error {
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
		return fmt.Errorf("nothing was applied: %w", context.Cause(ctx))
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

func (f *fleetRun) carryOut(ctx context.Context, sites []*site) *apply.Result {
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
