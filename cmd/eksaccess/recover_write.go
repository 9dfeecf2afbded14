package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// ask shows what will be done and waits for a yes, where anything is to be
// done.
func (r *recovery) ask(ctx context.Context) error {
	if r.s.plan.Status != plan.Changed {
		return nil
	}
	if m := r.s.plan.AuthenticationMode; m.Moves() && r.c.Bool("yes") {
		r.p.complain(
			"note",
			"the authentication mode goes from "+m.Before+" to "+m.After+", which EKS never takes back; it takes "+
				"minutes",
		)
	}
	if r.c.Bool("yes") {
		if !r.c.Bool("quiet") {
			r.p.complain("note",
				"gives "+r.principal+" "+r.grant()+" of "+r.s.declared.ID.Name+" for "+hours(r.c.Duration("expires")))
		}
		return nil
	}
	made := r.f.made([]*site{r.s})
	if err := render.Plan(r.p.stderr, made, r.p.drawing(render.Text)); err != nil {
		return err
	}
	if err := r.p.ask(ctx, made); err != nil {
		return err
	}
	r.f.refresh(ctx, []*site{r.s})
	return stopped(ctx)
}

// hours is a duration without units that are zero: "8h", "90m" is "1h30m".
func hours(d time.Duration) string {
	text := d.String()
	if m, ok := strings.CutSuffix(text, "m0s"); ok {
		text = m + "m"
	}
	if h, ok := strings.CutSuffix(text, "h0m"); ok {
		text = h + "h"
	}
	return text
}

// grant is what is given, for people.
func (r *recovery) grant() string {
	if eksfacts.IsClusterAdmin(r.policy.ARN) && r.policy.Scope == spec.ScopeCluster {
		return "cluster admin"
	}
	return access.PolicyText(r.policy)
}

// write carries the plan out, and tells of it step by step.
func (r *recovery) write(ctx context.Context) error {
	if r.s.plan.Status == plan.Changed && !r.c.Bool("no-journal") {
		if err := r.f.keepJournal(); err != nil {
			return err
		}
	}
	result := r.f.carryOut(ctx, []*site{r.s})
	r.f.endJournal()
	r.settle()
	done := &result.Clusters[0]
	if r.s.plan.Status != plan.InSync {
		r.report.Result = done
		if r.f.journal != nil && len(done.Done)+len(done.Failed) > 0 {
			path := r.f.journal.Path()
			r.report.Journal, r.report.Undo = &path, r.f.undoCommandLine()
		}
	}
	r.wrote = len(done.Done) > 0
	for _, w := range done.Warnings {
		if !containsWarning(r.s.plan.Warnings, w) {
			r.p.complain("warning", w.Message)
		}
	}
	bad, unproven := false, false
	for _, s := range rescue.Written(r.s.plan, *done, r.policy, r.s.have.Identities[r.principal]) {
		if err := r.tell(s); err != nil {
			return err
		}
		bad, unproven = bad || s.Status == rescue.Failed, unproven || s.Status == rescue.Unproven
	}
	if done.Status == apply.Refused {
		r.report.Outcome = rescue.Refused
	}
	if bad || unproven && ctx.Err() != nil {
		return errStep // all steps were sent; the timeout prevents only the proof
	}
	return stopped(ctx)
}

// settle ends the journals of runs that were cut off and have nothing left
// that is not this principal's.
func (r *recovery) settle() {
	err := journal.MarkFinished(r.f.unfinished, r.f.run, func(clusterARN, owner string) bool {
		return clusterARN == r.s.declared.ID.ARN() && owner == "" && len(r.f.cutOff(r.s)) == 0
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		r.p.complain("warning", "the journal of a run that was cut off could not be ended: "+journalError(err).Error())
	}
}

func containsWarning(list []plan.Warning, w plan.Warning) bool {
	for _, have := range list {
		if have == w {
			return true
		}
	}
	return false
}
