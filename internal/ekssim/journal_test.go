package ekssim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

func assumeInput(role string) *sts.AssumeRoleInput {
	return &sts.AssumeRoleInput{
		RoleArn:         aws.String("arn:aws:iam::444455556666:role/" + role),
		RoleSessionName: aws.String("ci"),
	}
}

func TestJournal(t *testing.T) {
	var written []ekssim.Call
	s := start(t, base, ekssim.WithJournal(func(c ekssim.Call) { written = append(written, c) }))
	c := eksAs(s, adminK)
	wantRefusal(t, create(c, "dev", arn("role/a")), "")
	wantRefusal(t, update(c, "dev", arn("role/a"), nil, nil), "")
	wantRefusal(t, update(c, "dev", arn("role/a"), []string{}, nil), "")
	wantRefusal(t, associate(c, "dev", arn("role/a"), policy("AmazonEKSViewPolicy"), clusterScope()), "")
	if err := create(c, "dev", arn("role/a")); err == nil {
		t.Error("created twice")
	}
	must(describe(c, "dev", arn("role/a")))
	must(stsAs(s, adminK).AssumeRole(context.Background(), assumeInput("foreign")))

	if got := s.Operations(ekssim.CallFilter{Mutating: true}); !slices.Equal(got, []string{
		"CreateAccessEntry", "UpdateAccessEntry", "UpdateAccessEntry", "AssociateAccessPolicy", "CreateAccessEntry"}) {
		t.Errorf("mutating %q", got)
	}
	all := s.Calls(ekssim.CallFilter{})
	var none, empty map[string]any
	if err := json.Unmarshal([]byte(all[1].Body), &none); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(all[2].Body), &empty); err != nil {
		t.Fatal(err)
	}
	if _, sent := none["kubernetesGroups"]; sent || fmt.Sprint(empty["kubernetesGroups"]) != "[]" {
		t.Errorf("left out and empty look alike: %v %v", none, empty)
	}
	want := ekssim.Call{
		Seq: 4, Service: "eks", Operation: "AssociateAccessPolicy", Mutating: true,
		Account: account, Region: region, Cluster: "dev",
		Caller: "arn:aws:sts::111122223333:assumed-role/admin/me", AccessKeyID: adminK, Principal: arn("role/a"),
		Policy: policy("AmazonEKSViewPolicy"), Status: 200, Applied: true,
	}
	got := all[3]
	if got.Time.IsZero() || got.RequestID == "" {
		t.Errorf("call %+v", got)
	}
	got.Time, got.RequestID, got.Body = want.Time, "", ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if failed := s.Calls(ekssim.CallFilter{Failed: true}); len(failed) != 1 || failed[0].Status != 409 ||
		failed[0].ErrorCode != "ResourceInUseException" {
		t.Errorf("failed %+v", failed)
	}
	if n := len(s.Calls(ekssim.CallFilter{Service: "sts"})); n != 1 {
		t.Errorf("%d sts calls", n)
	}
	if n := len(s.Calls(ekssim.CallFilter{Since: 5, Cluster: "d*"})); n != 1 {
		t.Errorf("%d calls since", n)
	}
	if text := fmt.Sprintf("%+v", all); strings.Contains(text, "secret") || strings.Contains(text, "Signature") {
		t.Error("the journal holds a secret")
	}
	if diff := cmp.Diff(all, written); diff != "" {
		t.Errorf("written (-kept +written):\n%s", diff)
	}
	s.ForgetCalls()
	must(describe(c, "dev", arn("role/a")))
	if after := s.Calls(ekssim.CallFilter{}); len(after) != 1 || after[0].Seq != 8 {
		t.Errorf("after forgetting: %+v", after)
	}
}

// TestRights: who had what after every change can be read back.
func TestRights(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	a, clusterAdmin := arn("role/a"), policy("AmazonEKSClusterAdminPolicy")
	var at []int
	note := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		calls := s.Calls(ekssim.CallFilter{})
		at = append(at, calls[len(calls)-1].Seq)
	}
	note(create(c, "dev", a, withGroups("z", "y")))
	note(associate(c, "dev", a, clusterAdmin, namespaces("n")))
	note(associate(c, "dev", a, clusterAdmin, clusterScope()))
	note(remove(c, "dev", arn("role/admin")))
	note(disassociate(c, "dev", a, clusterAdmin))
	note(remove(c, "dev", a))

	var admins []int
	for _, h := range s.History() {
		admins = append(admins, h.LivingAdmins)
	}
	if want := []int{1, 1, 2, 1, 0, 0}; !slices.Equal(admins, want) {
		t.Errorf("living admins %v, want %v", admins, want)
	}
	policies := func(seq int) string {
		r, ok := s.RightsAfter(dev, seq)[a]
		return fmt.Sprint(ok, r.Groups, r.Policies, r.Admin)
	}
	for i, want := range []string{
		"true [y z] [] false",
		"true [y z] [{" + clusterAdmin + " [n]}] false",
		"true [y z] [{" + clusterAdmin + " []}] true",
		"true [y z] [{" + clusterAdmin + " []}] true",
		"true [y z] [] false",
		"false [] [] false",
	} {
		if got := policies(at[i]); got != want {
			t.Errorf("after %d: %s, want %s", i, got, want)
		}
	}
	if got := s.RightsAfter(dev, 0); len(got) != 2 || !got[arn("role/admin")].Admin {
		t.Errorf("at first %+v", got)
	}
	if got := slices.Sorted(maps.Keys(s.Rights(dev))); !slices.Equal(got, []string{arn("role/nodes")}) {
		t.Errorf("at last %q", got)
	}
}

// TestLivingAdmins counts who can still log in as one.
func TestLivingAdmins(t *testing.T) {
	s := start(t, `
accounts: [{id: "111122223333", roles: [ok, dead]}]
clusters:
  - name: dev
    entries:
      - {principal: role/ok, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: "arn:aws:iam::999999999999:role/unknown", policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/dead, boundTo: AROAX, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/gone, orphan: true, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/scoped, policies: [{policy: AmazonEKSClusterAdminPolicy, namespaces: [x]}]}
      - {principal: role/less, policies: [AmazonEKSAdminPolicy]}
      - {principal: role/aws-service-role/x/Y, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/node, type: EC2, policies: [AmazonEKSClusterAdminPolicy]}
`)
	want := []string{arn("role/ok"), "arn:aws:iam::999999999999:role/unknown"}
	if got := s.LivingAdmins(dev); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestControl drives the control path as a script would.
func TestControl(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	ask := func(method, path, body string) string {
		t.Helper()
		r := must(http.NewRequest(method, s.URL()+path, strings.NewReader(body)))
		status, _, text := do(t, r)
		if status >= 300 {
			return fmt.Sprint(status, " ", text)
		}
		return text
	}
	const onDev = `{cluster: {account: "111122223333", region: eu-west-1, name: dev}, `
	steps := []struct{ method, path, body, want string }{
		{"POST", "/_sim/faults", "{name: x, operation: DescribeCluster, effect: throttle, count: 1}", ""},
		{"POST", "/_sim/faults", `[{"name": "y", "latency": "1ms"}]`, ""},
		{"GET", "/_sim/faults", "", `"effect": "throttle"`},
		{"POST", "/_sim/faults", "{effect: gremlins}", "400 fault"},
		{"DELETE", "/_sim/faults?name=x", "", ""},
		{"PATCH", "/_sim/settings", "{pageSize: 2}", ""},
		{"PATCH", "/_sim/settings", "{pageSise: 2}", "400 "},
		{"POST", "/_sim/edit", `{deletePrincipal: "` + arn("role/c") + `"}`, ""},
		{"POST", "/_sim/edit", `{deletePrincipal: "` + arn("role/c") + `"}`, "400 no such role"},
		{"POST", "/_sim/edit", `{recreatePrincipal: "` + arn("role/c") + `", propagation: {calls: 1}}`, ""},
		{
			"POST",
			"/_sim/edit",
			`{cluster: {account: "111122223333", region: eu-west-1, name: dev}, putEntry: {principal: user/eve, policies: [AmazonEKSClusterAdminPolicy]}}`,
			"",
		},
		{"GET", "/_sim/rights?cluster=dev", "", `"livingAdmins": 2`},
		{"GET", "/_sim/history", "", `"operation":"edit"`},
		{"GET", "/_sim/access?cluster=dev", "", `"admins": [`},
		{"GET", "/_sim/access?cluster=dev&after=0", "", `"clusterAdmin": true`},
		{"GET", "/_sim/access-history", "", `"operation":"edit"`},
		{"POST", "/_sim/edit", onDev + `putRow: {arn: role/c, groups: [g]}}`, ""},
		{"POST", "/_sim/edit", onDev + `deleteRow: role/c}`, ""},
		{"POST", "/_sim/edit", onDev + `deleteRow: role/c}`, "400 no row"},
		{"POST", "/_sim/edit", `{putRow: {arn: role/c}}`, "400 a change of a cluster that names none"},
		{
			"POST",
			"/_sim/edit",
			`{cluster: {account: "111122223333", region: eu-west-1, name: dev}, deleteEntry: user/eve}`,
			"",
		},
		{
			"POST",
			"/_sim/edit",
			`{cluster: {account: "111122223333", region: eu-west-1, name: nope}, mode: API}`,
			"400 no cluster",
		},
		{"POST", "/_sim/edit", `{expireCredential: AKIAALICE}`, ""},
		{
			"POST",
			"/_sim/edit",
			`{credential: {accessKeyId: AKIANEW, account: "111122223333", principal: role/newcomer}}`,
			"",
		},
		{"POST", "/_sim/edit", `{putCluster: {name: extra, account: "111122223333"}}`, ""},
		{"GET", "/_sim/env?key=AKIANEW&region=eu-north-1", "", "export AWS_REGION=eu-north-1"},
		{"GET", "/_sim/world", "", "name: extra"},
		{"GET", "/_sim/nothing", "", "404 "},
	}
	for _, st := range steps {
		if got := ask(st.method, st.path, st.body); !strings.Contains(got, st.want) || st.want == "" && got != "" {
			t.Errorf("%s %s %s: %s", st.method, st.path, st.body, got)
		}
	}
	if got := s.Faults(); len(got) != 1 || got[0].Name != "y" {
		t.Errorf("faults %+v", got)
	}
	wantRefusal(
		t,
		create(c, "dev", arn("role/c")),
		"InvalidParameterException 400 The specified principalArn is invalid: invalid principal.",
	)
	_, err := stsAs(s, "AKIANEW").GetCallerIdentity(context.Background(), nil)
	wantRefusal(t, err, "")
	_, err = stsAs(s, "AKIAALICE").GetCallerIdentity(context.Background(), nil)
	wantRefusal(t, err, "ExpiredToken 403 The security token included in the request is expired")

	lines := strings.Split(strings.TrimSpace(ask("GET", "/_sim/calls?mutating=1", "")), "\n")
	var call ekssim.Call
	if err := json.Unmarshal([]byte(lines[0]), &call); err != nil || len(lines) != 1 ||
		call.Operation != "CreateAccessEntry" {
		t.Errorf("%v %q", err, lines)
	}
	if got := ask("DELETE", "/_sim/calls", "") + ask("GET", "/_sim/calls", ""); got != "" {
		t.Errorf("calls %q", got)
	}
	world := ask("GET", "/_sim/world", "")
	if got := ask("PUT", "/_sim/world", "clusters: [{name: other}]") + ask("PUT", "/_sim/world", world); got != "" {
		t.Errorf("put: %s", got)
	}
	if got := ask("GET", "/_sim/world", ""); !bytes.Equal([]byte(got), []byte(world)) {
		t.Errorf("another world: %s", cmp.Diff(world, got))
	}
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	s := start(t, bulk+`
faults: [{effect: throttle, probability: 0.05}, {effect: lost, probability: 0.05}, {latency: 1ms, probability: 0.2}]
`)
	var changes sync.WaitGroup
	s.OnChange(func() { _ = s.World() })
	s.AddHook(ekssim.Hook{After: func(ekssim.Call) { _ = s.History() }})
	for n := range 8 {
		changes.Go(func() {
			c := eksAs(s, "AKIASIM111122223333")
			for i := range 10 {
				who := arn(fmt.Sprintf("role/team/r%04d", n*10+i+1))
				_, _ = describe(c, "dev", who)
				_ = associate(c, "dev", who, policy("AmazonEKSEditPolicy"), namespaces("x"))
				_ = remove(c, "dev", who)
				_ = create(c, "dev", who)
				_, _ = c.ListAccessEntries(
					context.Background(),
					&eks.ListAccessEntriesInput{ClusterName: aws.String("dev")},
				)
				_ = s.RecreateRole(who)
				_ = s.LivingAdmins(dev)
				_ = s.Faults()
			}
		})
	}
	changes.Wait()
	seen := map[int]bool{}
	for _, c := range s.Calls(ekssim.CallFilter{}) {
		if seen[c.Seq] {
			t.Errorf("number %d twice", c.Seq)
		}
		seen[c.Seq] = true
	}
}
