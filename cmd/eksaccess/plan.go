package main

import (
	"context"
	"errors"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/plan"
)

func (p *program) planCommand() *cli.Command {
	return &cli.Command{
		Name:    "plan",
		Aliases: []string{"diff"},
		Usage:   "what would change, and why; changes nothing",
		UsageText: "eksaccess plan -f clusters.yaml\n" +
			"eksaccess plan -f clusters.yaml --detailed-exitcode   # in CI: exit code 2 where access has drifted\n" +
			"eksaccess plan -f clusters.yaml --save plan.json      # review it, then: eksaccess apply --plan plan.json",
		Subcommands: []*cli.Command{p.planMergeCommand()},
		Flags: join(fileFlags(), []cli.Flag{shardFlag()}, planFlags(), awsFlags(), []cli.Flag{
			snapshotFlag(), outputFlag(render.Formats),
			&cli.StringFlag{
				Name:     "save",
				Usage:    "keep the plan in `FILE`, for show and apply --plan",
				Category: "Output",
			},
			&cli.BoolFlag{
				Name:               "declared-only",
				Usage:              "read only what is declared: nothing is said of unmanaged or owned entries",
				DisableDefaultText: true,
			},
			detailedFlag(),
		}),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			f, err := format(c, render.Formats)
			if err != nil {
				return err
			}
			if c.IsSet("save") {
				if err := savable(c.String("save"), "the plan"); err != nil {
					return err
				}
			}
			ctx, cancel := timed(c)
			defer cancel()
			fleet, sites, err := p.plans(ctx, c)
			if err != nil {
				return err
			}
			made := fleet.made(sites)
			if err := render.Plan(p.stdout, made, p.drawing(f)); err != nil {
				return err
			}
			if c.IsSet("save") {
				if err := save(c.String("save"), "the plan", func(w io.Writer) error { return render.JSON(w, made) }); err != nil {
					return err
				}
			}
			return p.stoppedOutcome(ctx, planOutcome(made, c.Bool("detailed-exitcode")))
		},
	}
}

// plans reads the files and the clusters they declare.
func (p *program) plans(ctx context.Context, c *cli.Context) (*fleet, []*site, error) {
	options, err := planOptions(c)
	if err != nil {
		return nil, nil, err
	}
	clusters, _, err := p.tested(c)
	if err != nil {
		return nil, nil, err
	}
	if err := checkTakeOwnership(c, clusters); err != nil {
		return nil, nil, err
	}
	if err := p.checkExpires(c, clusters, options); err != nil {
		return nil, nil, err
	}
	clusters, shard, err := p.sharded(c, clusters)
	if err != nil {
		return nil, nil, err
	}
	f, err := p.fleet(c, options)
	if err != nil {
		return nil, nil, err
	}
	f.shard = shard
	if c.IsSet("snapshot") {
		if c.Bool("declared-only") {
			return nil, nil, withHint(
				errors.New("--declared-only is about what is read, and a snapshot was read already"),
				"leave out --declared-only",
			)
		}
		taken, err := p.loadSnapshot(c)
		if err != nil {
			return nil, nil, err
		}
		sites, err := f.planFrom(ctx, taken, clusters)
		return f, sites, err
	}
	f.only = c.Bool("declared-only")
	sites, err := f.plan(ctx, clusters)
	return f, sites, err
}

func (f *fleet) made(sites []*site) *plan.Plan {
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

func detailedFlag() cli.Flag {
	return &cli.BoolFlag{
		Name:               "detailed-exitcode",
		Usage:              "exit with 2 where there are changes or unmanaged entries",
		Category:           "Output",
		DisableDefaultText: true,
	}
}

func join(groups ...[]cli.Flag) []cli.Flag {
	var all []cli.Flag
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}
