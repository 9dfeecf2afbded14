package apply

import (
	"context"
	"fmt"

	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// resolveRefusedCreate finds out what a create that was refused, or not answered, met: an
// entry to go on from, or nothing, and then the create is sent again. Such an
// entry may be one that EKS made by itself (module #2968), another writer's, or
// our own, when the first answer was lost and the SDK asked twice.
func (r *run) resolveRefusedCreate(ctx context.Context, j *job, refusal error) (o outcome, again bool) {
	live, err := r.entry(ctx, j.change.Principal)
	switch {
	case err != nil && j.isReplace() && !awserr.IsPermanent(err):
		return outcome{}, true // the old entry is deleted: no giving up while there is time
	case err != nil:
		return outcome{err: refusal, note: "reading the existing entry: " + err.Error()}, false
	case live == nil, live.ARN != "" && live.ARN == j.replaced:
		return outcome{}, true // deleted a moment ago, or not to be seen yet
	}
	if objection := r.objection(j.change, live); objection != nil {
		return outcome{err: objection}, false
	}
	return r.adopt(j, live), false
}

// alreadyFulfilled is the note of planned steps that an entry found fulfils.
const alreadyFulfilled = "already as planned"

// adopt goes on from an entry that was met where one was to be created. The
// plan did not show that entry, so nothing is taken from it: what it has beyond
// what is wanted is left to the next plan.
func (r *run) adopt(j *job, live *spec.LiveEntry) outcome {
	note := "existed already; updated in place"
	if sentAs(*j.change.After, live.Entry) {
		note = "existed already, as planned"
	}
	if j.record != nil {
		j.record.Found(*live)
	}
	r.knows(live.Principal, &live.Entry)
	after := j.change.Meeting(live.Entry).After.Clone()
	if h, ok := live.Hold(r.Now(), r.Plan.MaxHold()); ok && h.Invalid == "" && !j.change.Emergency ||
		r.have.IsManagedByEKS(live) {
		after.Tags = live.Tags // neither a hold nor EKS's ownership is changed by tags
	}
	o := outcome{
		note:      note,
		adopted:   true,
		fulfilled: j.adopt(live, after, plan.WithMissing(live.Entry, after), r.Now()),
	}
	if more := plan.Excess(live.Entry, after); more != "" {
		j.withheld = true
		r.recordLeft(
			live.Principal,
			"it has an entry that was created after the plan, with "+more+"; not revoked in this run",
		)
	}
	if r.AddOnly {
		r.withhold(j)
	}
	return o
}

// objection says why nothing may be added to an entry found in the way; nil if
// it may. These are the rules of the plan, which did not see the entry.
func (r *run) objection(c plan.Change, live *spec.LiveEntry) *plan.Error {
	create := plan.Step{Operation: plan.CreateAccessEntry, Principal: c.Principal}
	if live.Type != c.After.Type {
		return r.changedSince(
			create,
			fmt.Sprintf("it now has an entry of type %s instead of %s", live.Type, c.After.Type),
		)
	}
	owner := live.Tags[spec.TagOwner]
	if owner == "" {
		owner = eksfacts.OwnerByTags(live.Tags)
	}
	if owner != "" && owner != c.After.Tags[spec.TagOwner] && !r.TakeOwnership {
		return r.changedSince(create, fmt.Sprintf("it now has an entry that belongs to %s", owner))
	}
	if c.EndByRun && live.Tags[spec.TagExpires] == "" {
		return r.changedSince(create,
			"it now has an entry that does not expire, and --expires applies only to created entries")
	}
	return nil
}

// sentAs reports whether an entry is what its create would have made, with or
// without the policies that come after it.
func sentAs(want, have spec.Entry) bool {
	want.Policies = have.Policies
	return len(plan.UpdateSteps(have, want)) == 0
}

// adoptNewEntries goes on from entries that came up where some are to be made, after EKS
// was heard to have made some of its own at a mode step (guide,
// grant-k8s-access and aws/containers-roadmap #185).
func (r *run) adoptNewEntries() {
	for _, j := range r.jobs {
		live := r.have.Entry(j.change.Principal)
		if live == nil || !j.creates() {
			continue
		}
		s := StepResult{Step: j.rest[0]}
		j.rest = j.rest[1:]
		if objection := r.objection(j.change, live); objection != nil {
			j.failed, s.Error = true, objection
			r.fail(j, s)
			continue
		}
		o := r.adopt(j, live)
		s.Note, s.Adopted = o.note, o.adopted
		r.recordDone(j, s)
		for _, f := range o.fulfilled {
			r.recordDone(j, StepResult{Step: f, Note: alreadyFulfilled})
		}
	}
}
