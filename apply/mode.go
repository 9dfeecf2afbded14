package apply

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
)

// opening takes the mode step without which EKS answers no access-entry call.
// The step to API is not among these: it ends what aws-auth gives, so it waits
// until the entries that take its place are there (see closing).
func (r *run) opening(ctx context.Context) bool {
	for len(r.modes) > 0 && r.modes[0] != eksfacts.ModeAPI {
		if !r.enter(ctx) {
			return false
		}
	}
	return true
}

// closing takes the mode step after which aws-auth is ignored for good.
func (r *run) closing(ctx context.Context) bool {
	for len(r.modes) > 0 {
		if !r.enter(ctx) {
			return false
		}
	}
	return true
}

// enter goes to the next mode, reads again and judges again.
func (r *run) enter(ctx context.Context) bool {
	if r.stopped(ctx) {
		return false
	}
	s := StepResult{Step: plan.Step{Operation: plan.UpdateClusterConfig}, Mode: r.modes[0]}
	r.modes = r.modes[1:]
	if modeReached(r.have.Mode, s.Mode) {
		s.Note = alreadyInMode // EKS refuses an update to the mode it has (module #3047)
		r.recordDone(nil, s)
		return true
	}
	r.Events(Event{Kind: StepStarted, Cluster: r.Plan.ARN, Step: s})
	began := r.Now()
	seen, err := r.switchTo(ctx, &s)
	s.Seconds = int(r.Now().Sub(began).Seconds())
	if err != nil {
		s.Error = r.explain(err, plan.UpdateClusterConfig, "")
		s.RequestID = cmp.Or(s.RequestID, s.Error.RequestID)
		r.fail(nil, s)
		return false
	}
	if !seen {
		r.book(nil, asInProgress, s)
		r.stopped(ctx)
		return false
	}
	r.recordDone(nil, s)
	if r.stopped(ctx) || !r.read(ctx) {
		return false
	}
	r.adoptNewEntries()
	return r.checkGuards()
}

const alreadyInMode = "already in this mode"

// A modeUpdate is an update of the cluster's configuration that EKS works on.
type modeUpdate struct {
	id     string
	needed bool // false: the cluster is in the mode, and EKS has no update
}

// switchTo makes the update and waits for its end. It returns false where the
// run is stopped meanwhile: EKS has the update, which cannot be stopped.
func (r *run) switchTo(ctx context.Context, s *StepResult) (seen bool, err error) {
	u, err := r.startUpdate(ctx, s)
	if err != nil || !u.needed {
		return true, err
	}
	if err := r.awaitUpdate(ctx, *s, u.id); err != nil {
		return true, err
	}
	if ctx.Err() == nil {
		err = r.confirmMode(ctx, s.Mode)
	}
	if ctx.Err() != nil {
		s.Note = fmt.Sprintf("update %s was sent; the run was stopped before the update ended", u.id)
		return false, nil
	}
	return true, err
}

func modeReached(have, want string) bool { return eksfacts.ModeRank(have) >= eksfacts.ModeRank(want) }

// startUpdate sends the update, as soon as no other is in the way: a cluster
// takes one at a time (ack). A refusal counts for nothing if the mode is there:
// the update in the way may have been ours, sent twice.
func (r *run) startUpdate(ctx context.Context, s *StepResult) (modeUpdate, error) {
	var p pause
	began := r.Now()
	for {
		a, err := r.write(ctx, nil, *s)
		if err == nil {
			s.RequestID = a.requestID
			return modeUpdate{id: a.updateID, needed: true}, nil
		}
		if mode, modeErr := r.Reader.Mode(ctx); modeErr == nil && modeReached(mode, s.Mode) {
			s.Note = alreadyInMode
			return modeUpdate{}, nil
		}
		if !awserr.IsUpdateInProgress(err) {
			return modeUpdate{}, err
		}
		r.Events(
			Event{
				Kind:    Waiting,
				Cluster: r.Plan.ARN,
				Step:    *s,
				Elapsed: r.Now().Sub(began),
				Detail:  "another update of the cluster",
			},
		)
		if !r.wait(ctx, &p, time.Time{}) {
			r.stopped(ctx)
			s.Note = stoppedWaiting + ": " + context.Cause(ctx).Error()
			return modeUpdate{}, err
		}
	}
}

// unanswers is how often in a row an update's state may fail to be read; the
// SDK has tried each several times.
const unanswers = 3

// awaitUpdate returns nil when the update has succeeded or the run was told to
// stop. There is no other end: EKS speaks of minutes (guide,
// setting-up-access-entries).
func (r *run) awaitUpdate(ctx context.Context, s StepResult, id string) error {
	var p pause
	began := r.Now()
	for failures := 0; r.wait(ctx, &p, time.Time{}); {
		u, err := r.Reader.Update(ctx, id)
		if err != nil {
			if failures++; failures == unanswers || awserr.IsPermanent(err) {
				return r.explain(err, "DescribeUpdate", "")
			}
			continue
		}
		failures = 0
		switch u.Status {
		case "Successful":
			return nil
		case "Failed", "Cancelled":
			return &plan.Error{Code: u.Code, Operation: plan.UpdateClusterConfig, Resource: r.Plan.ARN,
				Message: fmt.Sprintf(
					"the update %s to mode %s ended as %s: %s %s",
					id,
					s.Mode,
					u.Status,
					u.Code,
					u.Message,
				),
				Hint: fmt.Sprintf(
					"inspect it with: aws eks describe-update --name %s --region %s --update-id %s; then run the "+
						"command "+
						"again",
					r.Plan.Name,
					r.Plan.Region,
					id,
				)}
		}
		r.Events(
			Event{Kind: Waiting, Cluster: r.Plan.ARN, Step: s, Elapsed: r.Now().Sub(began), Detail: "update " + id},
		)
	}
	return nil
}

// confirmMode asks the cluster itself.
func (r *run) confirmMode(ctx context.Context, mode string) error {
	var p pause
	began := r.Now()
	until := began.Add(r.ReadBackFor)
	for {
		have, err := r.Reader.Mode(ctx)
		if err == nil && modeReached(have, mode) {
			return nil
		}
		if err == nil && !r.wait(ctx, &p, until) || err != nil && !r.waitAfter(ctx, err, &p, began, until) {
			if err != nil {
				return r.explain(err, "DescribeCluster", "")
			}
			return &plan.Error{Code: fault.NotConfirmed, Operation: "DescribeCluster", Resource: r.Plan.ARN,
				Message: fmt.Sprintf("the update succeeded, but the cluster still has mode %s instead of "+
					"%s", have, mode)}
		}
	}
}
