package phrase

import (
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	now := time.Date(2026, 12, 1, 15, 10, 0, 0, time.UTC)
	for _, test := range []struct {
		after                 time.Duration
		duration, clock, when string
	}{
		{8 * time.Hour, "8h", "23:10 UTC", "in 8h (23:10 UTC)"},
		{8*time.Hour - 2*time.Second, "8h", "23:09 UTC", "in 8h (23:09 UTC)"},
		{90 * time.Minute, "1h30m", "16:40 UTC", "in 1h30m (16:40 UTC)"},
		{10 * time.Minute, "10m", "15:20 UTC", "in 10m (15:20 UTC)"},
		{20 * time.Second, "less than a minute", "15:10 UTC", "in less than a minute (15:10 UTC)"},
		{10 * time.Hour, "10h", "01:10 UTC", "in 10h (01:10 UTC)"},
		{47 * time.Hour, "47h", "2026-12-03 14:10 UTC", "in 47h (2026-12-03 14:10 UTC)"},
		{100 * time.Hour, "4d", "2026-12-05 19:10 UTC", "in 4d (2026-12-05 19:10 UTC)"},
	} {
		at := now.Add(test.after)
		if got := Duration(test.after); got != test.duration {
			t.Errorf("Duration(%s) is %q, want %q", test.after, got, test.duration)
		}
		if got := Clock(at, now); got != test.clock {
			t.Errorf("Clock in %s is %q, want %q", test.after, got, test.clock)
		}
		if got := When(at, now); got != test.when {
			t.Errorf("When in %s is %q, want %q", test.after, got, test.when)
		}
	}
	if got, want := When(now.Add(-3*time.Hour), now), "3h ago (12:10 UTC)"; got != want {
		t.Errorf("When is %q, want %q", got, want)
	}
}
