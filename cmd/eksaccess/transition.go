package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// What is in this file serves the commands that have no options struct yet.

func oneClusterFlags() []cli.Flag { return new(choiceOptions).oneClusterFlags() }
func snapshotFlag() cli.Flag      { return new(choiceOptions).snapshotFlag() }
func awsFlags() []cli.Flag        { return new(connectionOptions).connectionFlags() }
func journalFlags() []cli.Flag    { return new(journalOptions).journalFlags() }
func yesFlag() cli.Flag           { return new(yesOption).yesFlag() }
func selfLockoutFlag() cli.Flag   { return new(guardOptions).selfLockoutFlag() }
func hiddenFlag() cli.Flag        { return new(guardOptions).hiddenFlag() }

func outputFlag(set render.FormatSet) cli.Flag {
	return (&outputOptions{forms: set}).outputFlag()
}

func format(c *cli.Context, set render.FormatSet) (render.Format, error) {
	return (&outputOptions{forms: set, form: c.String("output")}).format(lineOf(c))
}

func positive(c *cli.Context, name string) error { return atLeast(1, name, c.Int(name)) }

func timed(c *cli.Context) (context.Context, context.CancelFunc) {
	return connectionOf(c).limit(c.Context)
}

func (p *program) connection(c *cli.Context) awsclient.Options { return p.connectTo(connectionOf(c)) }

func connectionOf(c *cli.Context) *connectionOptions {
	return &connectionOptions{
		profile:      c.String("profile"),
		noAssumeRole: c.Bool("no-assume-role"),
		concurrency:  c.Int("concurrency"),
		timeout:      c.Duration("timeout"),
	}
}

func choiceOf(c *cli.Context) fleet.Choice {
	choice := fleet.Choice{
		Files:      c.StringSlice("file"),
		Clusters:   c.StringSlice("cluster"),
		Selectors:  c.StringSlice("selector"),
		All:        c.Bool("all-clusters"),
		Region:     c.String("region"),
		Regions:    c.StringSlice("regions"),
		Accounts:   c.StringSlice("accounts"),
		Profiles:   c.String("profiles"),
		AssumeRole: c.String("assume-role"),
	}
	if c.IsSet("snapshot") {
		name := c.String("snapshot")
		choice.Snapshot = &name
	}
	return choice
}

// checkedChoiceOf also checks the rules of the flags that choose clusters.
func checkedChoiceOf(c *cli.Context) (fleet.Choice, error) {
	return choiceOf(c), checkRules(new(choiceOptions).choiceRules(), isGiven(c))
}

func (p *program) fleet(c *cli.Context, options plan.Options) (*fleetRun, error) {
	if err := positive(c, "concurrency"); err != nil {
		return nil, err
	}
	f := p.newFleet(connectionOf(c), kubeOptions{kube: c.Bool("kube"), noKube: c.Bool("no-kube")}, options)
	f.maxFailures = c.Int("max-failures")
	return f, nil
}

func checkJournalFlags(c *cli.Context) error {
	if err := checkRules(new(journalOptions).journalRules(), isGiven(c)); err != nil {
		return err
	}
	if c.IsSet("journal") && strings.TrimSpace(c.String("journal")) == "" {
		return withHint(errors.New("--journal names no file"), "pass --journal FILE, or --no-journal")
	}
	return nil
}

// readLive reads a cluster without looking up what is declared in it.
func (f *fleetRun) readLive(ctx context.Context, s *site) error {
	if err := f.connect(ctx, s); err != nil {
		return err
	}
	have, err := f.entries(ctx, s, s.iam, live.Options{})
	if err != nil {
		return err
	}
	s.want = &spec.Want{Cluster: s.declared}
	s.identify(ctx, s.iam, have)
	return f.requireAWSAuth(ctx, s)
}

func (f *fleetRun) made(sites []*site) *plan.Plan {
	clusters := make([]plan.Cluster, len(sites))
	for i, s := range sites {
		clusters[i] = s.plan
	}
	return plan.New(clusters, f.now(), version())
}

func (f *fleetRun) undoCommandLine() string {
	switch {
	case f.journal == nil || !f.journal.Wrote():
		return ""
	case f.folder != "" && f.journal.Path() == journal.File(f.folder, f.run):
		return "eksaccess undo " + f.run
	}
	return "eksaccess undo " + awscli.Quote(f.journal.Path())
}

func (f *fleetRun) carryOut(ctx context.Context, sites []*site) *apply.Result {
	targets := make([]apply.Target, len(sites))
	for i, s := range sites {
		targets[i] = f.applyTarget(s)
	}
	shown := f.p.progress().Apply(targets)
	defer shown.Done()
	clusters := apply.Fleet(ctx, targets, apply.Options{
		TakeOwnership: f.options.Allow.TakeOwnership,
		Now:           f.p.clock.Now,
		Sleep:         f.p.testOnlySleep,
		Events:        shown.Show,
	})
	return &apply.Result{
		APIVersion:  plan.APIVersion,
		Kind:        apply.Kind,
		CreatedAt:   f.p.clock.Now().UTC().Truncate(time.Second),
		ToolVersion: version(),
		Summary:     apply.Summarise(clusters),
		Clusters:    clusters,
	}
}

// refresh reads again what was planned before, where anything is to be done: a
// plan that was saved, or shown to a person who took time to answer.
func (f *fleetRun) refresh(ctx context.Context, sites []*site) {
	var g errgroup.Group
	g.SetLimit(clustersAtOnce)
	for _, s := range sites {
		if s.plan.Status != plan.Changed || s.plan.Watch {
			continue
		}
		g.Go(func() error {
			if err := f.rejudge(ctx, s); err != nil {
				e := planError(err, s)
				s.plan.Status, s.plan.Error = plan.Failed, &e
			}
			return nil
		})
	}
	g.Wait()
	f.p.warnOfClock()
}

func (f *fleetRun) rejudge(ctx context.Context, s *site) error {
	if s.session == nil {
		if err := f.connect(ctx, s); err != nil {
			return err
		}
	}
	have, err := siteReader{f, s}.Read(ctx)
	if err != nil {
		return err
	}
	if err := f.requireAWSAuth(ctx, s); err != nil {
		return err
	}
	s.plan = f.computeWithRows(ctx, s, func(s *site) plan.Cluster {
		c := s.plan
		c.Rejudge(have, s.callers, f.options.Allow, f.now())
		return c
	})
	return nil
}
