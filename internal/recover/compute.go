package recover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// reach reports whether EKS describes the cluster, and if not, in which region
// a cluster of this name is.
func (r *recovery) reach(ctx context.Context) ([]Step, bool, error) {
	if r.unread != nil {
		e := r.target.Fault(r.unread)
		if e.Code == fault.ClusterNotFound {
			r.run.Fleet.HintElsewhere(ctx, r.target.Cluster, &e)
		}
		return stop(Reach, e)
	}
	have := r.target.Have
	r.target.Identify(ctx, r.principal)
	detail := fmt.Sprintf("%s: %s, Kubernetes %s, mode %s", have.ID.Name, have.Status, have.Version,
		have.Mode)
	if have.PublicEndpoint != nil && !*have.PublicEndpoint {
		detail += ", private endpoint"
	}
	return oneStep(Step{Name: Reach, Status: Done, Detail: detail})
}

// compute plans the changes, or returns the step that prevents them.
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
		return stop(Entry, *planned.Error)
	case plan.Refused:
		for _, g := range planned.Guards {
			if g.Refuses() {
				r.report.Outcome = Refused
				return stop(Entry, guardError(g))
			}
		}
	}
	for _, w := range planned.Warnings {
		r.observer.Message(LevelWarning, w.Message)
	}
	r.report.Grant = r.grant()
	return nil, true, nil
}

// grant returns what the principal has once the plan is applied.
func (r *recovery) grant() *Grant {
	g := &Grant{Principal: r.principal, Cluster: r.Cluster.ID, Policy: r.Policy, Lasts: r.Lasts}
	if m := r.target.Plan.AuthenticationMode; m.Moves() {
		g.Mode = m
	}
	var tags map[string]string
	if len(r.target.Plan.Changes) > 0 {
		tags = r.target.Plan.Changes[0].After.Tags
	} else if e := r.target.Have.Entry(r.principal); e != nil {
		tags = e.Tags
	}
	g.HoldUntil = tagTime(tags, spec.TagHoldUntil)
	if g.Expires = tagTime(tags, spec.TagExpires); !g.Expires.IsZero() && g.HoldUntil.After(g.Expires) {
		g.Expires = g.HoldUntil // no cleanup deletes the entry before
	}
	return g
}

// tagTime is the time in a tag; zero if there is none.
func tagTime(tags map[string]string, key string) time.Time {
	at, err := time.Parse(time.RFC3339, tags[key])
	if err != nil {
		return time.Time{}
	}
	return at
}

// planInput is the input of every plan of the recovery.
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

// isUnauthorized reports whether the cluster rejects the token of the caller.
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
