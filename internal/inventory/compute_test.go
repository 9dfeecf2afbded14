package inventory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

var read = time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)

const account = "111122223333"

func principalARN(rest string) string { return "arn:aws:iam::" + account + ":" + rest }

// world builds snapshots of clusters that were read in full.
type world struct{ clusters []snapshot.Cluster }

func (w *world) cluster(name, mode string, entries ...spec.LiveEntry) *snapshot.Cluster {
	live := &spec.Live{
		ID:          arn.Cluster{Partition: "aws", Account: account, Region: "eu-west-1", Name: name},
		Status:      "ACTIVE",
		Mode:        mode,
		EntriesRead: mode != eksfacts.ModeConfigMap,
		Entries:     entries,
	}
	c := snapshot.FromLive(live)
	for _, e := range entries {
		made := read.AddDate(-1, 0, 0)
		used := read.AddDate(0, 0, -3)
		c.Principals = append(
			c.Principals,
			snapshot.Principal{ARN: e.Principal, Existence: spec.Exists, CreatedAt: &made,
				LastUsed: snapshot.LastUsed{Fact: snapshot.KnownFact(), At: &used}},
		)
	}
	c.AWSAuth = snapshot.AWSAuth{Fact: snapshot.KnownFact()}
	c.RBAC = snapshot.RBAC{Fact: snapshot.KnownFact()}
	w.clusters = append(w.clusters, c)
	return &w.clusters[len(w.clusters)-1]
}

func (w *world) report(q inventory.Question) *inventory.Report {
	return inventory.Compute(
		inventory.Input{
			Snapshot:    snapshot.New(w.clusters, true, read, "v1"),
			Question:    q,
			Now:         read.Add(time.Hour),
			ToolVersion: "v1",
		},
	)
}

// entry is role/NAME with policies as "NAME", or "NAME in NAMESPACE".
func entry(rest string, groups []string, policies ...string) spec.LiveEntry {
	e := spec.Entry{Principal: principalARN(rest), Type: eksfacts.Standard, Groups: groups}
	e.Username = eksfacts.DefaultUsername(e.Type, e.Principal)
	for _, p := range policies {
		name, namespace, scoped := strings.Cut(p, " in ")
		policy := spec.Policy{ARN: arn.AccessPolicy("aws", "AmazonEKS"+name+"Policy"), Scope: spec.ScopeCluster}
		if scoped {
			policy.Scope, policy.Namespaces = spec.ScopeNamespace, []string{namespace}
		}
		e.Policies = append(e.Policies, policy)
	}
	return spec.LiveEntry{Entry: e.Canonical(), CreatedAt: read.AddDate(0, -1, 0)}
}

// lines are a report in short: "role/a: cluster-admin in prod [policy group!]",
// a way that does not hold with a "!".
func lines(r *inventory.Report) []string {
	var out []string
	for _, p := range r.Principals {
		name := p.Kind
		if p.Principal != nil {
			name = (*p.Principal)[strings.LastIndex(*p.Principal, ":")+1:]
		}
		for _, a := range p.Access {
			var ways []string
			for _, w := range a.Ways {
				s := string(w.Via) + "=" + string(w.Power)
				if w.Hidden {
					s += "!"
				}
				ways = append(ways, s)
			}
			line := fmt.Sprintf(
				"%s: %s in %s [%s]",
				name,
				a.Power,
				a.Cluster[strings.LastIndex(a.Cluster, "/")+1:],
				strings.Join(ways, " "),
			)
			if a.State != inventory.Works {
				line += " " + string(a.State)
			}
			out = append(out, line)
		}
	}
	return out
}

func TestStrongestFirst(t *testing.T) {
	var w world
	w.cluster("dev", eksfacts.ModeAPI,
		entry("role/a-viewer", nil, "View"),
		entry("role/b-admin", nil, "ClusterAdmin"),
		entry("role/c-payments", []string{"pay"}, "Edit in payments", "View"),
		entry("role/d-nothing", nil))
	w.cluster("prod", eksfacts.ModeAPI,
		entry("role/a-viewer", nil, "ClusterAdmin in sandbox"),
		entry("role/b-admin", nil, "ClusterAdmin"),
		entry("role/e-other-admin", nil, "ClusterAdmin"))
	r := w.report(inventory.Question{})
	want := []string{
		"role/b-admin: cluster-admin in dev [policy=cluster-admin]", // in two clusters, so before one in one
		"role/b-admin: cluster-admin in prod [policy=cluster-admin]",
		"role/e-other-admin: cluster-admin in prod [policy=cluster-admin]",
		"role/a-viewer: view in dev [policy=view]",
		"role/a-viewer: namespace-admin in prod [policy=namespace-admin]",
		"role/c-payments: view in dev [policy=view policy=namespace-edit group=none]",
		"role/d-nothing: none in dev [entry=none]",
	}
	if d := cmp.Diff(want, lines(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff(inventory.Summary{Clusters: 2, Principals: 5, Admins: 2, Access: 7}, r.Summary); d != "" {
		t.Errorf("summary (-want +got)\n%s", d)
	}
	if c := r.Clusters[1]; c.Name != "prod" || c.Admins != 2 || c.Access != 3 {
		t.Errorf("prod is %+v", c)
	}
}

// Groups and usernames give what their bindings give. Without bindings, their
// permissions are unknown.
func TestBindings(t *testing.T) {
	bindings := []snapshot.Binding{
		{Name: "ops", RoleKind: "ClusterRole", Role: "cluster-admin", Groups: []string{"ops"}},
		{Name: "super", RoleKind: "ClusterRole", Role: "platform-super", Groups: []string{"super"}},
		{Name: "readers", RoleKind: "ClusterRole", Role: "view", Groups: []string{"readers"}},
		{Name: "shop", Namespace: "shop", RoleKind: "ClusterRole", Role: "admin", Groups: []string{"shop"}},
		{
			Name:      "own",
			Namespace: "shop",
			RoleKind:  "Role",
			Role:      "admin",
			Groups:    []string{"own"},
		}, // the permissions of a Role are unknown
		{Name: "alice", RoleKind: "ClusterRole", Role: "edit", Users: []string{"team:alice", "fixed"}},
	}
	named := func(e spec.LiveEntry, username string) spec.LiveEntry { e.Username = username; return e }
	entries := []spec.LiveEntry{
		entry("role/hidden-admin", []string{"ops"}),
		entry("role/unlimited", []string{"super"}),
		entry("role/shop", []string{"readers", "shop"}),
		entry("role/own", []string{"own"}),
		entry("role/unbound", []string{"nobody-binds-this"}),
		named(entry("role/template", nil), "team:{{SessionName}}"),
		named(entry("user/fixed", nil), "fixed"),
	}
	t.Run("read", func(t *testing.T) {
		var w world
		c := w.cluster("dev", eksfacts.ModeAPI, entries...)
		c.RBAC.Bindings, c.RBAC.Unlimited = bindings, []string{"cluster-admin", "platform-super"}
		r := w.report(inventory.Question{})
		want := []string{
			"role/hidden-admin: cluster-admin in dev [group=cluster-admin]",
			"role/unlimited: cluster-admin in dev [group=cluster-admin]",
			"role/template: edit in dev [username=edit]",
			"user/fixed: edit in dev [username=edit]",
			"role/shop: view in dev [group=view group=namespace-admin]",
			"role/own: other in dev [group=other]",
			"role/unbound: none in dev [group=none]",
		}
		if d := cmp.Diff(want, lines(r)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		way := r.Principals[4].Access[0].Ways[1]
		if way.Binding != "RoleBinding shop" || way.Role != "ClusterRole admin" ||
			!slices.Equal(way.Namespaces, []string{"shop"}) {
			t.Errorf("how shop gets in: %+v", way)
		}
		if r.Summary.Unresolved != 0 || r.Summary.Admins != 2 {
			t.Errorf("summary %+v", r.Summary)
		}
	})
	t.Run("not read", func(t *testing.T) {
		var w world
		w.cluster("dev", eksfacts.ModeAPI, entries...).RBAC = snapshot.RBAC{Fact: snapshot.UnknownFact("no", "")}
		r := w.report(inventory.Question{})
		for _, p := range r.Principals {
			if p.Power != inventory.Groups {
				t.Errorf("%s is %s", p.Name, p.Power)
			}
		}
		if r.Summary.Unresolved != 7 {
			t.Errorf("summary %+v", r.Summary)
		}
	})
	t.Run("all users", func(t *testing.T) {
		var w world
		c := w.cluster("dev", eksfacts.ModeAPI, entry("role/viewer", nil, "View"))
		c.RBAC.Bindings = []snapshot.Binding{
			{
				Name:     "system:basic-user",
				RoleKind: "ClusterRole",
				Role:     "system:basic-user",
				Groups:   []string{"system:authenticated"},
			}, // every cluster has it
			{Name: "oops", RoleKind: "ClusterRole", Role: "cluster-admin", Groups: []string{"system:authenticated"}},
		}
		want := []string{"role/viewer: cluster-admin in dev [group=cluster-admin policy=view]"}
		if d := cmp.Diff(want, lines(w.report(inventory.Question{}))); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	})
}

// A row whose role no longer exists gives no access, offline as well.
func TestOrphanedRow(t *testing.T) {
	var w world
	c := w.cluster("dev", eksfacts.ModeAPIAndConfigMap)
	c.AWSAuth = snapshot.AWSAuth{
		Fact:  snapshot.KnownFact(),
		Found: true,
		Data: map[string]string{
			"mapRoles": `[{rolearn: "arn:aws:iam::111122223333:role/gone", groups: ["system:masters"]}]`,
		},
	}
	c.AWSAuth.Identify(map[string]spec.Identity{principalARN("role/gone"): {Existence: spec.Gone}})
	r := w.report(inventory.Question{})
	if d := cmp.Diff([]string{"role/gone: cluster-admin in dev [aws-auth=cluster-admin] gone"}, lines(r)); d != "" ||
		r.Summary.Admins != 0 {
		t.Errorf("%d admins (-want +got)\n%s", r.Summary.Admins, d)
	}
}

// aws-auth applies to principals without an entry; an entry hides the row.
func TestAWSAuth(t *testing.T) {
	const rows = `
- {rolearn: "arn:aws:iam::111122223333:role/masters", groups: ["system:masters"]}
- {rolearn: "arn:aws:iam::111122223333:role/shadowed", groups: ["system:masters"]}
- {rolearn: "arn:aws:iam::111122223333:role/reborn", groups: ["system:masters"]}
- {rolearn: "arn:aws:iam::111122223333:role/nodes", username: "system:node:{{EC2PrivateDNSName}}", groups: ["system:bootstrappers", "system:nodes"]}
- {rolearn: "arn:aws:iam::111122223333:role/team/with-path", groups: ["system:masters"]}
- {rolearn: "arn:aws:iam::111122223333:role/pathless", groups: ["readers"]}
`
	auth := snapshot.AWSAuth{
		Fact:  snapshot.KnownFact(),
		Found: true,
		Data:  map[string]string{"mapRoles": rows, "mapAccounts": `["444455556666"]`},
	}
	var w world
	c := w.cluster(
		"both",
		eksfacts.ModeAPIAndConfigMap,
		entry("role/team/shadowed", nil, "View"),
		entry("role/reborn", nil, "View"),
	)
	c.AWSAuth = auth
	c.RBAC.Bindings = []snapshot.Binding{
		{Name: "r", RoleKind: "ClusterRole", Role: "view", Groups: []string{"readers"}},
	}
	made := read.AddDate(0, 0, -1)
	c.Principals[1].CreatedAt = &made
	w.cluster("api", eksfacts.ModeAPI, entry("role/a/b/pathless", nil, "Edit")).AWSAuth = auth
	old := w.cluster("old", eksfacts.ModeConfigMap)
	old.AWSAuth = snapshot.Place(old.ID()).AWSAuth
	r := w.report(inventory.Question{})
	want := []string{
		"creator: cluster-admin in old [creator=cluster-admin]",
		"role/masters: cluster-admin in both [aws-auth=cluster-admin]",
		"role/a/b/pathless: edit in api [policy=edit]", // the one role of that name that an entry names
		"role/a/b/pathless: view in both [aws-auth=view]",
		"role/team/shadowed: view in both [policy=view aws-auth=cluster-admin!]",
		"role/nodes: node in both [aws-auth=node aws-auth=node]",
		"account: none in both [aws-auth-accounts=none]",
		"role/team/with-path: none in both [aws-auth=cluster-admin!]",
		// a stale entry hides the row as well
		"role/reborn: view in both [policy=view aws-auth=cluster-admin!] made-again",
	}
	got := lines(r)
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if i := slices.IndexFunc(r.Gaps, func(n inventory.Gap) bool { return n.What == inventory.WhatAWSAuth }); i < 0 ||
		!slices.Equal(r.Gaps[i].Clusters, []string{"arn:aws:eks:eu-west-1:111122223333:cluster/old"}) {
		t.Errorf("not read: %+v", r.Gaps)
	}
}
