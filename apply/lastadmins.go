package apply

import (
	"context"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// revokeFromAdmin sends the revocations of a cluster admin. Another writer may be taking
// the other admins at the same time, and EKS has no way to write only if
// nothing changed. So the others are read right before, and again right after:
// of two who take each other's last admin, one reads after both have written,
// sees that no cluster admin is left, and restores.
func (r *run) revokeFromAdmin(ctx context.Context, j *job) bool {
	if len(j.rest) == 0 || j.failed {
		return true
	}
	if r.stopped(ctx) || !r.rereadOtherAdmins(ctx, j) || !r.checkGuards() {
		return false
	}
	was, remaining, steps := r.have, r.remaining(), len(j.rest)
	done := r.phase(ctx, plan.Revoke, []*job{j})
	if len(j.rest) == steps {
		return done // nothing was sent
	}
	if !r.rereadOtherAdmins(r.finishing, j) {
		r.warn("not checked whether a cluster admin remains after access was revoked from %s",
			strings.Join(j.principals(), ", "))
		return false
	}
	if r.permits(remaining) {
		return done
	}
	for _, principal := range j.principals() {
		if e := was.Entry(principal); e != nil && e.IsClusterAdmin() {
			r.restore(r.puttingBack, e.Entry)
		}
	}
	return false
}

// rereadOtherAdmins reads the admins that are not the job's again, and the rows of
// aws-auth. What this run took from one it does not believe to be there, however
// a reading lags.
func (r *run) rereadOtherAdmins(ctx context.Context, j *job) bool {
	if r.Judge == nil {
		return true
	}
	for _, e := range r.have.Entries {
		if !e.IsClusterAdmin() || slices.Contains(j.principals(), e.Principal) {
			continue
		}
		now, err := r.readEntry(ctx, e.Principal)
		if err != nil {
			if !r.stopped(ctx) {
				r.broken = true
				r.recordError(r.explain(err, "DescribeAccessEntry", e.Principal))
			}
			return false
		}
		if left, ok := r.wrote(e.Principal); ok && (left == nil || !left.IsClusterAdmin()) {
			now = nil
		}
		r.have = with(r.have, e.Principal, now)
	}
	if r.have.UsesAWSAuth() && r.have.AWSAuth != nil && r.have.AWSAuth.Read {
		l := *r.have
		l.AWSAuth = r.Reader.ReadAWSAuth(ctx, l.AWSAuth)
		r.have = &l
	}
	return true
}

// restore gives an admin back what this run took.
func (r *run) restore(ctx context.Context, was spec.Entry) {
	r.warn("the remaining cluster admins lost their access while that of %s was revoked; its access is "+
		"restored", was.Principal)
	now, err := r.entry(ctx, was.Principal)
	steps := plan.CreateSteps(was)
	switch {
	case err == nil && now != nil && now.Type != was.Type:
		r.warn("%s has an entry of type %s, which is kept", was.Principal, now.Type)
		return
	case err == nil && now != nil:
		steps = plan.UpdateSteps(now.Entry, was)
	}
	back := newJob(plan.Change{Action: plan.Replace, Principal: was.Principal, After: &was, Steps: steps})
	if now != nil {
		back.change.Before = &now.Entry
	}
	back.note = putsBack
	for len(back.rest) > 0 && !back.failed && ctx.Err() == nil {
		r.step(ctx, back)
	}
	if back.failed || len(back.rest) > 0 {
		r.warn("the access of %s could not be restored; add it again", was.Principal)
	}
}
