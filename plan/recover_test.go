package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

var clusterAdmin = spec.Policy{ARN: policy("AmazonEKSClusterAdminPolicy"), Scope: spec.ScopeCluster}

func TestRecover(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	const (
		ends   = "2026-11-23T16:00:00Z"
		marks  = "eksaccess:hold-until=" + ends + " eksaccess:reason=INC-4711"
		making = "grant CreateAccessEntry groups[] eksaccess:expires=" + ends + " eksaccess:hold-until=" + ends +
			" eksaccess:owner=break-glass eksaccess:reason=INC-4711"
		admin = "grant AssociateAccessPolicy ClusterAdmin@cluster"
		hold  = "grant TagResource " + marks
	)
	made := func(at time.Time) spec.Identity { return spec.Identity{Existence: spec.Exists, CreatedAt: at} }
	alive, again := made(at.Add(-48*time.Hour)), made(at.Add(-time.Hour))
	for _, tt := range []struct {
		name    string
		have    *spec.Entry
		id      spec.Identity // zero: alive
		mod     func(*plan.RecoverInput)
		changes []string
		after   []string // tags of ours that the entry ends with
		code    string
		warns   string
		because string
	}{
		{name: "no entry", changes: []string{"create a: " + making + "; " + admin}},
		{name: "nothing wrong", have: namedEntry("a", "policy:ClusterAdmin"),
			because: "what is right is not even tagged"},
		{name: "no policy", have: namedEntry("a", "group:g", "tag:eksaccess:owner=platform"),
			changes: []string{"update a: " + admin + "; " + hold},
			after:   []string{"hold-until=" + ends, "owner=platform", "reason=INC-4711"}, because: "an entry that " +
				"exists keeps its owner and gets no end"},
		{name: "narrower scope", have: namedEntry("a", "policy:ClusterAdmin@shop"),
			changes: []string{"update a: " + admin + "; " + hold},
			because: "a scope is widened in place"},
		{name: "narrower policy", have: namedEntry("a", "policy:View"),
			changes: []string{"update a: " + admin + "; " + hold}, because: "what it has it keeps"},
		{name: "namespaces added", have: namedEntry("a", "policy:Edit@shop"),
			mod: func(in *plan.RecoverInput) {
				in.Policy = spec.Policy{ARN: policy("AmazonEKSEditPolicy"), Scope: spec.ScopeNamespace,
					Namespaces: []string{"pay"}}
			}, changes: []string{"update a: grant AssociateAccessPolicy Edit@namespace[pay shop]; " + hold},
			because: "the list replaces, so it has both"},
		{name: "namespaces of what is everywhere", have: namedEntry("a", "policy:Edit"),
			mod: func(in *plan.RecoverInput) {
				in.Policy = spec.Policy{ARN: policy("AmazonEKSEditPolicy"), Scope: spec.ScopeNamespace,
					Namespaces: []string{"pay"}}
			}, because: "nothing is narrowed"},
		{name: "dead", have: namedEntry("a", "group:g", "policy:ClusterAdmin", "policy:View@shop",
			"tag:eksaccess:owner=platform", "tag:k=v"), id: again,
			changes: []string{"replace a: grant DeleteAccessEntry; grant CreateAccessEntry groups[g] " +
				"eksaccess:hold-until=" + ends +
				" eksaccess:owner=platform eksaccess:reason=INC-4711 k=v; grant AssociateAccessPolicy " +
				"ClusterAdmin@cluster; grant AssociateAccessPolicy View@namespace[shop]"},
			because: "it comes back with everything it had"},
		{name: "not checked", have: namedEntry("a", "policy:ClusterAdmin"),
			id:    spec.Identity{Existence: spec.Unknown, Why: "not allowed"},
			warns: "not checked whether the principal was recreated after its entry: not allowed"},
		{name: "not checked, recreated", have: namedEntry("a", "policy:View"),
			id:  spec.Identity{Existence: spec.Unknown, Why: "not allowed"},
			mod: func(in *plan.RecoverInput) { in.Recreate = true }, warns: "not checked",
			changes: []string{"replace a: grant DeleteAccessEntry; grant CreateAccessEntry groups[] " + marks + "; " +
				admin + "; grant AssociateAccessPolicy View@cluster"}},
		{name: "the only admin, recreated", have: namedEntry("a", "policy:ClusterAdmin"),
			mod: func(in *plan.RecoverInput) {
				in.Recreate = true
			}, code: "LastAdmin"},
		{name: "the only admin, refused and recreated", have: namedEntry("a", "policy:ClusterAdmin"),
			mod: func(in *plan.RecoverInput) { in.Recreate, in.Refused = true, true },
			changes: []string{"replace a: grant DeleteAccessEntry; grant CreateAccessEntry groups[] " + marks + "; " +
				admin},
			because: "the cluster itself says that it gives nothing"},
		{name: "gone", id: spec.Identity{Existence: spec.Gone}, code: "PrincipalGone"},
		{name: "a node's", have: namedEntry("a", "type:EC2_LINUX"), code: "NotRecoverable",
			because: "nodes are not cut " +
				"off for a person"},
		{name: "eksctl's", have: namedEntry("a", "tag:alpha.eksctl.io/cluster-name=dev"),
			changes: []string{"update a: " + admin + "; " + hold},
			warns:   "the entry belongs to eksctl", because: "who is locked out is not sent away for a tag"},
		{name: "held longer already", have: namedEntry("a", "tag:eksaccess:hold-until=2026-11-25T00:00:00Z",
			"tag:eksaccess:reason=INC-4711"),
			changes: []string{"update a: " + admin}, because: "a hold is not made shorter"},
		{name: "an emergency's, still held", have: namedEntry("a", "policy:ClusterAdmin",
			"tag:eksaccess:owner=break-glass",
			"tag:eksaccess:hold-until=2026-11-23T09:00:00Z"),
			because: "run again, it does nothing"},
		{name: "an emergency's, still held, asked for longer",
			have: namedEntry("a", "policy:ClusterAdmin", "tag:eksaccess:owner=break-glass",
				"tag:eksaccess:hold-until=2026-11-23T09:00:00Z"),
			mod: func(in *plan.RecoverInput) { in.Longer = true }, changes: []string{"update a: " + hold}},
		{name: "an emergency's, over", have: namedEntry("a", "policy:ClusterAdmin", "tag:eksaccess:owner=break-glass",
			"tag:eksaccess:hold-until=2026-11-23T07:00:00Z",
			"tag:eksaccess:expires=2026-11-23T07:00:00Z"), changes: []string{"update a: " + hold},
			because: "or cleanup takes it any minute"},
		{name: "cut off", mod: func(in *plan.RecoverInput) {
			in.CutOff = []plan.CutOff{{Entry: *namedEntry("a", "group:g", "tag:k=v"), Left: []*spec.Entry{nil},
				Owner: "platform", Journal: "j"}}
		}, changes: []string{"create a: grant CreateAccessEntry groups[g] " + marks + " k=v; " + admin},
			because: "what a killed run deleted was there before, whoever's run it was: no owner, no end"},
		{name: "CONFIG_MAP", mod: func(in *plan.RecoverInput) {
			in.Have.Mode, in.Have.EntriesRead = "CONFIG_MAP", false
		},
			changes: []string{"create a: " + making + "; " + admin}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.id == (spec.Identity{}) {
				tt.id = alive
			}
			other := entry(
				principal("z"),
				"policy:View",
				"tag:eksaccess:owner=platform",
				"tag:eksaccess:expires=2026-11-01T00:00:00Z",
			)
			in := plan.RecoverInput{
				Cluster:   &spec.Cluster{ID: cluster},
				Principal: principal("a"),
				Policy:    clusterAdmin,
				Lasts:     8 * time.Hour,
				Reason:    "INC-4711",
				Now:       at,
				Callers:   []string{principal("a")},
				Options:   plan.Options{Allow: plan.Allow{TakeOwnership: true}},
				Have: &spec.Live{
					ID:          cluster,
					Mode:        "API",
					EntriesRead: true,
					Entries:     []spec.LiveEntry{{Entry: other, CreatedAt: at.Add(-24 * time.Hour)}},
					Identities:  map[string]spec.Identity{principal("a"): tt.id},
				},
			}
			if tt.have != nil {
				in.Have.Entries = append(
					in.Have.Entries,
					spec.LiveEntry{Entry: *tt.have, CreatedAt: at.Add(-24 * time.Hour)},
				)
			}
			if tt.mod != nil {
				tt.mod(&in)
			}
			got := plan.Recover(in)
			if diff := cmp.Diff(append([]string{}, tt.changes...), brief(got.Changes)); diff != "" {
				t.Fatalf("changes (-want +got):\n%s\nbecause: %s", diff, tt.because)
			}
			if tt.code != "" {
				if got.Error == nil || got.Error.Code != tt.code || got.Error.Hint == "" || got.Status != plan.Failed {
					t.Errorf("%s, %+v", got.Status, got.Error)
				}
				return
			}
			if got.Status == plan.Refused || got.Error != nil {
				t.Errorf("%s, %v\n%s", got.Status, got.Error, guardLines(got.Guards))
			}
			if got.AuthenticationMode.Moves() != (in.Have.Mode == "CONFIG_MAP") {
				t.Errorf("mode %v", got.AuthenticationMode)
			}
			if tt.after != nil {
				tags := got.Changes[0].After.Tags
				if len(tags) != len(tt.after) {
					t.Errorf("tags %v", tags)
				}
				for _, kv := range tt.after {
					if k, v, _ := strings.Cut(kv, "="); tags[spec.TagPrefix+k] != v {
						t.Errorf("%s is %q", k, tags[spec.TagPrefix+k])
					}
				}
			}
			var warnings []string
			for _, w := range got.Warnings {
				warnings = append(warnings, w.Message)
			}
			if !strings.Contains(strings.Join(warnings, "\n"), tt.warns) {
				t.Errorf("warnings %q, want %q", warnings, tt.warns)
			}
		})
	}
}

// Whatever is there, recover touches one entry, sends no revocation, and leaves
// its principal with all it had and what was asked for; its owner and its end
// are as they were. Done again, there is nothing to do.
func TestRecoverTakesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have := &spec.Live{ID: cluster, Mode: "API", EntriesRead: true, Identities: map[string]spec.Identity{}}
		for _, p := range principals {
			if !rapid.Bool().Draw(t, "there") {
				continue
			}
			e := drawEntry(t, p)
			if rapid.Bool().Draw(t, "held") {
				e.Tags = map[string]string{
					spec.TagHoldUntil: now.Add(time.Duration(rapid.IntRange(-9, 9).Draw(t, "hours")) * time.Hour).
						Format(time.RFC3339),
					spec.TagOwner: rapid.SampledFrom([]string{"platform", spec.OwnerBreakGlass}).Draw(t, "owner"),
				}
			}
			have.Entries = append(
				have.Entries,
				spec.LiveEntry{Entry: e.Canonical(), CreatedAt: now.Add(-24 * time.Hour)},
			)
			if rapid.Bool().Draw(t, "dead") {
				have.Identities[p] = spec.Identity{Existence: spec.Exists, CreatedAt: now.Add(-time.Hour)}
			}
		}
		in := plan.RecoverInput{
			Cluster:   &spec.Cluster{ID: cluster},
			Principal: rapid.SampledFrom(principals).Draw(t, "principal"),
			Have:      have,
			Now:       now,
			Lasts:     time.Hour,
			Reason:    "r",
			Options:   plan.Options{Allow: plan.Allow{TakeOwnership: true}},
			Policy:    spec.Policy{ARN: rapid.SampledFrom(policies).Draw(t, "policy"), Scope: spec.ScopeCluster},
		}
		if rapid.Bool().Draw(t, "namespaced") {
			in.Policy.Scope, in.Policy.Namespaces = spec.ScopeNamespace, []string{"shop"}
		}
		c := plan.Recover(in)
		before := have.Entry(in.Principal)
		if c.Status == plan.Failed {
			if before == nil || before.Type == "STANDARD" {
				t.Fatalf("failed: %v", c.Error)
			}
			return
		}
		if len(c.Changes) > 1 || c.Status == plan.Refused {
			t.Fatalf("%s: %v\n%s", c.Status, brief(c.Changes), guardLines(c.Guards))
		}
		var after *spec.Entry
		if before != nil {
			after = &before.Entry
		}
		for _, change := range c.Changes {
			for _, s := range change.Steps {
				if s.Principal != in.Principal || s.Phase != plan.Grant {
					t.Fatalf("step %+v", s)
				}
				after = s.On(after)
			}
			if !plan.Alike(after, change.After) {
				t.Fatalf("the steps lead to %+v, not %+v", after, change.After)
			}
		}
		if q, ok := after.Policy(in.Policy.ARN); !ok ||
			q.Scope != spec.ScopeCluster && in.Policy.Scope == spec.ScopeCluster {
			t.Fatalf("asked for %+v, has %+v", in.Policy, after.Policies)
		}
		if before != nil {
			for _, p := range before.Policies {
				if q, ok := after.Policy(p.ARN); !ok || q.Scope != p.Scope && q.Scope != spec.ScopeCluster {
					t.Fatalf("had %+v, has %+v", p, after.Policies)
				}
			}
			for _, tag := range []string{spec.TagOwner, spec.TagExpires} {
				if after.Tags[tag] != before.Tags[tag] {
					t.Fatalf("%s was %q and is %q", tag, before.Tags[tag], after.Tags[tag])
				}
			}
		}
		next := *have
		next.Entries = []spec.LiveEntry{{Entry: *after, CreatedAt: now}}
		in.Have = &next
		if again := plan.Recover(in); len(again.Changes) > 0 {
			t.Fatalf("done again: %v", brief(again.Changes))
		}
	})
}
