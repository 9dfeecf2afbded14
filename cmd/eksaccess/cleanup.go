package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/live"
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
			&cli.BoolFlag{Name: "expired", Usage: "entries of this program past their eksaccess:expires", DisableDefaultText: true},
			&cli.BoolFlag{Name: "orphaned", Usage: "entries whose principal IAM says is gone", DisableDefaultText: true},
			kubeFlag(), endHoldsFlag(),
		}, guardFlags(), awsFlags(), journalFlags(), []cli.Flag{outputFlag(), yesFlag()}),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if !c.Bool("expired") && !c.Bool("orphaned") {
				return withHint(errors.New("cleanup needs to know of what"), "pass --expired, --orphaned or both")
			}
			f, err := format(c)
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
			return p.carry(ctx, c, f, fleet, sites)
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
	clusters, err := p.located(ctx, c, f.connector)
	if err != nil {
		return nil, nil, err
	}
	f.nameEndpoints(ctx, clusters)
	in := plan.CleanupInput{AnyOwner: !c.IsSet("file"), Expired: c.Bool("expired"), Orphaned: c.Bool("orphaned"), Now: f.now, Options: options}
	sites := make([]*site, len(clusters))
	var g errgroup.Group
	g.SetLimit(clustersAtOnce)
	for i, cluster := range clusters {
		sites[i] = &site{declared: cluster}
		g.Go(func() error {
			if err := f.cleanOne(ctx, sites[i], in); err != nil {
				sites[i].plan = plan.FailedCluster(cluster, planError(err, sites[i]))
			}
			return nil
		})
	}
	g.Wait()
	return f, sites, stopped(ctx)
}

func (f *fleet) cleanOne(ctx context.Context, s *site, in plan.CleanupInput) error {
	if err := f.connect(ctx, s); err != nil {
		return err
	}
	have, err := live.Read(ctx, s.session.EKS, s.declared.ID, live.Options{Profile: s.session.Profile})
	if err != nil {
		return err
	}
	s.want = &spec.Want{Cluster: s.declared}
	s.identify(ctx, s.iam, have)
	f.readAWSAuth(ctx, s, have)
	in.Cluster, in.Have, in.Callers = s.declared, have, s.callers
	s.plan = plan.Cleanup(in)
	return nil
}
