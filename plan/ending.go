package plan

import (
	"cmp"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/spec"
)

// ending are the entries of this program whose time is not over, and which the
// plan leaves as they are: EKS has no timer, so they are reported. Those that
// are held until their end are reported as held.
func ending(in Input, changes []Change, held []Held) []Held {
	var list []Held
	for i := range in.Have.Entries {
		e := &in.Have.Entries[i]
		end, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
		if err != nil || expired(end, in.Now) || e.Tags[spec.TagOwner] == "" {
			continue
		}
		if slices.ContainsFunc(
			changes,
			func(c Change) bool { return c.Principal == e.Principal || removes(c, e.Principal) },
		) ||
			slices.ContainsFunc(held, func(h Held) bool { return h.Principal == e.Principal && h.Until.Equal(end) }) {
			continue
		}
		list = append(list, Held{Principal: e.Principal, Until: end.UTC(), Reason: e.Tags[spec.TagReason]})
	}
	slices.SortFunc(list, func(a, b Held) int { return cmp.Compare(a.Principal, b.Principal) })
	return list
}
