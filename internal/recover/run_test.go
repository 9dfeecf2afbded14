package recover_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/recover"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

const world = `
credentials: [{accessKeyId: AKIAME, principal: "arn:aws:iam::111122223333:role/oncall"}]
accounts:
- {id: "111122223333", roles: [oncall, admin]}
clusters:
- name: dev
  mode: API
  entries:
  - {principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}
`

// screen records the calls of an observer.
type screen struct {
	steps    []recover.Step
	messages []string
	planned  []recover.Step
	grant    *recover.Grant
}

func (s *screen) Step(_ *recover.Report, step recover.Step) error {
	s.steps = append(s.steps, step)
	return nil
}

func (s *screen) Plan(_ *recover.Report, steps []recover.Step, grant *recover.Grant) error {
	s.planned, s.grant = steps, grant
	return nil
}

func (s *screen) Waiting(string) {}
func (s *screen) Message(level recover.Level, text string) {
	s.messages = append(s.messages, string(level)+": "+text)
}

type silent struct{}

func (silent) Note(string)                          {}
func (silent) Warn(string, string)                  {}
func (silent) Problems(spec.Problems, string) error { return nil }
func (silent) Progress() fleet.Progress             { return nil }

// newRun returns a run in a simulated world, and options for cluster admin in its
// cluster, without a kubeconfig and without verification.
func newRun(t *testing.T) (*ekssim.Server, *run.Run, recover.Options) {
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
	for _, kv := range append(sim.Env("AKIAME"), "HOME="+home, "XDG_STATE_HOME="+home, "AWS_CONFIG_FILE="+none,
		"AWS_SHARED_CREDENTIALS_FILE="+none) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	clock := &awsclient.Clock{Machine: time.Now}
	clusters := fleet.New(fleet.Options{
		AWS:    awsclient.Options{Clock: clock, Concurrency: 10, TestOnlyTransport: transport},
		Kube:   fleet.KubeNever,
		Begun:  time.Now(),
		Report: silent{},
	})
	guards := plan.Options{Allow: plan.Allow{TakeOwnership: true}}
	r := run.New(clusters, run.Options{
		Plan:   guards,
		Now:    clock.Now,
		Report: silent{},
		Watch: func([]apply.Target) (events func(apply.Event), end func()) {
			return func(apply.Event) {}, func() {}
		},
	})
	admin := arn.AccessPolicy("aws", "AmazonEKSClusterAdminPolicy")
	return sim, r, recover.Options{
		Cluster:      &spec.Cluster{ID: arn.Cluster{Partition: "aws", Region: "eu-west-1", Name: "dev"}},
		Policy:       spec.Policy{ARN: admin, Scope: spec.ScopeCluster},
		Lasts:        time.Hour,
		Reason:       "INC-1",
		Guards:       guards,
		NoKubeconfig: true,
		NoVerify:     true,
		VerifyFor:    time.Minute,
	}
}

// writes are the operations that change something.
func writes(sim *ekssim.Server) []string {
	var list []string
	for _, o := range sim.Operations(ekssim.CallFilter{}) {
		for _, verb := range []string{"Create", "Delete", "Update", "Associate", "Disassociate", "Tag", "Untag"} {
			if strings.HasPrefix(o, verb) {
				list = append(list, o)
			}
		}
	}
	return list
}

func statuses(steps []recover.Step) string {
	var list []string
	for _, s := range steps {
		list = append(list, s.Name+" "+string(s.Status))
	}
	return strings.Join(list, ", ")
}

// An observer gets each step of the report, in order, and what is going to be
// written before that is done.
func TestRun(t *testing.T) {
	sim, r, o := newRun(t)
	s := &screen{}
	report, err := recover.Run(t.Context(), r, o, s)
	if err != nil {
		t.Fatal(err)
	}
	const want = "identity done, reach done, mode not-needed, entry done, policy done, kubeconfig not-needed, " +
		"proof not-tried"
	if got := statuses(report.Steps); got != want || report.Outcome != recover.Recovered {
		t.Errorf("%s: %s", report.Outcome, got)
	}
	if diff := cmp.Diff(report.Steps, s.steps); diff != "" {
		t.Errorf("the observer got other steps (-report +observer):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"CreateAccessEntry", "AssociateAccessPolicy"}, writes(sim)); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if g := s.grant; g == nil || g.Principal != report.Principal || g.Cluster.Name != "dev" || g.Lasts != time.Hour ||
		g.Expires.IsZero() || g.Mode != nil || g.Policy.ARN != o.Policy.ARN {
		t.Errorf("the grant that was shown is %+v", g)
	}
	if got := statuses(s.planned); got != "mode not-needed, entry would, policy would" {
		t.Errorf("planned: %s", got)
	}
	if len(s.messages) > 0 {
		t.Errorf("messages %q", s.messages)
	}
	if report.Journal == nil || report.Undo == "" {
		t.Error("the report has no journal")
	}
}

// A drill and printed commands go through the same parts and write nothing.
func TestNothingIsWritten(t *testing.T) {
	t.Run("drill", func(t *testing.T) {
		sim, r, o := newRun(t)
		s := &screen{}
		report, err := recover.Drill(t.Context(), r, o, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := statuses(report.Steps); !strings.HasPrefix(got, "identity done, reach done, permissions ") ||
			!strings.HasSuffix(got, "entry would, policy would, kubeconfig not-needed, proof not-tried") {
			t.Errorf("%s: %s", report.Outcome, got)
		}
		if diff := cmp.Diff(report.Steps, s.steps); diff != "" {
			t.Errorf("the observer got other steps (-report +observer):\n%s", diff)
		}
		if got := writes(sim); got != nil || report.Result != nil || report.Journal != nil {
			t.Errorf("it wrote: %v", got)
		}
	})
	t.Run("commands", func(t *testing.T) {
		sim, r, o := newRun(t)
		s := &screen{}
		lines, err := recover.Commands(t.Context(), r, o, s)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(lines, "\n")
		for _, command := range []string{"aws eks create-access-entry ", "aws eks associate-access-policy "} {
			if !strings.Contains(text, command) {
				t.Errorf("no %q in:\n%s", command, text)
			}
		}
		if got := writes(sim); got != nil || len(s.steps) > 0 {
			t.Errorf("it wrote %v and showed %v", got, s.steps)
		}
	})
	t.Run("not confirmed", func(t *testing.T) {
		sim, r, o := newRun(t)
		shown := 0
		o.Confirm = func(_ context.Context, _ *recover.Report, g recover.Grant) error {
			if g.Principal == "arn:aws:iam::111122223333:role/oncall" {
				shown++
			}
			return context.DeadlineExceeded
		}
		if _, err := recover.Run(t.Context(), r, o, &screen{}); err != context.DeadlineExceeded || shown != 1 {
			t.Errorf("%v, %d questions", err, shown)
		}
		if got := writes(sim); got != nil {
			t.Errorf("it wrote: %v", got)
		}
	})
}
