package ekssim_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

const accessWorld = `
accounts:
  - id: "111122223333"
    roles: [admin, team/ops, Mixed, nodes, karpenter, plain, stale, last, tpl, scoped, {name: extra, path: /x/}]
    users: [people/bob]
  - {id: "444455556666", roles: [whole]}
clusters:
  - name: dev
    awsAuth: |
      mapRoles:
        - {rolearn: "arn:aws:iam::111122223333:role/ops", username: ops, groups: ["system:masters"]}
        - {rolearn: "arn:aws:iam::111122223333:role/MIXED", username: one, groups: ["system:masters"]}
        - {rolearn: "arn:aws:iam::111122223333:role/mixed", username: two, groups: [b, a]}
        - rolearn: arn:aws:iam::111122223333:role/karpenter
          username: "system:node:{{EC2PrivateDNSName}}"
          groups: ["system:bootstrappers", "system:nodes"]
        - {rolearn: "arn:aws:iam::111122223333:role/x/extra", groups: ["system:masters"]}
        - {rolearn: "arn:aws:iam::111122223333:role/plain", groups: ["system:masters"]}
        - {rolearn: "arn:aws:iam::111122223333:role/stale", groups: ["system:masters"]}
        - {rolearn: "arn:aws:iam::111122223333:role/orphan", groups: ["system:masters"]}
        - {rolearn: "arn:aws:iam::111122223333:role/never", groups: ["system:masters"]}
        - rolearn: arn:aws:iam::111122223333:role/tpl
          username: "{{AccountID}}:{{SessionName}}"
          groups: ["a-{{AccountID}}", "s-{{SessionName}}"]
        - {rolearn: "arn:aws:iam::999900001111:role/far", groups: ["system:masters"]}
        - {rolearn: "arn:aws:iam::999900001111:role/hidden", groups: ["system:masters"]}
      mapUsers:
        - {userarn: "arn:aws:iam::111122223333:user/people/bob", username: bob, groups: ["system:masters"]}
      mapAccounts: ["444455556666"]
    entries:
      - {principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/nodes, type: EC2_LINUX}
      - {principal: role/plain}
      - {principal: role/stale, boundTo: AROAOLD, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/orphan, orphan: true, policies: [AmazonEKSClusterAdminPolicy]}
      - principal: role/scoped
        groups: [g]
        policies: [{policy: AmazonEKSClusterAdminPolicy, namespaces: [shop]}, AmazonEKSViewPolicy]
      - {principal: "arn:aws:iam::999900001111:role/p/hidden"}
  - name: old
    mode: CONFIG_MAP
    creator: role/last
    awsAuth: "mapRoles: [{rolearn: 'arn:aws:iam::111122223333:role/last', groups: [less]}]"
  - name: only
    mode: API
    awsAuth: "mapRoles: [{rolearn: 'arn:aws:iam::111122223333:role/ops', groups: ['system:masters']}]"
`

// summary is an access in a few words.
func summary(a ekssim.Access) string {
	out := a.By + " " + strings.Join(a.Permissions(), ", ")
	if a.Stale {
		out += "stale"
	}
	if a.Admin() {
		out += "; admin"
	}
	return strings.NewReplacer("policy arn:aws:eks::aws:cluster-access-policy/AmazonEKS", "").Replace(out)
}

func accessOf(s *ekssim.Server, id ekssim.ClusterID) map[string]string {
	out := map[string]string{}
	for arn, a := range s.Access(id) {
		out[strings.TrimPrefix(arn, "arn:aws:iam::"+account+":")] = summary(a)
	}
	return out
}

// An entry hides the row of its principal, a dead one too; rows match without
// path and case, and the last of two wins.
func TestAccess(t *testing.T) {
	s := start(t, accessWorld)
	if diff := cmp.Diff(map[string]string{
		"role/admin":     "entry cluster admin, ClusterAdminPolicy; admin",
		"role/nodes":     "entry node",
		"role/plain":     "entry ",
		"role/stale":     "entry stale",
		"role/orphan":    "entry stale",
		"role/scoped":    "entry group g, ClusterAdminPolicy in shop, ViewPolicy",
		"role/team/ops":  "row cluster admin; admin",
		"role/Mixed":     "row group a, group b",
		"role/karpenter": "row node",
		"role/tpl":       "row group a-111122223333, group s-{{SessionName}}",

		"user/people/bob": "row cluster admin; admin",

		"arn:aws:iam::444455556666:role/whole":     "account ",
		"arn:aws:iam::444455556666:role/eksaccess": "account ", // the default caller
		"arn:aws:iam::999900001111:role/far":       "row cluster admin; admin",
		"arn:aws:iam::999900001111:role/p/hidden":  "entry ",
	}, accessOf(s, dev)); diff != "" {
		t.Errorf("dev (-want +got):\n%s", diff)
	}
	old, only := dev, dev
	old.Name, only.Name = "old", "only"
	if diff := cmp.Diff(map[string]string{"role/last": "creator cluster admin; admin"}, accessOf(s, old)); diff != "" {
		t.Errorf("old (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{}, accessOf(s, only)); diff != "" {
		t.Errorf("only (-want +got):\n%s", diff)
	}
}

// The record follows each kind of change: an entry hides its row from the
// moment it is created, and a deleted one makes the row effective again.
func TestAccessChanges(t *testing.T) {
	s := start(t, accessWorld)
	c := eksAs(s, "AKIASIM"+account)
	ops, admin := arn("role/team/ops"), arn("role/admin")
	far, hidden := "arn:aws:iam::999900001111:role/far", "arn:aws:iam::999900001111:role/hidden"
	steps := []struct {
		name, principal string
		do              func() error
		want            string
	}{
		{"create hides the row", ops, func() error { return create(c, "dev", ops) }, "entry "},
		{"associate", ops, func() error {
			return associate(c, "dev", ops, policy("AmazonEKSClusterAdminPolicy"), clusterScope())
		}, "entry cluster admin, ClusterAdminPolicy; admin"},
		{"recreated principal", ops, func() error { return s.RecreateRole(ops) }, "entry stale"},
		{"deleted entry", ops, func() error { return remove(c, "dev", ops) }, "row cluster admin; admin"},
		{"changed row", ops, func() error {
			return s.PutRow(dev, ekssim.AuthRow{ARN: "role/ops", Username: "x", Groups: []string{"viewers"}})
		}, "row group viewers"},
		{"row of other case", ops, func() error {
			return s.PutRow(dev, ekssim.AuthRow{ARN: "role/OPS", Groups: []string{"others"}})
		}, "row group others"},
		{"deleted row", ops, func() error { return s.DeleteRow(dev, "role/ops") }, ""},
		{"all rows", ops, func() error {
			return s.SetRows(dev, ekssim.AuthRow{ARN: arn("role/ops"), Groups: []string{"system:masters"}},
				ekssim.AuthRow{ARN: arn("user/people/bob"), Groups: []string{"g"}},
				ekssim.AuthRow{ARN: far, Groups: []string{"g"}},
				ekssim.AuthRow{ARN: hidden, Groups: []string{"h"}})
		}, "row cluster admin; admin"},
		{"user row", arn("user/people/bob"), nil, "row group g"},
		{"deleted principal", ops, func() error { return s.DeleteRole(ops) }, ""},
		{"created principal", ops, func() error { return s.RecreateRole(ops) }, "row cluster admin; admin"},
		{"foreign entry deleted", hidden, func() error {
			return s.DeleteEntry(dev, "arn:aws:iam::999900001111:role/p/hidden")
		}, "row group h"},
		{"foreign entry", far, func() error {
			return s.PutEntry(dev, ekssim.Entry{
				Principal: "arn:aws:iam::999900001111:role/q/far", Groups: []string{"e"}})
		}, ""},
		{"mode", ops, func() error { return s.SetMode(dev, "API") }, ""},
		{"entry still", admin, nil, "entry cluster admin, ClusterAdminPolicy; admin"},
		{"no cluster", admin, func() error { return s.Edit(ekssim.Edit{Cluster: dev, DeleteCluster: true}) }, ""},
	}
	seqs := []int{}
	for _, st := range steps {
		if st.do != nil {
			if err := st.do(); err != nil {
				t.Fatalf("%s: %v", st.name, err)
			}
		}
		calls := s.Calls(ekssim.CallFilter{})
		seqs = append(seqs, calls[len(calls)-1].Seq)
		got := ""
		if a, ok := s.Access(dev)[st.principal]; ok {
			got = summary(a)
		}
		if got != st.want {
			t.Errorf("%s: %q, want %q", st.name, got, st.want)
		}
	}
	if a, ok := s.AccessAfter(dev, 0)[ops]; !ok || summary(a) != "row cluster admin; admin" {
		t.Errorf("at first %v", a)
	}
	if a := s.AccessAfter(dev, seqs[0])[ops]; summary(a) != "entry " {
		t.Errorf("after the create %v", a)
	}
	want := []string{admin, ops, arn("user/people/bob"), far}
	slices.Sort(want)
	if diff := cmp.Diff(want, s.ClusterAdminsAfter(dev, 0)); diff != "" {
		t.Errorf("admins at first (-want +got):\n%s", diff)
	}
	first := s.AccessHistory()[0]
	if first.Operation != "CreateAccessEntry" || first.AccessKeyID != "AKIASIM"+account ||
		first.Admins != 3 || first.Principal != ops {
		t.Errorf("first change %+v", first)
	}
}

// A mode update is recorded for all principals: the creator gets an entry, and
// API ends aws-auth.
func TestAccessModes(t *testing.T) {
	s := start(t, `
settings: {updatePolls: 1}
accounts: [{id: "111122223333", roles: [maker, ops, nodes]}]
clusters:
  - name: dev
    mode: CONFIG_MAP
    creator: role/maker
    nodeGroups: [{name: ng, role: role/nodes}]
    awsAuth: |
      mapRoles:
        - {rolearn: "arn:aws:iam::111122223333:role/ops", groups: ["system:masters"]}
        - rolearn: arn:aws:iam::111122223333:role/nodes
          username: "system:node:{{EC2PrivateDNSName}}"
          groups: ["system:bootstrappers", "system:nodes"]
`)
	c := eksAs(s, "AKIASIM"+account)
	for _, tt := range []struct {
		mode string
		want map[string]string
	}{
		{"", map[string]string{"role/maker": "creator cluster admin; admin", "role/ops": "row cluster admin; admin",
			"role/nodes": "row node"}},
		{"API_AND_CONFIG_MAP", map[string]string{"role/maker": "entry cluster admin, ClusterAdminPolicy; admin",
			"role/ops": "row cluster admin; admin", "role/nodes": "entry node"}},
		{"API", map[string]string{"role/maker": "entry cluster admin, ClusterAdminPolicy; admin",
			"role/nodes": "entry node"}},
	} {
		if tt.mode != "" {
			u := must(setMode(c, "dev", tt.mode))
			must(describeUpdate(c, "dev", *u.Id))
			must(describeUpdate(c, "dev", *u.Id))
		}
		if diff := cmp.Diff(tt.want, accessOf(s, dev)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.mode, diff)
		}
	}
	last := s.AccessHistory()[len(s.AccessHistory())-1]
	if last.Operation != "AccessConfigUpdate" || last.Principal != arn("role/ops") || last.After != nil {
		t.Errorf("last change %+v", last)
	}
}

func TestAccessMissing(t *testing.T) {
	admin := &ekssim.Access{ClusterAdmin: true}
	everywhere := &ekssim.Access{Policies: []ekssim.Grant{{Policy: "E"}}}
	somewhere := &ekssim.Access{Policies: []ekssim.Grant{{Policy: "E", Namespaces: []string{"n"}}}}
	group := &ekssim.Access{Groups: []string{"g"}}
	for _, tt := range []struct {
		name       string
		have, want *ekssim.Access
		missing    []string
	}{
		{"nothing of nothing", nil, nil, nil},
		{"all", nil, &ekssim.Access{ClusterAdmin: true, Groups: []string{"system:masters"}}, []string{"cluster admin"}},
		{"less", everywhere, admin, []string{"cluster admin"}},
		{"admin for a group", admin, group, nil},
		{"admin for a policy", admin, somewhere, nil},
		{"admin for node", admin, &ekssim.Access{Node: true, Groups: []string{"system:nodes"}}, []string{"node"}},
		{"wider scope", everywhere, somewhere, nil},
		{"narrower scope", somewhere, everywhere, []string{"policy E"}},
		{"usernames do not count", &ekssim.Access{Username: "a"}, &ekssim.Access{Username: "b"}, nil},
		{"stale", &ekssim.Access{By: ekssim.ByEntry, Stale: true}, group, []string{"group g"}},
	} {
		if diff := cmp.Diff(tt.missing, tt.have.Missing(tt.want)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Whatever happens, the record that is kept change by change is what a fresh
// reading of the same world gives, and its history leads back to the start.
func TestAccessRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, err := ekssim.ParseWorld([]byte(accessWorld))
		if err != nil {
			t.Fatal(err)
		}
		s, err := ekssim.New(w)
		if err != nil {
			t.Fatal(err)
		}
		first := s.Access(dev)
		roles := []string{"role/admin", "role/team/ops", "role/Mixed", "role/plain", "role/stale", "role/new",
			"arn:aws:iam::999900001111:role/far"}
		role := rapid.SampledFrom(roles)
		groups := rapid.SampledFrom([]string{"system:masters", "g"})
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			r := role.Draw(t, "role")
			full := r
			if !strings.HasPrefix(r, "arn:") {
				full = arn(r)
			}
			switch rapid.IntRange(0, 8).Draw(t, "change") {
			case 0:
				_ = s.PutEntry(dev, ekssim.Entry{Principal: r, Groups: []string{"e"}})
			case 1:
				_ = s.PutEntry(dev, ekssim.Entry{
					Principal: r, Policies: []ekssim.Association{{Policy: "AmazonEKSClusterAdminPolicy"}}})
			case 2:
				_ = s.DeleteEntry(dev, r)
			case 3:
				_ = s.RecreateRole(full)
			case 4:
				_ = s.DeleteRole(full)
			case 5:
				_ = s.PutRow(dev, ekssim.AuthRow{ARN: r, Groups: []string{groups.Draw(t, "group")}})
			case 6:
				_ = s.DeleteRow(dev, r)
			case 7:
				_ = s.SetMode(dev, rapid.SampledFrom([]string{"API", "API_AND_CONFIG_MAP"}).Draw(t, "mode"))
			case 8:
				_ = s.SetRows(dev, ekssim.AuthRow{ARN: full, Groups: []string{groups.Draw(t, "group")}})
			}
		}
		again, err := ekssim.New(s.World())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(again.Access(dev), s.Access(dev)); diff != "" {
			t.Errorf("a fresh reading (-fresh +kept):\n%s", diff)
		}
		history := s.AccessHistory()
		if got := s.ClusterAdmins(dev); len(history) > 0 && history[len(history)-1].Admins != len(got) {
			t.Errorf("%d admins counted, %v are", history[len(history)-1].Admins, got)
		}
		at := maps.Clone(first)
		for _, h := range history {
			have, had := at[h.Principal]
			if had != (h.Before != nil) || had && !cmp.Equal(have, *h.Before) {
				t.Errorf("%s: before %v, recorded %v", h.Principal, have, h.Before)
			}
			delete(at, h.Principal)
			if h.After != nil {
				at[h.Principal] = *h.After
			}
		}
		if diff := cmp.Diff(at, s.Access(dev)); diff != "" {
			t.Errorf("the history leads elsewhere (-history +now):\n%s", diff)
		}
	})
}

// A token with a template that only instances can render is good for instances
// alone, and the row decides: nothing else is looked at.
func TestAWSAuthTemplates(t *testing.T) {
	s := start(t, `
accounts: [{id: "111122223333", roles: [admin, nodes, tpl, bad, entrynodes]}]
credentials:
  - {accessKeyId: AKIAADMIN, principal: role/admin}
  - {accessKeyId: AKIAINSTANCE, principal: role/nodes, session: i-0123456789abcdef0}
  - {accessKeyId: AKIASHORT, principal: role/nodes, session: i-0abcdef1}
  - {accessKeyId: AKIAPERSON, principal: role/nodes, session: somebody}
  - {accessKeyId: AKIATPL, principal: role/tpl, session: me@example.com}
  - {accessKeyId: AKIABAD, principal: role/bad, session: me}
  - {accessKeyId: AKIAENTRY, principal: role/entrynodes, session: i-0123456789abcdef0}
  - {accessKeyId: AKIANOENTRY, principal: role/entrynodes, session: me}
clusters:
  - name: dev
    awsAuth: |
      mapRoles:
        - rolearn: arn:aws:iam::111122223333:role/nodes
          username: "system:node:{{EC2PrivateDNSName}}"
          groups: ["system:nodes"]
        - rolearn: arn:aws:iam::111122223333:role/tpl
          username: "u:{{SessionNameRaw}}"
          groups: ["a-{{AccountID}}", "s-{{SessionName}}", "r-{{SessionNameRaw}}", "k-{{AccessKeyID}}", "{{Other}}"]
        - {rolearn: "arn:aws:iam::111122223333:role/bad", username: fine, groups: ["g", "h-{{EC2PrivateDNSName}}"]}
      mapAccounts: ["111122223333"]
    entries:
      - {principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/entrynodes, type: EC2_LINUX}
`)
	const failed = `rendering "system:node:{{EC2PrivateDNSName}}": `
	names := map[string]string{}
	for _, tt := range []struct{ key, user, groups, refusal string }{
		{"AKIAINSTANCE", "system:node:ip-10-", "system:nodes", ""},
		{"AKIASHORT", "system:node:ip-10-", "system:nodes", ""},
		{"AKIAPERSON", "", "", failed + `the session name "somebody" is not an instance id`},
		{"AKIATPL", "u:me@example.com", "a-111122223333 s-me-example.com r-me@example.com k-AKIATPL {{Other}}", ""},
		{"AKIABAD", "", "", `rendering "h-{{EC2PrivateDNSName}}": the session name "me" is not an instance id`},
		{"AKIAENTRY", "system:node:ip-10-", "system:nodes", ""},
		{"AKIANOENTRY", "", "", failed + `the session name "me" is not an instance id`},
	} {
		_, got := hook(t, s, devPath+"authenticate", tokenReview(token(t, tt.key, region, "dev")))
		user, groups := got.Status.User.Username, strings.Join(got.Status.User.Groups, " ")
		if !strings.HasPrefix(user, tt.user) || groups != tt.groups ||
			got.Status.Error != tt.refusal || got.Status.Authenticated != (tt.refusal == "") {
			t.Errorf("%s: %q in %q, %q", tt.key, user, groups, got.Status.Error)
		}
		names[tt.key] = user
	}
	if !strings.HasSuffix(names["AKIAINSTANCE"], ".eu-west-1.compute.internal") ||
		names["AKIAINSTANCE"] == names["AKIASHORT"] || names["AKIAINSTANCE"] != names["AKIAENTRY"] {
		t.Errorf("names of instances: %v", names)
	}
	to := endpoint(t, s, "AKIAADMIN", region, "dev")
	logins := map[string]string{"AKIAPERSON": "401", "AKIAINSTANCE": "no", "AKIATPL": "no", "AKIABAD": "401"}
	for key, want := range logins {
		if got, reason := canI(t, to, token(t, key, region, "dev"), "get pods"); got != want {
			t.Errorf("%s: %s (%s), want %s", key, got, reason, want)
		}
	}
}

// Both readings of what a stale entry does to its row of aws-auth.
func TestStaleEntryAndRow(t *testing.T) {
	s := start(t, kubeWorld)
	if err := s.PutRow(dev, ekssim.AuthRow{ARN: "role/remade", Groups: []string{"system:masters"}}); err != nil {
		t.Fatal(err)
	}
	to := endpoint(t, s, "AKIAADMIN", region, "dev")
	for _, hides := range []bool{false, true} {
		s.Change(func(v *ekssim.Settings) { v.StaleHides = hides })
		want := map[bool]string{false: "yes", true: "401"}[hides]
		if got, reason := canI(t, to, token(t, "AKIAREMADE", region, "dev"), "* *"); got != want {
			t.Errorf("hides %v: %s (%s), want %s", hides, got, reason, want)
		}
		if a := s.Access(dev)[arn("role/remade")]; !a.Stale || a.ClusterAdmin {
			t.Errorf("hides %v: recorded %+v", hides, a)
		}
	}
	if got, reason := canI(t, to, token(t, "AKIAMAPPED", region, "dev"), "* *"); got != "yes" {
		t.Errorf("a row without an entry: %s (%s)", got, reason)
	}
}
