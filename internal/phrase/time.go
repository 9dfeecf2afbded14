package phrase

import (
	"fmt"
	"strings"
	"time"
)

// Duration is a duration as people write it, rounded to minutes: "8h", "1h30m",
// "20m"; in days from two of them on.
func Duration(d time.Duration) string {
	d = d.Round(time.Minute)
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	text := strings.TrimSuffix(d.String(), "0s")
	if hours, ok := strings.CutSuffix(text, "h0m"); ok {
		return hours + "h"
	}
	return text
}

// Clock is the time of day of at, with the date if it is a day or more from
// now: "23:10 UTC", "2026-12-05 23:10 UTC".
func Clock(at, now time.Time) string {
	if at.Sub(now).Abs() < 24*time.Hour {
		return at.UTC().Format("15:04 UTC")
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}

// When is a time relative to now, and its clock: "in 8h (23:10 UTC)", "2h ago
// (13:10 UTC)".
func When(at, now time.Time) string {
	relative := "in " + Duration(at.Sub(now))
	if at.Before(now) {
		relative = Duration(now.Sub(at)) + " ago"
	}
	return relative + " (" + Clock(at, now) + ")"
}
