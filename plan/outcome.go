package plan

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/spec"
)

// outcome is the cluster that the changes lead to: as it was read, with their
// steps done and in the mode after the plan. An entry that a step creates is
// bound to the principal as it is now, so it is never stale.
func (j Judgement) outcome() *spec.Live {
	after := *j.Have
	after.Mode = j.Mode.After
	entries := map[string]*spec.LiveEntry{}
	for i := range j.Have.Entries {
		entries[j.Have.Entries[i].Principal] = &j.Have.Entries[i]
	}
	for _, c := range j.Changes {
		for _, s := range c.Steps {
			entries[s.Principal] = j.entryAfter(s, entries[s.Principal])
		}
	}
	after.Entries = nil
	for _, e := range entries {
		if e != nil {
			after.Entries = append(after.Entries, *e)
		}
	}
	slices.SortFunc(after.Entries, func(a, b spec.LiveEntry) int { return a.Entry.Compare(b.Entry) })
	after.Unread = slices.DeleteFunc(slices.Clone(j.Have.Unread), func(p string) bool { return entries[p] != nil })
	return &after
}

// entryAfter is a live entry after a step on it; nil stands for no entry.
func (j Judgement) entryAfter(s Step, e *spec.LiveEntry) *spec.LiveEntry {
	var before *spec.Entry
	next := spec.LiveEntry{CreatedAt: j.Have.Identities[s.Principal].CreatedAt}
	if e != nil {
		before = &e.Entry
		if s.Operation != CreateAccessEntry {
			next = *e
		}
	}
	after := s.On(before)
	if after == nil {
		return nil
	}
	next.Entry = *after
	return &next
}

// Effects are the effective accesses before and after changes.
type effects struct {
	before, after *access.State
}

func (j Judgement) effects() effects {
	have := *j.Have
	have.Mode = j.Mode.Before
	return effects{before: access.NewState(&have), after: access.NewState(j.outcome())}
}

// annotate adds to each change what its principal gains and loses.
func (e effects) annotate(changes []Change) {
	for i := range changes {
		c := &changes[i]
		before := e.before.For(c.Principal)
		if c.PreviousPrincipal != nil {
			before = e.before.For(*c.PreviousPrincipal)
		}
		c.Gains, c.Loses = access.Difference(before, e.after.For(c.Principal))
	}
}
