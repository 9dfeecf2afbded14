package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/render"
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
		&cli.BoolFlag{
			Name:               "declared-only",
			Usage:              "read only what is declared: nothing is said of unmanaged or owned entries",
			Destination:        &o.declaredOnly,
			DisableDefaultText: true,
		},
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
		fleet, sites, err := p.plans(ctx, planning{
			Choice:       o.Choice,
			planOptions:  &o.planOptions,
			connection:   &o.connectionOptions,
			options:      options,
			shard:        o.shard,
			declaredOnly: o.declaredOnly,
		})
		if err != nil {
			return err
		}
		made := fleet.made(sites)
		if err := render.Plan(p.stdout, made, p.drawing(f)); err != nil {
			return err
		}
		if err := o.saveTo("the plan", func(w io.Writer) error { return render.JSON(w, made) }); err != nil {
			return err
		}
		return p.stoppedOutcome(ctx, planOutcome(made, o.detailed))
	})
}

// A planning is what is planned for the clusters of files.
type planning struct {
	fleet.Choice
	*planOptions
	connection   *connectionOptions
	options      plan.Options
	shard        *string
	declaredOnly bool
	journal      string // of this run; "" for one in the user's state folder
	maxFailures  int
}

// plans reads the files and the clusters they declare.
func (p *program) plans(ctx context.Context, o planning) (*fleetRun, []*site, error) {
	clusters, _, err := p.tested(o.Choice)
	if err != nil {
		return nil, nil, err
	}
	if err := checkTakeOwnership(o.options, clusters); err != nil {
		return nil, nil, err
	}
	if err := p.checkExpires(o.reason, clusters, o.options); err != nil {
		return nil, nil, err
	}
	clusters, shard, err := p.sharded(o.shard, clusters)
	if err != nil {
		return nil, nil, err
	}
	f := p.newFleet(o.connection, o.kubeOptions, o.options)
	f.lookBack(o.journal)
	f.maxFailures = o.maxFailures
	f.shard = shard
	if o.Snapshot != nil {
		taken, err := p.loadSnapshot(*o.Snapshot)
		if err != nil {
			return nil, nil, err
		}
		sites, err := f.planFrom(ctx, taken, clusters)
		return f, sites, err
	}
	f.only = o.declaredOnly
	sites, err := f.plan(ctx, clusters)
	return f, sites, err
}

func (f *fleetRun) made(sites []*site) *plan.Plan {
	clusters := make([]plan.Cluster, len(sites))
	for i, s := range sites {
		clusters[i] = s.plan
	}
	made := plan.New(clusters, f.now(), version())
	if f.shard != nil {
		made.InShard(f.shard)
	}
	return made
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
