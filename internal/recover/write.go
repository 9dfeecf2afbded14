package recover

import (
	"context"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
)

// write shows the plan, asks for confirmation, and applies it.
func (r *recovery) write(ctx context.Context) ([]Step, bool, error) {
	var grant *Grant
	if r.target.Plan.Status == plan.Changed {
		grant = r.report.Grant
	}
	if err := r.observer.Plan(r.report, r.plannedSteps(), grant); err != nil {
		return nil, false, err
	}
	var confirm func() error
	if r.Confirm != nil && grant != nil {
		confirm = func() error { return r.Confirm(ctx, r.report, *grant) }
	}
	applied, err := r.run.Apply(ctx, []*run.Target{r.target}, confirm)
	if err != nil {
		return nil, false, err
	}
	r.settle()
	planned, result := &r.target.Plan, applied.Clusters[0]
	r.report.Grant = r.grant()
	if isAdopted(result) {
		r.report.Grant.Expires = time.Time{}
	}
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
	steps := writtenSteps(r.plannedSteps(), *planned, result, r.run.Fleet.Now())
	if result.Status == apply.Refused {
		r.report.Outcome = Refused
	}
	has := func(status Status) bool {
		return slices.ContainsFunc(steps, func(s Step) bool { return s.Status == status })
	}
	if has(Failed) || has(Unverified) && ctx.Err() != nil {
		return steps, false, nil // all steps were sent; the timeout prevents only the proof
	}
	return steps, true, fleet.StopCause(ctx)
}

// plannedSteps are the steps of the plan.
func (r *recovery) plannedSteps() []Step {
	return plannedSteps(r.target.Plan, r.Policy, r.target.Have.Identities[r.principal], r.run.Fleet.Now())
}

// settle completes the journals of interrupted runs that have nothing left to do
// for other principals.
func (r *recovery) settle() {
	r.run.Settle(func(clusterARN, owner string) bool {
		return clusterARN == r.Cluster.ID.ARN() && owner == "" && len(r.run.CutOff(r.Cluster)) == 0
	})
}
