package awsclient

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"github.com/eksaccess/eksaccess/internal/awserr"
)

// A Tally counts the calls of a run, each attempt for itself. It may be used by
// many goroutines; the zero Tally has none.
type Tally struct {
	mu    sync.Mutex
	calls map[[2]string]*Count
	all   Count
}

// A Count is of one operation.
type Count struct {
	Service   string
	Operation string
	Calls     int
	Throttled int           // of these
	Failed    int           // of these, throttled ones not among them; "not found" is a failure here
	Time      time.Duration // from sending to the answer, of all together
	Longest   time.Duration
}

func (c *Count) add(took time.Duration, err error) {
	c.Calls++
	c.Time += took
	c.Longest = max(c.Longest, took)
	switch {
	case awserr.IsThrottle(err):
		c.Throttled++
	case err != nil:
		c.Failed++
	}
}

// Total is that of all operations.
func (t *Tally) Total() Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all
}

// Counts are by service and operation.
func (t *Tally) Counts() []Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := make([]Count, 0, len(t.calls))
	for _, c := range t.calls {
		counts = append(counts, *c)
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Operation, b.Operation))
	})
	return counts
}

func (t *Tally) add(service, operation string, took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := [2]string{service, operation}
	if t.calls[key] == nil {
		if t.calls == nil {
			t.calls = map[[2]string]*Count{}
		}
		t.calls[key] = &Count{Service: service, Operation: operation}
	}
	t.calls[key].add(took, err)
	t.all.add(took, err)
}

// counted is the middleware that counts. It comes after whatever makes a call
// wait, so that its time is that of the service.
type counted struct{ tally *Tally }

func (counted) ID() string { return "eksaccessTally" }

func (c counted) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	begun := time.Now()
	out, metadata, err := next.HandleFinalize(ctx, in)
	// What asks EC2's metadata for credentials has no name.
	c.tally.add(
		cmp.Or(awsmiddleware.GetServiceID(ctx), "metadata"),
		awsmiddleware.GetOperationName(ctx),
		time.Since(begun),
		err,
	)
	return out, metadata, err
}
