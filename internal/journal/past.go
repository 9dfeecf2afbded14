package journal

import (
	"cmp"
	"slices"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A past is what writes made of one entry.
type past struct {
	plan.RunChange
	now     []*spec.Entry // what it may be after the latest write
	after   *spec.Entry   // of a replace that is not known to be done
	left    []*spec.Entry // what such a replace may have left
	touched bool          // a write has had its effect, or may have
}

// pasts follows writes from the first to the last.
type pasts map[string]*past

func (m pasts) addAll(writes []*Write) {
	for _, w := range writes {
		if w.Step.Principal != "" {
			m.add(w)
		}
	}
}

func (m pasts) add(w *Write) {
	p := m[w.Step.Principal]
	if p == nil {
		p = &past{RunChange: plan.RunChange{Principal: w.Step.Principal}}
		m[w.Step.Principal] = p
	}
	if !p.touched {
		p.Was = w.Before // else what this run met in the place of one to be made
	}
	after := w.Step.On(w.Before)
	outcome := apply.Unknown
	if w.End != nil {
		outcome = w.End.Outcome
	}
	switch outcome {
	case apply.Done, apply.Gone:
		p.now = []*spec.Entry{after}
	case apply.NotDone:
		p.now = []*spec.Entry{w.Before}
	default:
		p.now = []*spec.Entry{w.Before, after}
	}
	hit := outcome != apply.NotDone
	if f := w.Found; f != nil {
		p.now = []*spec.Entry{&f.Entry}
		// Ours, of a try whose answer was lost, if it is what the call makes
		// and is younger than the call.
		hit = plan.Alike(&f.Entry, after) && !f.CreatedAt.Before(w.Begin.Time)
	}
	if hit && p.Since.IsZero() {
		p.Since = w.Begin.Time
	}
	p.touched, p.Dead = p.touched || hit, p.Dead || hit && w.Stale
	p.trackReplace(w, outcome)
	if w.Action == plan.Rekey && w.Principal != w.Step.Principal {
		p.Rekeyed = w.Principal
	}
}

// trackReplace notes whether a replace is under way, or what finishes one: it can
// be cut off again.
func (p *past) trackReplace(w *Write, outcome apply.Outcome) {
	if w.After == nil || outcome == apply.NotDone && p.after == nil {
		return
	}
	p.after, p.left = w.After, p.now
	if w.Step.Operation == plan.DeleteAccessEntry {
		p.left = []*spec.Entry{nil} // if it was not done, nothing is cut off
		p.Dead = p.Dead || w.Step.Phase == plan.Grant
	}
	if len(p.now) == 1 && plan.Alike(p.now[0], p.after) {
		p.after = nil
	}
}

func (m pasts) list() []*past {
	list := make([]*past, 0, len(m))
	for _, p := range m {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *past) int { return cmp.Compare(a.Principal, b.Principal) })
	return list
}

// RunChanges are what a run did to the entries of a cluster, for undoing it, and
// what later runs that undid part of it already did to them.
func RunChanges(run *ClusterHistory, later ...*ClusterHistory) []plan.RunChange {
	m := pasts{}
	m.addAll(run.Writes)
	undone := make([]pasts, len(later))
	for i, l := range later {
		undone[i] = pasts{}
		undone[i].addAll(l.Writes)
	}
	out := []plan.RunChange{}
	for _, p := range m.list() {
		if !p.touched {
			continue
		}
		p.Now = p.now
		for _, u := range undone {
			if w := u[p.Principal]; w != nil {
				p.Undone = append(p.Undone, plan.Undone{Was: w.Was, Now: w.now})
			}
		}
		out = append(out, p.RunChange)
	}
	return out
}

// interruptedReplaces are the replaces of a cluster that were begun and not done.
func (c *ClusterHistory) interruptedReplaces() []plan.CutOff {
	m := pasts{}
	m.addAll(c.Writes)
	out := []plan.CutOff{}
	for _, p := range m.list() {
		if p.after != nil {
			out = append(out, plan.CutOff{Entry: *p.after, Left: p.left, Owner: c.Rules.Owner})
		}
	}
	return out
}

// Modes are the steps of the authentication mode that were made.
func (c *ClusterHistory) Modes() []plan.ModeChange {
	var out []plan.ModeChange
	for _, w := range c.Writes {
		if w.Mode != nil && (w.End == nil || w.End.Outcome != apply.NotDone) {
			out = append(out, plan.ModeChange(*w.Mode))
		}
	}
	return out
}
