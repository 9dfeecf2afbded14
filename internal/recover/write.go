package recover

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// grant is what is given, for people.
func (r *recovery) grant() string {
	if eksfacts.IsClusterAdmin(r.Policy.ARN) && r.Policy.Scope == spec.ScopeCluster {
		return "cluster admin"
	}
	return access.PolicyText(r.Policy)
}

// shortDuration is a duration without units that are zero: "8h", "1h30m".
func shortDuration(d time.Duration) string {
	text := d.String()
	if m, ok := strings.CutSuffix(text, "m0s"); ok {
		text = m + "m"
	}
	if h, ok := strings.CutSuffix(text, "h0m"); ok {
		text = h + "h"
	}
	return text
}

// write carries the plan out, once that was confirmed.
func (r *recovery) write(ctx context.Context) ([]Step, bool, error) {
	var confirm func() error
	if r.Confirm != nil {
		confirm = func() error { return r.Confirm(ctx, r.run.PlanOf([]*run.Target{r.target})) }
	} else if r.target.Plan.Status == plan.Changed {
		r.announce()
	}
	applied, err := r.run.Apply(ctx, []*run.Target{r.target}, confirm)
	if err != nil {
		return nil, false, err
	}
	r.settle()
	planned, result := &r.target.Plan, applied.Clusters[0]
	if planned.Status != plan.InSync {
		r.report.Result = &result
		if path := r.run.Journal(); path != "" && len(result.Done)+len(result.Failed) > 0 {
			r.report.Journal, r.report.Undo = &path, r.run.UndoCommand()
		}
	}
	r.wrote = len(result.Done) > 0
	for _, w := range result.Warnings {
		if !slices.Contains(planned.Warnings, w) {
			r.observer.Message(LevelWarning, w.Message)
		}
	}
	steps := writtenSteps(*planned, result, r.Policy, r.target.Have.Identities[r.principal])
	if result.Status == apply.Refused {
		r.report.Outcome = Refused
	}
	has := func(status Status) bool {
		return slices.ContainsFunc(steps, func(s Step) bool { return s.Status == status })
	}
	if has(Failed) || has(Unproven) && ctx.Err() != nil {
		return steps, false, nil // all steps were sent; the timeout prevents only the proof
	}
	return steps, true, fleet.Stopped(ctx)
}

// announce says what is written without asking.
func (r *recovery) announce() {
	if m := r.target.Plan.AuthenticationMode; m.Moves() {
		r.observer.Message(LevelNote, "the authentication mode goes from "+m.Before+" to "+m.After+
			", which EKS never takes back; it takes minutes")
	}
	r.observer.Message(LevelAnnouncement,
		"gives "+r.principal+" "+r.grant()+" of "+r.Cluster.ID.Name+" for "+shortDuration(r.Lasts))
}

// settle ends the journals of runs that were cut off and have nothing left
// that is not this principal's.
func (r *recovery) settle() {
	r.run.Settle(func(clusterARN, owner string) bool {
		return clusterARN == r.Cluster.ID.ARN() && owner == "" && len(r.run.CutOff(r.Cluster)) == 0
	})
}
