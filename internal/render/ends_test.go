package render

import (
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func TestEnds(t *testing.T) {
	made := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for tag, want := range map[string]string{
		"":                          "",
		"soon":                      "",
		"2026-11-23T08:00:00Z":      "",
		"2026-11-23T08:00:30Z":      "in 1m (08:00 UTC)",
		"2026-11-23T08:01:30Z":      "in 2m (08:01 UTC)",
		"2026-11-23T09:59:59Z":      "in 2h (09:59 UTC)",
		"2026-11-23T16:00:00+01:00": "in 7h (15:00 UTC)",
		"2026-11-25T07:00:00Z":      "in 47h (2026-11-25 07:00 UTC)",
		"2026-12-01T18:00:00Z":      "in 8d (2026-12-01 18:00 UTC)",
	} {
		c := plan.Change{After: &spec.Entry{Tags: map[string]string{spec.TagExpires: tag}}}
		if got := ends(c, made); got != want {
			t.Errorf("%q: %q, want %q", tag, got, want)
		}
	}
	if got := ends(plan.Change{Action: plan.Delete}, made); got != "" {
		t.Errorf("a deletion: %q", got)
	}
}
