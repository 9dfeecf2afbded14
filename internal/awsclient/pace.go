package awsclient

import (
	"context"
	"sync"
	"time"

	"github.com/eksaccess/eksaccess/internal/awserr"
)

// A pace keeps the calls to one service, account and region under a rate that
// it learns. AWS publishes no rates for EKS; but what it lets through while it
// throttles is the rate it allows. As long as little is throttled there is no
// limit, and the pauses between attempts do. The zero pace is unlimited.
type pace struct {
	mu       sync.Mutex
	interval time.Duration // between two calls; 0 is unlimited
	next     time.Time     // earliest start of the next call

	since           time.Time // start of the window that is counted
	passed, refused int
}

const (
	paceWindow = time.Second
	slowest    = time.Second / 2      // two calls a second
	fastest    = 2 * time.Millisecond // 500 a second: as good as unlimited
	fewest     = 10                   // answers a window needs to say anything
)

// wait returns when the next call may start.
func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	var d time.Duration
	if p.interval > 0 {
		now := time.Now()
		if p.next.Before(now) {
			p.next = now
		}
		d = p.next.Sub(now)
		p.next = p.next.Add(p.interval)
	}
	p.mu.Unlock()
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// done counts an answer, and at the end of a window draws the conclusion:
// where two in five or more were throttled, what passed is the rate; else a
// rate that is in force rises by a quarter.
func (p *pace) done(err error) {
	throttled := awserr.IsThrottle(err)
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.since.IsZero() {
		p.since = now
	}
	if throttled {
		p.refused++
	} else {
		p.passed++
	}
	window := now.Sub(p.since)
	if total := p.passed + p.refused; window < paceWindow || total < fewest {
		return
	}
	switch {
	case p.refused*5 >= (p.passed+p.refused)*2:
		p.interval = min(max(window/time.Duration(p.passed+1), fastest), slowest)
	case p.interval > 0:
		if p.interval = p.interval * 4 / 5; p.interval < fastest {
			p.interval = 0
		}
	}
	p.since, p.passed, p.refused = now, 0, 0
}
