package render

import (
	"fmt"
	"time"

	"github.com/eksaccess/eksaccess/internal/phrase"
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
	return "in " + span(end.Sub(made)) + ", at " + stamp(end)
}

// span is a duration in the unit a person would choose, rounded down: nobody
// has more time than it says.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return phrase.Count(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return phrase.Count(int(d/time.Hour), "hour")
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}
