package doctor

import (
	"testing"
	"time"
)

func TestLeft(t *testing.T) {
	for d, want := range map[time.Duration]string{
		8 * time.Hour:                 "8h",
		8*time.Hour - 2*time.Second:   "8h",
		90 * time.Minute:              "1h30m",
		10 * time.Minute:              "10m",
		20 * time.Second:              "less than a minute",
		100*time.Hour + 5*time.Minute: "100h5m",
	} {
		if got := left(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
