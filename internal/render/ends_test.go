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
		"2026-11-23T08:00:30Z":      "in less than a minute, at 2026-11-23T08:00:30Z",
		"2026-11-23T08:01:30Z":      "in 1 minute, at 2026-11-23T08:01:30Z",
		"2026-11-23T09:59:59Z":      "in 119 minutes, at 2026-11-23T09:59:59Z",
		"2026-11-23T16:00:00+01:00": "in 7 hours, at 2026-11-23T15:00:00Z",
		"2026-11-25T07:00:00Z":      "in 47 hours, at 2026-11-25T07:00:00Z",
		"2026-12-01T18:00:00Z":      "in 8 days, at 2026-12-01T18:00:00Z",
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
