package awsclient

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/smithy-go"
)

var errThrottled = &smithy.GenericAPIError{Code: "TooManyRequestsException"}

// A server lets through what its bucket holds.
type server struct {
	rate, burst, tokens float64
	last                time.Time
}

func (s *server) lets(now time.Time) bool {
	s.tokens = min(s.burst, s.tokens+s.rate*now.Sub(s.last).Seconds())
	s.last = now
	if s.tokens < 1 {
		return false
	}
	s.tokens--
	return true
}

// A drive makes calls at a pace, in no time: its clock goes from event to event.
type drive struct {
	p        *pace
	refuses  func(now time.Time) bool
	latency  time.Duration
	calls    int // that have to succeed
	inFlight int // at a time

	events events
	now    time.Time
	queue  []*call // that wait for their turn
	held   bool    // the turn

	sent, refused int
}

type call struct {
	attempt int
	begun   time.Time
}

type event struct {
	at time.Time
	do func()
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any          { old := *e; x := old[len(old)-1]; *e = old[:len(old)-1]; return x }

func (d *drive) after(wait time.Duration, do func()) {
	heap.Push(&d.events, event{d.now.Add(wait), do})
}

// run returns how long it took.
func (d *drive) run() time.Duration {
	d.p = newPace()
	start := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	d.now = start
	left := d.calls
	var begin func()
	begin = func() {
		if left > 0 {
			left--
			d.enter(&call{}, begin)
		}
	}
	for range d.inFlight {
		begin()
	}
	for len(d.events) > 0 {
		e := heap.Pop(&d.events).(event)
		d.now = e.at
		e.do()
	}
	return d.now.Sub(start)
}

func (d *drive) enter(c *call, then func()) {
	if d.p.unlimited() {
		d.send(c, then)
		return
	}
	d.queue = append(d.queue, c)
	d.next(then)
}

func (d *drive) next(then func()) {
	if d.held || len(d.queue) == 0 {
		return
	}
	c := d.queue[0]
	d.queue, d.held = d.queue[1:], true
	d.after(max(0, d.p.next(d.now)), func() {
		d.held = false
		d.send(c, then)
		d.next(then)
	})
}

func (d *drive) send(c *call, then func()) {
	c.begun = d.now
	d.sent++
	d.after(d.latency/2, func() {
		refused := d.refuses(d.now)
		d.after(d.latency/2, func() {
			if !refused {
				d.p.record(c.begun, d.now, nil)
				then()
				return
			}
			d.refused++
			d.p.record(c.begun, d.now, errThrottled)
			c.attempt++
			if c.attempt >= maxAttempts {
				panic("a call failed")
			}
			wait, _ := retryDelay(c.attempt, errThrottled)
			d.after(wait, func() { d.enter(c, then) })
		})
	})
}

// The rates of no service are known, so it is to be good at all of them: near
// the rate, and with few calls in vain.
func TestPaceFindsTheRate(t *testing.T) {
	for _, test := range []struct {
		rate, burst     float64
		latency         time.Duration
		calls, inFlight int
		slower, refused float64
	}{
		{20, 40, 40 * time.Millisecond, 100 * 102, 50, 1.15, 0.05}, // a hundred clusters of fifty entries
		{20, 40, 5 * time.Millisecond, 100 * 102, 50, 1.15, 0.05},
		{20, 40, 300 * time.Millisecond, 100 * 102, 50, 1.15, 0.05},
		{20, 40, 40 * time.Millisecond, 100 * 102, 10, 1.15, 0.05},
		{20, 40, 40 * time.Millisecond, 100 * 102, 400, 1.15, 0.05},
		{20, 20, 40 * time.Millisecond, 1000, 50, 1.25, 0.10},
		{20, 1, 40 * time.Millisecond, 1000, 50, 1.25, 0.10},
		{5, 10, 40 * time.Millisecond, 2000, 50, 1.15, 0.05},
		{3, 3, 40 * time.Millisecond, 500, 50, 1.25, 0.15},
		{100, 200, 40 * time.Millisecond, 10000, 50, 1.15, 0.05},
		{500, 1000, 40 * time.Millisecond, 50000, 50, 1.15, 0.05},
	} {
		t.Run(
			fmt.Sprintf(
				"%v a second and %v at once, %v, %d calls, %d at a time",
				test.rate,
				test.burst,
				test.latency,
				test.calls,
				test.inFlight,
			),
			func(t *testing.T) {
				s := &server{rate: test.rate, burst: test.burst, tokens: test.burst}
				d := &drive{
					refuses:  func(now time.Time) bool { return !s.lets(now) },
					latency:  test.latency,
					calls:    test.calls,
					inFlight: test.inFlight,
				}
				took := d.run().Seconds()
				slower, refused := took/(float64(test.calls)/test.rate), float64(d.refused)/float64(d.sent)
				t.Logf("%.0f s, %.3f times what the rate takes, %.1f %% refused", took, slower, 100*refused)
				if slower > test.slower || refused > test.refused {
					t.Errorf("at most %v times, and %v %% refused", test.slower, 100*test.refused)
				}
			},
		)
	}
}

// Where nothing is throttled nothing waits: six thousand calls, fifty at a
// time, take a hundred and twenty round trips.
func TestPaceSlowsNothingDown(t *testing.T) {
	d := &drive{
		refuses:  func(time.Time) bool { return false },
		latency:  40 * time.Millisecond,
		calls:    6000,
		inFlight: 50,
	}
	if took := d.run(); took != 120*40*time.Millisecond {
		t.Errorf("%v", took)
	}
}

// A rate that was low for a while, since others used it, is found again.
func TestPaceRecovers(t *testing.T) {
	s := &server{rate: 10, burst: 10, tokens: 10}
	start := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	d := &drive{refuses: func(now time.Time) bool {
		if now.Sub(start) > 30*time.Second {
			s.rate, s.burst = 1e6, 1e6
		}
		return !s.lets(now)
	}, latency: 40 * time.Millisecond, calls: 20000, inFlight: 50}
	if took := d.run(); took > 110*time.Second {
		t.Errorf("%v for twenty thousand calls, of which three hundred were slow", took)
	}
}

// What is refused for no rate at all must not end in standing still.
func TestPaceAgainstNoise(t *testing.T) {
	n := 0
	d := &drive{
		refuses:  func(time.Time) bool { n++; return n%5 == 0 },
		latency:  40 * time.Millisecond,
		calls:    5000,
		inFlight: 50,
	}
	took := d.run()
	t.Logf("%v for five thousand calls", took)
	if took > time.Minute {
		t.Error("too long")
	}
}

func TestPaceWaits(t *testing.T) {
	p := newPace()
	p.record(time.Now(), time.Now(), errThrottled)
	if p.unlimited() {
		t.Fatal("it goes on as before")
	}
	start := time.Now()
	for range 4 { // ten a second
		if err := p.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 200*time.Millisecond {
		t.Errorf("four calls in %v", took)
	}
	for range 10000 {
		p.next(time.Now()) // places far ahead
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := p.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	// Whoever waits for the turn of another can be stopped as well.
	p.turn <- struct{}{}
	if err := p.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
