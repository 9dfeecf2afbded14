package main

import (
	"context"
	"errors"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) importLiveCommand() *cli.Command {
	return &cli.Command{
		Name:  "live",
		Usage: "from live access entries",
		UsageText: "eksaccess import live --cluster dev --region eu-west-1 > clusters.yaml\n" +
			"eksaccess import live --all-clusters --regions all --accounts 111122223333,444455556666 \\\n" +
			"  --assume-role 'arn:aws:iam::${account}:role/eksaccess' --sets --watch > clusters.yaml",
		Description: "What is live becomes a file; planned, it changes nothing but entries whose principal was made " +
			"again.\n" +
			"Entries that EKS keeps itself are counted and left out, and so are clusters in mode CONFIG_MAP,\n" +
			"which have none. With --regions all, every region that EKS has is asked; one that the account has\n" +
			"not enabled has no clusters, one that may not be listed is named.",
		Flags: join(locateFlags(), accountFlags(), []cli.Flag{
			snapshotFlag(), permissionSetsFlag(),
		}, importFlags(), awsFlags()),
		Action: func(c *cli.Context) error {
			if err := checkImport(c); err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			found, unlisted, err := p.foundLive(ctx, c)
			if err != nil {
				return err
			}
			if err := p.writeImport(c, found); err != nil {
				return err
			}
			return readingOutcome(nil, len(found.Clusters), unlisted)
		},
	}
}

func permissionSetsFlag() cli.Flag {
	return &cli.BoolFlag{
		Name:               "permission-sets",
		Usage:              "write permission sets in place of their roles, where IAM has one role of the set",
		Category:           "Output",
		DisableDefaultText: true,
	}
}

// foundLive also returns the accounts and regions that could not be read.
func (p *program) foundLive(ctx context.Context, c *cli.Context) (*transfer.Import, []snapshot.NotRead, error) {
	taken, reached, err := p.observedLive(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	comments := slices.Clone(transfer.LiveHead)
	for _, n := range taken.Unlisted() {
		comments = append(comments, "Not read: "+n.Place()+": "+n.Reason)
	}
	found := &transfer.Import{Source: "live access", Comments: comments, AssumeRole: c.String("assume-role")}
	for i := range taken.Clusters {
		seen := &taken.Clusters[i]
		cl := transfer.FromSnapshot(seen, transfer.LiveOptions{
			PermissionSets: c.Bool("permission-sets"), Owners: ownersOf(reached), At: taken.CreatedAt,
		})
		if c.IsSet("profiles") {
			cl.Profile = reached[cl.ID].Profile
		}
		found.Clusters = append(found.Clusters, cl)
	}
	return found, taken.Unlisted(), nil
}

// observedLive is what there is to import, and the clusters by how they were
// reached, where they were read now.
func (p *program) observedLive(
	ctx context.Context,
	c *cli.Context,
) (*snapshot.Snapshot, map[arn.Cluster]*spec.Cluster, error) {
	reached := map[arn.Cluster]*spec.Cluster{}
	choice, err := checkedChoiceOf(c)
	if err != nil {
		return nil, nil, err
	}
	if c.IsSet("snapshot") {
		for _, flag := range []string{"accounts", "assume-role", "profiles"} {
			if c.IsSet(flag) {
				return nil, nil, withHint(
					errors.New("--"+flag+" and --snapshot contradict each other: a snapshot is all that is read"),
					"leave out --"+flag,
				)
			}
		}
		taken, declared, err := p.observed(ctx, observing{Choice: choice, connection: connectionOf(c)})
		for _, cl := range declared {
			reached[cl.ID] = cl
		}
		return taken, reached, err
	}
	f, err := p.fleet(c, plan.Options{})
	if err != nil {
		return nil, nil, err
	}
	clusters, err := f.located(ctx, choice, called(c))
	if err != nil {
		return nil, nil, err
	}
	for _, cl := range clusters {
		reached[cl.ID] = cl
	}
	taken, err := f.snapshot(ctx, clusters)
	return taken, reached, err
}

// ownersOf are the tags of other tools that files teach, the same for all
// clusters of a run.
func ownersOf(clusters map[arn.Cluster]*spec.Cluster) []spec.OwnerTag {
	for _, c := range clusters {
		return c.Owners
	}
	return nil
}
