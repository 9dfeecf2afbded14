package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A NotUndone is something that a run did and that an undo leaves as it is.
// Run, Now and Before are the values of a field as the run left it, as it is
// and as it was before the run; they are empty where no field is concerned.
type NotUndone struct {
	Principal string `json:"principal,omitempty"` // none: the authentication mode
	Field     string `json:"field,omitempty"`
	Run       string `json:"run,omitempty"`
	Now       string `json:"now,omitempty"`
	Before    string `json:"before,omitempty"`
	Reason    string `json:"reason"`
}

// CanBeUndone reports whether it can be undone by another step. EKS takes no step of
// the authentication mode back, which the run that made the step announced.
func (n NotUndone) CanBeUndone() bool { return n.Principal != "" }

// Warning is the text of the warning about it.
func (n NotUndone) Warning() string {
	if n.Principal == "" {
		return "not undone: " + n.Reason
	}
	return "not undone: " + n.Principal + ": " + n.Reason
}

// A merging finds out what an entry becomes by an undo, field by field, from
// three states: before the run, as the run left it, and live. What is as the
// run left it becomes what it was, what others changed stays, and what both
// changed stays as a conflict. Groups, namespaces and tags are fields each.
// Every field of the outcome is one that the entry had before or has now.
type merging struct {
	past      RunChange
	live      *spec.Entry
	conflicts []NotUndone
	withheld  bool // something that the principal of today never had is not granted
}

// entry is the outcome; nil stands for no entry.
func (m *merging) entry() *spec.Entry {
	e := m.mergedEntry()
	if m.withheld {
		m.conflicts = append(m.conflicts, NotUndone{Principal: m.past.Principal, Field: "access",
			Reason: "the principal was recreated in IAM after that entry, " +
				"so what only that entry had is not granted to it"})
	}
	return e
}

func (m *merging) mergedEntry() *spec.Entry {
	was := m.past.Was
	if m.live == nil {
		return m.missing()
	}
	e := m.live.Clone()
	var isConflict bool
	e.Type, isConflict = m.entryType()
	if isConflict && was == nil {
		return m.live
	}
	e.Tags = m.tags()
	switch {
	case isConflict:
	case eksfacts.TakesNames(e.Type):
		e.Username, e.Groups, e.Policies = m.username(), m.groups(), m.policies()
	case e.Type != m.live.Type:
		e.Username, e.Groups, e.Policies = was.Username, was.Groups, was.Policies
	default:
		e.Policies = m.policies()
	}
	if was == nil && !hasAccess(e) {
		m.conflicts = nil
		return nil
	}
	e = e.Canonical()
	return &e
}

// hasAccess reports whether an entry gives more than its type and a derived
// username do.
func hasAccess(e spec.Entry) bool {
	isNamed := len(e.Groups) > 0 || e.Username != eksfacts.DefaultUsername(e.Type, e.Principal)
	return len(e.Policies) > 0 || eksfacts.TakesNames(e.Type) && isNamed
}

// missing is the outcome where there is no entry.
func (m *merging) missing() *spec.Entry {
	was := m.past.Was
	isThere := func(e *spec.Entry) bool { return e != nil }
	deleted := slices.Contains(leftValues(m.past, isThere), false)
	switch {
	case was == nil:
	case deleted && m.past.Dead:
		m.withheld = true
	case deleted:
		e := was.Clone()
		return &e
	case slices.ContainsFunc(m.past.Now, func(left *spec.Entry) bool { return lacksAccess(*left, *was) }):
		m.conflicts = append(m.conflicts, NotUndone{Principal: m.past.Principal, Field: "access entry",
			Reason: "its access entry was deleted after the run, so the access that the run revoked is not granted " +
				"again"})
	}
	return nil
}

// lacksAccess reports whether an entry gives less than another one.
func lacksAccess(e, other spec.Entry) bool {
	return e.Type != other.Type || nameOf(e) != nameOf(other) || !subset(other.Groups, e.Groups) ||
		slices.ContainsFunc(other.Policies, func(p spec.Policy) bool {
			q, ok := e.Policy(p.ARN)
			return !ok || !covers(q, p)
		})
}

// entryType is the type of the outcome. A type that is in conflict keeps all
// access of the live entry: what another type has may not fit it.
func (m *merging) entryType() (name string, isConflict bool) {
	typeOf := func(e *spec.Entry) string {
		if e == nil {
			return ""
		}
		return e.Type
	}
	conflicts := len(m.conflicts)
	t := mergedValue(m, "type", typeOf, orNone)
	switch {
	case len(m.conflicts) > conflicts:
		return m.live.Type, true
	case t == "" || t == m.live.Type: // of an entry that the run created
		return m.live.Type, false
	case m.past.Dead:
		m.withheld = true
		return m.live.Type, true
	case !eksfacts.TakesNames(t) && m.hasOthers():
		m.conflict("type", leftValues(m.past, typeOf), m.live.Type+" with access that others added", t)
		return m.live.Type, true
	}
	return t, false
}

// hasOthers reports whether the live entry has access that the run did not
// leave.
func (m *merging) hasOthers() bool {
	return !slices.ContainsFunc(m.past.Now, func(left *spec.Entry) bool {
		return left != nil && left.Type == m.live.Type && !lacksAccess(*left, *m.live)
	})
}

func (m *merging) username() string {
	name := mergedValue(m, "username", func(e *spec.Entry) string {
		if e == nil {
			return eksfacts.DefaultUsername(eksfacts.Standard, m.past.Principal)
		}
		return nameOf(*e)
	}, quotedValue)
	if m.past.Dead && name != nameOf(*m.live) {
		m.withheld = true
		return m.live.Username
	}
	return name
}

// nameOf is the username of an entry. Where none can be chosen or none is
// known, it is the one that EKS derives for the principal.
func nameOf(e spec.Entry) string {
	if !eksfacts.TakesNames(e.Type) || e.Username == "" {
		return eksfacts.DefaultUsername(eksfacts.Standard, e.Principal)
	}
	return e.Username
}

func (m *merging) groups() []string {
	groupsOf := func(e *spec.Entry) []string {
		if e == nil || !eksfacts.TakesNames(e.Type) {
			return nil // EKS sets those of node types
		}
		return e.Groups
	}
	return m.mergedSet(groupsOf)
}

func (m *merging) policies() []spec.Policy {
	var out []spec.Policy
	for _, id := range union(policyARNs(m.past.Was), policyARNs(m.live)) {
		if p, ok := m.policy(id); ok {
			out = append(out, p)
		}
	}
	return out
}

func policyARNs(e *spec.Entry) []string {
	var out []string
	if e != nil {
		for _, p := range e.Policies {
			out = append(out, p.ARN)
		}
	}
	return out
}

// policy is one policy of the outcome: by namespace where it has only
// namespaces in all states, else by its whole scope.
func (m *merging) policy(id string) (spec.Policy, bool) {
	of := func(e *spec.Entry) spec.Policy {
		if e == nil {
			return spec.Policy{}
		}
		p, _ := e.Policy(id)
		return p
	}
	whole := func(e *spec.Entry) bool { s := of(e).Scope; return s != "" && s != spec.ScopeNamespace }
	if !whole(m.past.Was) && !whole(m.live) && !slices.ContainsFunc(m.past.Now, whole) {
		names := m.mergedSet(func(e *spec.Entry) []string { return of(e).Namespaces })
		return spec.Policy{ARN: id, Scope: spec.ScopeNamespace, Namespaces: names}, len(names) > 0
	}
	scopeOf := func(e *spec.Entry) string { return scopeText(of(e)) }
	p := of(m.live)
	if mergedValue(m, "policy "+arn.PolicyName(id), scopeOf, orNone) != scopeOf(m.live) {
		p = of(m.past.Was)
	}
	if m.past.Dead && p.ARN != "" && !covers(of(m.live), p) {
		m.withheld = true
		p = of(m.live)
	}
	return p, p.ARN != ""
}

// scopeText is where a policy applies; "" for no policy.
func scopeText(p spec.Policy) string {
	switch {
	case p.Scope == spec.ScopeCluster:
		return "cluster scope"
	case p.Scope != spec.ScopeNamespace:
		return p.Scope
	case len(p.Namespaces) == 1:
		return "namespace " + p.Namespaces[0]
	}
	return "namespaces " + strings.Join(p.Namespaces, ", ")
}

// tags is merged by key. An end that the entry has stays with an entry that the
// run created and that stays for the access of others: that access was to end
// with it.
func (m *merging) tags() map[string]string {
	out := maps.Clone(m.live.Tags)
	var was map[string]string
	if m.past.Was != nil {
		was = m.past.Was.Tags
	}
	_, ends := m.live.Tags[spec.TagExpires]
	for key := range sendableTags(mergedTags(was, m.live.Tags)) {
		if m.past.Was == nil && ends && slices.Contains([]string{spec.TagOwner, spec.TagExpires, spec.TagReason}, key) {
			continue
		}
		tag := mergedValue(m, fmt.Sprintf("tag %q", key), func(e *spec.Entry) tagValue {
			if e == nil {
				return tagValue{}
			}
			v, ok := e.Tags[key]
			return tagValue{v, ok}
		}, tagValue.String)
		if delete(out, key); tag.ok {
			out[key] = tag.value
		}
	}
	return out
}

type tagValue struct {
	value string
	ok    bool
}

func (t tagValue) String() string {
	if !t.ok {
		return "none"
	}
	return quotedValue(t.value)
}

// mergedSet is a set of the outcome, member by member. A member is in a state
// or not, so there are no conflicts.
func (m *merging) mergedSet(of func(*spec.Entry) []string) []string {
	var out []string
	for _, member := range union(of(m.past.Was), of(m.live)) {
		has := func(e *spec.Entry) bool { return slices.Contains(of(e), member) }
		isIn := mergedValue(m, "", has, func(bool) string { return "" })
		if m.past.Dead && isIn && !has(m.live) {
			m.withheld, isIn = true, false
		}
		if isIn {
			out = append(out, member)
		}
	}
	return out
}

// mergedValue is the value of a field in the outcome.
func mergedValue[T comparable](m *merging, field string, of func(*spec.Entry) T, text func(T) string) T {
	was, live := of(m.past.Was), of(m.live)
	left := leftValues(m.past, of)
	switch {
	case live == was:
		return live
	case slices.Contains(left, live):
		return was
	case !slices.ContainsFunc(left, func(v T) bool { return v != was }):
		return live
	}
	texts := make([]string, len(left))
	for i, v := range left {
		texts[i] = text(v)
	}
	m.conflict(field, texts, text(live), text(was))
	return live
}

// leftValues are the values of a field as the run may have left it, and as
// earlier undos of it may have. Fields that such an undo did not change are not
// its own.
func leftValues[T comparable](p RunChange, of func(*spec.Entry) T) []T {
	var out []T
	for _, e := range p.Now {
		out = append(out, of(e))
	}
	for _, u := range p.Undone {
		for _, e := range u.Now {
			if v := of(e); v != of(u.Was) {
				out = append(out, v)
			}
		}
	}
	return out
}

func (m *merging) conflict(field string, left []string, now, before string) {
	slices.Sort(left)
	run := strings.Join(slices.Compact(left), " or ")
	reason := fmt.Sprintf("%s changed after the run: the run set %s, now %s (before: %s)", field, run, now, before)
	m.conflicts = append(m.conflicts, NotUndone{Principal: m.past.Principal, Field: field,
		Run: run, Now: now, Before: before, Reason: reason})
}

func quotedValue(s string) string { return fmt.Sprintf("%q", s) }

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
