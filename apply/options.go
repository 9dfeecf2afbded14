package apply

import (
	"cmp"
	"context"
	"time"
)

// Options hold for every cluster of a run. The zero value is ready to use.
type Options struct {
	// AddOnly sends nothing that takes: no revocation, no replace, no untag,
	// no step to mode API. A plan made for it has none; this is the second
	// lock on that door.
	AddOnly bool
	// TakeOwnership lets an entry that turned up since the plan be changed
	// even if it carries another owner's mark.
	TakeOwnership bool

	Clusters    int           // at work side by side; 0 means 10
	MaxFailures int           // of clusters; no further one is begun then; 0 means no limit
	Entries     int           // of one cluster, likewise
	RetryFor    time.Duration // how long what EKS does not know yet is tried again; 0 means 2 minutes
	ReadBackFor time.Duration // how long a reading may lag behind the writes; 0 means 1 minute
	// CallTimeout is that of one call with the SDK's retries. A canceled run finishes it in less, see finishWithin.
	// 0 means 2 minutes.
	CallTimeout time.Duration

	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error // returns early, with an error, when ctx ends
	Events func(Event)
}

func (o Options) withDefaults() Options {
	o.Clusters = cmp.Or(max(o.Clusters, 0), 10)
	o.Entries = cmp.Or(max(o.Entries, 0), 10)
	o.RetryFor = cmp.Or(o.RetryFor, 2*time.Minute)
	o.ReadBackFor = cmp.Or(o.ReadBackFor, time.Minute)
	o.CallTimeout = cmp.Or(o.CallTimeout, 2*time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Events == nil {
		o.Events = func(Event) {}
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// A pause grows from one second to ten, the pace the product promises for
// waiting on updates; no other wait here needs another.
type pause time.Duration

func (p *pause) next() time.Duration {
	d := cmp.Or(time.Duration(*p), time.Second)
	*p = pause(min(2*d, 10*time.Second))
	return d
}

// wait sleeps for the next pause, and reports whether to try again: not past
// until (unless that is zero), and not when the run was told to stop.
func (o *Options) wait(ctx context.Context, p *pause, until time.Time) bool {
	d := p.next()
	if !until.IsZero() {
		left := until.Sub(o.Now())
		if left <= 0 {
			return false
		}
		d = min(d, left)
	}
	return ctx.Err() == nil && o.Sleep(ctx, d) == nil && ctx.Err() == nil
}
