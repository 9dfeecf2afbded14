package apply

import (
	"context"

	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// An outcome is what became of a step.
type outcome struct {
	answer
	note      string
	adopted   bool // an entry was met where one was to be created
	err       error
	fulfilled []plan.Step // planned steps that need not be sent any more
}

const stoppedWaiting = "stopped while waiting to retry"

// try sends a step until EKS takes it or refuses it for good. Throttling and
// broken connections are the SDK's to try again; here are the refusals that
// pass by themselves and that no SDK can know.
func (r *run) try(ctx context.Context, j *job, s StepResult) outcome {
	var p pause
	began := r.Now()
	for {
		if err := r.locate(ctx, j, s.Step); err != nil {
			return outcome{err: err}
		}
		a, err := r.write(ctx, j, s)
		if err == nil {
			if s.Operation == plan.CreateAccessEntry {
				j.entryARN, j.made = a.entryARN, r.Now()
			}
			return outcome{answer: a}
		}
		until := began.Add(r.RetryFor)
		switch {
		case takesAway(s.Step) && notThere(err):
			return outcome{note: "already deleted"}
		case s.Operation == plan.DeleteAccessEntry && j.isReplace() && unanswered(err) && r.gone(ctx, s.Principal):
			r.knows(s.Principal, nil)
			return outcome{note: "no response received; the entry is deleted"}
		case s.Operation == plan.CreateAccessEntry && (awserr.IsInUse(err) || j.isReplace() && unanswered(err)):
			o, again := r.resolveRefusedCreate(ctx, j, err)
			if !again {
				return o
			}
		case s.Operation == plan.CreateAccessEntry && awserr.IsInvalidPrincipal(err) && r.mayExist(s.Principal):
			// A role takes some ten seconds until EKS knows it; others wait two
			// minutes for it (provider, access_entry.go). All that are new were
			// made before this run, so the time is one for all of them.
			until = r.newcomersUntil()
		case awserr.IsNotFoundEntry(err) && !j.made.IsZero():
			until = j.made.Add(r.RetryFor) // not seen everywhere yet (provider #35535)
		case awserr.IsNotFoundEntry(err) && s.Operation != plan.CreateAccessEntry:
			return outcome{err: r.goneError(err, s)}
		case awserr.IsUpdateInProgress(err):
		case awserr.IsInvalidPrincipal(err):
			return outcome{err: r.withIAMARN(err, s.Step)}
		default:
			return outcome{err: err}
		}
		if !r.wait(ctx, &p, until) {
			if ctx.Err() != nil {
				return outcome{err: err, note: stoppedWaiting + ": " + context.Cause(ctx).Error()}
			}
			return outcome{err: err}
		}
		detail := r.explain(err, s.Operation, s.Principal).Message
		if awserr.IsInvalidPrincipal(err) {
			detail = "waiting for EKS to find the principal: " + detail
		}
		r.Events(Event{Kind: Retrying, Cluster: r.Plan.ARN, Step: s, Elapsed: r.Now().Sub(began), Detail: detail})
	}
}

func takesAway(s plan.Step) bool {
	return s.Operation == plan.DeleteAccessEntry || s.Operation == plan.DisassociateAccessPolicy
}

func (j *job) isReplace() bool { return j.change.Action == plan.Replace }

// mayExist reports whether EKS can come to know a principal that it calls
// invalid: IAM does not say that it has none, or has it under another ARN.
func (r *run) mayExist(principal string) bool {
	id := r.identity(principal)
	return id.Existence != spec.Gone && id.ARN == ""
}

// identity is what IAM knows of a principal, by the latest reading that says
// something.
func (r *run) identity(principal string) spec.Identity {
	for _, live := range []*spec.Live{r.have, r.Have} {
		if live == nil {
			continue
		}
		if id := live.Identities[principal]; id.Existence == spec.Gone || id.ARN != "" {
			return id
		}
	}
	return spec.Identity{}
}

// withIAMARN says in the error under which ARN IAM has the principal, where it
// has it under another.
func (r *run) withIAMARN(err error, s plan.Step) error {
	id := r.identity(s.Principal)
	if id.ARN == "" {
		return err
	}
	e := r.explain(err, s.Operation, s.Principal)
	e.Hint = id.Elsewhere() + "; use that ARN"
	return e
}

// locate finds the ARN that tags are set by. It is new with each making of an
// entry, so it is never taken from the plan.
func (r *run) locate(ctx context.Context, j *job, s plan.Step) error {
	if j.entryARN != "" || s.Operation != plan.TagResource && s.Operation != plan.UntagResource {
		return nil
	}
	if e := r.have.Entry(s.Principal); e != nil && e.ARN != "" {
		j.entryARN = e.ARN
		return nil
	}
	e, err := r.entry(ctx, s.Principal)
	switch {
	case err != nil:
		return r.explain(err, "DescribeAccessEntry", s.Principal)
	case e == nil:
		return r.changedSince(s, "its entry no longer exists")
	}
	j.entryARN = e.ARN
	return nil
}

// entry reads one entry as part of a step, which a cancelled run finishes.
func (r *run) entry(ctx context.Context, principal string) (*spec.LiveEntry, error) {
	ctx, cancel := r.finishingContext(ctx)
	defer cancel()
	return r.Reader.ReadEntry(ctx, principal)
}

func (r *run) gone(ctx context.Context, principal string) bool {
	e, err := r.entry(ctx, principal)
	return err == nil && e == nil
}

func (r *run) goneError(err error, s StepResult) *plan.Error {
	told := r.explain(err, s.Operation, s.Principal)
	e := r.changedSince(s.Step, "its entry no longer exists: "+told.Message)
	e.RequestID = told.RequestID
	return e
}
