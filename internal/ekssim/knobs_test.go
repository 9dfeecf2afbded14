package ekssim_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// The clock of AWS is that of the simulator with an offset, in the Date header
// of every service and in the times of what is made.
func TestClockOffset(t *testing.T) {
	clk := newClock()
	s := start(t, base+"settings: {clockOffset: 9h}\n", ekssim.WithClock(clk.now))
	told := func(service, path string) time.Time {
		t.Helper()
		r := must(http.NewRequest("GET", s.URL()+path, nil))
		r.Header.Set("Authorization", authorization(service))
		_, header, _ := do(t, r)
		return must(http.ParseTime(header.Get("Date")))
	}
	check := func(offset time.Duration) {
		t.Helper()
		want := clk.now().Add(offset)
		paths := map[string]string{
			"eks": "/clusters/dev", "sts": "/?Action=GetCallerIdentity", "iam": "/?Action=ListRoles"}
		for service, path := range paths {
			if got := told(service, path); !got.Equal(want) {
				t.Errorf("%s: %s, want %s", service, got, want)
			}
		}
		if got := told("eks", "/clusters/nope"); !got.Equal(want) {
			t.Errorf("a refusal: %s, want %s", got, want)
		}
	}
	check(9 * time.Hour)
	c := eksAs(s, adminK)
	if err := create(c, "dev", arn("role/a")); err != nil {
		t.Fatal(err)
	}
	if e := must(describe(c, "dev", arn("role/a"))); !e.CreatedAt.Equal(clk.now().Add(9 * time.Hour)) {
		t.Errorf("created at %s", e.CreatedAt)
	}
	s.Change(func(v *ekssim.Settings) { v.ClockOffset = ekssim.Duration(-9 * time.Hour) })
	check(-9 * time.Hour)
	if got := s.World().Settings.ClockOffset; time.Duration(got) != -9*time.Hour {
		t.Errorf("the world has %s", time.Duration(got))
	}
	if err := s.Load(must(ekssim.ParseWorld([]byte(base)))); err != nil {
		t.Fatal(err)
	}
	check(0)
}

// DescribeCluster may show no accessConfig whatever the mode.
func TestHideAccessConfig(t *testing.T) {
	s := start(t, base+`
  - {name: shy, mode: API, hideAccessConfig: true}
  - {name: old2, mode: CONFIG_MAP, hideAccessConfig: true}
`)
	c := eksAs(s, adminK)
	for cluster, want := range map[string]string{"shy": "", "old2": "InvalidRequestException 400 The cluster's " +
		"authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."} {
		if m, _ := mode(t, c, cluster); m != "" {
			t.Errorf("%s shows mode %q", cluster, m)
		}
		_, err := c.ListAccessEntries(context.Background(), &eks.ListAccessEntriesInput{ClusterName: &cluster})
		wantRefusal(t, err, want)
	}
	_, err := setMode(c, "shy", "API_AND_CONFIG_MAP")
	wantRefusal(t, err, "InvalidParameterException 400 "+
		"Unsupported authentication mode update from API to API_AND_CONFIG_MAP")
}

// authorization is a header by which the simulator knows the caller and the
// service.
func authorization(service string) string {
	return "AWS4-HMAC-SHA256 Credential=AKIAADMIN/20260501/eu-west-1/" + service +
		"/aws4_request, SignedHeaders=host, Signature=0"
}

// A hook sees every request before anything is done with it, and what it
// changes is there for that request, whatever becomes of it; faults, rate
// limits and the journal do not notice.
func TestArrive(t *testing.T) {
	s := start(t, base+`
  - {name: shop, entries: [{principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}]}
settings: {rateLimit: {rate: 0.001, burst: 7}}
faults: [{operation: DeleteAccessEntry, effect: deny}]
`)
	c, ctx := eksAs(s, adminK), context.Background()
	to := endpoint(t, s, adminK, region, "shop") // one call
	var mu sync.Mutex
	var seen []string
	s.AddHook(ekssim.Hook{Arrive: func(call ekssim.Call) {
		mu.Lock()
		defer mu.Unlock()
		principal := strings.TrimPrefix(call.Principal, arn(""))
		seen = append(seen, strings.TrimSpace(strings.Join([]string{
			call.Service, call.Operation, call.Cluster, principal, call.AccessKeyID}, " ")))
		if call.Service == "eks" && call.Cluster == "dev" && call.Account != account {
			t.Errorf("account %q", call.Account)
		}
		if call.Operation == "CreateAccessEntry" {
			if err := s.PutEntry(dev, ekssim.Entry{Principal: call.Principal, Groups: []string{"other"}}); err != nil {
				t.Error(err)
			}
		}
	}})
	wantRefusal(t, create(c, "dev", arn("role/a")), "ResourceInUseException 409 "+
		"The specified access entry resource is already in use on this cluster.")
	must(describe(c, "dev", arn("role/a")))
	if err := remove(c, "dev", arn("role/a")); !strings.HasPrefix(refusal(err), "AccessDeniedException 403 User: ") {
		t.Errorf("delete: %s", refusal(err))
	}
	must(describe(c, "dev", arn("role/a")))
	must(iamAs(s, adminK).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("a")}))
	must(stsAs(s, adminK).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	canI(t, to, token(t, adminK, region, "shop"), "get pods")
	for range 3 {
		_, _ = c.ListClusters(ctx, nil) // the last one is throttled
	}
	want := []string{
		"eks CreateAccessEntry dev role/a AKIAADMIN", "eks DescribeAccessEntry dev role/a AKIAADMIN",
		"eks DeleteAccessEntry dev role/a AKIAADMIN", "eks DescribeAccessEntry dev role/a AKIAADMIN",
		"iam GetRole  a AKIAADMIN", "sts GetCallerIdentity   AKIAADMIN",
		"kubernetes CreateSelfSubjectAccessReview shop",
		"eks ListClusters   AKIAADMIN", "eks ListClusters   AKIAADMIN", "eks ListClusters   AKIAADMIN",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	calls := s.Calls(ekssim.CallFilter{Service: "eks"})
	throttled := func(c ekssim.Call) bool { return c.ErrorCode == "ThrottlingException" }
	if i := slices.IndexFunc(calls, throttled); i != len(calls)-1 {
		t.Errorf("call %d of %d was throttled", i+1, len(calls))
	}
	writes := ekssim.CallFilter{Mutating: true, AccessKeyID: adminK}
	if got := s.Operations(writes); strings.Join(got, " ") != "CreateAccessEntry DeleteAccessEntry" {
		t.Errorf("writes %q", got)
	}
	if got := s.Operations(ekssim.CallFilter{AccessKeyID: "AKIAALICE"}); len(got) != 0 {
		t.Errorf("calls of another key %q", got)
	}
	// The edit is in the history as made before the create, which is call 2.
	h := s.AccessHistory()
	if len(h) != 1 || h[0].Operation != "edit" || h[0].Seq != 1 || h[0].AccessKeyID != "" {
		t.Errorf("history %+v", h)
	}
	if _, ok := s.AccessAfter(dev, 1)[arn("role/a")]; !ok {
		t.Error("not there before the create")
	}
}
