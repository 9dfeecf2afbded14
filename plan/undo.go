package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/spec"
)

// A Past is what a run did to one entry, as its journal tells.
type Past struct {
	Principal string
	Was       *spec.Entry   // before the run; nil where there was none
	Now       []*spec.Entry // as the run may have left it; nil for no entry
	Dead      bool          // it was replaced since its principal had been made again: what it had, nobody could use
	Rekeyed   string        // the principal that got an entry in place of this one
}

// An UndoInput is all that taking back a run in one cluster hangs on.
type UndoInput struct {
	Run     string // in the words of reasons
	Cluster Cluster
	Past    []Past
	Modes   []ModeChange // that the run made
	Have    *spec.Live
	Callers []string
	Now     time.Time
	Options Options
}

// Undo plans to make entries what they were before a run. It leaves out those
// that changed since, whose principals it returns, and those that cannot be
// what they were; a warning says why of each. The cluster's plan brings its
// place, connection and rules along.
func Undo(in UndoInput) (c Cluster, changed []string) {
	u := undoing{in: in, c: in.Cluster, changed: []string{}, skip: map[string]bool{}}
	u.c.Status, u.c.Changes, u.c.Unmanaged = InSync, []Change{}, []Unmanaged{}
	u.c.Guards, u.c.Warnings, u.c.Held = []Guard{}, []Warning{}, []Held{}
	u.c.AuthenticationMode = &ModeChange{Before: in.Have.Mode, After: in.Have.Mode}
	for _, m := range in.Modes {
		u.c.warn("", "not undone: the step of the authentication mode from %s to %s, which EKS does not take back", m.Before, m.After)
	}
	for _, p := range in.Past {
		if p.Rekeyed != "" && p.Was != nil && u.gone(p) {
			u.skip[p.Rekeyed] = true
			u.c.warn("", "not undone: the rekey to %s, since IAM has no %s any more", p.Rekeyed, p.Principal)
		}
	}
	for _, p := range in.Past {
		if !u.skip[p.Principal] {
			u.one(p)
		}
	}
	u.c.finish(Input{Have: in.Have, Callers: in.Callers, Now: in.Now, Options: in.Options})
	return u.c, u.changed
}

type undoing struct {
	in      UndoInput
	c       Cluster
	changed []string
	skip    map[string]bool
}

// gone: EKS makes no entry for a principal that IAM does not have.
func (u *undoing) gone(p Past) bool {
	return u.in.Have.Entry(p.Principal) == nil && u.in.Have.Identities[p.Principal].Existence == spec.Gone
}

func (u *undoing) one(p Past) {
	var now *spec.Entry
	if have := u.in.Have.Entry(p.Principal); have != nil {
		e := have.Entry.Clone()
		now = &e
	}
	was := p.Was
	if p.Dead && was != nil && now != nil {
		// Made again, it would give the principal of today what the old entry
		// gave nobody.
		e := Within(*was, *now)
		was = &e
	}
	asLeft := slices.ContainsFunc(p.Now, func(e *spec.Entry) bool { return Alike(e, now) })
	change, differs := Restore(now, was)
	switch {
	case !differs:
	case !asLeft:
		u.changed = append(u.changed, p.Principal)
		u.c.warn("", "not undone: the entry of %s changed since that run", p.Principal)
	case p.Rekeyed != "" && was != nil && u.gone(p): // said
	case was != nil && u.gone(p):
		u.c.warn("", "not undone: IAM has no %s any more, and EKS makes no entry for it", p.Principal)
	case u.held(p, now):
		u.c.warn("", "not undone: the entry of %s is held until %s by an emergency grant; --end-holds ends it", p.Principal, now.Tags[spec.TagHoldUntil])
	default:
		change.Reason = fmt.Sprintf("what it was before run %s", u.in.Run)
		if was == nil {
			change.Reason = fmt.Sprintf("made by run %s", u.in.Run)
		}
		if now != nil {
			change.EndsHold = now.Tags[spec.TagHoldUntil]
		}
		u.c.Changes = append(u.c.Changes, change)
	}
}

// held reports whether an entry is under a hold that the run did not begin.
func (u *undoing) held(p Past, now *spec.Entry) bool {
	if now == nil || p.Was == nil || p.Was.Tags[spec.TagHoldUntil] != now.Tags[spec.TagHoldUntil] {
		return false
	}
	return !heldUntil(*now, u.in.Now, u.c.Rules, u.in.Options).IsZero()
}
