package render

import (
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
	return phrase.When(end, made)
}
