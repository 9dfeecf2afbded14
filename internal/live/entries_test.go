package live_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/spec"
)

const small = `
settings: {seed: 1}
accounts: [{id: "111122223333", roles: [admin, nodes], users: [alice]}]
credentials:
  - {accessKeyId: AKIAME, principal: "arn:aws:iam::111122223333:role/admin", session: me}
  - {accessKeyId: AKIALIMITED, principal: "arn:aws:iam::111122223333:user/alice", denied: ["eks:DescribeAccessEntry"]}
clusters:
  - name: prod
    version: "1.33"
    entries:
      - principal: role/team/payments
        createdAt: 2026-01-02T03:04:05Z
        groups: [b, a]
        tags: {team: payments}
        policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [shop, "pay-*"]}]
      - {principal: role/nodes, type: EC2_LINUX}
      - {principal: user/alice, username: "ops:alice"}
      - {principal: "arn:aws:iam::999900001111:role/vendor"}
  - {name: old, mode: CONFIG_MAP}
  - {name: older, mode: none}
  - {name: registered, connector: {provider: OTHER}}
  - {name: coming, status: CREATING}
  - {name: changing, status: UPDATING, mode: API, entries: [{principal: role/admin}]}
`

func TestRead(t *testing.T) {
	_, s := connect(t, small, "AKIAME", "prod")
	got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != prod("prod") || got.Status != "ACTIVE" || got.Mode != "API_AND_CONFIG_MAP" || got.Version != "1.33" ||
		got.RoleARN == "" ||
		!got.EntriesRead {
		t.Errorf("cluster %+v", got)
	}
	policy := func(name string) string { return "arn:aws:eks::aws:cluster-access-policy/" + name }
	want := []spec.Entry{
		{
			Principal: roleARN("nodes"),
			Type:      "EC2_LINUX",
			Username:  "system:node:{{EC2PrivateDNSName}}",
			Groups:    []string{"system:nodes"},
			Tags:      map[string]string{},
			Policies:  []spec.Policy{},
		},
		{
			Principal: roleARN(
				"team/payments",
			), Type: "STANDARD", Username: "arn:aws:sts::111122223333:assumed-role/payments/{{SessionName}}",
			Groups: []string{"a", "b"}, Tags: map[string]string{"team": "payments"},
			Policies: []spec.Policy{
				{ARN: policy("AmazonEKSEditPolicy"), Scope: "namespace", Namespaces: []string{"pay-*", "shop"}},
				{ARN: policy("AmazonEKSViewPolicy"), Scope: "cluster", Namespaces: []string{}},
			},
		},
		{
			Principal: "arn:aws:iam::111122223333:user/alice",
			Type:      "STANDARD",
			Username:  "ops:alice",
			Groups:    []string{},
			Tags:      map[string]string{},
			Policies:  []spec.Policy{},
		},
		{
			Principal: "arn:aws:iam::999900001111:role/vendor",
			Type:      "STANDARD",
			Username:  "arn:aws:sts::999900001111:assumed-role/vendor/{{SessionName}}",
			Groups:    []string{},
			Tags:      map[string]string{},
			Policies:  []spec.Policy{},
		},
	}
	var entries []spec.Entry
	for _, e := range got.Entries {
		if !strings.HasPrefix(e.ARN, "arn:aws:eks:eu-west-1:111122223333:access-entry/prod/") || e.CreatedAt.IsZero() ||
			e.ModifiedAt.IsZero() {
			t.Errorf("what only a reading has: %+v", e)
		}
		entries = append(entries, e.Entry)
	}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("entries (-want +got)\n%s", diff)
	}
	if at := got.Entry(roleARN("team/payments")).CreatedAt; !at.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("created at %v", at)
	}
}

func TestReadOutcomes(t *testing.T) {
	sim, s := connect(t, small, "AKIAME", "prod")
	for _, name := range []string{"old", "older"} {
		got, err := live.Read(t.Context(), s.EKS, prod(name), live.Options{})
		if err != nil || got.Mode != "CONFIG_MAP" || got.EntriesRead || got.Entries != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := live.Read(t.Context(), s.EKS, prod("changing"), live.Options{}); err != nil ||
		len(got.Entries) != 1 ||
		got.Status != "UPDATING" {
		t.Errorf("changing: %+v, %v", got, err)
	}
	for name, code := range map[string]string{"nowhere": "ClusterNotFound", "registered": "ConnectedCluster",
		"coming": "ClusterNotActive"} {
		_, err := live.Read(t.Context(), s.EKS, prod(name), live.Options{})
		if e := wantError(t, err, code); e.Operation != "DescribeCluster" || e.Resource != prod(name).ARN() {
			t.Errorf("%s: %+v", name, *e)
		}
	}
	elsewhere := prod("prod")
	elsewhere.Account = "444455556666"
	_, err := live.Read(t.Context(), s.EKS, elsewhere, live.Options{})
	wantError(t, err, "WrongAccount")
	if calls := sim.Calls(ekssim.CallFilter{Mutating: true}); len(calls) > 0 {
		t.Errorf("reading wrote: %v", calls)
	}
	names, err := live.ListClusters(t.Context(), s.EKS, prod(""), "")
	if slices.Sort(names); err != nil || !slices.Equal(names, []string{"changing", "coming", "old", "older", "prod"}) {
		t.Errorf("clusters %q, %v", names, err)
	}
}

const many = `
settings: {seed: 1, shuffle: true}
accounts: [{id: "111122223333", roles: [admin]}]
credentials: [{accessKeyId: AKIAME, principal: "arn:aws:iam::111122223333:role/admin"}]
clusters:
  - name: prod
    entries: [{bulk: {prefix: team/r, count: 250}, policies: [AmazonEKSViewPolicy]}]
`

func TestReadPages(t *testing.T) {
	sim, s := connect(t, many, "AKIAME", "prod")
	got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{Limiter: live.NewLimiter(30)})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Entries) != 250 ||
		!slices.IsSortedFunc(got.Entries, func(a, b spec.LiveEntry) int { return a.Compare(b.Entry) }) {
		t.Errorf("%d entries", len(got.Entries))
	}
	counts := map[string]int{}
	for _, op := range sim.Operations(ekssim.CallFilter{Service: "eks"}) {
		counts[op]++
	}
	want := map[string]int{
		"DescribeCluster":              1,
		"ListAccessEntries":            3,
		"DescribeAccessEntry":          250,
		"ListAssociatedAccessPolicies": 250,
	}
	if !maps.Equal(counts, want) {
		t.Errorf("calls %v, want %v", counts, want)
	}
}

// TestReadThroughTrouble makes a third of all calls fail, in every way known.
func TestReadThroughTrouble(t *testing.T) {
	sim, s := connectWith(t, strings.Replace(many, "count: 250", "count: 60", 1), "AKIAME", "prod",
		awsclient.Options{TestOnlyPatience: time.Nanosecond})
	for _, effect := range []string{"throttle", "tooManyRequests", "rateExceeded", "serverError", "unavailable",
		"reset", "lost"} {
		if err := sim.AddFault(ekssim.Fault{Name: effect, Effect: effect, Probability: 0.06}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{})
	if err != nil || len(got.Entries) != 60 {
		t.Fatalf("%d entries, %v", len(got.Entries), err)
	}
	for _, f := range sim.Faults() {
		if f.Fired == 0 {
			t.Errorf("%s never happened", f.Name)
		}
	}
}

// TestReadSlowly reads from an EKS that lets 100 calls a second through.
func TestReadSlowly(t *testing.T) {
	world := strings.NewReplacer("count: 250", "count: 100", "seed: 1", "seed: 1, rateLimit: {rate: 100, burst: 20}").
		Replace(many)
	sim, s := connect(t, world, "AKIAME", "prod")
	got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{})
	if err != nil || len(got.Entries) != 100 {
		t.Fatalf("%d entries, %v", len(got.Entries), err)
	}
	all, failed := len(sim.Calls(ekssim.CallFilter{})), len(sim.Calls(ekssim.CallFilter{Failed: true}))
	t.Logf("%d calls, %d of them throttled", all, failed)
	if failed > all/4 { // of the first forty together, twenty
		t.Errorf("%d of %d calls were throttled", failed, all)
	}
}

func TestReadWhileItChanges(t *testing.T) {
	world := strings.Replace(many, "count: 250", "count: 9", 1)
	hook := func(sim *ekssim.Server, operation, principal string, do func()) {
		var done atomic.Bool
		sim.AddHook(ekssim.Hook{Reads: true, Before: func(c ekssim.Call) {
			if c.Operation == operation && strings.HasSuffix(c.Principal, principal) && !done.Swap(true) {
				do()
			}
		}})
	}
	t.Run("gone before it is described", func(t *testing.T) {
		sim, s := connect(t, world, "AKIAME", "prod")
		hook(sim, "DescribeAccessEntry", "r0004", func() { _ = sim.DeleteEntry(simID("prod"), roleARN("team/r0004")) })
		got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{})
		if err != nil || len(got.Entries) != 8 || got.Entry(roleARN("team/r0004")) != nil {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("gone before its policies are listed", func(t *testing.T) {
		sim, s := connect(t, world, "AKIAME", "prod")
		hook(
			sim,
			"ListAssociatedAccessPolicies",
			"r0004",
			func() { _ = sim.DeleteEntry(simID("prod"), roleARN("team/r0004")) },
		)
		got, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{})
		if err != nil || len(got.Entries) != 8 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("the cluster is deleted", func(t *testing.T) {
		sim, s := connect(t, world, "AKIAME", "prod")
		hook(
			sim,
			"DescribeAccessEntry",
			"r0004",
			func() { _ = sim.Edit(ekssim.Edit{Cluster: simID("prod"), DeleteCluster: true}) },
		)
		_, err := live.Read(t.Context(), s.EKS, prod("prod"), live.Options{})
		wantError(t, err, "ClusterNotFound") // and not a cluster without entries
	})
	t.Run("the run is stopped", func(t *testing.T) {
		sim, s := connect(t, world, "AKIAME", "prod")
		ctx, cancel := context.WithCancel(t.Context())
		hook(sim, "DescribeAccessEntry", "r0004", cancel)
		_, err := live.Read(ctx, s.EKS, prod("prod"), live.Options{})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestReadEntry(t *testing.T) {
	sim, s := connect(t, small, "AKIAME", "prod")
	e, err := live.ReadEntry(t.Context(), s.EKS, prod("prod"), roleARN("nobody"), live.Options{})
	if e != nil || err != nil {
		t.Errorf("an entry that is not there: %+v, %v", e, err)
	}
	_, err = live.ReadEntry(t.Context(), s.EKS, prod("nowhere"), roleARN("nodes"), live.Options{})
	wantError(t, err, "ClusterNotFound")
	_, err = live.ReadEntry(t.Context(), s.EKS, prod("old"), roleARN("nodes"), live.Options{})
	wantError(t, err, "InvalidRequestException")

	standard := ekssim.Fault{
		Operation: "ListAssociatedAccessPolicies",
		Principal: "*role/nodes",
		Error: &ekssim.FaultError{
			Code: "InvalidParameterException", Status: 400,
			Message: `This operation can only be performed on Access Entries with a type of "STANDARD".`},
	}
	if err := sim.AddFault(standard); err != nil {
		t.Fatal(err)
	}
	e, err = live.ReadEntry(t.Context(), s.EKS, prod("prod"), roleARN("nodes"), live.Options{})
	if err != nil || e.Type != "EC2_LINUX" || len(e.Policies) != 0 {
		t.Errorf("a type that takes no policies: %+v, %v", e, err)
	}

	_, s = connect(t, small, "AKIALIMITED", "prod")
	_, err = live.Read(t.Context(), s.EKS, prod("prod"), live.Options{})
	if e := wantError(t, err, "AccessDeniedException"); e.Action != "eks:DescribeAccessEntry" ||
		e.Resource != prod("prod").EntryARNs() ||
		e.RequestID == "" {
		t.Errorf("%+v", *e)
	}
}

// odd answers as EKS doesn't, but might.
type odd struct {
	live.EKSReader
	lists    []eks.ListAccessEntriesOutput
	next     int
	describe func(principal string) *types.AccessEntry
}

func (o *odd) DescribeCluster(
	context.Context,
	*eks.DescribeClusterInput,
	...func(*eks.Options),
) (*eks.DescribeClusterOutput, error) {
	return &eks.DescribeClusterOutput{
		Cluster: &types.Cluster{Status: "ACTIVE", AccessConfig: &types.AccessConfigResponse{AuthenticationMode: "API"}},
	}, nil
}

func (o *odd) ListAccessEntries(
	context.Context,
	*eks.ListAccessEntriesInput,
	...func(*eks.Options),
) (*eks.ListAccessEntriesOutput, error) {
	out := o.lists[min(o.next, len(o.lists)-1)]
	o.next++
	return &out, nil
}

func (o *odd) DescribeAccessEntry(
	_ context.Context,
	in *eks.DescribeAccessEntryInput,
	_ ...func(*eks.Options),
) (*eks.DescribeAccessEntryOutput, error) {
	return &eks.DescribeAccessEntryOutput{AccessEntry: o.describe(*in.PrincipalArn)}, nil
}

func (o *odd) ListAssociatedAccessPolicies(
	context.Context,
	*eks.ListAssociatedAccessPoliciesInput,
	...func(*eks.Options),
) (*eks.ListAssociatedAccessPoliciesOutput, error) {
	return &eks.ListAssociatedAccessPoliciesOutput{
		AssociatedAccessPolicies: []types.AssociatedAccessPolicy{{PolicyArn: aws.String("p")}},
	}, nil
}

func TestReadOddAnswers(t *testing.T) {
	page := func(token string, principals ...string) eks.ListAccessEntriesOutput {
		return eks.ListAccessEntriesOutput{AccessEntries: principals, NextToken: aws.String(token)}
	}
	bare := func(string) *types.AccessEntry { return &types.AccessEntry{Type: aws.String("STANDARD")} }
	t.Run("empty and overlapping pages", func(t *testing.T) {
		o := &odd{
			lists: []eks.ListAccessEntriesOutput{
				page("1", roleARN("b")),
				page("2"),
				page("3", roleARN("b"), roleARN("a")),
				page(""),
			},
			describe: bare,
		}
		got, err := live.Read(t.Context(), o, prod("prod"), live.Options{})
		if err != nil || len(got.Entries) != 2 || got.Entries[0].Principal != roleARN("a") {
			t.Fatalf("%+v, %v", got, err)
		}
		if name := got.Entries[0].Username; name != "arn:aws:sts::111122223333:assumed-role/a/{{SessionName}}" {
			t.Errorf("a username left out became %q", name)
		}
	})
	t.Run("a list without an end", func(t *testing.T) {
		o := &odd{lists: []eks.ListAccessEntriesOutput{page("1"), page("2"), page("1")}, describe: bare}
		_, err := live.Read(t.Context(), o, prod("prod"), live.Options{})
		wantError(t, err, "UnexpectedError")
	})
	t.Run("an answer without an entry", func(t *testing.T) {
		o := &odd{
			lists:    []eks.ListAccessEntriesOutput{page("", roleARN("a"))},
			describe: func(string) *types.AccessEntry { return nil },
		}
		_, err := live.Read(t.Context(), o, prod("prod"), live.Options{})
		wantError(t, err, "UnexpectedError")
	})
	t.Run("a type nobody knows", func(t *testing.T) {
		o := &odd{
			lists: []eks.ListAccessEntriesOutput{page("", roleARN("a"))},
			describe: func(string) *types.AccessEntry {
				return &types.AccessEntry{Type: aws.String("MOON_LINUX"), Tags: map[string]string{"aws:x": "\x1b[31m"}}
			},
		}
		got, err := live.Read(t.Context(), o, prod("prod"), live.Options{})
		if err != nil || got.Entries[0].Type != "MOON_LINUX" || got.Entries[0].Tags["aws:x"] != "\x1b[31m" ||
			got.Entries[0].Username != "" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
