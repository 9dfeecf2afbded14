package spec

import (
	"fmt"
	"time"
)

// DefaultMaxHold is the longest hold that is respected where no file sets
// guards.maxHold.
const DefaultMaxHold = 24 * time.Hour

// A Hold protects an entry from apply after an emergency grant. It is written
// in the tags eksaccess:hold-until and eksaccess:reason.
type Hold struct {
	Until  time.Time // UTC
	Reason string
	// Invalid says why the hold has no effect; "" for one that has.
	Invalid string
}

// Hold returns the hold of an entry that has not ended, and false if it has
// none. A hold without a reason, or one that ends later than most from now, has
// no effect: anyone who may tag an entry could set it.
func (e Entry) Hold(now time.Time, most time.Duration) (Hold, bool) {
	text, tagged := e.Tags[TagHoldUntil]
	if !tagged {
		return Hold{}, false
	}
	h := Hold{Reason: e.Tags[TagReason]}
	until, err := time.Parse(time.RFC3339, text)
	if most == 0 {
		most = DefaultMaxHold
	}
	switch {
	case err != nil:
		h.Invalid = fmt.Sprintf("%q is not an RFC 3339 time", text)
		return h, true
	case !now.Before(until):
		return Hold{}, false
	case h.Reason == "":
		h.Invalid = "it has no reason (tag " + TagReason + ")"
	case until.Sub(now) > most:
		h.Invalid = fmt.Sprintf("it lasts more than %s from now (guards.maxHold)", shortDuration(most))
	}
	h.Until = until.UTC()
	return h, true
}

// shortDuration is d without units that are zero: "24h", "90m".
func shortDuration(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
