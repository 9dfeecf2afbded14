package run

import (
	"context"
	"slices"

	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A Request is what is to be planned for the clusters of files.
type Request struct {
	fleet.Choice
	Shard        *spec.Shard // nil for all clusters
	DeclaredOnly bool        // read only the entries that are declared
}

// Plan reads the files of a request and plans the clusters that they declare,
// from AWS or from the snapshot of the request. What earlier runs were cut off
// at is part of it.
func (r *Run) Plan(ctx context.Context, q Request) ([]*Target, error) {
	files, clusters, err := r.Fleet.LoadTested(q.Choice)
	if err != nil {
		return nil, err
	}
	if err := checkTakeOwnership(r.options.Plan, clusters); err != nil {
		return nil, err
	}
	if err := checkExpires(r.options.Plan, clusters); err != nil {
		return nil, err
	}
	if q.Shard != nil {
		all := clusters
		clusters, r.shard = q.Shard.Of(all), plan.ShardOf(*q.Shard, all, files.Contents...)
	}
	if q.Snapshot != nil {
		if _, err := r.Fleet.OpenSnapshot(*q.Snapshot); err != nil {
			return nil, err
		}
	}
	r.LookBack()
	r.settles = true
	return r.each(ctx, clusters, func(t *Target) error {
		need := fleet.Need{
			Part:       fleet.Entries,
			Resolve:    true,
			Identities: true,
			AWSAuth:    fleet.AWSAuthIfRequired,
		}
		if q.DeclaredOnly {
			need.Only = r.declares(t)
		}
		if err := r.Fleet.Read(ctx, t.Cluster, need); err != nil {
			return err
		}
		t.Plan = r.Compute(ctx, t, r.compute)
		return nil
	})
}

func (r *Run) compute(t *Target) plan.Cluster {
	return plan.Compute(plan.Input{
		Want:    t.Want,
		Have:    t.Have,
		Callers: t.Callers,
		Now:     r.Fleet.Now(),
		Ended:   t.Past,
		CutOff:  r.CutOff(t.Declared),
		Options: r.options.Plan,
	})
}

// declares reports whether the file says something of a principal, or an
// earlier run was cut off at it.
func (r *Run) declares(t *Target) func(principal string) bool {
	mentions, cut := t.Declared.Mentions(), r.CutOff(t.Declared)
	return func(principal string) bool {
		return mentions(principal) ||
			slices.ContainsFunc(cut, func(c plan.CutOff) bool { return c.Entry.Principal == principal })
	}
}

// CutOff returns what earlier runs were cut off at in a cluster, after LookBack.
func (r *Run) CutOff(c *spec.Cluster) []plan.CutOff {
	return journal.FindInterrupted(r.unfinished, r.folder, c.ID.ARN())
}
