package inventory_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// Access without effect is last, and is not counted as cluster admin. Expired
// access still works.
func TestStates(t *testing.T) {
	var w world
	late := entry("role/late", nil, "ClusterAdmin")
	late.Tags[spec.TagExpires], late.Tags[spec.TagReason], late.Tags[spec.TagOwner] = "2026-11-25T08:00:00Z",
		"INC-4711", "break-glass"
	c := w.cluster(
		"dev",
		eksfacts.ModeAPI,
		entry("role/gone", nil, "ClusterAdmin"),
		entry("role/reborn", nil, "ClusterAdmin"),
		late,
		entry("role/viewer", nil, "View"),
	)
	for i := range c.Principals {
		switch p := &c.Principals[i]; p.ARN {
		case principalARN("role/gone"):
			p.Existence = spec.Gone
		case principalARN("role/reborn"):
			*p.CreatedAt = read.AddDate(0, 0, -1)
		}
	}
	r := w.report(inventory.Question{})
	want := []string{
		"role/late: cluster-admin in dev [policy=cluster-admin] expired",
		"role/viewer: view in dev [policy=view]",
		"role/gone: cluster-admin in dev [policy=cluster-admin] gone",
		"role/reborn: cluster-admin in dev [policy=cluster-admin] made-again",
	}
	if d := cmp.Diff(want, lines(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if r.Summary.Admins != 1 || r.Summary.Dead != 2 || r.Clusters[0].Admins != 1 {
		t.Errorf("summary %+v, %+v", r.Summary, r.Clusters)
	}
	if a := r.Principals[0].Access[0]; a.Owner != "break-glass" || a.Reason != "INC-4711" || !a.Expires.Equal(read) {
		t.Errorf("what its tags say: %+v", a)
	}
}

// A cluster that was not read is in every report, however narrow, and no list
// is nil.
func TestFailedClustersStay(t *testing.T) {
	var w world
	w.cluster("dev", eksfacts.ModeAPI, entry("role/a", nil, "View"))
	w.clusters = append(
		w.clusters,
		snapshot.FailedCluster(arn.Cluster{Partition: "aws", Account: account, Region: "eu-west-1", Name: "prod"},
			fault.Error{Code: "AccessDenied", Message: "not allowed", Hint: "allow it"}),
	)
	match, err := inventory.ParseMatch("role=nobody")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []inventory.Question{{}, {AdminsOnly: true}, {Principals: []inventory.Match{match}},
		{Policies: []string{"x"}}} {
		r := w.report(q)
		if r.Summary.Clusters != 2 || r.Summary.Failed != 1 || len(r.Clusters) != 2 || r.Clusters[1].Error == nil ||
			r.Principals == nil {
			t.Errorf("%+v: %+v", q, r)
		}
		if len(r.Gaps) != 1 || r.Gaps[0].What != inventory.WhatCluster ||
			r.Gaps[0].Reason != "AccessDenied: not allowed" ||
			r.Gaps[0].Hint != "allow it" {
			t.Errorf("%+v: not read %+v", q, r.Gaps)
		}
	}
}

func TestQuestions(t *testing.T) {
	var w world
	w.cluster("dev", eksfacts.ModeAPI, entry("role/admin", nil, "ClusterAdmin"),
		entry("role/both", []string{"g"}, "View", "Edit in a"), entry("user/bob", nil, "ClusterAdmin in a")).
		RBAC = snapshot.RBAC{
		Fact: snapshot.UnknownFact("no", ""),
	}
	role, err := inventory.ParseMatch("role=*")
	if err != nil {
		t.Fatal(err)
	}
	both := "role/both: view in dev [policy=view policy=namespace-edit group=groups]"
	tests := []struct {
		q    inventory.Question
		want []string
	}{
		{inventory.Question{AdminsOnly: true}, []string{"role/admin: cluster-admin in dev [policy=cluster-admin]"}},
		{inventory.Question{Policies: []string{"AmazonEKSEditPolicy"}}, []string{both}}, // whole, with all ways
		{
			inventory.Question{Policies: []string{"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"}},
			[]string{both},
		},
		{
			inventory.Question{Policies: []string{"*ClusterAdmin*"}, Principals: []inventory.Match{role}},
			[]string{"role/admin: cluster-admin in dev [policy=cluster-admin]"},
		},
		{inventory.Question{Policies: []string{"Edit"}}, nil},
	}
	for _, tt := range tests {
		r := w.report(tt.q)
		if d := cmp.Diff(tt.want, lines(r)); d != "" {
			t.Errorf("%+v (-want +got)\n%s", tt.q, d)
		}
		if tt.q.AdminsOnly && r.Summary.Unresolved != 1 { // who may be admin too, for all that was read
			t.Errorf("summary %+v", r.Summary)
		}
	}
}

// TestReportOfAnything: of random fleets, every entry is in the report once,
// in order of power, whatever the order it was read in.
func TestReportOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w world
		entries := 0
		for i := range rapid.IntRange(0, 4).Draw(t, "clusters") {
			var list []spec.LiveEntry
			for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"role/a", "role/b", "user/c",
				"role/x/d", "root"}), rapid.ID[string]).Draw(t, "principals") {
				list = append(
					list,
					entry(
						name,
						rapid.SliceOfN(rapid.SampledFrom([]string{"g", "h"}), 0, 2).Draw(t, "groups"),
						rapid.SliceOfDistinct(rapid.SampledFrom([]string{"ClusterAdmin", "Edit", "View in a", "Odd"}),
							rapid.ID[string]).
							Draw(t, "policies")...),
				)
			}
			entries += len(list)
			c := w.cluster(
				string(rune('a'+i)),
				rapid.SampledFrom([]string{eksfacts.ModeAPI, eksfacts.ModeAPIAndConfigMap}).Draw(t, "mode"),
				list...)
			for i := range c.Principals {
				c.Principals[i].Existence = rapid.SampledFrom([]spec.Existence{spec.Exists, spec.Gone, spec.Unknown}).
					Draw(t, "existence")
			}
		}
		r := w.report(inventory.Question{})
		if r.Summary.Access != entries || len(lines(r)) != entries {
			t.Fatalf("%d entries, and %+v: %q", entries, r.Summary, lines(r))
		}
		for _, p := range r.Principals {
			if p.Power != p.Access[0].Power {
				t.Fatalf("%s is %s, and first %s", p.Name, p.Power, p.Access[0].Power)
			}
			for i := range p.Access[1:] {
				a, b := p.Access[i], p.Access[i+1]
				works := func(s inventory.State) bool { return s == inventory.Works || s == inventory.Expired }
				if works(a.State) == works(b.State) && a.Power.Rank() > b.Power.Rank() ||
					!works(a.State) && works(b.State) {
					t.Fatalf("%s is %s before %s", p.Name, a.Power, b.Power)
				}
			}
		}
		shuffled := world{slices.Clone(w.clusters)}
		rand.Shuffle(len(shuffled.clusters), func(i, j int) {
			shuffled.clusters[i], shuffled.clusters[j] = shuffled.clusters[j], shuffled.clusters[i]
		})
		if d := cmp.Diff(lines(r), lines(shuffled.report(inventory.Question{}))); d != "" {
			t.Fatalf("another order of reading gives another report\n%s", d)
		}
	})
}
