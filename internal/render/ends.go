package render

import (
	"fmt"
	"time"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// ends says how long what a change grants will last, seen from when the plan
// was made; "" where it has no end, or one that has passed.
func ends(c plan.Change, made time.Time) string {
	if c.After == nil {
		return ""
	}
	end, err := time.Parse(time.RFC3339, c.After.Tags[spec.TagExpires])
	if err != nil || !made.Before(end) {
		return ""
	}
	return deadline(end, made)
}

// deadline is a time to come for people, relative and absolute: "in 8h (23:10
// UTC)".
func deadline(end, now time.Time) string {
	if !now.Before(end) {
		return clock(end, now)
	}
	return "in " + span(end.Sub(now)) + " (" + clock(end, now) + ")"
}

// clock is a time for people: "23:10 UTC", with its date where that is not
// today's.
func clock(t, now time.Time) string {
	if t.UTC().Truncate(24 * time.Hour).Equal(now.UTC().Truncate(24 * time.Hour)) {
		return t.UTC().Format("15:04 UTC")
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// span is a duration in the unit a person would choose, rounded down, so that
// no more time is left than it says.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than 1m"
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}
