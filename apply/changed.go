package apply

import (
	"context"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// takes reports whether a step of the job can take something from its
// principal: a revocation, or a deletion in any phase.
func (j *job) takes(s plan.Step) bool {
	return s.Phase == plan.Revoke && s.Operation != plan.CreateAccessEntry || s.Operation == plan.DeleteAccessEntry
}

// needsCheck reports whether the entry has to be read again before a step.
// Grants on an entry that was there before count too, once for all of them: an
// update replaces groups, and an association its namespaces (EKS user guide,
// updating-access-entries and access-policies), so they would remove what
// others added since.
func (j *job) needsCheck(s plan.Step) bool {
	existed := j.change.Before != nil && j.change.Before.Principal == s.Principal
	return j.takes(s) || existed && !j.checked && !j.isReplace()
}

// unchanged reads the entry of the job's next step again, right before
// something is taken from it, and reports whether it still is what the plan saw
// plus this run's own writes. An entry that differs is left as it is: the step
// is not sent. Nor is it if the run was stopped meanwhile.
func (r *run) unchanged(ctx context.Context, j *job) bool {
	principal := j.rest[0].Principal
	live, err := r.readEntry(ctx, principal)
	if ctx.Err() != nil {
		return false // the run was stopped before the step was sent
	}
	if err != nil {
		s := StepResult{Step: j.rest[0], Error: r.explain(err, "DescribeAccessEntry", principal)}
		s.RequestID = s.Error.RequestID
		j.rest, j.failed = j.rest[1:], true
		r.fail(j, s)
		return false
	}
	why := r.changes(j, principal, live)
	if len(why) == 0 {
		j.checked = true
		return true
	}
	r.rememberEntry(principal, live)
	r.dropSteps(j, principal, why)
	return false
}

// rememberEntry keeps what a single entry was read as, for the next check of the
// guards. Jobs side by side share the reading, so it is not changed here.
func (r *run) rememberEntry(principal string, e *spec.LiveEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fresh == nil {
		r.fresh = map[string]*spec.LiveEntry{}
	}
	r.fresh[principal] = e
}

// mergeNoticed brings the reading up to date with single entries read since.
func (r *run) mergeNoticed() {
	for principal, e := range r.fresh {
		r.have, r.pieced = with(r.have, principal, e), true
	}
	r.fresh = nil
}

// changes lists how an entry differs from what the plan saw and this run wrote.
func (r *run) changes(j *job, principal string, live *spec.LiveEntry) []string {
	why := r.Plan.ChangedSince(live, r.knownStates(j, principal), r.Now())
	if _, written := r.wrote(principal); !written && live != nil && principal == j.change.Principal &&
		j.replacesStale() {
		if old := r.start.Entry(principal); old == nil || old.ARN != live.ARN {
			why = append(why, "it was recreated, so it is no longer stale")
		}
	}
	return why
}

// replacesStale reports whether the job replaces an entry that gives nothing.
func (j *job) replacesStale() bool {
	return j.isReplace() && len(j.change.Steps) > 0 && j.change.Steps[0].Phase == plan.Grant
}

// knownStates are the states in which the plan saw the entry of a principal and
// in which this run left it; nil stands for no entry.
func (r *run) knownStates(j *job, principal string) []*spec.Entry {
	var known []*spec.Entry
	before := j.change.Before
	if before != nil && before.Principal == principal {
		known = append(known, before)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(known, r.states[principal]...)
}

// dropChangedEntries leaves entries out that changed since the plan, as the cluster
// was read last.
func (r *run) dropChangedEntries() {
	for _, j := range r.jobs {
		for _, principal := range j.principals() {
			about := func(s plan.Step) bool { return s.Principal == principal && (j.takes(s) || j.needsCheck(s)) }
			if j.failed || !slices.ContainsFunc(j.rest, about) {
				continue
			}
			if why := r.changes(j, principal, r.have.Entry(principal)); len(why) > 0 {
				r.dropSteps(j, principal, why)
			}
		}
	}
}

// dropSteps drops the steps on the entry of a principal, of a replace all.
func (r *run) dropSteps(j *job, principal string, why []string) {
	reason := "changed since the plan: " + strings.Join(why, ", ")
	replaces := j.replaces()
	j.rest = slices.DeleteFunc(j.rest, func(s plan.Step) bool {
		if !replaces && s.Principal != principal {
			return false
		}
		r.book(j, asNotTried, StepResult{Step: s, Note: reason})
		return true
	})
	j.withheld = true
	j.dropped = j.dropped || replaces || principal == j.change.Principal
	r.recordLeft(principal, reason)
}

// recordLeft records that an entry is not as wanted at the end of the run.
func (r *run) recordLeft(principal, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Left = append(r.result.Left, Left{Principal: principal, Reason: reason})
}
