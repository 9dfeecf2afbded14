package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func snapshotFlag() cli.Flag {
	return &cli.StringFlag{
		Name:     "snapshot",
		Usage:    "work from this `FILE` of eksaccess snapshot --save, offline",
		Category: "Input",
	}
}

// observed is what a command that only reads works from: the snapshot that
// --snapshot names, or one that is taken now, of the clusters that the flags
// name. Clusters are those of the files, nil where none is given. Of a fresh
// reading only entries with one of the policies are in it, where some are
// named.
func (p *program) observed(
	ctx context.Context,
	c *cli.Context,
	policies ...string,
) (taken *snapshot.Snapshot, declared []*spec.Cluster, err error) {
	if !c.IsSet("snapshot") {
		f, err := p.fleet(c, plan.Options{})
		if err != nil {
			return nil, nil, err
		}
		f.onlyWith = policies
		clusters, err := f.located(ctx, c)
		if err != nil {
			return nil, nil, err
		}
		if c.IsSet("file") {
			declared = clusters
		}
		taken, err := f.snapshot(ctx, clusters)
		return taken, declared, err
	}
	taken, err = p.loadSnapshot(c)
	if err != nil {
		return nil, nil, err
	}
	if c.IsSet("file") {
		if declared, err = p.declared(c); err != nil {
			return nil, nil, err
		}
		return taken.Of(idsOf(declared)), declared, nil
	}
	if c.IsSet("selector") {
		return nil, nil, withHint(
			errors.New("--selector chooses among the clusters of a file"),
			"name one with -f FILE, or choose with --cluster",
		)
	}
	if !c.IsSet("cluster") {
		return taken, nil, nil
	}
	all := &spec.Fleet{}
	for i := range taken.Clusters {
		all.Clusters = append(all.Clusters, &spec.Cluster{ID: taken.Clusters[i].ID()})
	}
	chosen, err := all.Select(selection(c))
	if err != nil {
		return nil, nil, err
	}
	return taken.Of(idsOf(chosen)), nil, nil
}

func idsOf(clusters []*spec.Cluster) []arn.Cluster {
	ids := make([]arn.Cluster, len(clusters))
	for i, c := range clusters {
		ids[i] = c.ID
	}
	return ids
}

// loadSnapshot reads what --snapshot names. Flags that ask something of AWS or
// of a cluster go without it.
func (p *program) loadSnapshot(c *cli.Context) (*snapshot.Snapshot, error) {
	for _, flag := range []string{"kube", "all-clusters", "region", "regions", "profile", "no-assume-role"} {
		if c.IsSet(flag) {
			return nil, withHint(
				fmt.Errorf("--%s and --snapshot contradict each other: a snapshot is all that is read", flag),
				"leave out --"+flag+", or give it to eksaccess snapshot",
			)
		}
	}
	name := c.String("snapshot")
	data, err := p.document(name)
	if err != nil {
		return nil, err
	}
	taken, err := parseSnapshot(name, data)
	if err == nil {
		p.complain("note", fmt.Sprintf("as of %s, when the snapshot was taken", taken.CreatedAt.Format(time.RFC3339)))
	}
	return taken, err
}

func parseSnapshot(name string, data []byte) (*snapshot.Snapshot, error) {
	taken, err := snapshot.Parse(data)
	if err != nil {
		return nil, withHint(
			fmt.Errorf("snapshot %q: %w", name, err),
			"take one with: eksaccess snapshot -f FILE --save "+name,
		)
	}
	return taken, nil
}

// planFrom plans every cluster from a snapshot.
func (f *fleet) planFrom(ctx context.Context, taken *snapshot.Snapshot, clusters []*spec.Cluster) ([]*site, error) {
	sites := make([]*site, len(clusters))
	for i, c := range clusters {
		s := &site{declared: c}
		if err := s.readFrom(ctx, taken, f.now()); err != nil {
			s.plan = plan.FailedCluster(c, planError(err, s))
		} else {
			s.plan = f.compute(s)
		}
		sites[i] = s
	}
	return sites, ctx.Err()
}

func (s *site) readFrom(ctx context.Context, taken *snapshot.Snapshot, now time.Time) error {
	c := taken.Cluster(s.declared.ID)
	switch {
	case c == nil:
		return snapshot.Lacking(s.declared.ID)
	case c.Error != nil:
		return c.Error
	}
	s.have, s.names = c.Live(), namesOf{c}
	// Who will apply it is not known, and the guard on that says so.
	return s.resolve(ctx, s.have, now)
}

// namesOf resolves names by what a snapshot tells of a cluster.
type namesOf struct{ cluster *snapshot.Cluster }

func (n namesOf) Resolve(_ context.Context, ref spec.PrincipalRef) (string, error) {
	principal, err := n.cluster.Resolve(ref)
	switch {
	case err != nil:
		return "", err
	case principal == "":
		return "", &fault.Error{
			Code:    fault.NotInSnapshot,
			Message: fmt.Sprintf("the snapshot does not tell who %s is", ref),
			Hint:    "take it with the file that declares it: eksaccess snapshot -f FILE --save FILE",
		}
	}
	return principal, nil
}
