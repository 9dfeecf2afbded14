package memo

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestDo(t *testing.T) {
	var m Memo[string, int]
	var asked atomic.Int32
	bad := errors.New("bad")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			v, err := m.Do(t.Context(), "a", func(context.Context) (int, error) { asked.Add(1); return 7, bad })
			if v != 7 || err != bad {
				t.Errorf("got %d, %v", v, err)
			}
		})
	}
	wg.Wait()
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	if v, err := m.Do(t.Context(), "b", func(context.Context) (int, error) { return 8, nil }); v != 8 || err != nil {
		t.Errorf("another key: %d, %v", v, err)
	}
}

// TestCancelledAsker has one goroutine ask and be cancelled while another
// waits: the second then asks for itself.
func TestCancelledAsker(t *testing.T) {
	var m Memo[string, int]
	ctx, cancel := context.WithCancel(t.Context())
	asking := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := m.Do(ctx, "a", func(ctx context.Context) (int, error) {
			close(asking)
			<-ctx.Done()
			return 0, ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
	})
	<-asking
	wg.Go(func() {
		if v, err := m.Do(t.Context(), "a", func(context.Context) (int, error) { return 7, nil }); v != 7 ||
			err != nil {
			t.Errorf("the second: %d, %v", v, err)
		}
	})
	cancel()
	wg.Wait()
}

func TestWaiterIsCancelled(t *testing.T) {
	var m Memo[string, int]
	asking, end := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = m.Do(t.Context(), "a", func(context.Context) (int, error) {
			close(asking)
			<-end
			return 7, nil
		})
	})
	<-asking
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Do(ctx, "a", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(end)
	wg.Wait()
}
