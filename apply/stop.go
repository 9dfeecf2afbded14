package apply

import (
	"context"
	"time"

	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/spec"
)

// A run ends within 15 s after its context has ended. What must be finished (the
// call in flight, a replace, a unit) has the first part of that time, and what
// puts back a half-done change has some more.
const (
	finishWithin  = 9 * time.Second
	putBackWithin = 13 * time.Second
)

// outlives marks contexts that outlive the one of the run.
type outlives struct{}

// outliving returns a context that ends d after ctx, for the same cause.
func outliving(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithValue(context.WithoutCancel(ctx), outlives{}, true))
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			cancel(context.Cause(ctx))
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel(context.Canceled) }
}

// finishingContext is the context for a call that a stopped run finishes.
func (r *run) finishingContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Value(outlives{}) == nil {
		ctx = r.finishing
	}
	return context.WithTimeout(ctx, r.CallTimeout)
}

// readEntry reads one entry, again for a while if that fails. It ends with ctx,
// and at an error that stays.
func (r *run) readEntry(ctx context.Context, principal string) (*spec.LiveEntry, error) {
	var p pause
	began := r.Now()
	until := began.Add(r.ReadBackFor)
	for {
		e, err := r.readEntryOnce(ctx, principal)
		if err == nil || !r.waitAfter(ctx, err, &p, began, until) {
			return e, err
		}
	}
}

func (r *run) readEntryOnce(ctx context.Context, principal string) (*spec.LiveEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, r.CallTimeout)
	defer cancel()
	return r.Reader.ReadEntry(ctx, principal)
}

// waitAfter waits like wait after a reading that failed, but not if the error
// stays. It reports what is waited for.
func (r *run) waitAfter(ctx context.Context, err error, p *pause, began, until time.Time) bool {
	if awserr.IsPermanent(err) {
		return false
	}
	if ctx.Err() == nil && r.Now().Before(until) {
		r.Events(Event{Kind: Waiting, Cluster: r.Plan.ARN, Elapsed: r.Now().Sub(began),
			Detail: "a reading of the cluster: " + r.explain(err, "", "").Message})
	}
	return r.wait(ctx, p, until)
}
