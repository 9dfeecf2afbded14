package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/plan"
)

// drawFleet is a random world of several clusters and what is in them: shared
// access and some of their own, dead principals, orphans, other tools' tags,
// odd text, nodes, modes.
func drawFleet(t *rapid.T) string {
	var w strings.Builder
	oneOf := func(label string, s ...string) string { return rapid.SampledFrom(s).Draw(t, label) }
	chance := func(label string, outOf int) bool { return rapid.IntRange(1, outOf).Draw(t, label) == 1 }
	fmt.Fprintf(
		&w,
		"settings: {pageSize: %d, shuffle: true}\naccounts:\n- id: %q\n  roles:\n  - eksaccess\n",
		rapid.IntRange(1, 4).Draw(t, "page"),
		account,
	)
	for _, r := range roleNames {
		if chance("remade", 6) {
			fmt.Fprintf(&w, "  - {name: %s, createdAt: 2026-06-01T00:00:00Z}\n", r)
		} else {
			fmt.Fprintf(&w, "  - %s\n", r)
		}
	}
	fmt.Fprintf(&w, "  - %sDev_0123456789abcdef\n  - %sOps_0123456789abcdef\n", ssoPath, ssoPath)
	if chance("two roles of a set", 3) {
		fmt.Fprintf(&w, "  - %sOps_fedcba9876543210\n", ssoPath)
	}
	fmt.Fprintf(&w, "  users: [u, people/v]\n- id: \"999900001111\"\nclusters:\n")
	for i := range rapid.IntRange(1, 4).Draw(t, "clusters") {
		mode := oneOf("mode", "API", "API", "API_AND_CONFIG_MAP", "CONFIG_MAP")
		if i == 0 {
			mode = "API" // one at least to import
		}
		fmt.Fprintf(
			&w,
			"- name: %s-%d\n  mode: %s\n  creator: role/a\n  nodeGroups: [{name: ng, role: role/nodes}]\n",
			oneOf("name", "prod", "dev"),
			i,
			mode,
		)
		if mode == "CONFIG_MAP" {
			continue
		}
		fmt.Fprintf(&w, "  entries:\n  - {principal: role/eksaccess, policies: [AmazonEKSClusterAdminPolicy]}\n")
		sets := []string{"Dev_0123456789abcdef", "Dev_ffffffffffffffff", "Ops_0123456789abcdef"}
		if strings.Contains(w.String(), "fedcba") {
			sets = append(sets, "Ops_fedcba9876543210")
		}
		for _, p := range append([]string{
			"user/u", "user/people/v", "role/gone", "role/eks-cluster", "arn:aws:iam::999900001111:role/x/foreign",
		}, prefixed(roleNames)...) {
			drawLive(t, &w, p, oneOf, chance)
		}
		for _, s := range sets {
			drawLive(t, &w, "role/"+ssoPath+s, oneOf, chance)
		}
	}
	return w.String()
}

func drawLive(
	t *rapid.T,
	w *strings.Builder,
	principal string,
	oneOf func(string, ...string) string,
	chance func(string, int) bool,
) {
	if !chance("live", 2) {
		return
	}
	if principal == "role/c" && chance("node", 3) {
		fmt.Fprintf(
			w,
			"  - {principal: %s, type: %s}\n",
			principal,
			oneOf("type", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX"),
		)
		return
	}
	fmt.Fprintf(w, "  - principal: %s\n    createdAt: 2026-01-01T00:00:00Z\n", principal)
	if strings.HasSuffix(principal, "ffff") || strings.HasSuffix(principal, "gone") {
		fmt.Fprintf(w, "    orphan: true\n")
	}
	if chance("groups", 3) {
		fmt.Fprintf(
			w,
			"    groups: [%s]\n",
			oneOf("group", "g1", "g1, g2", `"on"`, `"a b: #c"`, `"012345678901"`, `"日本", "é"`),
		)
	}
	if chance("username", 4) {
		fmt.Fprintf(w, "    username: %q\n", oneOf("name", "me", "no", "a: b", "team #1"))
	}
	if chance("tags", 3) {
		fmt.Fprintf(
			w,
			"    tags: {%s}\n",
			oneOf(
				"tag",
				"eksaccess:owner: platform",
				"eksaccess:owner: other, keep: me",
				`alpha.eksctl.io/cluster-name: x`,
				`team: "on", cost: "0042"`,
				"aws:cloudformation:stack-name: s",
				"crossplane-kind: x",
				`empty: ""`,
				`eksaccess:owner: break-glass`,
				`eksaccess:owner: platform, eksaccess:expires: "2097-01-01T00:00:00Z"`,
				`eksaccess:hold-until: "NOW+8h", eksaccess:reason: x`,
				"EksAccess:odd: x",
			),
		)
	}
	drawPolicies(w, "    policies", oneOf, chance)
}

// Whatever is live: imported, it is a file that takes, and planned, it changes
// nothing but entries whose principal was made again. So it is with sets, by
// permission sets, from a snapshot, and added to a file that lacks it.
func TestImportThenPlanIsEmpty(t *testing.T) {
	fewer(t, 4)
	l := newLab(t)
	empty := `apiVersion: eksaccess/v1
clusters:  # mine
- arn:aws:eks:us-east-1:111122223333:cluster/elsewhere # far
`
	rapid.Check(t, func(t *rapid.T) {
		world := drawFleet(t)
		l.load(t, world, empty, nil)
		args := []string{"import", "live", "--all-clusters", "--region", "eu-west-1"}
		for _, flag := range []string{"--sets", "--permission-sets", "--watch"} {
			if rapid.Bool().Draw(t, flag) {
				args = append(args, flag)
			}
		}
		merged := rapid.IntRange(1, 4).Draw(t, "merged") == 1 && !strings.Contains(strings.Join(args, " "), "--sets")
		if merged {
			args = append(args, "--merge", l.file)
		}
		got := l.plainly(args...)
		if got.code != 0 {
			t.Fatalf("%v ends with %d\n%s\n--- world\n%s", args, got.code, got.stderr, world)
		}
		if err := os.WriteFile(l.file, []byte(got.stdout), 0o600); err != nil {
			t.Fatal(err)
		}
		planned := l.plainly("plan", "-f", l.file, "--cluster", "*/eu-west-1/*", "-o", "json")
		var p plan.Plan
		if err := json.Unmarshal([]byte(planned.stdout), &p); err != nil ||
			planned.code != 0 && planned.code != exitRefused { // a replace of another owner's entry
			t.Fatalf("the plan ends with %d: %v\n%s\n--- file\n%s", planned.code, err, planned.stderr, got.stdout)
		}
		for _, c := range p.Clusters {
			for _, change := range c.Changes {
				if change.Action != plan.Replace || !strings.Contains(change.Reason, "was recreated") {
					t.Fatalf(
						"%s: %s of %s: %s\n--- file\n%s\n--- world\n%s",
						c.Name,
						change.Action,
						change.Principal,
						change.Reason,
						got.stdout,
						world,
					)
				}
			}
			for _, u := range c.Unmanaged { // only temporary grants, which are said to be left out
				if !strings.Contains(got.stdout, "# left out, temporary: "+u.Principal+" ") ||
					!strings.Contains(strings.Join(strings.Fields(got.stderr), " "), u.Principal+": it is temporary") {
					t.Fatalf("%s: not imported: %v\n--- file\n%s\n--- world\n%s", c.Name, u, got.stdout, world)
				}
			}
		}
		if want := strings.Count(world, "mode: API"); len(p.Clusters) != want {
			t.Fatalf("%d clusters in the plan, want %d\n--- file\n%s", len(p.Clusters), want, got.stdout)
		}
		if strings.Contains(got.stdout, "eksaccess:") {
			t.Fatalf("it holds our own tags:\n%s", got.stdout)
		}
	})
}
