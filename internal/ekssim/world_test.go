package ekssim_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// TestRoundTrip: a world that is written, loaded and written again is the
// same, whatever happened in it.
func TestRoundTrip(t *testing.T) {
	clk := newClock() // or an update would be done meanwhile
	s := start(t, base+`
  - name: rich
    tags: {a: b}
    certificateAuthorities: [{id: a, notAfter: 2030-01-01T00:00:00Z}, {createdBy: CUSTOMER}]
    nodeGroups: [{name: lost, role: role/lost, orphan: true}]
    failUpdate: {errorCode: AccessDenied}
    awsAuth: |
      mapRoles: x
    entries:
      - {principal: role/late, boundTo: AROAOLD}
      - {principal: role/gone, orphan: true, policies: [AmazonEKSViewPolicy]}
      - {principal: "arn:aws:iam::999999999999:role/x", groups: [g], username: u, tags: {k: v}}
      - {bulk: {prefix: team/m, count: 12}, policies: [{policy: AmazonEKSEditPolicy, namespaces: [n2, n1]}]}
settings: {seed: 9, pageSize: 3, rateLimit: {rate: 1000, burst: 1000}}
faults: [{name: x, operation: ListClusters, effect: unavailable, nth: 4}, {latency: 1ms, probability: 0.5}]
`, ekssim.WithClock(clk.now))
	check := func(when string) {
		t.Helper()
		first := must(s.World().YAML())
		w, err := ekssim.ParseWorld(first)
		if err != nil {
			t.Fatalf("%s: %v\n%s", when, err, first)
		}
		again, err := ekssim.New(w, ekssim.WithClock(clk.now))
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if diff := cmp.Diff(string(first), string(must(again.World().YAML()))); diff != "" {
			t.Errorf("%s (-first +again):\n%s", when, diff)
		}
	}
	check("at first")
	c := eksAs(s, adminK)
	steps := []error{
		create(c, "rich", arn("role/a"), withTags(map[string]string{"x": "y"}), withGroups("q")),
		associate(c, "rich", arn("role/a"), policy("AmazonEKSViewPolicy"), namespaces("x")),
		s.DeleteRole(arn("role/b")), s.DeleteRole(arn("role/nodes")), s.RecreateRole(arn("role/admin")),
		s.RecreateRole(arn("user/alice")),
	}
	_, err := setMode(c, "old", "API_AND_CONFIG_MAP")
	_, err2 := stsAs(s, adminK).AssumeRole(context.Background(), assumeInput("foreign"))
	for i, err := range append(steps, err, err2) {
		if err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	check("after changes")
}

// TestSeedDefaults pins what a seed of a few words stands for.
func TestSeedDefaults(t *testing.T) {
	s := start(t, `
clusters:
  - name: dev
    entries: [{principal: role/rebuilt, boundTo: AROAOLD}, role/plain, user/alice]
`)
	w := s.World()
	a := w.Accounts[0]
	if a.ID != account || a.Partition != "aws" || w.Credentials[0].AccessKeyID != "AKIASIM111122223333" ||
		w.Credentials[0].Principal != arn("role/eksaccess") {
		t.Errorf("world %+v", w)
	}
	c := w.Clusters[0]
	if c.Region != region || c.Mode != "API_AND_CONFIG_MAP" || c.Status != "ACTIVE" || !*c.Bootstrap ||
		c.Creator != arn("role/cluster-creator") {
		t.Errorf("cluster %+v", c)
	}
	dates := map[string]bool{} // made after its entry
	for _, r := range a.Roles {
		for _, e := range c.Entries {
			if e.Principal == arn("role/"+r.Name) {
				dates[r.Name] = r.CreatedAt.After(e.CreatedAt)
			}
		}
	}
	if !dates["rebuilt"] || dates["plain"] {
		t.Errorf("made after their entries: %v", dates)
	}
	if _, err := ekssim.New(ekssim.DemoWorld()); err != nil {
		t.Error(err)
	}
}

func TestSeedsThatAreWrong(t *testing.T) {
	for _, tt := range []struct{ seed, want string }{
		{"", "neither accounts nor clusters"},
		{"clusters: [{name: dev, regoin: x}]", `unknown field "regoin"`},
		{"clusters: [{name: dev, entries: [{principal: role/a, groops: [x]}]}]", `unknown field "groops"`},
		{"accounts: [{id: 12}]", "twelve digits"},
		{"clusters: [{name: dev}, {name: dev}]", "listed twice"},
		{"clusters: [{name: -dev}]", "not one EKS takes"},
		{"clusters: [{name: dev, mode: BOTH}]", `unknown mode "BOTH"`},
		{"clusters: [{name: dev, status: OK}]", `unknown status "OK"`},
		{
			"clusters: [{name: dev, mode: CONFIG_MAP, bootstrap: false}]",
			"bootstrapClusterCreatorAdminPermissions must be true",
		},
		{"clusters: [{name: dev, mode: CONFIG_MAP, autoMode: true}]", "When EKS Auto Mode is enabled"},
		{"clusters: [{name: dev, mode: CONFIG_MAP, entries: [role/a]}]", "has no access entries"},
		{"clusters: [{name: dev, connector: {}, entries: [role/a]}]", "has no access entries"},
		{"clusters: [{name: dev, entries: [role/a, role/a]}]", "listed twice"},
		{"clusters: [{name: dev, entries: [{principal: group/a}]}]", "is no IAM role, user or root"},
		{"clusters: [{name: dev, entries: [{principal: role/a, type: X}]}]", `unknown type "X"`},
		{"clusters: [{name: dev, entries: [{principal: role/a, policies: [P, P]}]}]", "listed twice"},
		{"clusters: [{name: dev, failUpdate: {status: Lost}}]", `unknown status "Lost"`},
		{"clusters: [{name: dev}]\ncredentials: [{principal: role/a}]", "no accessKeyId"},
		{
			"clusters: [{name: dev}]\ncredentials: [{accessKeyId: A, principal: role/a, account: '1'}]",
			"not in this world",
		},
		{"clusters: [{name: dev}]\nfaults: [{effect: reset}, {effect: x}]", `unknown effect "x"`},
		{"accounts: [{id: '111122223333', roles: [a, A]}]", "the name is taken"},
		{"accounts: [{id: '111122223333', roles: ['a b']}]", "not IAM's"},
		{
			"accounts: [{id: '111122223333', roles: [a]}]\n" +
				"clusters: [{name: dev, entries: [{principal: role/a, orphan: true}]}]",
			"its principal exists",
		},
	} {
		w, err := ekssim.ParseWorld([]byte(tt.seed))
		if err == nil {
			_, err = ekssim.New(w)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\ngot  %v\nwant %s", tt.seed, err, tt.want)
		}
	}
}

// What a world says of certificate authorities and node roles can be wrong too.
func TestClustersThatAreWrong(t *testing.T) {
	for keys, want := range map[string]string{
		"certificateAuthorities: [{}, {}, {}]":                "one or two certificate authorities",
		"certificateAuthorities: [{signingStatus: NOT_USED}]": "of which one is IN_USE",
		"certificateAuthorities: [{id: x}, {id: x}]":          "listed twice",
		"certificateAuthorities: [{signingStatus: X}]":        `unknown signing status "X"`,
		"certificateAuthorities: [{distributionStatus: X}]":   `unknown distribution status "X"`,

		"nodeGroups: [{name: a, role: role/a, orphan: true}]":      "marked as orphan, but it exists",
		"fargateProfiles: [{name: a, role: role/a, orphan: true}]": "marked as orphan, but it exists",
	} {
		seed := "accounts: [{id: '111122223333', roles: [a]}]\nclusters: [{name: dev, " + keys + "}]"
		w, err := ekssim.ParseWorld([]byte(seed))
		if err == nil {
			_, err = ekssim.New(w)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", seed, err, want)
		}
	}
}

// TestDocumentedSeed loads the example of the package comment, so that it
// stays one.
func TestDocumentedSeed(t *testing.T) {
	text := must(os.ReadFile("doc.go"))
	_, example, _ := strings.Cut(string(text), "//\tsettings:\n")
	example, _, _ = strings.Cut(example, "//\n// Principals, the cluster's own role")
	seed := "settings:\n" + strings.ReplaceAll(strings.ReplaceAll(example, "//\t", ""), "…", "X")
	seed = strings.ReplaceAll(seed, "lastUsed: X", "lastUsed: 2025-03-01T00:00:00Z")
	w, err := ekssim.ParseWorld([]byte(seed))
	if err == nil {
		_, err = ekssim.New(w)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, seed)
	}
}

func TestLoopbackOnly(t *testing.T) {
	s := must(ekssim.New(ekssim.DemoWorld()))
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:80", "nonsense"} {
		if err := s.Listen(addr); err == nil {
			t.Errorf("%q: listens", addr)
			_ = s.Close()
		}
	}
}
