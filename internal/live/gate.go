package live

import "context"

// A Gate bounds how many calls of readings are under way at a time, those that
// wait for another attempt included. Readings that share one share its room;
// clusters of one account and region should, since they share a rate as well,
// and others should not: one that is held back would hold back all.
type Gate chan struct{}

// NewGate returns a gate with room for n calls.
func NewGate(n int) Gate { return make(Gate, max(n, 1)) }

// enter waits for room; false when ctx ended first.
func (g Gate) enter(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case g <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// enterNow takes room that is free at this moment.
func (g Gate) enterNow() bool {
	select {
	case g <- struct{}{}:
		return true
	default:
		return false
	}
}

func (g Gate) leave() { <-g }
