package apply

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Against the simulator, through the SDK and HTTP: what the fake of this
// package can't tell, because it knows neither retries nor bytes.

// A simulated cluster is the reader and, with the SDK's client, the writer.
type simulated struct {
	*eks.Client
	sim *ekssim.Server
	id  arn.Cluster

	mu  sync.Mutex
	now time.Time
}

func simulate(t *testing.T, world string) *simulated {
	t.Helper()
	w, err := ekssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	s := &simulated{id: arn.Cluster{Partition: "aws", Account: account, Region: "eu-west-1", Name: "prod"},
		now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	if s.sim, err = ekssim.Start(w, ekssim.WithClock(s.clock)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.sim.Close() })
	s.Client = eks.New(eks.Options{Region: s.id.Region, BaseEndpoint: aws.String(s.sim.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("AKIASIM"+account, "simulated", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 12 // the program's patience: calls made side by side may fail three times in a row
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})})
	return s
}

func (s *simulated) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *simulated) sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	return ctx.Err()
}

func (s *simulated) Read(ctx context.Context) (*spec.Live, error) {
	return live.Read(ctx, s.Client, s.id, live.Options{})
}

func (s *simulated) ReadEntry(ctx context.Context, principal string) (*spec.LiveEntry, error) {
	return live.ReadEntry(ctx, s.Client, s.id, principal, live.Options{})
}

func (s *simulated) ReadAWSAuth(_ context.Context, last *spec.AWSAuth) *spec.AWSAuth { return last }

func (s *simulated) Mode(ctx context.Context) (string, error) {
	l, err := live.ReadCluster(ctx, s.Client, s.id, "")
	if err != nil {
		return "", err
	}
	return l.Mode, nil
}

func (s *simulated) Update(ctx context.Context, id string) (Update, error) {
	out, err := s.DescribeUpdate(ctx, &eks.DescribeUpdateInput{Name: &s.id.Name, UpdateId: &id})
	if err != nil {
		return Update{}, err
	}
	u := Update{Status: string(out.Update.Status)}
	if len(out.Update.Errors) > 0 {
		u.Code, u.Message = string(out.Update.Errors[0].ErrorCode), aws.ToString(out.Update.Errors[0].ErrorMessage)
	}
	return u, nil
}

func (s *simulated) apply(t *testing.T, mode string, changes ...plan.Change) ClusterResult {
	t.Helper()
	have, err := s.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeEKS{id: s.id, mode: have.Mode} // for the form of the plan only
	target := f.target(mode, changes...)
	target.Have, target.Writer, target.Reader = have, s.Client, s
	s.sim.ForgetCalls()
	r := Run(context.Background(), target, Options{Now: s.clock, Sleep: s.sleep, Entries: 1})
	if why := misreportedSteps(target.Plan, r); why != "" {
		t.Errorf("every planned step must be reported once: %s", why)
	}
	return r
}

func (s *simulated) writes() string {
	var lines []string
	for _, c := range s.sim.Calls(ekssim.CallFilter{Mutating: true}) {
		lines = append(lines, c.Operation+" "+short(c.Principal)+" "+c.ErrorCode)
	}
	return strings.Join(lines, "\n")
}

// eachOperation is a world, and changes that need every writing operation.
const eachOperation = `
clusters:
  - name: prod
    account: "111122223333"
    entries:
      - {principal: role/boss, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/clears, groups: [g], tags: {"eksaccess:reason": x}}
      - {principal: role/goes, policies: [AmazonEKSViewPolicy]}
      - {principal: role/moves, policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [a, b]}]}
      - {principal: role/node, type: EC2_LINUX}
    nodeGroups: []
accounts:
  - id: "111122223333"
    roles: [new, {name: late, propagation: {calls: 2}}]
`

func eachChange() []plan.Change {
	cleared := withTags(withGroups(entry("clears"), "g"), spec.TagReason, "x")
	return []plan.Change{
		create(withTags(withGroups(entry("new", "View", "Edit:a"), "g"), "team", "new")),
		create(entry("late", "View")),
		update(cleared, withTags(entry("clears"), "team", "c")),
		remove(entry("goes", "View")),
		update(entry("moves", "View", "Edit:a,b"), entry("moves", "Edit:b,c", "Admin")),
		replaceOf(withType(entry("node"), eksfacts.EC2Linux), entry("node", "View"), false),
	}
}

func TestSimulatedTrouble(t *testing.T) {
	for _, test := range []struct {
		effect     string
		operations []string
	}{
		{"", []string{""}},
		{"lost", []string{plan.CreateAccessEntry, plan.UpdateAccessEntry, plan.DeleteAccessEntry,
			plan.AssociateAccessPolicy,
			plan.DisassociateAccessPolicy, plan.TagResource, plan.UntagResource, plan.UpdateClusterConfig, "Describe*",
			"List*"}},
		{"throttle", []string{"*"}},
		{"serviceUnavailable", []string{"*"}},
		{"reset", []string{"*"}},
	} {
		for _, operation := range test.operations {
			t.Run(strings.TrimSpace(test.effect+" "+operation), func(t *testing.T) {
				s := simulate(t, eachOperation)
				before := s.sim.Rights(s.simID())
				if test.effect != "" {
					// Every third call of all that are under way.
					for n := 1; n < 60; n += 3 {
						if err := s.sim.AddFault(ekssim.Fault{Operation: operation, Effect: test.effect,
							Nth: n}); err != nil {
							t.Fatal(err)
						}
					}
				}
				r := s.apply(t, eksfacts.ModeAPI, eachChange()...)
				if r.Status != Applied {
					t.Fatalf("%s, %v\n%v\n%s", r.Status, r.Error, r.Warnings, s.writes())
				}
				s.keeps(t, before, role("node"))
			})
		}
	}
}

func (s *simulated) simID() ekssim.ClusterID {
	return ekssim.ClusterID{Account: s.id.Account, Region: s.id.Region, Name: s.id.Name}
}

// keeps fails if a principal lacked, after any call, a policy at a scope that
// it has before and at the end.
func (s *simulated) keeps(t *testing.T, before map[string]ekssim.Right, except string) {
	t.Helper()
	after := s.sim.Rights(s.simID())
	has := func(r ekssim.Right, policy, namespace string) bool {
		for _, g := range r.Policies {
			if g.Policy != policy {
				continue
			}
			if len(g.Namespaces) == 0 {
				return true
			}
			for _, n := range g.Namespaces {
				if n == namespace {
					return true
				}
			}
		}
		return false
	}
	for _, c := range s.sim.Calls(ekssim.CallFilter{}) {
		now := s.sim.RightsAfter(s.simID(), c.Seq)
		for p, b := range before {
			for _, g := range b.Policies {
				for _, n := range append([]string{""}, g.Namespaces...) {
					if n == "" && len(g.Namespaces) > 0 {
						continue
					}
					if p != except && has(after[p], g.Policy, n) && !has(now[p], g.Policy, n) {
						t.Errorf("%s lacks %s in %q after call %d, %s", p, g.Policy, n, c.Seq, c.Operation)
					}
				}
			}
		}
	}
}

// An update sends an empty list of groups and the derived username: both are
// right whether EKS resets or keeps what is not sent.
func TestSimulatedBytes(t *testing.T) {
	s := simulate(t, eachOperation)
	if r := s.apply(t, "", eachChange()...); r.Status != Applied {
		t.Fatalf("%s, %v", r.Status, r.Error)
	}
	for _, c := range s.sim.Calls(ekssim.CallFilter{Operation: plan.UpdateAccessEntry}) {
		if c.Principal == role("clears") &&
			(!strings.Contains(c.Body, `"kubernetesGroups":[]`) ||
				!strings.Contains(c.Body, `"username":"arn:aws:sts::`)) {
			t.Errorf("sent %s", c.Body)
		}
	}
	for _, c := range s.sim.Calls(ekssim.CallFilter{Operation: plan.AssociateAccessPolicy}) {
		if strings.Contains(c.Body, `"cluster"`) && strings.Contains(c.Body, "namespaces") {
			t.Errorf("sent %s", c.Body)
		}
	}
	for _, c := range s.sim.Calls(ekssim.CallFilter{Failed: true}) {
		if c.Principal != role("late") {
			t.Errorf("%s of %s was refused: %s", c.Operation, c.Principal, c.Message)
		}
	}
}

func TestSimulatedRequestIDs(t *testing.T) {
	s := simulate(t, eachOperation)
	if err := s.sim.AddFault(ekssim.Fault{Operation: plan.AssociateAccessPolicy, Principal: role("moves"),
		Effect: "deny"}); err != nil {
		t.Fatal(err)
	}
	r := s.apply(t, "", eachChange()...)
	if r.Status != Failed || r.Error.Action != "eks:AssociateAccessPolicy" || r.Error.Hint == "" ||
		!strings.Contains(r.Error.Resource, "access-entry/prod/") {
		t.Errorf("%s, %#v", r.Status, r.Error)
	}
	for _, s := range append(r.Done, r.Failed...) {
		if s.RequestID == "" {
			t.Errorf("%s has no request id", line(s))
		}
	}
	if strings.Contains(s.writes(), "Delete") {
		t.Errorf("revoked after a failed grant:\n%s", s.writes())
	}
}

func TestSimulatedModeSwitch(t *testing.T) {
	s := simulate(t, `
settings: {updatePolls: 4}
clusters:
  - name: prod
    account: "111122223333"
    mode: CONFIG_MAP
    creator: role/creator
    nodeGroups: [{name: ng, role: role/nodes}]
accounts:
  - {id: "111122223333", roles: [other]}
`)
	r := s.apply(
		t,
		eksfacts.ModeAPI,
		create(entry("creator", "View")),
		create(withType(entry("nodes"), eksfacts.EC2Linux)),
		create(entry("other", "ClusterAdmin")),
	)
	// The creator's entry was not in the plan, so it only gains.
	want := strings.Join(
		[]string{"UpdateClusterConfig  ", "AssociateAccessPolicy role/creator ", "CreateAccessEntry role/other ",
			"AssociateAccessPolicy role/other ", "UpdateClusterConfig  "},
		"\n",
	)
	if r.Status != Incomplete || s.writes() != want || len(r.Left) != 1 || r.Left[0].Principal != role("creator") {
		t.Errorf("%s, %v, left %v, sent:\n%s", r.Status, r.Error, r.Left, s.writes())
	}
}

func TestSimulatedUpdateFails(t *testing.T) {
	s := simulate(t, `
clusters: [{name: prod, account: "111122223333", mode: CONFIG_MAP, creator: role/creator, failUpdate: {errorCode: AccessDenied, message: no}}]
`)
	r := s.apply(t, eksfacts.ModeAPIAndConfigMap, create(entry("creator", "View")))
	if r.Status != Failed || r.Error.Code != "AccessDenied" || len(r.NotTried) != 2 {
		t.Errorf("%s, %v", r.Status, r.Error)
	}
}

func TestSimulatedDeadPrincipal(t *testing.T) {
	s := simulate(t, eachOperation)
	if err := s.sim.RecreateRole(role("boss")); err != nil {
		t.Fatal(err)
	}
	boss := entry("boss", "ClusterAdmin")
	if r := s.apply(t, "", replaceOf(boss, boss, true)); r.Status != Applied ||
		len(s.sim.LivingAdmins(s.simID())) != 1 {
		t.Errorf("%s, %v, admins %v", r.Status, r.Error, s.sim.LivingAdmins(s.simID()))
	}
}

func TestSimulatedLag(t *testing.T) {
	s := simulate(t, eachOperation)
	s.sim.Change(func(c *ekssim.Settings) { c.VisibilityLag = ekssim.Duration(20 * time.Second) })
	if r := s.apply(t, "", eachChange()...); r.Status != Applied {
		t.Errorf("%s, %v\n%v\n%s", r.Status, r.Error, r.Warnings, s.writes())
	}
}
