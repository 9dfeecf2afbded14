package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/adopt"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) importLiveCommand() *cli.Command {
	return &cli.Command{
		Name:  "live",
		Usage: "from live access entries",
		UsageText: "eksaccess import live --cluster dev --region eu-west-1 > clusters.yaml\n" +
			"eksaccess import live --all-clusters --regions eu-west-1,us-east-1 --sets --watch > clusters.yaml",
		Flags: join(locateFlags(), importFlags(), awsFlags()),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if err := checkImport(c); err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			found, err := p.foundLive(ctx, c)
			if err != nil {
				return err
			}
			return p.writeImport(c, found)
		},
	}
}

func (p *program) foundLive(ctx context.Context, c *cli.Context) (*adopt.Found, error) {
	f, err := p.fleet(c, plan.Options{})
	if err != nil {
		return nil, err
	}
	clusters, err := f.located(ctx, c)
	if err != nil {
		return nil, err
	}
	sites, err := f.each(ctx, clusters, f.readLive, func(s *site) plan.Cluster { return plan.Cluster{} })
	if err != nil {
		return nil, err
	}
	found := &adopt.Found{Source: "live access", Comments: adopt.LiveHead}
	for _, s := range sites {
		if s.have == nil {
			found.Clusters = append(found.Clusters, adopt.Unread(s.declared.ID, s.plan.Error.Message, s.plan.Error.Hint))
			continue
		}
		found.Clusters = append(found.Clusters, adopt.FromLive(s.have, adopt.LiveOptions{Named: map[string]spec.PrincipalRef{}}))
	}
	return found, nil
}
