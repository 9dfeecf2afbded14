package awsclient

import (
	"context"
	"sync"
)

// A memo makes one value a key, however many goroutines ask for it, and keeps
// it with its error. Only what failed because its asker was cancelled is made
// again for the next one. The zero memo is empty.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]*call[V]
}

type call[V any] struct {
	done    chan struct{}
	value   V
	err     error
	dropped bool
}

func (m *memo[K, V]) do(ctx context.Context, key K, make func(context.Context) (V, error)) (V, error) {
	for {
		c, first := m.enter(key)
		if first {
			c.value, c.err = make(ctx)
			if c.err != nil && ctx.Err() != nil {
				c.dropped = true
				m.mu.Lock()
				delete(m.calls, key)
				m.mu.Unlock()
			}
			close(c.done)
			return c.value, c.err
		}
		select {
		case <-c.done:
			if !c.dropped {
				return c.value, c.err
			}
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
	}
}

func (m *memo[K, V]) enter(key K) (c *call[V], first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.calls[key]; ok {
		return c, false
	}
	if m.calls == nil {
		m.calls = map[K]*call[V]{}
	}
	c = &call[V]{done: make(chan struct{})}
	m.calls[key] = c
	return c, true
}
