package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// A scene is a random world and a random file for it, as text: what a person
// would have, not what a package takes.
type scene struct{ world, file string }

const (
	account = "111122223333"
	ssoPath = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_"
)

var (
	roleNames = []string{"a", "team/b", "c", "x/y/d", "e"}
	policies  = []string{"AmazonEKSClusterAdminPolicy", "AmazonEKSEditPolicy", "AmazonEKSViewPolicy"}
)

func drawScene(t *rapid.T) scene {
	var world, file strings.Builder
	oneOf := func(label string, s ...string) string { return rapid.SampledFrom(s).Draw(t, label) }
	chance := func(label string, outOf int) bool { return rapid.IntRange(1, outOf).Draw(t, label) == 1 }

	fmt.Fprintf(
		&world,
		"settings: {pageSize: %d, shuffle: true, updatePolls: 0, updateKeeps: %t}\naccounts:\n- id: %q\n  roles:\n",
		rapid.IntRange(1, 3).Draw(t, "page"),
		rapid.Bool().Draw(t, "update keeps"),
		account,
	)
	fmt.Fprintf(&world, "  - eksaccess\n")
	for _, r := range roleNames {
		if chance("remade", 6) {
			fmt.Fprintf(&world, "  - {name: %s, createdAt: 2026-06-01T00:00:00Z}\n", r)
		} else {
			fmt.Fprintf(&world, "  - %s\n", r)
		}
	}
	fmt.Fprintf(&world, "  - %sDev_0123456789abcdef\n  users: [u]\nclusters:\n", ssoPath)

	owner := oneOf("owner", "", "platform")
	fmt.Fprintf(&file, "apiVersion: eksaccess/v1\n")
	if owner != "" {
		fmt.Fprintf(
			&file,
			"owner: %s\ndefaults: {prune: %s, tags: {team: x}}\n",
			owner,
			oneOf("prune", "owned", "none", "all"),
		)
	}
	fmt.Fprintf(&file, "guards: {maxRemovals: 100%%}\nclusters:\n")

	for _, name := range []string{"one", "two"}[:rapid.IntRange(1, 2).Draw(t, "clusters")] {
		mode := oneOf("mode", "API", "API", "API_AND_CONFIG_MAP", "CONFIG_MAP")
		fmt.Fprintf(
			&world,
			"- name: %s\n  mode: %s\n  creator: role/a\n  nodeGroups: [{name: ng, role: role/nodes}]\n",
			name,
			mode,
		)
		fmt.Fprintf(
			&file,
			"- name: %s\n  region: eu-west-1\n  account: %q\n  authenticationMode: %s\n",
			name,
			account,
			oneOf("wanted mode", "API_AND_CONFIG_MAP", "API"),
		)
		if mode != "CONFIG_MAP" {
			drawEntries(t, &world, owner != "", oneOf, chance)
		}
		drawAccess(t, &file, oneOf, chance)
	}
	return scene{world.String(), file.String()}
}

// drawEntries draws tags of owners only where the file has one: without, an
// entry of another owner refuses the run.
func drawEntries(
	t *rapid.T,
	w *strings.Builder,
	owned bool,
	oneOf func(string, ...string) string,
	chance func(string, int) bool,
) {
	fmt.Fprintf(w, "  entries:\n  - {principal: role/eksaccess, policies: [AmazonEKSClusterAdminPolicy]}\n")
	for _, p := range append([]string{
		"user/u", "role/" + ssoPath + "Dev_0123456789abcdef", "role/" + ssoPath + "Dev_ffffffffffffffff",
	}, prefixed(roleNames)...) {
		if !chance("live", 2) {
			continue
		}
		if p == "role/c" && chance("node", 3) {
			fmt.Fprintf(w, "  - {principal: %s, type: EC2_LINUX}\n", p)
			continue
		}
		fmt.Fprintf(w, "  - principal: %s\n    createdAt: 2026-01-01T00:00:00Z\n", p)
		if strings.HasSuffix(p, "ffff") {
			fmt.Fprintf(w, "    orphan: true\n")
		}
		if chance("groups", 2) {
			fmt.Fprintf(w, "    groups: [%s]\n", oneOf("group", "g1", "g1, g2", "g2, g3"))
		}
		if chance("username", 4) {
			fmt.Fprintf(w, "    username: me\n")
		}
		if owner := oneOf("tag", "", "", "platform", "other"); owned && owner != "" {
			fmt.Fprintf(w, "    tags: {eksaccess:owner: %s, keep: me}\n", owner)
		}
		drawPolicies(w, "    policies", oneOf, chance)
	}
}

func drawAccess(t *rapid.T, f *strings.Builder, oneOf func(string, ...string) string, chance func(string, int) bool) {
	fmt.Fprintf(f, "  admins: [{role: eksaccess}]\n  access:\n")
	fmt.Fprintf(f, "  - {permissionSet: Dev, policy: AmazonEKSViewPolicy}\n")
	for _, r := range append([]string{"u"}, roleNames...) {
		if !chance("wanted", 2) {
			continue
		}
		kind := "role"
		if r == "u" {
			kind = "user"
		}
		fmt.Fprintf(f, "  - %s: %s\n", kind, r[strings.LastIndexByte(r, '/')+1:])
		if r == "c" && chance("node", 4) {
			fmt.Fprintf(f, "    type: EC2_LINUX\n")
			continue
		}
		if chance("groups", 2) {
			fmt.Fprintf(f, "    groups: [%s]\n", oneOf("group", "g1", "g1, g2", "g2, g3"))
		}
		if chance("username", 4) {
			fmt.Fprintf(f, "    username: me\n")
		}
		drawPolicies(f, "    policies", oneOf, chance)
	}
}

func drawPolicies(w *strings.Builder, key string, oneOf func(string, ...string) string, chance func(string, int) bool) {
	var list []string
	for _, p := range policies {
		if !chance("policy", 3) {
			continue
		}
		if chance("namespaced", 2) {
			list = append(
				list,
				fmt.Sprintf(
					"{policy: %s, namespaces: [%s]}",
					p,
					oneOf("namespaces", "n1", "n1, n2", "n2, n3", `"n-*"`),
				),
			)
		} else {
			list = append(list, p)
		}
	}
	if len(list) > 0 {
		fmt.Fprintf(w, "%s: [%s]\n", key, strings.Join(list, ", "))
	}
}

func prefixed(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = "role/" + n
	}
	return out
}

// Whatever the world and the file: what plan shows, apply does, and a second
// plan is empty. Nothing is sent that changes nothing, and nothing is revoked
// before everything is granted. The whole program runs.
func TestApplyThenPlanIsEmpty(t *testing.T) {
	l := newLab(t)
	allow := []string{
		"--take-ownership",
		"--allow-api-only",
		"--allow-node-removal",
		"--allow-aws-auth-hidden",
		"--concurrency",
		"8",
	}
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		l.load(t, s.world, s.file, nil)
		do := func(want int, args ...string) string {
			var out, errOut bytes.Buffer
			words := append(append([]string{"eksaccess"}, args...), allowed(args, allow)...)
			code := l.program(&out, &errOut).run(context.Background(), words)
			if code != want && !(want == anyApplied && (code == 0 || code == 4)) {
				t.Fatalf(
					"%v ends with %d, not %d\n%s\n%s\n--- world\n%s\n--- file\n%s",
					args,
					code,
					want,
					&out,
					&errOut,
					s.world,
					s.file,
				)
			}
			return out.String()
		}
		first := 0
		if strings.Contains(s.world, "mode: CONFIG_MAP") {
			first = anyApplied // of the creator's entry, which EKS adds at the mode step, something may be left
		}
		do(first, "apply", "-f", l.file, "--yes", "--progress=none", "--no-journal")
		orderly(t, l.sim)
		if strings.Contains(s.world, "mode: CONFIG_MAP") {
			do(
				0,
				"apply",
				"-f",
				l.file,
				"--yes",
				"--progress=none",
				"--no-journal",
			) // what EKS added at the switch is pruned only now
		}
		again := do(0, "plan", "-f", l.file, "--progress=none")
		if !strings.Contains(again, "Plan: no changes") {
			t.Fatalf("the second plan is not empty:\n%s\n--- world\n%s\n--- file\n%s", again, s.world, s.file)
		}
	})
}

// anyApplied stands for the exit codes 0 and 4.
const anyApplied = -1

// orderly: in each cluster, what takes comes after what gives.
func orderly(t *rapid.T, sim *ekssim.Server) {
	revoked := map[string]string{}
	for _, c := range sim.Calls(ekssim.CallFilter{Mutating: true}) {
		if c.ErrorCode != "" && c.ErrorCode != "ResourceInUseException" {
			t.Fatalf("%s of %s was refused: %s", c.Operation, c.Principal, c.Message)
		}
		switch c.Operation {
		case "DisassociateAccessPolicy":
			revoked[c.Cluster] = c.Operation + " of " + c.Principal
		case "TagResource", "UntagResource", "UpdateClusterConfig":
			if r := revoked[c.Cluster]; r != "" {
				t.Fatalf("%s comes after %s", c.Operation, r)
			}
		}
	}
}
