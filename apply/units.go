package apply

import (
	"context"
	"slices"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
)

// unitsAtOnce is how many principals are moved from aws-auth to an entry at a
// time. Each has nothing between the create and its policies.
const unitsAtOnce = 4

// units parts the jobs that create an entry which hides a row of aws-auth, or
// may hide one, from the others. Where aws-auth was not read, every created
// entry may.
func (r *run) units() (units, others []*job) {
	state := access.NewState(r.have)
	for _, j := range r.jobs {
		hides := false
		if j.creates() && r.have.UsesAWSAuth() {
			_, hides = state.Row(j.change.Principal)
			hides = hides || state.RowsUnknown() != ""
		}
		if hides {
			units = append(units, j)
		} else {
			others = append(others, j)
		}
	}
	return units, others
}

// migrate creates the entries of units with their policies: one first, which is
// read back; then a few at a time, of those who are cluster admin never more
// than a quarter at once; the caller last.
func (r *run) migrate(ctx context.Context, units []*job) bool {
	if len(units) == 0 {
		return true
	}
	state := access.NewState(r.have)
	var admins, others, callers []*job
	for _, j := range units {
		switch {
		case slices.Contains(r.Callers, j.change.Principal):
			callers = append(callers, j)
		case r.mayBeAdmin(state, j):
			admins = append(admins, j)
		default:
			others = append(others, j)
		}
	}
	living := len(state.LivingAdmins(nil))
	few := unitsAtOnce
	if state.RowsUnknown() != "" {
		living += len(admins)
		few = r.Entries // rows of these may not exist at all
	}
	first := slices.Concat(others, admins, callers)[:1]
	rest := func(jobs []*job) []*job { return slices.DeleteFunc(jobs, func(j *job) bool { return j == first[0] }) }
	return r.group(ctx, first, 1) && (len(units) == 1 || r.verifyFirstUnit(ctx, first[0])) &&
		r.group(ctx, rest(others), few) &&
		r.group(ctx, rest(admins), min(few, max(1, living/4))) &&
		r.group(ctx, rest(callers), 1)
}

// mayBeAdmin reports whether the principal of a job is cluster admin by its
// row, as far as that is known.
func (r *run) mayBeAdmin(state *access.State, j *job) bool {
	a := state.For(j.change.Principal)
	return a.ClusterAdmin || a.Unknown != "" && j.change.After != nil && j.change.After.IsClusterAdmin()
}

// group does units, at most n at a time, until one fails.
func (r *run) group(ctx context.Context, jobs []*job, n int) bool {
	r.sideBySide(jobs, n, func(j *job) {
		if ctx.Err() == nil && !r.halted.Load() && !r.unitFailed.Load() {
			r.unit(ctx, j)
		}
	})
	return !r.stopped(ctx) && !r.halted.Load() && !r.unitFailed.Load()
}

// unit creates an entry and associates its policies. What it has by its row, the
// principal lacks in between, so the unit is not left half done: if a policy
// cannot be associated, the entry that was created is deleted again, so that
// the row applies.
func (r *run) unit(ctx context.Context, j *job) {
	if !r.step(ctx, j) {
		return
	}
	ctx = r.finishing // a run that is stopped finishes it
	for len(j.rest) > 0 && j.rest[0].Phase == plan.Grant && j.rest[0].Principal == j.change.Principal {
		if r.step(ctx, j) {
			continue
		}
		r.unitFailed.Store(true)
		if j.found == nil {
			r.revertUnit(j)
		}
		return
	}
}

const revertsUnit = "deletes the entry that this run created, so that the row of aws-auth applies again"

// revertUnit deletes the entry of a unit that failed. Nothing is deleted that
// others changed meanwhile.
func (r *run) revertUnit(j *job) {
	principal := j.change.Principal
	back := newJob(plan.Change{Action: plan.Delete, Principal: principal, Steps: []plan.Step{
		{Operation: plan.DeleteAccessEntry, Principal: principal, Phase: plan.Revoke}}})
	back.note = revertsUnit
	back.entryARN = j.entryARN
	back.beside = j.beside
	r.step(r.puttingBack, back)
	j.booked = append(j.booked, back.booked...)
	if _, deleted := r.wrote(principal); back.failed || !deleted || len(back.rest) > 0 {
		r.warnOf(j, "the entry of %s was created without all of its policies and could not be deleted again; "+
			"run the command again", principal)
	}
}

// verifyFirstUnit waits until the first unit is seen in a reading.
func (r *run) verifyFirstUnit(ctx context.Context, j *job) bool {
	if j.failed {
		return true // its create was refused: it hides nothing
	}
	var p pause
	began := r.Now()
	until := began.Add(r.ReadBackFor)
	for {
		e, err := r.readEntryOnce(ctx, j.change.Principal)
		if err == nil && plan.Granted(j.change, with(r.have, j.change.Principal, e)) {
			return true
		}
		if err == nil && r.wait(ctx, &p, until) || err != nil && r.waitAfter(ctx, err, &p, began, until) {
			continue
		}
		switch {
		case r.stopped(ctx):
		case err != nil:
			r.broken = true
			r.recordError(r.explain(err, "DescribeAccessEntry", j.change.Principal))
		default:
			r.broken = true
			r.recordError(&plan.Error{Code: fault.NotConfirmed, Resource: r.Plan.ARN,
				Message: "the first entry that hides a row of aws-auth, of " + j.change.Principal + ", could not be " +
					"verified " +
					"after " + r.ReadBackFor.String() +
					", so no further one was created",
				Hint: "run the command again; it continues from the current state"})
		}
		return false
	}
}
