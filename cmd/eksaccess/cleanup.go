package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) cleanupCommand() *cli.Command {
	return &cli.Command{
		Name:  "cleanup",
		Usage: "delete entries past their time, or whose principal IAM no longer has",
		UsageText: "eksaccess cleanup --expired -f clusters.yaml\n" +
			"eksaccess cleanup --expired --orphaned --all-clusters --regions eu-west-1,us-east-1",
		Description: "Held entries, declared ones and those of other owners are left, and named. Without a file,\n" +
			"an entry's owner is the one it carries itself: every entry this program made may go,\n" +
			"other tools' only with --take-ownership. The guards are those of apply.",
		Flags: join(locateFlags(), []cli.Flag{
			&cli.BoolFlag{
				Name:               "expired",
				Usage:              "entries of this program past their eksaccess:expires",
				DisableDefaultText: true,
			},
			&cli.BoolFlag{
				Name:               "orphaned",
				Usage:              "entries whose principal IAM says is gone",
				DisableDefaultText: true,
			},
		}, kubeFlags(), guardFlags(), awsFlags(), journalFlags(), []cli.Flag{outputFlag(render.Formats), yesFlag()}),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if !c.Bool("expired") && !c.Bool("orphaned") {
				return withHint(errors.New("cleanup needs to know of what"), "pass --expired, --orphaned or both")
			}
			f, err := format(c, render.Formats)
			if err != nil {
				return err
			}
			if err := checkJournalFlags(c); err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			fleet, sites, err := p.cleaning(ctx, c)
			if err != nil {
				return err
			}
			return fleet.unlistedOutcome(p.carry(ctx, c, f, fleet, sites))
		},
	}
}

// cleaning plans what to clean up, in every cluster side by side.
func (p *program) cleaning(ctx context.Context, c *cli.Context) (*fleet, []*site, error) {
	options, err := planOptions(c)
	if err != nil {
		return nil, nil, err
	}
	f, err := p.fleet(c, options)
	if err != nil {
		return nil, nil, err
	}
	f.finishesNone = true
	clusters, err := f.located(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if c.IsSet("file") {
		if err := checkTakeOwnership(c, clusters); err != nil {
			return nil, nil, err
		}
	}
	in := plan.CleanupInput{
		AnyOwner: !c.IsSet("file"),
		Expired:  c.Bool("expired"),
		Orphaned: c.Bool("orphaned"),
		Options:  options,
	}
	sites, err := f.each(ctx, clusters, f.readLive, func(s *site) plan.Cluster {
		in := in
		in.Cluster, in.Have, in.Callers, in.Now = s.declared, s.have, s.callers, f.now()
		return plan.Cleanup(in)
	})
	return f, sites, err
}

// readLive reads a cluster without looking up what is declared in it.
func (f *fleet) readLive(ctx context.Context, s *site) error {
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
