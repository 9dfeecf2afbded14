package awsclient

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/eksaccess/eksaccess/internal/awserr"
)

// A pace keeps the calls to one service, account and region under a rate that
// it learns. AWS publishes no rates for EKS; but what it lets through while it
// throttles is the rate it allows. There is no limit until something is
// throttled, so where nothing is, nothing is slowed down.
//
// The rate is cut once for all calls that were under way together, however
// many of them were throttled, and then grows: fast to where it was throttled
// last, slowly beyond it, and fast again after a while, since the other callers that used
// the rate may be gone.
type pace struct {
	turn chan struct{} // held by the one call that waits for its time

	mu      sync.Mutex
	limiter *rate.Limiter // nil is unlimited
	ceiling float64       // calls a second that passed when throttled last; 0 not known yet
	cut     time.Time     // when last
	cuts    int           // without ten seconds of peace between
	grown   time.Time     // up to when
	answers window
}

const (
	slowest     = 2.0    // calls a second
	asGoodAsAny = 2000.0 // from here on there is no limit
	firstGuess  = 10.0   // at least, where the window is too young to tell

	cutGap     = 100 * time.Millisecond // at least between two cuts
	peace      = 10 * time.Second
	noiseAfter = 10 // cuts that did not help
)

func newPace() *pace { return &pace{turn: make(chan struct{}, 1)} }

// wait returns when the next call may start.
func (p *pace) wait(ctx context.Context) error {
	if p.unlimited() {
		return ctx.Err()
	}
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.turn }()
	d := p.next(time.Now())
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

func (p *pace) unlimited() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limiter == nil
}

// next takes the next place in the rate and says how long it is until then.
func (p *pace) next(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.raiseRate(now)
	if p.limiter == nil {
		return 0
	}
	return p.limiter.ReserveN(now, 1).DelayFrom(now)
}

// record counts the answer to a call that was begun at a time.
func (p *pace) record(begun, now time.Time, err error) {
	throttled := awserr.IsThrottle(err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.count(now, throttled)
	if !throttled {
		return
	}
	if begun.After(p.cut) && now.Sub(p.cut) >= cutGap {
		p.slowDown(now)
	}
}

// slowDown cuts the rate to somewhat less than what passed in the last second;
// by half at most, since a second in which little was asked for says little.
func (p *pace) slowDown(now time.Time) {
	p.raiseRate(now)
	if now.Sub(p.cut) > peace {
		p.cuts = 0
	}
	passed, refused := p.answers.lastSecond(now)
	if passed+refused >= firstGuess && refused*3 >= passed*2 {
		p.cuts = min(p.cuts, noiseAfter) // that is for the rate
	}
	switch {
	case p.cuts > noiseAfter:
		// Less was asked for and as much refused: that is not for the rate. So
		// it may grow, and if it was for the rate after all, most is refused.
		p.ceiling, p.cut = 0, now
		return
	case p.limiter == nil: // of a burst that was let through, half may have been saved up
		p.limiter = rate.NewLimiter(0, 1)
		p.set(now, max(passed/2, firstGuess))
		p.ceiling = 0
	default:
		was := float64(p.limiter.Limit())
		cut := 0.9 * min(was, passed)
		if refused > passed {
			cut = 0.7 * was
		}
		p.set(now, max(cut, was/2))
		p.ceiling = max(min(was, passed), was/2)
	}
	p.cut, p.grown, p.cuts = now, now, p.cuts+1
}

// raiseRate brings the rate up to date.
func (p *pace) raiseRate(now time.Time) {
	seconds := now.Sub(p.grown).Seconds()
	if p.limiter == nil || seconds <= 0.01 {
		return
	}
	p.grown = now
	r, quiet := float64(p.limiter.Limit()), now.Sub(p.cut)
	switch {
	case p.ceiling == 0:
		r *= math.Pow(2, seconds)
	case r < p.ceiling*0.98:
		r = min(p.ceiling*0.98, r+p.ceiling*0.1*seconds)
	case quiet < 2*peace:
		r *= math.Pow(1.005, seconds)
	case quiet < 4*peace:
		r *= math.Pow(1.03, seconds)
	default:
		r *= math.Pow(1.2, seconds)
	}
	if r >= asGoodAsAny {
		p.limiter, p.ceiling = nil, 0
		return
	}
	p.set(now, r)
}

func (p *pace) set(now time.Time, r float64) {
	r = max(r, slowest)
	p.limiter.SetLimitAt(now, rate.Limit(r))
	p.limiter.SetBurstAt(now, max(1, int(r/20))) // a timer is late by more than the time between calls of a high rate
}
