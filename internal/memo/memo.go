// Package memo keeps what is asked for once: credentials, a role that was
// assumed, what IAM knows of a name.
//
// It knows nothing of AWS.
package memo

import (
	"context"
	"sync"
)

// A Memo makes one value a key, however many goroutines ask for it at a time,
// and keeps it with its error. Only what failed because its asker was
// cancelled is recreated, for the next one. The zero Memo is empty.
type Memo[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]*call[V]
}

type call[V any] struct {
	done    chan struct{}
	value   V
	err     error
	dropped bool // the asker was cancelled; the next one makes it again
}

// Do returns the value of key, made by ask the first time.
func (m *Memo[K, V]) Do(ctx context.Context, key K, ask func(context.Context) (V, error)) (V, error) {
	for {
		c, first := m.enter(key)
		if first {
			c.value, c.err = ask(ctx)
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

// enter returns the call that makes key, and whether it is the asker's to make.
func (m *Memo[K, V]) enter(key K) (c *call[V], first bool) {
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
