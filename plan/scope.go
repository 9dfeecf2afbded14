package plan

import (
	"slices"

	"github.com/eksaccess/eksaccess/spec"
)

// covers reports whether having p gives all that q gives. Namespaces are
// compared as text: EKS does not know that dev-* includes dev-a.
func covers(p, q spec.Policy) bool {
	switch {
	case p.ARN != q.ARN:
		return false
	case p.Scope == spec.ScopeCluster:
		return true
	case q.Scope == spec.ScopeCluster:
		return false
	}
	for _, n := range q.Namespaces {
		if !slices.Contains(p.Namespaces, n) {
			return false
		}
	}
	return true
}

// unionScope is one policy over the places of both.
func unionScope(p, q spec.Policy) spec.Policy {
	switch {
	case covers(p, q):
		return p
	case covers(q, p):
		return q
	}
	p.Namespaces = union(p.Namespaces, q.Namespaces)
	return p
}

func union(a, b []string) []string {
	u := slices.Concat(a, b)
	slices.Sort(u)
	if u = slices.Compact(u); u == nil {
		u = []string{}
	}
	return u
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// withGrants is what before becomes when only the grants of a change to after
// are made: all of both. The username stays, since a new one takes the old
// away.
func withGrants(before, after spec.Entry) spec.Entry {
	e := before.Clone()
	e.Groups = union(before.Groups, after.Groups)
	for _, p := range after.Policies {
		i := slices.IndexFunc(e.Policies, func(q spec.Policy) bool { return q.ARN == p.ARN })
		if i < 0 {
			e.Policies = append(e.Policies, p)
		} else {
			e.Policies[i] = unionScope(e.Policies[i], p)
		}
	}
	e.Tags = mergedTags(before.Tags, after.Tags)
	return e.Canonical()
}
