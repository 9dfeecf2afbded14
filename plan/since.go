package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// ChangedSince lists how a live entry differs from what is known of it: the
// states in which the plan saw it and in which this run left it (nil for no
// entry). Only differences count that make it wrong to take something from it:
// another type, owner, username or end, a hold, or access that it did not have.
// A reading may lag behind the run's own writes, so each of the known states is
// as good as the latest.
func (c *Cluster) ChangedSince(live *spec.LiveEntry, known []*spec.Entry, now time.Time) []string {
	entries := slices.DeleteFunc(slices.Clone(known), func(e *spec.Entry) bool { return e == nil })
	if live == nil {
		return nil
	}
	if len(entries) == 0 {
		return []string{"it has a new entry"}
	}
	var why []string
	differs := func(what string, of func(*spec.Entry) string) {
		if now := of(&live.Entry); !slices.ContainsFunc(entries, func(e *spec.Entry) bool { return of(e) == now }) {
			why = append(why, fmt.Sprintf(what, now))
		}
	}
	differs("its type is %s now", func(e *spec.Entry) string { return e.Type })
	differs("its owner is %q now", func(e *spec.Entry) string { return spec.OwnerOf(e.Tags, c.Rules.Owners) })
	differs("its expiry is %q now", func(e *spec.Entry) string { return e.Tags[spec.TagExpires] })
	if h, ok := live.Hold(now, c.Rules.maxHold()); ok && h.Invalid == "" {
		differs("it is on hold until %s", func(e *spec.Entry) string { return e.Tags[spec.TagHoldUntil] })
	}
	union := *entries[0]
	for _, e := range entries[1:] {
		union = withGrants(union, *e)
	}
	gained := access.Excess(access.FromEntry(&live.Entry), access.FromEntry(&union))
	gained = slices.DeleteFunc(gained, func(p access.Permission) bool {
		return p.Username != "" &&
			slices.ContainsFunc(entries, func(e *spec.Entry) bool { return e.Username == p.Username })
	})
	if len(gained) > 0 {
		why = append(why, "it gained "+permissions(gained))
	}
	return why
}

// Difference says how an entry that should be as the file declares it differs
// from that; "" if it does not. With addOnly it may have more.
func Difference(want spec.Entry, have *spec.LiveEntry, addOnly bool) string {
	if have == nil {
		return "it no longer has an entry"
	}
	if have.Type != want.Type {
		return fmt.Sprintf("its type is %s, not %s", have.Type, want.Type)
	}
	got, wanted := access.FromEntry(&have.Entry), access.FromEntry(&want)
	var parts []string
	if lost := access.Excess(wanted, got); len(lost) > 0 {
		parts = append(parts, "it lost "+permissions(lost))
	}
	if gained := access.Excess(got, wanted); len(gained) > 0 && !addOnly {
		parts = append(parts, "it gained "+permissions(gained))
	}
	if list := unseen(have.Entry, want, false); len(parts) == 0 && !addOnly && len(list) > 0 {
		parts = append(parts, "not as declared: "+UnseenText(list))
	}
	return strings.Join(parts, "; ")
}

// differingFields names the fields in which two entries differ.
func differingFields(before, after spec.Entry) []string {
	var parts []string
	for _, p := range []struct {
		name   string
		differ bool
	}{
		{"username", before.Username != after.Username},
		{"groups", !slices.Equal(before.Groups, after.Groups)},
		{"policies", !slices.EqualFunc(before.Policies, after.Policies, spec.Policy.Equal)},
		{"tags", len(tagSteps(before, after)) > 0},
	} {
		if p.differ {
			parts = append(parts, p.name)
		}
	}
	return parts
}

// Excess says what an entry has beyond what is wanted; "" for nothing.
func Excess(have, want spec.Entry) string {
	more := access.Excess(access.FromEntry(&have), access.FromEntry(&want))
	if len(more) == 0 && WithMissing(have, want).Username != want.Username && want.Username != "" &&
		eksfacts.TakesNames(have.Type) {
		return fmt.Sprintf("username %q", have.Username)
	}
	return permissions(more)
}

// WithMissing is an entry with what it lacks of what is wanted, and nothing taken
// away. The username that EKS derives gives way to a wanted one: no one binds
// it before it is known.
func WithMissing(have, want spec.Entry) spec.Entry {
	e := withGrants(have, want)
	if have.Username == eksfacts.DefaultUsername(have.Type, have.Principal) {
		e.Username = want.Username
	}
	return e
}
