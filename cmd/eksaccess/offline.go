package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/saved"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// observed is what a command that only reads works from: the snapshot that
// --snapshot names, or one that is taken now, of the clusters that the flags
// name. Clusters are those of the files, nil where none is given. Of a fresh
// reading only entries with one of the policies are in it, where some are
// named.
func (p *program) observed(
	ctx context.Context,
	o observing,
	policies ...string,
) (taken *snapshot.Snapshot, declared []*spec.Cluster, err error) {
	if o.Snapshot == nil {
		f := p.newFleet(o.connection, kubeOptions{kube: o.kube}, plan.Options{})
		f.onlyWith = policies
		clusters, err := f.located(ctx, o.Choice, o.command)
		if err != nil {
			return nil, nil, err
		}
		if len(o.Files) > 0 {
			declared = clusters
		}
		taken, err := f.snapshot(ctx, clusters)
		return taken, declared, err
	}
	taken, err = p.loadSnapshot(*o.Snapshot)
	if err != nil {
		return nil, nil, err
	}
	if len(o.Files) > 0 {
		if declared, err = p.declared(o.Choice); err != nil {
			return nil, nil, err
		}
		return taken.Of(idsOf(declared)), declared, nil
	}
	if len(o.Selectors) > 0 {
		return nil, nil, withHint(
			errors.New("--selector chooses among the clusters of a file"),
			"name one with -f FILE, or choose with --cluster",
		)
	}
	if len(o.Clusters) == 0 {
		return taken, nil, nil
	}
	all := &spec.Fleet{}
	for i := range taken.Clusters {
		all.Clusters = append(all.Clusters, &spec.Cluster{ID: taken.Clusters[i].ID()})
	}
	chosen, err := all.Select(o.Selection())
	if err != nil {
		return nil, nil, err
	}
	return taken.Of(idsOf(chosen)), nil, nil
}

// An observing is what a command that only reads is to observe.
type observing struct {
	fleet.Choice
	connection *connectionOptions
	kube       bool
	command    string // as typed, for hints
}

func idsOf(clusters []*spec.Cluster) []arn.Cluster {
	ids := make([]arn.Cluster, len(clusters))
	for i, c := range clusters {
		ids[i] = c.ID
	}
	return ids
}

// loadSnapshot reads what --snapshot names.
func (p *program) loadSnapshot(name string) (*snapshot.Snapshot, error) {
	taken, err := saved.OpenSnapshot(name, p.stdin)
	if err == nil {
		p.complain("note", fmt.Sprintf("as of %s, when the snapshot was taken", taken.CreatedAt.Format(time.RFC3339)))
	}
	return taken, err
}

// planFrom plans every cluster from a snapshot.
func (f *fleetRun) planFrom(ctx context.Context, taken *snapshot.Snapshot, clusters []*spec.Cluster) ([]*site, error) {
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
	return sites, stopped(ctx)
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
