package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

var (
	now     = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	cluster = arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"}
)

func role(name string) string { return "arn:aws:iam::111122223333:role/" + name }

func policy(name string) string { return arn.AccessPolicy("aws", name) }

var (
	principals = []string{role("a"), role("team/b"), role("c"), role("d"), "arn:aws:iam::111122223333:user/e",
		role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"),
		role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_fedcba9876543210")}
	groups     = []string{"dev", "ops", "view"}
	namespaces = []string{"shop", "pay", "pay-*"}
	policies   = []string{
		policy("AmazonEKSClusterAdminPolicy"),
		policy("AmazonEKSEditPolicy"),
		policy("AmazonEKSViewPolicy"),
	}
)

func subsetOf(t *rapid.T, all []string, label string) []string {
	var out []string
	for _, s := range all {
		if rapid.Bool().Draw(t, label) {
			out = append(out, s)
		}
	}
	return out
}

func drawEntry(t *rapid.T, principal string) spec.Entry {
	e := spec.Entry{Principal: principal, Type: eksfacts.Standard}
	if arnKind(principal) == arn.Role && rapid.IntRange(0, 9).Draw(t, "node") == 0 {
		e.Type = eksfacts.EC2Linux
		e.Username = eksfacts.DefaultUsername(e.Type, principal)
		return e.Canonical()
	}
	e.Username = rapid.SampledFrom([]string{"", "", "ops:me"}).Draw(t, "username")
	if e.Username == "" {
		e.Username = eksfacts.DefaultUsername(e.Type, principal)
	}
	e.Groups = subsetOf(t, groups, "group")
	for _, p := range policies {
		switch rapid.IntRange(0, 3).Draw(t, "scope") {
		case 0:
			e.Policies = append(e.Policies, spec.Policy{ARN: p, Scope: spec.ScopeCluster})
		case 1:
			ns := subsetOf(t, namespaces, "namespace")
			if len(ns) > 0 {
				e.Policies = append(e.Policies, spec.Policy{ARN: p, Scope: spec.ScopeNamespace, Namespaces: ns})
			}
		}
	}
	return e.Canonical()
}

func arnKind(principal string) arn.Kind {
	p, _ := arn.ParsePrincipal(principal)
	return p.Kind
}

func drawTags(t *rapid.T) map[string]string {
	tags := map[string]string{}
	switch rapid.IntRange(0, 5).Draw(t, "owner") {
	case 0, 1:
		tags[spec.TagOwner] = "platform"
	case 2:
		tags[spec.TagOwner] = "payments"
	case 3:
		tags["alpha.eksctl.io/cluster-name"] = "prod"
	}
	switch rapid.IntRange(0, 9).Draw(t, "hold") {
	case 0:
		tags[spec.TagHoldUntil] = now.Add(time.Hour).Format(time.RFC3339)
		tags[spec.TagReason] = "INC-4711"
	case 1:
		tags[spec.TagHoldUntil] = now.Add(-time.Hour).Format(time.RFC3339)
		tags[spec.TagReason] = "INC-4711"
	case 2: // no reason
		tags[spec.TagHoldUntil] = now.Add(time.Hour).Format(time.RFC3339)
	case 3: // too long
		tags[spec.TagHoldUntil] = "2099-01-01T00:00:00Z"
		tags[spec.TagReason] = "INC-4711"
	}
	if rapid.IntRange(0, 6).Draw(t, "expires") == 0 {
		tags[spec.TagExpires] = now.Add(-time.Minute).Format(time.RFC3339)
	}
	if rapid.Bool().Draw(t, "team") {
		tags["team"] = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "team of")
	}
	return tags
}

// drawInput is a random world: a cluster, a file for it, and what IAM says.
func drawInput(t *rapid.T) plan.Input {
	c := &spec.Cluster{
		ID:    cluster,
		Owner: rapid.SampledFrom([]string{"", "platform"}).Draw(t, "file's owner"),
		Prune: spec.PruneOwned,
	}
	if c.Owner != "" {
		c.Prune = rapid.SampledFrom([]spec.Prune{spec.PruneOwned, spec.PruneNone, spec.PruneAll}).Draw(t, "prune")
	}
	c.PruneHere = rapid.Bool().Draw(t, "prune here")
	live := &spec.Live{
		ID:          cluster,
		Status:      "ACTIVE",
		Mode:        eksfacts.ModeAPI,
		EntriesRead: true,
		Identities:  map[string]spec.Identity{},
	}
	want := &spec.Want{Cluster: c}
	for _, p := range principals {
		if rapid.Bool().Draw(t, "live") {
			e := spec.LiveEntry{Entry: drawEntry(t, p), CreatedAt: now.Add(-100 * time.Hour)}
			e.Tags = drawTags(t)
			live.Entries = append(live.Entries, e)
		}
		switch rapid.IntRange(0, 9).Draw(t, "identity") {
		case 0:
			live.Identities[p] = spec.Identity{Existence: spec.Gone}
		case 1:
			live.Identities[p] = spec.Identity{Existence: spec.Exists, CreatedAt: now.Add(-time.Hour)}
		case 2:
			live.Identities[p] = spec.Identity{Existence: spec.Unknown, Why: "not allowed"}
		default:
			live.Identities[p] = spec.Identity{Existence: spec.Exists, CreatedAt: now.Add(-1000 * time.Hour)}
		}
		former := p == principals[len(principals)-1]
		if !former && rapid.Bool().Draw(t, "wanted") {
			w := spec.WantEntry{
				Entry: drawEntry(t, p),
				Ref:   spec.PrincipalRef{ARN: p},
				Pos:   spec.Pos{File: "f.yaml", Line: 3, Column: 5},
			}
			if name, _, ok := mustParse(p).PermissionSet(); ok {
				w.Ref = spec.PrincipalRef{PermissionSet: name}
			}
			if rapid.IntRange(0, 9).Draw(t, "ended") == 0 && c.Owner != "" {
				w.Expires = now.Add(-time.Minute)
				w.Tags[spec.TagExpires] = w.Expires.Format(time.RFC3339)
			}
			if c.Owner != "" {
				w.Tags[spec.TagOwner] = c.Owner
			}
			want.Entries = append(want.Entries, w)
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "absent") == 0 {
		p := rapid.SampledFrom(principals).Draw(t, "who")
		if !slices.ContainsFunc(want.Entries, func(w spec.WantEntry) bool { return w.Principal == p }) {
			c.Absent = append(c.Absent, spec.Absent{Principal: spec.PrincipalRef{ARN: p}})
		}
	}
	options := plan.Options{
		AddOnly: rapid.IntRange(0, 3).Draw(t, "add only") == 0,
		Allow: plan.Allow{
			EndHolds:      rapid.IntRange(0, 3).Draw(t, "end holds") == 0,
			TakeOwnership: rapid.Bool().Draw(t, "take"),
		},
	}
	if options.AddOnly && c.Owner != "" && rapid.Bool().Draw(t, "ends") {
		options.Expires, options.Reason = 4*time.Hour, "INC-1"
	}
	return plan.Input{Want: want, Have: live, Callers: []string{principals[0]}, Now: now, Options: options}
}

// With --expires every created entry ends then, but those of node types; no
// other entry gets an end, and no end becomes earlier. Where mustExpire demands
// ends, the plan gives nothing without one.
func TestEndsOfCreatedEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		in.Options.AddOnly, in.Options.Expires, in.Options.Reason = true, 4*time.Hour, "INC-1"
		in.Want.Cluster.Owner = "platform"
		in.Want.Cluster.Guards = &spec.Guards{
			EndRules: spec.EndRules{MustExpire: spec.MustExpireAll, MaxExpiry: 4 * time.Hour},
		}
		for i := range in.Want.Entries {
			in.Want.Entries[i].Tags[spec.TagOwner] = "platform"
		}
		until := now.Add(4 * time.Hour)
		c := plan.Compute(in)
		after := run(t, c, in.Have)
		for _, ch := range c.Changes {
			if ch.After == nil {
				continue
			}
			e, existing := after.entries[ch.Principal], in.Have.Entry(ch.Principal)
			end, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
			switch {
			case existing == nil && eksfacts.IsNode(e.Type):
				if err == nil {
					t.Fatalf("%s of type %s is created with an end", e.Principal, e.Type)
				}
			case existing == nil:
				if !end.Equal(until) || e.Tags[spec.TagReason] != "INC-1" {
					t.Fatalf("%s is created with tags %v", e.Principal, e.Tags)
				}
			case existing.Tags[spec.TagExpires] == "":
				if err == nil {
					t.Fatalf("%s existed without an end and gets %s", e.Principal, end)
				}
				if c.Status != plan.Refused && !eksfacts.IsNode(e.Type) {
					t.Fatalf("%s is changed, has no end, and no guard refuses", e.Principal)
				}
			default:
				if was, _ := time.Parse(time.RFC3339, existing.Tags[spec.TagExpires]); end.Before(was) {
					t.Fatalf("the end of %s moves from %s to %s", e.Principal, was, end)
				}
			}
		}
	})
}

func mustParse(p string) arn.Principal {
	a, err := arn.ParsePrincipal(p)
	if err != nil {
		panic(err)
	}
	return a
}

// Steps lead where the plan says, none is a no-op, none leaves a gap, and the
// second plan is empty.
func TestStepsFulfilPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		c := plan.Compute(in)
		m := run(t, c, in.Have)
		in.Have = m.live(in.Have)
		if again := plan.Compute(in); len(again.Changes) > 0 {
			t.Fatalf("the second plan is not empty: %s", cmp.Diff([]plan.Change{}, again.Changes))
		}
	})
}

// Add-only takes nothing from anybody, and a hold takes nothing from whom it
// holds.
func TestNothingTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		c := plan.Compute(in)
		after := run(t, c, in.Have)
		for _, e := range in.Have.Entries {
			h, onHold := e.Hold(now, spec.DefaultMaxHold)
			isHeld := onHold && h.Invalid == "" && !in.Options.Allow.EndHolds && len(in.Want.Cluster.Absent) == 0
			if !isHeld && !in.Options.AddOnly {
				continue
			}
			for right := range rights(e.Entry) {
				if !has(after.entries[e.Principal], right) {
					t.Fatalf("%s lost %q", e.Principal, right)
				}
			}
		}
	})
}

// Without an owner nothing is deleted but what absent names; with one, nothing
// that is another's unless that was allowed or refused.
func TestDeletesOnlyOurs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		c := plan.Compute(in)
		for _, ch := range c.Changes {
			if ch.Action != plan.Delete {
				continue
			}
			named := slices.ContainsFunc(
				in.Want.Cluster.Absent,
				func(a spec.Absent) bool { return a.Principal.Matches(ch.Principal, cluster.Account) },
			)
			former := in.Have.Identities[ch.Principal].Existence == spec.Gone && mustParse(ch.Principal).Name[0] == 'A'
			if in.Want.Cluster.Owner == "" && !named && !former {
				t.Fatalf("no owner, and %s is deleted: %s", ch.Principal, ch.Reason)
			}
			other := ch.Before.Tags[spec.TagOwner]
			if other != "" && other != in.Want.Cluster.Owner && !in.Options.Allow.TakeOwnership &&
				c.Status != plan.Refused {
				t.Fatalf("%s of %q is deleted: %s", ch.Principal, other, ch.Reason)
			}
		}
	})
}

// The plan does not depend on the order of anything.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		one := plan.New([]plan.Cluster{plan.Compute(in)}, now, "test")
		r := rand.New(rand.NewPCG(1, uint64(rapid.IntRange(0, 1000).Draw(t, "seed"))))
		live, want := *in.Have, *in.Want
		live.Entries, want.Entries = slices.Clone(live.Entries), slices.Clone(want.Entries)
		r.Shuffle(
			len(live.Entries),
			func(i, j int) { live.Entries[i], live.Entries[j] = live.Entries[j], live.Entries[i] },
		)
		r.Shuffle(
			len(want.Entries),
			func(i, j int) { want.Entries[i], want.Entries[j] = want.Entries[j], want.Entries[i] },
		)
		in.Have, in.Want = &live, &want
		two := plan.New([]plan.Cluster{plan.Compute(in)}, now, "test")
		if diff := cmp.Diff(one, two); diff != "" {
			t.Fatalf("another order, another plan (-one +two):\n%s", diff)
		}
	})
}

// A file that declares every live entry as it is plans to nothing.
func TestDeclaredAsIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		in.Want.Entries, in.Want.Cluster.Absent, in.Want.Cluster.Owner = nil, nil, ""
		for i, e := range in.Have.Entries {
			for _, k := range []string{spec.TagOwner, spec.TagExpires, spec.TagHoldUntil} {
				delete(e.Tags, k)
			}
			if in.Have.Identities[e.Principal].CreatedAt.After(e.CreatedAt) {
				in.Have.Identities[e.Principal] = spec.Identity{Existence: spec.Exists}
			}
			in.Want.Entries = append(
				in.Want.Entries,
				spec.WantEntry{Entry: e.Entry.Clone(), Ref: spec.PrincipalRef{ARN: e.Principal},
					Pos: spec.Pos{File: "f.yaml", Line: i + 1, Column: 1}},
			)
		}
		c := plan.Compute(in)
		if len(c.Changes)+len(c.Unmanaged) > 0 || c.Counts.Unchanged != len(in.Have.Entries) {
			t.Fatalf(
				"changes %s, unmanaged %v, unchanged %d of %d",
				fmt.Sprint(c.Changes),
				c.Unmanaged,
				c.Counts.Unchanged,
				len(in.Have.Entries),
			)
		}
	})
}
