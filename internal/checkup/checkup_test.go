package checkup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

const world = `
credentials:
- {accessKeyId: AKIAADMIN, principal: "arn:aws:iam::111122223333:role/team/admin"}
- {accessKeyId: AKIANOBODY, principal: "arn:aws:iam::111122223333:role/nobody"}
- {accessKeyId: AKIAFEW, principal: "arn:aws:iam::111122223333:role/team/admin", denied: [eks:ListAccessEntries, "iam:*"]}
- {accessKeyId: AKIADENIED, principal: "arn:aws:iam::111122223333:role/team/admin", denied: [eks:DescribeCluster]}
accounts:
- {id: "111122223333", roles: [team/admin, nobody, viewer, nodes]}
clusters:
- name: dev
  mode: API
  nodeGroups: [{name: workers, role: role/nodes}]
  entries:
  - {principal: role/team/admin, policies: [AmazonEKSClusterAdminPolicy]}
  - {principal: role/viewer, policies: [AmazonEKSViewPolicy]}
  - {principal: role/nodes, type: EC2_LINUX}
`

type silent struct{}

func (silent) Note(string)                          {}
func (silent) Warn(string, string)                  {}
func (silent) Problems(spec.Problems, string) error { return nil }
func (silent) Progress() fleet.Progress             { return nil }

// newFleet returns the clusters of the simulated world, as an access key sees
// them.
func newFleet(t *testing.T, key string) (*ekssim.Server, *fleet.Fleet) {
	t.Helper()
	w, err := ekssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := ekssim.New(w)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := sim.Transport()
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	home := t.TempDir()
	none := filepath.Join(home, "none")
	for _, kv := range append(sim.Env(key), "HOME="+home, "KUBECONFIG="+none, "AWS_CONFIG_FILE="+none,
		"AWS_SHARED_CREDENTIALS_FILE="+none) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	clock := &awsclient.Clock{Machine: time.Now}
	return sim, fleet.New(fleet.Options{
		AWS:    awsclient.Options{Clock: clock, Concurrency: 10, TestOnlyTransport: transport},
		Begun:  time.Now(),
		Report: silent{},
	})
}

func options(cluster string) Options {
	return Options{
		Cluster: &spec.Cluster{ID: arn.Cluster{Partition: "aws", Region: "eu-west-1", Name: cluster}},
		Reach:   "--cluster " + cluster + " --region eu-west-1",
	}
}

// statuses are the results of checks by their ids.
func statuses(r *doctor.Report) map[string]doctor.Status {
	all := map[string]doctor.Status{}
	for _, c := range r.Checks {
		all[c.ID] = c.Status
	}
	return all
}

func TestRun(t *testing.T) {
	viewer := spec.PrincipalRef{Role: "viewer"}
	for _, test := range []struct {
		name, key, cluster string
		principal          *spec.PrincipalRef
		access             doctor.Access
		checks             map[string]doctor.Status
		next               string // command
	}{
		{"the caller", "AKIAADMIN", "dev", nil, doctor.HasAccess, map[string]doctor.Status{
			doctor.CheckIdentity: doctor.OK, doctor.CheckCluster: doctor.OK, doctor.CheckEntry: doctor.OK,
			doctor.CheckAlive: doctor.OK, doctor.CheckPolicies: doctor.OK, doctor.CheckKubectl: doctor.Warned,
		}, "eksaccess kubeconfig --cluster dev --region eu-west-1"},
		{"without an entry", "AKIANOBODY", "dev", nil, doctor.NoAccess, map[string]doctor.Status{
			doctor.CheckEntry: doctor.Failed, doctor.CheckAlive: doctor.OK,
		}, "eksaccess recover --cluster dev --region eu-west-1"},
		{"another principal", "AKIANOBODY", "dev", &viewer, doctor.HasAccess, map[string]doctor.Status{
			doctor.CheckEntry: doctor.OK, doctor.CheckToken: doctor.NotRelevant,
		}, ""},
		{"without IAM and the list of entries", "AKIAFEW", "dev", nil, doctor.HasAccess, map[string]doctor.Status{
			doctor.CheckIdentity: doctor.Warned, doctor.CheckAlive: doctor.Unchecked, doctor.CheckToken: doctor.OK,
		}, "eksaccess kubeconfig --cluster dev --region eu-west-1"},
		{"a cluster that cannot be described", "AKIADENIED", "dev", nil, doctor.NotKnown, map[string]doctor.Status{
			doctor.CheckCluster: doctor.Failed,
		}, ""},
		{"a cluster that does not exist", "AKIAADMIN", "dve", nil, doctor.NotKnown, map[string]doctor.Status{
			doctor.CheckCluster: doctor.Failed,
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim, f := newFleet(t, test.key)
			o := options(test.cluster)
			o.Principal = test.principal
			r, err := Run(t.Context(), f, o)
			if err != nil {
				t.Fatal(err)
			}
			if r.Access != test.access {
				t.Errorf("access %s (%s), want %s", r.Access, r.Why, test.access)
			}
			got := statuses(r)
			for id, want := range test.checks {
				if got[id] != want {
					t.Errorf("check %s is %q, want %q", id, got[id], want)
				}
			}
			if r.Next.Command != test.next {
				t.Errorf("next command %q, want %q", r.Next.Command, test.next)
			}
			if r.Self != (test.principal == nil && r.Principal != nil) {
				t.Errorf("self is %t", r.Self)
			}
			if wrote := sim.Operations(ekssim.CallFilter{Mutating: true}); len(wrote) > 0 {
				t.Errorf("it wrote: %s", wrote)
			}
		})
	}
}

// Only the entries of the principal and of nodes are read.
func TestReadsFewEntries(t *testing.T) {
	sim, f := newFleet(t, "AKIAADMIN")
	if _, err := Run(t.Context(), f, options("dev")); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, o := range sim.Operations(ekssim.CallFilter{}) {
		if strings.HasPrefix(o, "DescribeAccessEntry") {
			read++
		}
	}
	if read != 2 {
		t.Errorf("%d entries were read, want 2", read)
	}
}

// A role that does not exist, and a run that is interrupted, are errors.
func TestRunErrors(t *testing.T) {
	_, f := newFleet(t, "AKIAADMIN")
	o := options("dev")
	o.Principal = &spec.PrincipalRef{Role: "veiwer"}
	if _, err := Run(t.Context(), f, o); err == nil || !strings.Contains(err.Error(), "veiwer") {
		t.Errorf("a role that does not exist: %v", err)
	}
	_, f = newFleet(t, "AKIAADMIN")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := Run(ctx, f, options("dev")); err == nil || r != nil {
		t.Errorf("interrupted: %v, %v", r, err)
	}
}

// A snapshot has no kubeconfig, clock and answer of the cluster; these are
// unknown or not checked.
func TestExamineSnapshot(t *testing.T) {
	const viewer = "arn:aws:iam::111122223333:role/viewer"
	id := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}
	taken := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	view := spec.Policy{ARN: arn.AccessPolicy("aws", "AmazonEKSViewPolicy"), Scope: spec.ScopeCluster}
	cluster := snapshot.FromLive(&spec.Live{
		ID: id, Mode: "API", Status: "ACTIVE", EntriesRead: true,
		Entries: []spec.LiveEntry{
			{Entry: spec.Entry{Principal: viewer, Type: "STANDARD", Policies: []spec.Policy{view}}},
		},
	})
	o := options("dev")
	pods, err := cani.Parse("get pods -A")
	if err != nil {
		t.Fatal(err)
	}
	o.Questions = []cani.Question{pods}
	r := ExamineSnapshot(cluster, taken, viewer, nil, o)
	if r.Access != doctor.HasAccess || r.SnapshotAt == nil || !r.SnapshotAt.Equal(taken) || r.Self {
		t.Errorf("%+v", r)
	}
	if len(r.Answers) != 1 || r.Answers[0].Verdict != doctor.Yes || r.Answers[0].How != doctor.Derived {
		t.Errorf("answers %+v", r.Answers)
	}
	got := statuses(r)
	if _, checked := got[doctor.CheckKubectl]; checked || got[doctor.CheckEndpoint] != doctor.Unchecked {
		t.Errorf("checks %v", got)
	}

	declared := []*spec.Cluster{{ID: id, Items: []spec.Item{
		{Principal: spec.PrincipalRef{ARN: "arn:aws:iam::111122223333:role/other"}, Policies: []spec.Policy{view}},
		{Principal: spec.PrincipalRef{Role: "new"}, Policies: []spec.Policy{view}},
	}}}
	next := ExamineSnapshot(cluster, taken, "arn:aws:iam::111122223333:role/new", declared, o).Next
	if want := "eksaccess apply " + o.Reach; next.Command != want {
		t.Errorf("a declared principal without an entry: next %q, want %q", next.Command, want)
	}
}

func TestDeclaredItems(t *testing.T) {
	c := &spec.Cluster{ID: arn.Cluster{Account: "111122223333"}, Items: []spec.Item{
		{Principal: spec.PrincipalRef{Role: "a"}}, {Principal: spec.PrincipalRef{Role: "b"}},
		{Principal: spec.PrincipalRef{ARN: "arn:aws:iam::111122223333:role/a"}},
	}}
	if got := declaredItems(c, "arn:aws:iam::111122223333:role/a"); len(got) != 2 || len(c.Items) != 3 {
		t.Errorf("%d items of a, and %d in the cluster", len(got), len(c.Items))
	}
	if got := declaredItems(c, "arn:aws:iam::999900001111:role/b"); len(got) != 0 {
		t.Errorf("another account: %v", got)
	}
}

func TestRowOf(t *testing.T) {
	row := spec.AWSAuthRow{ARN: "arn:aws:iam::111122223333:role/a", Groups: []string{"ops"}}
	auth := &spec.AWSAuth{Read: true, Rows: []spec.AWSAuthRow{row}}
	for _, test := range []struct {
		name string
		auth *spec.AWSAuth
		arn  string
		want bool
	}{
		{"a row", auth, row.ARN, true},
		{"a role with a path", auth, "arn:aws:iam::111122223333:role/team/a", true}, // rows have no path
		{"no row", auth, "arn:aws:iam::111122223333:role/b", false},
		{"not read", &spec.AWSAuth{Rows: auth.Rows}, row.ARN, false},
		{"no aws-auth", nil, row.ARN, false},
	} {
		got, ok := rowOf(test.auth, test.arn)
		if ok != test.want || ok && !cmp.Equal(got, row) {
			t.Errorf("%s: %v, %t", test.name, got, ok)
		}
	}
}

func TestRefusalOf(t *testing.T) {
	known := &kubeerr.Error{Code: kubeerr.Timeout, Reason: "no answer"}
	if got := refusalOf(errors.Join(errors.New("reading"), known)); got != known {
		t.Errorf("a wrapped error: %+v", got)
	}
	if got := refusalOf(errors.New(" odd\n")); got.Reason != "odd" || got.Code != "" {
		t.Errorf("another error: %+v", got)
	}
}
