package awsclient

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A Clock is this machine's clock, corrected to that of AWS as soon as AWS has
// answered. It may be used by many goroutines; the zero Clock is ready to use.
type Clock struct {
	Machine func() time.Time // nil for time.Now

	mu       sync.Mutex
	offset   time.Duration // of AWS's clock from this machine's
	answered bool
}

// Now returns AWS's time, or this machine's if AWS has not answered yet.
func (c *Clock) Now() time.Time {
	offset, _ := c.Offset()
	return c.machine().Add(offset)
}

// Offset returns how far AWS's clock is ahead of this machine's; known is false
// as long as AWS has not answered.
func (c *Clock) Offset() (offset time.Duration, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset, c.answered
}

func (c *Clock) machine() time.Time {
	if c.Machine != nil {
		return c.Machine()
	}
	return time.Now()
}

// update compares the Date header of an answer with this machine's clock at
// the times around it. The header has whole seconds (RFC 9110, 5.6.7), and the
// answer was made at some time in between, so the offset is in a range. An
// offset in that range is kept: a slow answer says nothing against it.
func (c *Clock) update(date, sent, received time.Time) {
	low, high := date.Sub(received), date.Add(time.Second).Sub(sent)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered = true
	if c.offset < low || c.offset > high {
		c.offset = (low + (high-low)/2).Round(time.Second)
	}
}

// readClock is the middleware that reads the time from answers of AWS. An
// answer without a request ID may be from a proxy, whose clock is not AWS's.
type readClock struct{ clock *Clock }

func (readClock) ID() string { return "eksaccessReadClock" }

func (r readClock) HandleDeserialize(
	ctx context.Context,
	in middleware.DeserializeInput,
	next middleware.DeserializeHandler,
) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	sent := r.clock.machine()
	out, metadata, err := next.HandleDeserialize(ctx, in)
	received := r.clock.machine()
	answer, ok := out.RawResponse.(*smithyhttp.Response)
	if !ok || answer.Response == nil || answer.Header.Get("X-Amzn-Requestid") == "" {
		return out, metadata, err
	}
	if date, bad := http.ParseTime(answer.Header.Get("Date")); bad == nil {
		r.clock.update(date, sent, received)
	}
	return out, metadata, err
}
