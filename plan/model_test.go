package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A failer is *testing.T or *rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// A model is access entries as EKS keeps them, for trying steps on: Update
// replaces groups and username, Associate replaces the scope, Delete takes the
// policies with it.
type model struct {
	entries map[string]spec.Entry
	made    map[string]bool // created by a step, so bound to the principal as it is now
}

func modelOf(live *spec.Live) model {
	m := model{map[string]spec.Entry{}, map[string]bool{}}
	for _, e := range live.Entries {
		m.entries[e.Principal] = e.Entry.Canonical()
	}
	return m
}

// do carries out one step and reports whether it changed anything. It returns
// an error where EKS would.
func (m model) do(s plan.Step) (changed bool, err error) {
	e, ok := m.entries[s.Principal]
	if s.Operation == plan.CreateAccessEntry {
		if ok {
			return false, fmt.Errorf("ResourceInUse: %s", s.Principal)
		}
		e = spec.Entry{Principal: s.Principal, Type: s.Type, Groups: s.Groups, Tags: s.Tags}
		e.Username = derivedUsername(s)
		m.entries[s.Principal], m.made[s.Principal] = e.Canonical(), true
		return true, nil
	}
	if !ok {
		return false, fmt.Errorf("ResourceNotFound: %s for %s", s.Principal, s.Operation)
	}
	before := e.Clone()
	e = e.Clone()
	switch s.Operation {
	case plan.DeleteAccessEntry:
		delete(m.entries, s.Principal)
		return true, nil
	case plan.UpdateAccessEntry:
		e.Groups, e.Username = s.Groups, derivedUsername(plan.Step{Principal: s.Principal, Type: e.Type,
			Username: s.Username})
	case plan.AssociateAccessPolicy:
		e.Policies = slices.DeleteFunc(e.Policies, func(p spec.Policy) bool { return p.ARN == s.Policy })
		e.Policies = append(e.Policies, spec.Policy{ARN: s.Policy, Scope: s.Scope, Namespaces: s.Namespaces})
	case plan.DisassociateAccessPolicy:
		e.Policies = slices.DeleteFunc(e.Policies, func(p spec.Policy) bool { return p.ARN == s.Policy })
	case plan.TagResource:
		maps.Copy(e.Tags, s.Tags)
	case plan.UntagResource:
		for _, k := range s.TagKeys {
			delete(e.Tags, k)
		}
	default:
		return false, fmt.Errorf("no such operation: %s", s.Operation)
	}
	m.entries[s.Principal] = e.Canonical()
	return !cmp.Equal(before, m.entries[s.Principal]), nil
}

func derivedUsername(s plan.Step) string {
	if s.Username != nil {
		return *s.Username
	}
	return eksfacts.DefaultUsername(s.Type, s.Principal)
}

// rights are what a principal may do, one line a right: a right is lost when
// its line is.
func rights(e spec.Entry) map[string]bool {
	r := map[string]bool{"name " + e.Username: true}
	for _, g := range e.Groups {
		r["group "+g] = true
	}
	for _, p := range e.Policies {
		if p.Scope == spec.ScopeCluster {
			r[p.ARN+" everywhere"] = true
		}
		for _, n := range p.Namespaces {
			r[p.ARN+" in "+n] = true
		}
	}
	return r
}

// has reports whether rights hold one, counting a policy everywhere as the
// policy in every namespace.
func has(e spec.Entry, right string) bool {
	r := rights(e)
	if r[right] {
		return true
	}
	for _, p := range e.Policies {
		if p.Scope == spec.ScopeCluster && strings.HasPrefix(right, p.ARN+" in ") {
			return true
		}
	}
	return false
}

// run carries out a cluster's steps, grants first, and checks on the way what
// every order of steps must keep.
func run(t failer, c plan.Cluster, have *spec.Live) model {
	t.Helper()
	m := modelOf(have)
	start := maps.Clone(m.entries)
	replaced := map[string]bool{}
	for _, ch := range c.Changes {
		if ch.Action == plan.Replace {
			replaced[ch.Principal] = true
		}
	}
	for _, phase := range []plan.Phase{plan.Grant, plan.Revoke} {
		for _, ch := range c.Changes {
			for _, s := range ch.Steps {
				if s.Phase != phase {
					continue
				}
				changed, err := m.do(s)
				if err != nil {
					t.Fatalf("step %+v: %v", s, err)
				}
				if !changed {
					t.Fatalf("step does nothing: %+v", s)
				}
				noGap(t, start, m, c, replaced, s)
			}
		}
		if phase == plan.Grant {
			for _, ch := range c.Changes {
				if !plan.Granted(ch, m.live(have)) {
					t.Fatalf(
						"after its grants, %s is not granted: %s",
						ch.Principal,
						cmp.Diff(ch.After, m.entries[ch.Principal]),
					)
				}
			}
		}
	}
	for _, ch := range c.Changes {
		if !plan.Fulfilled(ch, m.live(have)) {
			t.Fatalf(
				"after its steps, %s is not as planned: %s",
				ch.Principal,
				cmp.Diff(ch.After, m.entries[ch.Principal]),
			)
		}
	}
	return m
}

// noGap: a right a principal has before and after is there now.
func noGap(t failer, start map[string]spec.Entry, now model, c plan.Cluster, replaced map[string]bool, s plan.Step) {
	t.Helper()
	for _, ch := range c.Changes {
		if ch.After == nil || replaced[ch.Principal] {
			continue
		}
		before, was := start[ch.Principal]
		if !was {
			continue
		}
		for right := range rights(before) {
			if has(*ch.After, right) && !has(now.entries[ch.Principal], right) {
				t.Fatalf("%s lacks %q after step %+v", ch.Principal, right, s)
			}
		}
	}
}

// live is the model as a reading of the same cluster.
func (m model) live(of *spec.Live) *spec.Live {
	l := *of
	l.Entries, l.EntriesRead = nil, true
	for _, p := range slices.Sorted(maps.Keys(m.entries)) {
		e := spec.LiveEntry{Entry: m.entries[p], CreatedAt: now}
		if old := of.Entry(p); old != nil && !m.made[p] {
			e.CreatedAt = old.CreatedAt
		}
		l.Entries = append(l.Entries, e)
	}
	return &l
}
