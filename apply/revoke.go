package apply

import (
	"context"
	"slices"

	"github.com/eksaccess/eksaccess/plan"
)

// revocations takes away what is to go, if all that was granted is seen and
// the guards still hold. It reports whether there is anything left to confirm.
func (r *run) revocations(ctx context.Context) bool {
	if r.AddOnly || len(r.modes) == 0 && !slices.ContainsFunc(r.jobs, func(j *job) bool { return len(j.rest) > 0 }) {
		return true
	}
	if !r.verifyGrants(ctx) || !r.closing(ctx) {
		return false
	}
	if len(r.result.Failed) > 0 {
		return false // an entry in the way came up at the mode step
	}
	order := r.lastOnes()
	if !r.phase(ctx, plan.Revoke, order[0]) {
		return false
	}
	for _, j := range slices.Concat(order[1], order[2]) {
		if !r.revokeFromAdmin(ctx, j) {
			return false
		}
	}
	return len(r.result.Failed) == 0
}

// lastOnes puts the jobs in the order in which they may lose something: most,
// then those that are admins as the cluster is now, then the caller.
// Whatever goes wrong on the way, a cluster admin is left who can correct it.
func (r *run) lastOnes() [3][]*job {
	var order [3][]*job
	for _, j := range r.jobs {
		rank := 0
		for _, s := range j.rest {
			if slices.Contains(r.Callers, s.Principal) {
				rank = 2
			} else if e := r.have.Entry(s.Principal); e != nil && e.IsClusterAdmin() {
				rank = max(rank, 1)
			}
		}
		order[rank] = append(order[rank], j)
	}
	return order
}
