package recover

import (
	"context"
	"errors"
	"fmt"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
)

// reach says whether EKS tells of the cluster, and where the cluster is instead
// if not there.
func (r *recovery) reach(ctx context.Context) ([]Step, bool, error) {
	if r.unread != nil {
		e := r.target.Fault(r.unread)
		if e.Code == fault.ClusterNotFound {
			r.run.Fleet.HintElsewhere(ctx, r.target.Cluster, &e)
		}
		return stopAt(Reach, e)
	}
	have := r.target.Have
	r.target.Identify(ctx, r.principal)
	detail := fmt.Sprintf(
		"EKS answers in %s: %s is %s, Kubernetes %s",
		have.ID.Region,
		have.ID.Name,
		have.Status,
		have.Version,
	)
	if have.PublicEndpoint != nil && !*have.PublicEndpoint {
		detail += ", its endpoint private"
	}
	return goOn(Step{Name: Reach, Status: Done, Detail: detail})
}

// compute plans what to do, or says why nothing can be.
func (r *recovery) compute(ctx context.Context) ([]Step, bool, error) {
	if r.Recreate && r.self {
		r.refused = r.isUnauthorized(ctx)
	}
	r.target.Plan = r.run.Compute(ctx, r.target, func(t *run.Target) plan.Cluster {
		in := r.planInput()
		in.CutOff, in.Callers = r.run.CutOff(r.Cluster), t.Callers
		in.Longer, in.Recreate, in.Refused = r.Longer, r.Recreate, r.refused
		return plan.Recover(in)
	})
	planned := &r.target.Plan
	switch planned.Status {
	case plan.Failed:
		return stopAt(Entry, *planned.Error)
	case plan.Refused:
		for _, g := range planned.Guards {
			if g.Refuses() {
				r.report.Outcome = Refused
				return stopAt(Entry, guardError(g))
			}
		}
	}
	for _, w := range planned.Warnings {
		r.observer.Message(LevelWarning, w.Message)
	}
	return nil, true, nil
}

// planInput is what every plan of the recovery hangs on.
func (r *recovery) planInput() plan.RecoverInput {
	return plan.RecoverInput{
		Cluster:   r.Cluster,
		Principal: r.principal,
		Policy:    r.Policy,
		Lasts:     r.Lasts,
		Reason:    r.Reason,
		Have:      r.target.Have,
		Now:       r.run.Fleet.Now(),
		Options:   r.Guards,
	}
}

func guardError(g plan.Guard) plan.Error {
	return plan.Error{Code: fault.Refused, Message: g.Name + ": " + g.Detail, Hint: g.Hint}
}

// isUnauthorized reports whether the cluster itself says that it does not let
// in the caller.
func (r *recovery) isUnauthorized(ctx context.Context) bool {
	client, err := r.run.Fleet.KubeClient(r.target.Cluster)
	if err != nil {
		return false
	}
	defer client.Close()
	_, err = client.WhoAmI(ctx)
	var e *kubeerr.Error
	return errors.As(err, &e) && e.Code == kubeerr.Unauthorized
}
