package live_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/spec"
)

const mixed = `
settings: {seed: 1}
accounts: [{id: "111122223333", roles: [admin]}]
credentials: [{accessKeyId: AKIAME, principal: "arn:aws:iam::111122223333:role/admin"}]
clusters:
  - name: prod
    entries:
      - {principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/payments, policies: [AmazonEKSViewPolicy]}
      - {principal: role/linux, type: EC2_LINUX}
      - {principal: role/windows, type: EC2_WINDOWS}
      - {principal: role/fargate, type: FARGATE_LINUX}
      - {principal: role/hybrid, type: HYBRID_LINUX}
      - {principal: role/auto, type: EC2}
      - {principal: user/alice, policies: [{policy: AmazonEKSClusterAdminPolicy, namespaces: [shop]}]}
      - {principal: role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef, policies: [AmazonEKSViewPolicy]}
`

// askedPrincipals are the principals that a call was made for, sorted.
func askedPrincipals(sim *ekssim.Server, operation string) []string {
	var names []string
	for _, c := range sim.Calls(ekssim.CallFilter{Operation: operation}) {
		names = append(names, c.Principal[strings.LastIndexAny(c.Principal, ":/")+1:])
	}
	slices.Sort(names)
	return names
}

// EKS refuses to associate policies with four of the types for nodes, so an
// entry of one has none to ask for. EC2 may have AmazonEKSAutoNodePolicy.
func TestPoliciesOfNodesAreNotAskedFor(t *testing.T) {
	for _, room := range []int{1, 100} {
		sim, s := connect(t, mixed, "AKIAME", "prod")
		got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{Limiter: live.NewLimiter(room)})
		if err != nil || len(got.Entries) != 9 || got.Partial {
			t.Fatalf("%+v, %v", got, err)
		}
		want := []string{"AWSReservedSSO_Dev_0123456789abcdef", "admin", "alice", "auto", "payments"}
		if diff := cmp.Diff(want, askedPrincipals(sim, "ListAssociatedAccessPolicies")); diff != "" {
			t.Errorf("with room for %d, policies asked for (-want +got)\n%s", room, diff)
		}
	}
}

// together reports whether calls of both operations were under way at a time:
// the first of each waits for one of the other, up to a second.
func together(sim *ekssim.Server, one, other string) func() bool {
	var both atomic.Bool
	arrived := map[string]chan struct{}{one: make(chan struct{}, 1000), other: make(chan struct{}, 1000)}
	partner := map[string]string{one: other, other: one}
	sim.AddHook(ekssim.Hook{Reads: true, Before: func(c ekssim.Call) {
		if partner[c.Operation] == "" || both.Load() {
			return
		}
		arrived[c.Operation] <- struct{}{}
		select {
		case <-arrived[partner[c.Operation]]:
			both.Store(true)
		case <-time.After(time.Second):
		}
	}})
	return both.Load
}

func TestCallsAreMadeTogether(t *testing.T) {
	t.Run("the cluster and its entries", func(t *testing.T) {
		sim, s := connect(t, mixed, "AKIAME", "prod")
		both := together(sim, "DescribeCluster", "ListAccessEntries")
		if _, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{}); err != nil || !both() {
			t.Errorf("one after the other, %v", err)
		}
	})
	t.Run("an entry and its policies", func(t *testing.T) {
		sim, s := connect(t, `
accounts: [{id: "111122223333", roles: [admin]}]
credentials: [{accessKeyId: AKIAME, principal: "arn:aws:iam::111122223333:role/admin"}]
clusters: [{name: prod, entries: [{principal: user/alice}]}]
`, "AKIAME", "prod")
		both := together(sim, "DescribeAccessEntry", "ListAssociatedAccessPolicies")
		if _, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{}); err != nil || !both() {
			t.Errorf("one after the other, %v", err)
		}
	})
	t.Run("a page and the entries of the one before", func(t *testing.T) {
		sim, s := connect(t, many, "AKIAME", "prod")
		var pages atomic.Int32
		sim.AddHook(ekssim.Hook{Reads: true, Before: func(c ekssim.Call) {
			if c.Operation == "ListAccessEntries" && pages.Add(1) == 2 {
				for range 100 { // until an entry of the first was described
					if len(sim.Calls(ekssim.CallFilter{Operation: "DescribeAccessEntry"})) > 0 {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
				t.Error("the entries of a page wait for the next page")
			}
		}})
		if got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{}); err != nil ||
			len(got.Entries) != 250 {
			t.Error(err)
		}
	})
}

// However many entries there are, no more calls are under way than the gate
// has room for, the chain of pages and the cluster aside.
func TestGateBoundsCalls(t *testing.T) {
	sim, s := connect(t, many, "AKIAME", "prod")
	var now, most atomic.Int32
	entry := func(c ekssim.Call) bool {
		return c.Operation == "DescribeAccessEntry" || c.Operation == "ListAssociatedAccessPolicies"
	}
	sim.AddHook(ekssim.Hook{Reads: true,
		Before: func(c ekssim.Call) {
			if entry(c) {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Millisecond)
			}
		},
		After: func(c ekssim.Call) {
			if entry(c) {
				now.Add(-1)
			}
		}})
	gate := live.NewLimiter(7)
	done := make(chan error)
	for range 2 {
		go func() {
			_, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{Limiter: gate})
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := most.Load(); n > 7 || n < 3 {
		t.Errorf("%d calls at a time, with room for 7", n)
	}
	if len(gate) != 0 {
		t.Errorf("%d places were not given back", len(gate))
	}
}

// A list that was refused while the mode changed is asked for again: by the
// time the cluster tells its mode, it has entries.
func TestModeChangesMeanwhile(t *testing.T) {
	sim, s := connect(t, `
accounts: [{id: "111122223333", roles: [admin]}]
credentials: [{accessKeyId: AKIAME, principal: "arn:aws:iam::111122223333:role/admin"}]
clusters: [{name: prod, mode: CONFIG_MAP}]
`, "AKIAME", "prod")
	refused := make(chan struct{})
	var once atomic.Bool
	sim.AddHook(ekssim.Hook{Reads: true,
		Before: func(c ekssim.Call) {
			if c.Operation == "DescribeCluster" {
				<-refused
			}
		},
		After: func(c ekssim.Call) {
			if c.Operation == "ListAccessEntries" && !once.Swap(true) {
				if err := errors.Join(sim.SetMode(simID("prod"), "API"),
					sim.PutEntry(simID("prod"), ekssim.Entry{Principal: roleARN("admin")})); err != nil {
					t.Error(err)
				}
				close(refused)
			}
		}})
	got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{})
	if err != nil || got.Mode != "API" || got.Entry(roleARN("admin")) == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// What is wrong with the cluster is told, whichever call is refused first.
func TestClusterIsToldFirst(t *testing.T) {
	sim, s := connect(t, mixed, "AKIAME", "prod")
	refused := make(chan struct{})
	sim.AddHook(ekssim.Hook{Reads: true,
		Before: func(c ekssim.Call) {
			if c.Operation == "DescribeCluster" {
				<-refused
			}
		},
		After: func(c ekssim.Call) {
			if c.Operation == "ListAccessEntries" {
				close(refused)
			}
		}})
	_, err := live.Read(t.Context(), s.EKS, prod("nowhere"), live.Options{})
	if e := wantError(t, err, "ClusterNotFound"); e.Operation != "DescribeCluster" {
		t.Errorf("%+v", *e)
	}
}

// Only what is declared is read, and every entry with the policy of admins,
// under whatever scope: EKS filters by the policy alone.
func TestReadOnly(t *testing.T) {
	sim, s := connect(t, mixed, "AKIAME", "prod")
	only := func(principal string) bool { return principal == roleARN("payments") || principal == roleARN("linux") }
	got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{Only: only})
	if err != nil || !got.Partial || !got.EntriesRead {
		t.Fatalf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"admin", "alice", "linux", "payments"},
		askedPrincipals(sim, "DescribeAccessEntry")); diff != "" {
		t.Errorf("described (-want +got)\n%s", diff)
	}
	var read []string
	for _, e := range got.Entries {
		read = append(read, e.Principal)
	}
	if diff := cmp.Diff([]string{roleARN("admin"), roleARN("linux"), roleARN("payments"),
		"arn:aws:iam::111122223333:user/alice"}, read); diff != "" {
		t.Errorf("read (-want +got)\n%s", diff)
	}
	want := []string{
		roleARN("auto"),
		roleARN("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"),
		roleARN("fargate"),
		roleARN("hybrid"),
		roleARN("windows"),
	}
	if diff := cmp.Diff(want, got.Unread); diff != "" {
		t.Errorf("not read (-want +got)\n%s", diff)
	}
}

// Many small clusters of an account cost one list of its roles, not a call for
// every principal; what a list of permission sets told is not asked again.
func TestRolesAreListedOnce(t *testing.T) {
	sim, s := connect(t, strings.Replace(directory, "iamPageSize: 7", "iamPageSize: 1000", 1), "AKIAME", "prod")
	d := live.NewDirectory(s.IAM, prod("prod"), "")
	if _, err := d.Resolve(t.Context(), spec.PrincipalRef{PermissionSet: "Dev"}); err != nil {
		t.Fatal(err)
	}
	set := roleARN(sso + "AWSReservedSSO_Dev_0123456789abcdef")
	if id := d.ReadIdentities(t.Context(), []string{set})[set]; id.Existence != spec.Exists {
		t.Errorf("%+v", id)
	}
	for i := range 12 {
		three := []string{}
		for j := range 3 {
			three = append(three, roleARN("team/r00"+string(rune('1'+i/4))+string(rune('0'+i%4*2+j))))
		}
		for _, id := range d.ReadIdentities(t.Context(), three) {
			if id.Existence != spec.Exists {
				t.Errorf("%v: %+v", three, id)
			}
		}
	}
	counts := map[string]int{}
	for _, op := range sim.Operations(ekssim.CallFilter{Service: "iam"}) {
		counts[op]++
	}
	if counts["ListRoles"] != 2 || counts["GetRole"] > 10 {
		t.Errorf(
			"calls %v, want one list of permission sets, one of all roles, and ten roles at most before that",
			counts,
		)
	}
}
