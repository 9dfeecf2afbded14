package ekssim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/smithy-go"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

func do(t *testing.T, r *http.Request) (status int, header http.Header, body string) {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(data)
}

func add(t *testing.T, s *ekssim.Server, faults ...ekssim.Fault) {
	t.Helper()
	s.RemoveFaults("*")
	if err := s.AddFault(faults...); err != nil {
		t.Fatal(err)
	}
}

func TestFaultEffects(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	tests := []struct{ effect, want string }{
		{"throttle", "ThrottlingException 429 Rate exceeded"},
		{"tooManyRequests", "TooManyRequestsException 429 Too Many Requests"},
		{"rateExceeded", "ThrottlingException 400 Rate exceeded"},
		{"serverError", "ServerException 500 Internal server error"},
		{"serviceUnavailable", "ServiceUnavailableException 503 Service is unavailable"},
	}
	for _, tt := range tests {
		add(t, s, ekssim.Fault{Operation: "CreateAccessEntry", Effect: tt.effect})
		wantRefusal(t, create(c, "dev", arn("role/a")), tt.want)
	}
	add(t, s, ekssim.Fault{Error: &ekssim.FaultError{Code: "OptInRequired", Status: 403, Message: "sign up"}})
	wantRefusal(t, create(c, "dev", arn("role/a")), "OptInRequired 403 sign up")
	add(t, s, ekssim.Fault{Effect: "throttle"})
	_, err := iamAs(s, adminK).ListRoles(context.Background(), nil)
	wantRefusal(t, err, "Throttling 429 Rate exceeded")

	// Not the service's own form: no API error at all.
	add(t, s, ekssim.Fault{Effect: "unavailable"})
	err = create(c, "dev", arn("role/a"))
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "UnknownError" || !strings.Contains(err.Error(), "503") {
		t.Errorf("unavailable: %v", err)
	}
	if _, err := describe(c, "dev", arn("role/a")); err == nil {
		t.Error("the work was done")
	}
}

// TestResetAndLost look the same to the client; only one did the work.
func TestResetAndLost(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	for _, effect := range []string{"reset", "lost"} {
		done := effect == "lost"
		add(t, s, ekssim.Fault{Name: "cable", Operation: "CreateAccessEntry", Effect: effect})
		err := create(c, "dev", arn("role/a"))
		var api smithy.APIError
		if err == nil || errors.As(err, &api) {
			t.Errorf("%s: %v", effect, err)
		}
		s.RemoveFaults("cable")
		_, err = describe(c, "dev", arn("role/a"))
		if (err == nil) != done {
			t.Errorf("%s: afterwards %v", effect, err)
		}
		calls := s.Calls(ekssim.CallFilter{Mutating: true})
		if last := calls[len(calls)-1]; last.Applied != done || !last.Lost || last.Fault != "cable" {
			t.Errorf("%s: journal %+v", effect, last)
		}
	}
}

func TestWhichCalls(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	hits := func(f ekssim.Fault) (hit []int) {
		f.Effect = "throttle"
		add(t, s, f)
		for i := range 6 {
			principal := arn("role/a")
			if i%2 == 1 {
				principal = arn("role/b")
			}
			if _, err := describe(c, "dev", principal); strings.HasPrefix(refusal(err), "Throttling") {
				hit = append(hit, i)
			}
		}
		return hit
	}
	tests := []struct {
		name string
		f    ekssim.Fault
		want []int
	}{
		{"all", ekssim.Fault{}, []int{0, 1, 2, 3, 4, 5}},
		{"count", ekssim.Fault{Count: 2}, []int{0, 1}},
		{"after", ekssim.Fault{After: 4}, []int{4, 5}},
		{"nth", ekssim.Fault{Nth: 3}, []int{2}},
		{"principal", ekssim.Fault{Principal: "*/b", Count: 2}, []int{1, 3}},
		{"operation", ekssim.Fault{Operation: "Describe*"}, []int{0, 1, 2, 3, 4, 5}},
		{"other operation", ekssim.Fault{Operation: "List*"}, nil},
		{"other cluster", ekssim.Fault{Cluster: "prod*"}, nil},
		{"other account", ekssim.Fault{Account: "4*"}, nil},
		{"other region", ekssim.Fault{Region: "us-*"}, nil},
		{"other caller", ekssim.Fault{Caller: "*:user/*"}, nil},
		{"other service", ekssim.Fault{Service: "iam"}, nil},
		{"only changes", ekssim.Fault{Mutating: true}, nil},
	}
	for _, tt := range tests {
		if got := hits(tt.f); !slices.Equal(got, tt.want) {
			t.Errorf("%s: hit %v, want %v", tt.name, got, tt.want)
		}
	}
	s.Faults()
}

// TestProbability is drawn with the seed: the same calls are hit every time.
func TestProbability(t *testing.T) {
	run := func(seed string) (hit []bool) {
		s := start(t, base+"settings: {seed: "+seed+"}\nfaults: [{effect: throttle, probability: 0.5}]\n")
		c := eksAs(s, adminK)
		for range 40 {
			_, err := describe(c, "dev", arn("role/admin"))
			hit = append(hit, err != nil)
		}
		return hit
	}
	one := run("1")
	if !slices.Contains(one, true) || !slices.Contains(one, false) || !slices.Equal(one, run("1")) ||
		slices.Equal(one, run("2")) {
		t.Errorf("hits %v", one)
	}
}

func TestFaultsThatMeanNothing(t *testing.T) {
	s := start(t, base)
	for _, f := range []ekssim.Fault{
		{}, {Effect: "gremlins"}, {Effect: "reset", Error: &ekssim.FaultError{Status: 400}},
		{Error: &ekssim.FaultError{Code: "X", Status: 200}}, {Effect: "reset", Probability: 2}, {Latency: 1, Body: "x"},
	} {
		if err := s.AddFault(f); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
}

func TestLatency(t *testing.T) {
	s := start(t, base+"settings: {latency: 30ms}\nfaults: [{operation: DescribeCluster, latency: 30ms}]\n")
	c := eksAs(s, adminK)
	began := time.Now()
	mode(t, c, "dev")
	if d := time.Since(began); d < 60*time.Millisecond {
		t.Errorf("took %v", d)
	}
	// Calls wait side by side, and closing the server ends the wait.
	s.Change(func(v *ekssim.Settings) { v.Latency = ekssim.Duration(time.Hour) })
	ended := make(chan error)
	go func() { _, err := describe(c, "dev", arn("role/admin")); ended <- err }()
	time.Sleep(20 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("a call still waits")
	}
}

// TestVisibilityLag: what is new is there for who makes it again, and not for
// who looks.
func TestVisibilityLag(t *testing.T) {
	const noEntry = "ResourceNotFoundException 404 The specified principalArn could not be found. You can view your " +
		"available access entries with 'list-access-entries'."
	clk := newClock()
	s := start(t, base+"settings: {visibilityLag: 2s}\n", ekssim.WithClock(clk.now))
	c := eksAs(s, adminK)
	a, view := arn("role/a"), policy("AmazonEKSViewPolicy")
	list := func() []string {
		return must(
			c.ListAccessEntries(context.Background(), &eks.ListAccessEntriesInput{ClusterName: aws.String("dev")}),
		).AccessEntries
	}
	wantRefusal(t, create(c, "dev", a), "")
	_, err := describe(c, "dev", a)
	wantRefusal(t, err, noEntry)
	wantRefusal(t, associate(c, "dev", a, view, clusterScope()), noEntry)
	if slices.Contains(list(), a) {
		t.Error("listed at once")
	}
	wantRefusal(
		t,
		create(c, "dev", a),
		"ResourceInUseException 409 The specified access entry resource is already in use on this cluster.",
	)
	clk.forward(2 * time.Second)
	wantRefusal(t, associate(c, "dev", a, view, clusterScope()), "")
	if !slices.Contains(list(), a) || len(must(listPolicies(c, "dev", a))) != 0 {
		t.Error("the entry is not listed, or its policy is already")
	}
	clk.forward(2 * time.Second)
	if len(must(listPolicies(c, "dev", a))) != 1 {
		t.Error("the policy is not seen")
	}

	// As a rule for the first calls only.
	s.Change(func(v *ekssim.Settings) { v.VisibilityLag = 0 })
	add(t, s, ekssim.Fault{Operation: "AssociateAccessPolicy", Lag: ekssim.Duration(time.Hour), Count: 1})
	wantRefusal(t, create(c, "dev", arn("role/b")), "")
	wantRefusal(t, associate(c, "dev", arn("role/b"), view, clusterScope()), noEntry)
	wantRefusal(t, associate(c, "dev", arn("role/b"), view, clusterScope()), "")
}

func TestRateLimit(t *testing.T) {
	for code, want := range map[string]string{
		"ThrottlingException":      "ThrottlingException 429 Rate exceeded",
		"TooManyRequestsException": "TooManyRequestsException 429 Too Many Requests",
	} {
		clk := newClock()
		s := start(
			t,
			base+"settings: {rateLimit: {rate: 2, burst: 3, code: "+code+"}, iamRateLimit: {rate: 1, burst: 1}}\n",
			ekssim.WithClock(clk.now),
		)
		c := eksAs(s, adminK)
		get := func() string { _, err := describe(c, "dev", arn("role/admin")); return refusal(err) }
		for i, want := range []string{"", "", "", want} {
			if got := get(); got != want {
				t.Errorf("%d: %q", i, got)
			}
		}
		// Another account, another region and STS have room of their own.
		for _, other := range []*eks.Client{
			eksAs(s, "AKIAFOREIGN"),
			eks.NewFromConfig(config(s, adminK, "us-east-1")),
		} {
			if _, err := other.ListClusters(context.Background(), nil); err != nil {
				t.Error(err)
			}
		}
		if _, err := stsAs(s, adminK).GetCallerIdentity(context.Background(), nil); err != nil {
			t.Error(err)
		}
		clk.forward(500 * time.Millisecond)
		if got := get() + get(); got != want {
			t.Errorf("after half a second: %q", got)
		}
		for _, want := range []string{"", "Throttling 400 Rate exceeded"} {
			_, err := iamAs(s, adminK).ListRoles(context.Background(), nil)
			wantRefusal(t, err, want)
		}
	}
}

// TestSecondWriter: another writer changes things between a call's admission
// and its work.
func TestSecondWriter(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	var after atomic.Int32
	s.AddHook(ekssim.Hook{
		Before: func(call ekssim.Call) {
			if call.Operation == "CreateAccessEntry" {
				if err := s.PutEntry(dev, ekssim.Entry{Principal: call.Principal}); err != nil {
					t.Error(err)
				}
			}
		},
		After: func(ekssim.Call) { after.Add(1) },
	})
	wantRefusal(
		t,
		create(c, "dev", arn("role/a")),
		"ResourceInUseException 409 The specified access entry resource is already in use on this cluster.",
	)
	must(describe(c, "dev", arn("role/a"))) // no hook for a read
	if after.Load() != 1 {
		t.Errorf("after %d times", after.Load())
	}
	s.AddHook(ekssim.Hook{Reads: true, Before: func(call ekssim.Call) {
		if call.Operation == "DescribeAccessEntry" {
			_ = s.DeleteEntry(dev, call.Principal)
		}
	}})
	if _, err := describe(c, "dev", arn("role/a")); err == nil {
		t.Error("still there, though deleted between list and describe")
	}
}

// TestWithoutListener: a Server is a handler; there a cut connection is an
// aborted one.
func TestWithoutListener(t *testing.T) {
	w := must(ekssim.ParseWorld([]byte(base)))
	s := must(ekssim.New(w))
	if s.URL() != "" {
		t.Errorf("URL %q", s.URL())
	}
	call := func() *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/clusters/dev", nil)
		r.Header.Set(
			"Authorization",
			"AWS4-HMAC-SHA256 Credential=AKIAADMIN/20260501/eu-west-1/eks/aws4_request, Signature=0",
		)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		return rec
	}
	if rec := call(); rec.Code != 200 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if err := s.AddFault(ekssim.Fault{Effect: "lost"}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if r := recover(); r != http.ErrAbortHandler {
			t.Errorf("panicked with %v", r)
		}
	}()
	call()
}
