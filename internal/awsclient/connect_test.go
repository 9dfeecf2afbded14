package awsclient_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/fault"
)

const hub, spoke = "111122223333", "444455556666"

const world = `
settings: {seed: 1}
accounts:
  - id: "111122223333"
    roles: [team/ci]
    users: [alice]
  - id: "444455556666"
    roles:
      - {name: eksaccess, externalId: shared-secret-id, assumableBy: ["arn:aws:iam::111122223333:*"]}
      - {name: closed, assumableBy: ["arn:aws:iam::999900001111:*"]}
      - ops
credentials:
  - {accessKeyId: AKIACI, principal: "arn:aws:iam::111122223333:role/team/ci", session: build-7@host}
  - {accessKeyId: AKIAALICE, principal: "arn:aws:iam::111122223333:user/alice"}
  - {accessKeyId: AKIASPOKE, principal: "arn:aws:iam::444455556666:role/eksaccess", session: direct}
  - {accessKeyId: AKIAOLD, principal: "arn:aws:iam::111122223333:user/alice", expired: true}
clusters:
  - {name: dev, account: "111122223333", region: eu-west-1}
  - {name: prod, account: "444455556666", region: eu-central-1}
  - {name: prod2, account: "444455556666", region: eu-central-1}
`

func cluster(account, name string) arn.Cluster {
	c := arn.Cluster{Partition: "aws", Account: account, Region: "eu-west-1", Name: name}
	if account == spoke {
		c.Region = "eu-central-1"
	}
	return c
}

// simulate starts a simulator and makes it all the AWS this process knows: the
// environment has the key, the profiles "ci" and "spoke" have theirs.
func simulate(t *testing.T, key string) *ekssim.Server {
	t.Helper()
	w, err := ekssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := ekssim.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	isolate(t)
	for _, kv := range sim.Env(key) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	profiles(t, `
[profile ci]
aws_access_key_id = AKIACI
aws_secret_access_key = simulated
[profile spoke]
aws_access_key_id = AKIASPOKE
aws_secret_access_key = simulated
[profile bad-source]
role_arn = arn:aws:iam::444455556666:role/ops
source_profile = nowhere
`)
	return sim
}

// isolate takes what the machine has of AWS out of the process's environment.
func isolate(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	t.Setenv("HOME", t.TempDir())
	profiles(t, "")
}

func profiles(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file+".none")
}

const role = "arn:aws:iam::444455556666:role/eksaccess"

func TestConnect(t *testing.T) {
	tests := []struct {
		name    string
		key     string // in the environment
		options awsclient.Options
		target  awsclient.Target

		caller, base string // ARNs
		code, hint   string
		reason       string
	}{
		{
			name: "chain", key: "AKIAALICE", target: awsclient.Target{Cluster: cluster(hub, "dev")},
			caller: "arn:aws:iam::111122223333:user/alice", base: "arn:aws:iam::111122223333:user/alice",
		}, {
			name: "the file's profile stands above the chain", key: "AKIAALICE",
			target: awsclient.Target{Cluster: cluster(hub, "dev"), Profile: "ci"},
			caller: "arn:aws:sts::111122223333:assumed-role/ci/build-7@host",
			base:   "arn:aws:sts::111122223333:assumed-role/ci/build-7@host",
		}, {
			name: "a file's profile that is not here", key: "AKIAALICE",
			target: awsclient.Target{Cluster: cluster(hub, "dev"), Profile: "colleague"},
			caller: "arn:aws:iam::111122223333:user/alice", base: "arn:aws:iam::111122223333:user/alice",
			reason: "files are shared between machines",
		}, {
			name: "--profile stands above the file's", key: "AKIAALICE",
			options: awsclient.Options{
				Profile: "spoke",
			}, target: awsclient.Target{Cluster: cluster(spoke, "prod"), Profile: "ci"},
			caller: "arn:aws:sts::444455556666:assumed-role/eksaccess/direct",
			base:   "arn:aws:sts::444455556666:assumed-role/eksaccess/direct",
		}, {
			name: "--profile that is not here", key: "AKIAALICE",
			options: awsclient.Options{Profile: "typo"}, target: awsclient.Target{Cluster: cluster(hub, "dev")},
			code: "ProfileNotFound", hint: "aws configure list-profiles",
			reason: "what was asked for by name is not replaced by something else",
		}, {
			name: "a file's profile that is here and broken", key: "AKIAALICE",
			target: awsclient.Target{Cluster: cluster(hub, "dev"), Profile: "bad-source"},
			code:   "InvalidProfile", hint: "--profile bad-source",
		}, {
			name: "role with its external id", key: "AKIACI",
			target: awsclient.Target{Cluster: cluster(spoke, "prod"), AssumeRole: role, ExternalID: "shared-secret-id"},
			caller: "arn:aws:sts::444455556666:assumed-role/eksaccess/eksaccess-build-7@host",
			base:   "arn:aws:sts::111122223333:assumed-role/ci/build-7@host",
		}, {
			name: "role with a wrong external id", key: "AKIACI",
			target: awsclient.Target{Cluster: cluster(spoke, "prod"), AssumeRole: role, ExternalID: "wrong"},
			code:   "AssumeRoleRefused", hint: "externalId",
		}, {
			name: "role that trusts others", key: "AKIACI",
			target: awsclient.Target{
				Cluster:    cluster(spoke, "prod"),
				AssumeRole: "arn:aws:iam::444455556666:role/closed",
			},
			code: "AssumeRoleRefused", hint: "arn:aws:sts::111122223333:assumed-role/ci/build-7@host needs " +
				"sts:AssumeRole on arn:aws:iam::444455556666:role/closed",
		}, {
			name: "already that role", key: "AKIASPOKE",
			target: awsclient.Target{Cluster: cluster(spoke, "prod"), AssumeRole: role},
			caller: "arn:aws:sts::444455556666:assumed-role/eksaccess/direct",
			base:   "arn:aws:sts::444455556666:assumed-role/eksaccess/direct",
			reason: "the role asks for an external id that is not given: assuming it again would fail",
		}, {
			name: "a role of the same name elsewhere", key: "AKIASPOKE",
			target: awsclient.Target{
				Cluster:    cluster(hub, "dev"),
				AssumeRole: "arn:aws:iam::111122223333:role/eksaccess",
			},
			code: "AssumeRoleRefused",
		}, {
			name: "--no-assume-role", key: "AKIASPOKE",
			options: awsclient.Options{
				NoAssumeRole: true,
			}, target: awsclient.Target{Cluster: cluster(spoke, "prod"),
				AssumeRole: "arn:aws:iam::444455556666:role/ops"},
			caller: "arn:aws:sts::444455556666:assumed-role/eksaccess/direct",
			base:   "arn:aws:sts::444455556666:assumed-role/eksaccess/direct",
		}, {
			name: "wrong account", key: "AKIACI", target: awsclient.Target{Cluster: cluster(spoke, "prod")},
			code: "WrongAccount", hint: `set "assumeRole: arn:aws:iam::444455556666:role/NAME"`,
		}, {
			name: "wrong account, by --no-assume-role", key: "AKIACI", options: awsclient.Options{NoAssumeRole: true},
			target: awsclient.Target{Cluster: cluster(spoke, "prod"), AssumeRole: role},
			code:   "WrongAccount", hint: "without --no-assume-role",
		}, {
			name: "wrong account, by a profile that is not here", key: "AKIACI",
			target: awsclient.Target{Cluster: cluster(spoke, "prod"), Profile: "colleague"},
			code:   "WrongAccount", hint: `the file's profile "colleague" is not on this machine`,
		}, {
			name: "wrong account, of the role", key: "AKIASPOKE",
			target: awsclient.Target{Cluster: cluster(hub, "dev"), AssumeRole: "arn:aws:iam::444455556666:role/ops"},
			code:   "WrongAccount",
		}, {
			name: "expired", key: "AKIAOLD", target: awsclient.Target{Cluster: cluster(hub, "dev")},
			code: "ExpiredToken", hint: "aws sso login",
		}, {
			name: "unknown key", key: "AKIANOBODY", target: awsclient.Target{Cluster: cluster(hub, "dev")},
			code: "InvalidClientTokenId", hint: "does not know this access key",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sim := simulate(t, tt.key)
			s, err := awsclient.New(tt.options).Connect(t.Context(), tt.target)
			if calls := sim.Calls(ekssim.CallFilter{Service: "eks"}); len(calls) > 0 {
				t.Errorf("EKS was asked before the account was known: %v", calls)
			}
			if tt.code != "" {
				var e *fault.Error
				if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(e.Hint, tt.hint) {
					t.Fatalf("got %#v, want code %q and a hint with %q (%s)", err, tt.code, tt.hint, tt.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err, tt.reason)
			}
			if s.Caller.ARN != tt.caller || s.Base.ARN != tt.base || s.Caller.Account != tt.target.Cluster.Account ||
				s.Caller.UserID == "" {
				t.Errorf("caller %+v of base %+v, want %q of %q (%s)", s.Caller, s.Base, tt.caller, tt.base, tt.reason)
			}
			out, err := s.EKS.DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: aws.String(s.Cluster.Name)})
			if err != nil || aws.ToString(out.Cluster.Arn) != tt.target.Cluster.ARN() {
				t.Errorf("described %v, %v", out, err)
			}
			if _, err := s.IAM.ListRoles(t.Context(), &iam.ListRolesInput{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestConnectOnce connects to many clusters at a time: each credential is
// asked for once.
func TestConnectOnce(t *testing.T) {
	sim := simulate(t, "AKIACI")
	c := awsclient.New(awsclient.Options{})
	var wg sync.WaitGroup
	for i := range 60 {
		name := []string{"prod", "prod2"}[i%2]
		wg.Go(func() {
			s, err := c.Connect(
				t.Context(),
				awsclient.Target{Cluster: cluster(spoke, name), AssumeRole: role, ExternalID: "shared-secret-id"},
			)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := s.EKS.DescribeCluster(t.Context(),
				&eks.DescribeClusterInput{Name: aws.String(name)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want := []string{"GetCallerIdentity", "AssumeRole", "GetCallerIdentity"}
	if diff := cmp.Diff(want, sim.Operations(ekssim.CallFilter{Service: "sts"})); diff != "" {
		t.Errorf("STS calls (-want +got)\n%s", diff)
	}
	for _, call := range sim.Calls(ekssim.CallFilter{Service: "sts"}) {
		if call.Region != "eu-central-1" {
			t.Errorf("%s went to %q, want the cluster's region", call.Operation, call.Region)
		}
	}
}

// TestFailureIsKept checks that a profile that fails is not tried again for
// each of hundreds of clusters.
func TestFailureIsKept(t *testing.T) {
	sim := simulate(t, "AKIAOLD")
	c := awsclient.New(awsclient.Options{})
	for range 5 {
		if _, err := c.Connect(t.Context(), awsclient.Target{Cluster: cluster(hub, "dev")}); err == nil {
			t.Fatal("connected")
		}
	}
	if n := len(sim.Calls(ekssim.CallFilter{})); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// TestCancelIsNotKept checks that one cluster's cancelled connection does not
// fail another's.
func TestCancelIsNotKept(t *testing.T) {
	simulate(t, "AKIAALICE")
	c := awsclient.New(awsclient.Options{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Connect(gone, awsclient.Target{Cluster: cluster(hub, "dev")}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := c.Connect(t.Context(), awsclient.Target{Cluster: cluster(hub, "dev")}); err != nil {
		t.Error(err)
	}
}

// TestNoCredentialsSoon has a metadata service that never answers, as a
// network that drops its packets.
func TestNoCredentialsSoon(t *testing.T) {
	isolate(t)
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.URL)
	start := time.Now()
	_, err := awsclient.New(awsclient.Options{}).Connect(t.Context(), awsclient.Target{Cluster: cluster(hub, "dev")})
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.NoCredentials ||
		!strings.Contains(e.Hint, "aws sts get-caller-identity") {
		t.Errorf("got %#v", err)
	}
	if took := time.Since(start); took > 15*time.Second { // no test of speed: a call must end
		t.Errorf("took %v", took)
	}
}

func TestConcurrency(t *testing.T) {
	sim := simulate(t, "AKIAALICE")
	var now, most atomic.Int32
	sim.AddHook(ekssim.Hook{
		Reads: true,
		Before: func(ekssim.Call) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(5 * time.Millisecond)
		},
		After: func(ekssim.Call) { now.Add(-1) },
	})
	c := awsclient.New(awsclient.Options{Concurrency: 3})
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			s, err := c.Connect(t.Context(), awsclient.Target{Cluster: cluster(hub, "dev")})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := s.EKS.DescribeCluster(t.Context(),
				&eks.DescribeClusterInput{Name: aws.String("dev")}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := most.Load(); n < 2 || n > 4 { // an answer is on its way a moment longer than its work
		t.Errorf("%d calls at a time, want 3", n)
	}
}

func TestDebug(t *testing.T) {
	simulate(t, "AKIAALICE")
	var log bytes.Buffer
	c := awsclient.New(
		awsclient.Options{Debug: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))},
	)
	s, err := c.Connect(t.Context(), awsclient.Target{Cluster: cluster(hub, "dev")})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = s.EKS.DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: aws.String("nowhere")})
	for _, part := range []string{"service=STS operation=GetCallerIdentity", "service=EKS operation=DescribeCluster " +
		"region=eu-west-1", "failed=ResourceNotFoundException"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log lacks %q:\n%s", part, log.String())
		}
	}
	for _, secret := range []string{"simulated", "AKIAALICE", "Authorization"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, log.String())
		}
	}
}

func TestUserAgent(t *testing.T) {
	isolate(t)
	agent := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent = r.UserAgent()
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "simulated")
	_, _ = awsclient.New(awsclient.Options{Version: "1.2.3"}).
		Connect(t.Context(), awsclient.Target{Cluster: cluster(hub, "dev")})
	if !strings.Contains(agent, " eksaccess/1.2.3") {
		t.Errorf("the user agent is %q", agent)
	}
}

func TestForeignEndpoints(t *testing.T) {
	profile := func(text string) string { return "[profile p]\nregion = eu-west-1\n" + text }
	tests := []struct {
		name    string
		env     string
		profile string
		want    []string
	}{
		{name: "none"},
		{
			name: "all",
			env:  "AWS_ENDPOINT_URL=http://127.0.0.1:4566",
			want: []string{"http://127.0.0.1:4566 (eks, iam, sts)"},
		},
		{name: "one", env: "AWS_ENDPOINT_URL_EKS=http://127.0.0.1:1", want: []string{"http://127.0.0.1:1 (eks)"}},
		{name: "two", env: "AWS_ENDPOINT_URL=https://proxy.corp AWS_ENDPOINT_URL_STS=http://127.0.0.1:1",
			want: []string{"http://127.0.0.1:1 (sts)", "https://proxy.corp (eks, iam)"}},
		{
			name: "a VPC endpoint is AWS's",
			env:  "AWS_ENDPOINT_URL_EKS=https://vpce-1-2.eks.eu-west-1.vpce.amazonaws.com",
		},
		{
			name: "not for being alike",
			env:  "AWS_ENDPOINT_URL_EKS=https://eks-amazonaws.com",
			want: []string{"https://eks-amazonaws.com (eks)"},
		},
		{name: "turned off", env: "AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"},
		{
			name: "no password shown",
			env:  "AWS_ENDPOINT_URL_IAM=https://me:hush@proxy.corp/x?token=hush",
			want: []string{"https://proxy.corp/x (iam)"},
		},
		{
			name:    "of a profile",
			profile: profile("endpoint_url = http://127.0.0.1:7"),
			want:    []string{"http://127.0.0.1:7 (eks, iam, sts)"},
		},
		{
			name:    "of a profile's services",
			profile: profile("services = s\n[services s]\neks =\n  endpoint_url = http://127.0.0.1:8\n"),
			want:    []string{"http://127.0.0.1:8 (eks)"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			isolate(t)
			for _, kv := range strings.Fields(tt.env) {
				name, value, _ := strings.Cut(kv, "=")
				t.Setenv(name, value)
			}
			var targets []awsclient.Target
			if tt.profile != "" {
				profiles(t, tt.profile)
				targets = []awsclient.Target{{Profile: "p"}, {Profile: "p"}, {Profile: "elsewhere"}}
			}
			if tt.want == nil {
				tt.want = []string{}
			}
			if diff := cmp.Diff(tt.want, awsclient.New(awsclient.Options{}).ForeignEndpoints(t.Context(),
				targets...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestCallerIs(t *testing.T) {
	tests := []struct {
		caller, role string
		want         bool
	}{
		{"arn:aws:sts::111122223333:assumed-role/ci/x", "arn:aws:iam::111122223333:role/ci", true},
		{"arn:aws:sts::111122223333:assumed-role/ci/x", "arn:aws:iam::111122223333:role/team/ci", true},
		{"arn:aws:sts::111122223333:assumed-role/ci/x", "arn:aws:iam::444455556666:role/ci", false},
		{"arn:aws:sts::111122223333:assumed-role/ci/x", "arn:aws-cn:iam::111122223333:role/ci", false},
		{"arn:aws:sts::111122223333:assumed-role/ci/x", "arn:aws:iam::111122223333:user/ci", false},
		{"arn:aws:iam::111122223333:user/ci", "arn:aws:iam::111122223333:role/ci", false},
		{"arn:aws:sts::111122223333:federated-user/ci", "arn:aws:iam::111122223333:role/ci", false},
		{"", "", false},
	}
	for _, tt := range tests {
		if got := (awsclient.Caller{ARN: tt.caller}).Is(tt.role); got != tt.want {
			t.Errorf("%q is %q: %v, want %v", tt.caller, tt.role, got, tt.want)
		}
	}
}

func ExampleCaller_Is() {
	c := awsclient.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/eksaccess/build"}
	fmt.Println(c.Is("arn:aws:iam::111122223333:role/ops/eksaccess"))
	// Output: true
}
