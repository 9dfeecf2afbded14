package run

import (
	"context"

	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/plan"
)

// Cleanup plans to delete the entries that expired, or whose principal no longer
// exists, in the clusters of a choice.
func (r *Run) Cleanup(ctx context.Context, c fleet.Choice, expired, orphaned bool) ([]*Target, error) {
	clusters, err := r.Fleet.Locate(ctx, c)
	if err != nil {
		return nil, err
	}
	hasFile := len(c.Files) > 0
	if hasFile {
		if err := checkTakeOwnership(r.options.Plan, clusters); err != nil {
			return nil, err
		}
	}
	need := fleet.Need{Part: fleet.Entries, Identities: true, AWSAuth: fleet.AWSAuthIfRequired}
	return r.each(ctx, clusters, func(t *Target) error {
		if err := r.Fleet.Read(ctx, t.Cluster, need); err != nil {
			return err
		}
		t.Plan = r.Compute(ctx, t, func(t *Target) plan.Cluster {
			return plan.Cleanup(plan.CleanupInput{
				Cluster:  t.Declared,
				Have:     t.Have,
				Callers:  t.Callers,
				Now:      r.Fleet.Now(),
				AnyOwner: !hasFile,
				Expired:  expired,
				Orphaned: orphaned,
				Options:  r.options.Plan,
			})
		})
		return nil
	})
}
