package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// ErrTooOld is the error of a saved plan that was made too long ago to be what
// anybody reviewed, or on a machine whose clock is ahead.
var ErrTooOld = errors.New("the plan is too old")

// Resume takes up a plan that was saved: each cluster is reached, read again and
// checked again, side by side. What is in it was decided when it was made; only
// guards are judged again. Name is the file's, for messages.
func (r *Run) Resume(ctx context.Context, name string, saved *plan.Plan, maxAge time.Duration) ([]*Target, error) {
	var declared []*spec.Cluster
	for i := range saved.Clusters {
		declared = append(declared, saved.Clusters[i].Declaration())
	}
	if err := checkTakeOwnership(r.options.Plan, declared); err != nil {
		return nil, err
	}
	if maxAge <= 0 { // which no plan is young enough for, by any clock
		if err := checkAge(name, saved, r.Fleet.StartTime(), maxAge); err != nil {
			return nil, err
		}
	}
	r.Fleet.NoteEndpoints(ctx, declared...)
	targets := make([]*Target, len(declared))
	for i, c := range saved.Clusters {
		if c.Status == plan.Refused {
			c.Status = plan.Changed // for the guards of this run to say
		}
		targets[i] = &Target{Cluster: &fleet.Cluster{Declared: declared[i]}, Plan: c}
	}
	r.Refresh(ctx, targets)
	if err := fleet.StopCause(ctx); err != nil {
		return nil, err
	}
	// After reading, which tells AWS's time.
	if err := checkAge(name, saved, r.Fleet.Now(), maxAge); err != nil {
		return nil, err
	}
	return targets, nil
}

func checkAge(name string, p *plan.Plan, now time.Time, limit time.Duration) error {
	age := now.Sub(p.CreatedAt)
	if age <= limit && age > -5*time.Minute {
		return nil
	}
	return fault.WithHint(
		tooOld{fmt.Sprintf("plan %q was made at %s, %s ago; --max-plan-age is %s", name,
			p.CreatedAt.Format(time.RFC3339), age.Round(time.Minute), limit)},
		"plan again with: eksaccess plan -f FILE --save "+name,
	)
}

type tooOld struct{ text string }

func (t tooOld) Error() string      { return t.text }
func (tooOld) Is(target error) bool { return target == ErrTooOld }
