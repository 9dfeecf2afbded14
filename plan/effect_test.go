package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// drawEntry is an entry of one principal, or none.
func drawEntry(t *rapid.T, label string) *spec.Entry {
	if rapid.IntRange(0, 4).Draw(t, label+" absent") == 0 {
		return nil
	}
	some := func(what string, of ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, len(of), rapid.ID[string]).Draw(t, label+" "+what)
	}
	const principal = "arn:aws:iam::111122223333:role/a"
	e := spec.Entry{
		Principal: principal,
		Type: rapid.SampledFrom([]string{eksfacts.Standard, eksfacts.Standard, eksfacts.EC2Linux}).
			Draw(t, label+" type"),
		Tags: map[string]string{},
	}
	for _, k := range some("tags", "eksaccess:owner", "theirs", "ours") {
		e.Tags[k] = rapid.SampledFrom([]string{"x", "y"}).Draw(t, label+" value")
	}
	e.Username = eksfacts.DefaultUsername(e.Type, principal)
	if e.Type == eksfacts.Standard {
		e.Groups = some("groups", "g1", "g2", "g3")
		if rapid.Bool().Draw(t, label+" named") {
			e.Username = "me"
		}
		for _, p := range some("policies", "p1", "p2") {
			policy := spec.Policy{ARN: p, Scope: spec.ScopeCluster}
			if ns := some("namespaces", "n1", "n2"); len(ns) > 0 {
				policy.Scope, policy.Namespaces = spec.ScopeNamespace, ns
			}
			e.Policies = append(e.Policies, policy)
		}
	}
	e = e.Canonical()
	return &e
}

// The steps of a change lead from its before to its after, to the letter; so
// the inverse of a change takes it back.
func TestRestoreLeadsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, now := drawEntry(t, "was"), drawEntry(t, "now")
		c, differs := Restore(now, was)
		if differs == Alike(now, was) {
			t.Fatal("a change where nothing differs, or none where something does")
		}
		got := now
		for _, s := range c.Steps {
			got = s.On(got)
		}
		if differs && !Alike(got, was) {
			t.Fatalf("(-want +got):\n%s", cmp.Diff(was, got))
		}
	})
}

// What is within both gives nothing that one of them does not.
func TestWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, limit := drawEntry(t, "e"), drawEntry(t, "limit")
		if e == nil || limit == nil {
			t.Skip("no entry")
		}
		w := Within(*e, *limit)
		for _, p := range w.Policies {
			had, _ := e.Policy(p.ARN)
			has, ok := limit.Policy(p.ARN)
			if !ok || !covers(had, p) || !covers(has, p) {
				t.Fatalf("%v is not within %v and %v", p, had, has)
			}
		}
		if !subset(w.Groups, e.Groups) || !subset(w.Groups, limit.Groups) ||
			w.Username != "" && w.Username != limit.Username {
			t.Fatalf("%+v is not within %+v and %+v", w, e, limit)
		}
	})
}
