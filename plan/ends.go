package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A DeclaredEnd is what the guards on temporary access check of one declared
// entry. It is part of a plan, so that a saved plan is checked again.
type DeclaredEnd struct {
	Principal string     `json:"principal"`
	Source    string     `json:"source"`  // file:line:column
	Expires   *time.Time `json:"expires"` // null for no end
	Reason    string     `json:"reason"`
	NeedsEnd  bool       `json:"needsEnd"`
	// Exists: the entry exists without an end, so --expires does not set one.
	Exists bool `json:"exists,omitempty"`
}

// endRules are the rules of the files on temporary access.
func (r Rules) endRules() spec.EndRules {
	most, _ := time.ParseDuration(r.MaxExpiry)
	return spec.EndRules{MaxExpiry: most, MustExpire: spec.MustExpire(r.MustExpire), ReasonPatterns: r.ReasonPatterns}
}

// setEnd gives an entry that the plan creates the end that --expires asks for,
// if the file does not end it earlier. An entry of a node type keeps none: its
// end would disconnect nodes. A replace that is finished creates nothing new.
func (d *draft) setEnd(w *spec.WantEntry, c *Change) {
	o := d.in.Options
	switch {
	case o.Expires <= 0 || d.in.Want.Cluster.Owner == "" || d.cut[w.Principal] != nil:
		return
	case eksfacts.IsNode(w.Type):
		d.out.warn(w.Pos.String(), "%s is of type %s: --expires does not apply to node types",
			w.Principal, w.Type)
		return
	}
	c.EndByRun = true
	end := d.in.Now.Add(o.Expires).UTC().Truncate(time.Second)
	if w.Expires.IsZero() || end.Before(w.Expires) {
		c.After.Tags[spec.TagExpires] = end.Format(time.RFC3339)
	}
	if o.Reason != "" {
		c.After.Tags[spec.TagReason] = o.Reason
	}
}

// extendEnd keeps the end of an entry that has one, in a run with --expires, or
// makes it later where the entry is this owner's: an earlier run created it for
// the same purpose. Without --expires the file rules, which ends nothing.
func (d *draft) extendEnd(w *spec.WantEntry, have *spec.LiveEntry, after *spec.Entry) {
	o := d.in.Options
	if o.Expires <= 0 || !w.Expires.IsZero() || have.Tags[spec.TagExpires] == "" {
		return
	}
	for _, key := range []string{spec.TagExpires, spec.TagReason} {
		delete(after.Tags, key)
		if value, ok := have.Tags[key]; ok {
			after.Tags[key] = value
		}
	}
	end, err := time.Parse(time.RFC3339, have.Tags[spec.TagExpires])
	next := d.in.Now.Add(o.Expires).UTC().Truncate(time.Second)
	owner := d.in.Want.Cluster.Owner
	if owner == "" || after.Tags[spec.TagOwner] != owner || err != nil || !end.Before(next) {
		return
	}
	after.Tags[spec.TagExpires] = next.Format(time.RFC3339)
	if reason := cmp.Or(o.Reason, w.Tags[spec.TagReason]); reason != "" {
		after.Tags[spec.TagReason] = reason
	}
}

// ends lists what the guards on temporary access check, and warns of late ends.
// Expired access is not among it: it is removed, whatever the rules are.
func (d *draft) ends() {
	rules := d.out.Rules.endRules()
	if rules.IsSet() {
		d.out.DeclaredEnds = []DeclaredEnd{}
	}
	for i := range d.in.Want.Entries {
		w := &d.in.Want.Entries[i]
		if expired(w.Expires, d.in.Now) {
			continue
		}
		e := DeclaredEnd{Principal: w.Principal, Source: w.Pos.String(), Reason: w.Tags[spec.TagReason],
			NeedsEnd: rules.NeedsEnd(w.Entry)}
		if !w.Expires.IsZero() {
			e.Expires = &w.Expires
		}
		if have := d.have[w.Principal]; have != nil && have.Tags[spec.TagExpires] == "" && e.Expires == nil {
			e.Exists = true
		}
		if d.in.Options.Expires > 0 {
			d.endByRun(&e)
		}
		refused := rules.MaxExpiry > 0 && rules.MaxExpiry <= spec.LongEnd // the guard says so
		if e.Expires != nil && spec.EndsLate(*e.Expires, d.in.Now) && !refused {
			d.out.warn(e.Source, "%s", spec.LateEnd(w.Principal, *e.Expires))
		}
		if rules.IsSet() && (e.Expires != nil || e.NeedsEnd) {
			d.out.DeclaredEnds = append(d.out.DeclaredEnds, e)
		}
	}
}

// endByRun is the end of a declared entry in a run with --expires: that of the
// entry after the plan. An entry that exists without an end gets none.
func (d *draft) endByRun(e *DeclaredEnd) {
	i := slices.IndexFunc(d.out.Changes, func(c Change) bool { return c.Principal == e.Principal && c.After != nil })
	if i < 0 {
		e.NeedsEnd = e.NeedsEnd && e.Expires != nil // the run gives it nothing
		return
	}
	c := d.out.Changes[i]
	end, err := time.Parse(time.RFC3339, c.After.Tags[spec.TagExpires])
	switch {
	case err == nil:
		e.Expires, e.Reason = &end, c.After.Tags[spec.TagReason]
	case e.Exists && !e.NeedsEnd:
		d.out.warn(e.Source, "the entry of %s exists already, so --expires does not limit what it gains", e.Principal)
	}
}

// ends checks the rules on temporary access. Rules that are not set have no
// guard, and neither has a plan that is not made from what a file declares.
func (j Judgement) ends(v *verdict) {
	rules := j.Rules.endRules()
	if j.Ends == nil {
		return
	}
	broken := map[string][]string{}
	hints := map[string]string{}
	for _, e := range j.Ends {
		life := spec.Lifetime{Reason: e.Reason, NeedsEnd: e.NeedsEnd, NoOwner: j.Rules.Owner == ""}
		if e.Expires != nil {
			life.Expires = *e.Expires
		}
		for _, violation := range rules.Violations(life, j.Now) {
			rule, hint := violation.Rule, violation.Hint
			broken[rule] = append(broken[rule], fmt.Sprintf("%q (%s) %s", e.Principal, e.Source, violation.Summary))
			if rule == GuardMustExpire && e.Exists {
				hint = "the entry exists already: write expires and reason for it, which limits all of its access, " +
					"or remove it from the file"
			}
			if hints[rule] == "" {
				hints[rule] = hint
			}
		}
	}
	for _, g := range []struct {
		name, passed string
		set          bool
	}{
		{GuardMaxExpiry, "no access expires more than " + j.Rules.MaxExpiry + " from now", rules.MaxExpiry > 0},
		{GuardMustExpire, "every entry that must expire (" + j.Rules.MustExpire + ") does", rules.MustExpire != ""},
		{GuardReasonPattern, "every entry that expires has a reason that matches", len(rules.ReasonPatterns) > 0},
	} {
		switch list := broken[g.name]; {
		case !g.set:
		case len(list) > 0:
			v.refuse(g.name, hints[g.name], "%s", strings.Join(list, "; "))
		default:
			v.pass(g.name, "%s", g.passed)
		}
	}
}
