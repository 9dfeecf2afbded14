package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/spec"
)

// A RunChange is what a run did to one entry, as its journal tells.
type RunChange struct {
	Principal string
	Was       *spec.Entry   // before the run; nil where there was none
	Now       []*spec.Entry // as the run may have left it; nil for no entry
	Dead      bool          // it was stale before the run: what it had, it gave to no one
	Since     time.Time     // when the run first wrote to it
	Rekeyed   string        // the principal that got an entry in place of this one
	Undone    []Undone      // by earlier undos of the run, oldest first
}

// An Undone is what an earlier undo did to the entry: the entry before it, and
// as it may have left it.
type Undone struct {
	Was *spec.Entry
	Now []*spec.Entry
}

// An UndoInput is all that taking back a run in one cluster depends on.
type UndoInput struct {
	Run     string // in the words of reasons
	Cluster Cluster
	Changes []RunChange
	Modes   []ModeChange // that the run made
	Have    *spec.Live
	Callers []string
	Now     time.Time
	Options Options
}

// Undo plans to take back what a run did, field by field: see [merging]. What
// is left is in NotUndone, with a warning each. The cluster's plan brings its
// place, connection and rules along.
func Undo(in UndoInput) Cluster {
	u := undoing{in: in, c: in.Cluster, skip: map[string]bool{}}
	u.c.Status, u.c.Changes, u.c.Unmanaged = InSync, []Change{}, []Unmanaged{}
	u.c.Guards, u.c.Warnings, u.c.Held = []Guard{}, []Warning{}, []Held{}
	u.c.AuthenticationMode = &ModeChange{Before: in.Have.Mode, After: in.Have.Mode}
	for _, m := range in.Modes {
		if in.Have.Mode != m.Before {
			u.leave(NotUndone{Reason: fmt.Sprintf(
				"the change of the authentication mode from %s to %s, which EKS cannot revert", m.Before, m.After)})
		}
	}
	for _, p := range in.Changes {
		if p.Rekeyed != "" && p.Was != nil && u.isGone(p) {
			u.skip[p.Rekeyed], u.skip[p.Principal] = true, true
			u.leave(NotUndone{Principal: p.Principal,
				Reason: fmt.Sprintf("the move of its entry to %s, because the principal no longer exists in "+
					"IAM", p.Rekeyed)})
		}
	}
	for _, p := range in.Changes {
		if !u.skip[p.Principal] {
			u.addChange(p)
		}
	}
	u.c.finish(Input{Have: in.Have, Callers: in.Callers, Now: in.Now, Options: in.Options})
	if u.c.Status == InSync && len(u.c.NotUndone) > 0 {
		u.c.Status = Left
	}
	return u.c
}

type undoing struct {
	in   UndoInput
	c    Cluster
	skip map[string]bool
}

// leave records what is not undone.
func (u *undoing) leave(list ...NotUndone) {
	for _, n := range list {
		u.c.NotUndone = append(u.c.NotUndone, n)
		u.c.Warnings = append(u.c.Warnings, Warning{Message: n.Warning(), IsLeft: n.CanBeUndone()})
	}
}

// isGone: EKS makes no entry for a principal that IAM does not have.
func (u *undoing) isGone(p RunChange) bool {
	return u.in.Have.Entry(p.Principal) == nil && u.in.Have.Identities[p.Principal].Existence == spec.Gone
}

func (u *undoing) addChange(p RunChange) {
	var now *spec.Entry
	if have := u.in.Have.Entry(p.Principal); have != nil {
		e := have.Entry.Clone()
		now = &e
	}
	id := u.in.Have.Identities[p.Principal]
	if id.Existence == spec.Exists && !p.Since.IsZero() && id.CreatedAt.After(p.Since) {
		p.Dead = true // the principal of today is another one than the run's
	}
	m := merging{past: p, live: now}
	target := m.entry()
	u.leave(m.conflicts...)
	change, differs := Restore(now, target)
	held := now != nil && u.heldByOthers(p, *now)
	switch {
	case !differs:
	case target != nil && u.isGone(p):
		u.leave(NotUndone{Principal: p.Principal,
			Reason: "the principal no longer exists in IAM, so EKS refuses an entry for it"})
	case held && change.takesFrom(p.Principal):
		until := now.Tags[spec.TagHoldUntil]
		u.leave(NotUndone{Principal: p.Principal, Field: "hold", Now: until,
			Reason: fmt.Sprintf("its entry is on hold until %s by an emergency grant; --end-holds ends the "+
				"hold", until)})
	default:
		change.Reason = u.reason(p, target)
		if now != nil && !held {
			change.EndsHold = now.Tags[spec.TagHoldUntil]
		}
		u.c.Changes = append(u.c.Changes, change)
	}
}

func (u *undoing) reason(p RunChange, target *spec.Entry) string {
	switch {
	case p.Was == nil && target == nil:
		return fmt.Sprintf("created by run %s", u.in.Run)
	case p.Was == nil:
		return fmt.Sprintf("created by run %s; access that others added is kept", u.in.Run)
	case !Alike(p.Was, target):
		return fmt.Sprintf("changed by run %s; later changes by others are kept", u.in.Run)
	}
	return fmt.Sprintf("restores the state before run %s", u.in.Run)
}

// heldByOthers reports whether an entry is under a hold that the run did not
// begin.
func (u *undoing) heldByOthers(p RunChange, now spec.Entry) bool {
	if heldUntil(now, u.in.Now, u.c.Rules, u.in.Options).IsZero() {
		return false
	}
	isSame := func(e *spec.Entry) bool { return e != nil && e.Tags[spec.TagHoldUntil] == now.Tags[spec.TagHoldUntil] }
	return isSame(p.Was) || !slices.ContainsFunc(p.Now, isSame)
}
