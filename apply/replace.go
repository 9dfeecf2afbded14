package apply

import (
	"context"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// replace deletes an entry and makes it again. Once the entry is deleted, a run
// that is stopped finishes the replace: between the two calls the principal has
// nothing. If the entry can't be
// made, what was there is put back. If a policy can't be associated the new
// entry stays, with all the others; going back would mean a second gap.
func (r *run) replace(ctx context.Context, j *job) {
	phase := j.rest[0].Phase
	if old := r.have.Entry(j.change.Principal); old != nil {
		j.replaced = old.ARN
	}
	if !r.checked(ctx, j) || !r.perform(ctx, j) {
		r.haltIf(phase == plan.Revoke && j.failed) // else it was left as it is
		return
	}
	r.between = true
	defer func() { r.between = false }()
	j.entryARN = ""
	ctx = r.finishing
	made := j.creates() && r.step(ctx, j)
	if phase == plan.Revoke { // of an entry found in the way, all that is left is due now
		for i := range j.rest {
			j.rest[i].Phase = phase
		}
	}
	for made && len(j.rest) > 0 && j.rest[0].Phase == phase && ctx.Err() == nil {
		r.step(ctx, j)
	}
	if !made {
		r.putBack(r.puttingBack, j.change)
	}
	if j.failed {
		r.haltIf(phase == plan.Revoke)
	}
}

const putsBack = "restores the former entry"

// putBack makes the entry that a replace deleted. Its steps were not planned;
// they are reported as what was done, or what failed, with a note.
func (r *run) putBack(ctx context.Context, c plan.Change) {
	if c.Before == nil {
		return
	}
	e := restorable(c)
	back := newJob(plan.Change{Action: plan.Replace, Principal: c.Principal, After: &e, Steps: plan.CreateSteps(e)})
	back.note = putsBack
	for back.creates() || len(back.rest) > 0 && back.rest[0].Phase == plan.Grant && !back.made.IsZero() {
		r.step(ctx, back)
	}
	if back.made.IsZero() {
		r.warn("the entry of %s was deleted, and could be neither recreated nor restored; run the command "+
			"again", c.Principal)
	}
}

// restorable is what may be put back. What a dead entry had, it gave no one;
// recreated it would give it to the principal of today, so only what the plan
// gives as well comes back.
func restorable(c plan.Change) spec.Entry {
	if c.Steps[0].Phase == plan.Revoke {
		return c.Before.Clone()
	}
	return plan.Within(*c.Before, *c.After)
}
