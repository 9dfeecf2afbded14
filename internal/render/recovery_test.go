package render

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/recover"
	"github.com/eksaccess/eksaccess/internal/render/escape"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

const (
	oncall      = "arn:aws:iam::111122223333:role/oncall"
	developers  = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"
	formerlyDev = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_fedcba9876543210"
)

// recovered is the report of a recovery that gave cluster admin to the caller.
func recovered() *recover.Report {
	now := time.Date(2026, 11, 30, 15, 10, 0, 0, time.UTC)
	admin := arn.AccessPolicy("aws", "AmazonEKSClusterAdminPolicy")
	cluster := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}
	journal := "/j"
	return &recover.Report{
		CreatedAt: now, Name: "dev", Region: "eu-west-1", Account: "111122223333", ARN: cluster.ARN(),
		Principal: oncall, Self: true, Principals: []string{oncall, developers}, Outcome: recover.Recovered,
		Journal: &journal, Undo: "eksaccess undo 20261130T150615Z-d5fa4a",
		Grant: &recover.Grant{
			Principal: oncall, Cluster: cluster, Policy: spec.Policy{ARN: admin, Scope: spec.ScopeCluster},
			Lasts: 8 * time.Hour, Expires: now.Add(8 * time.Hour), HoldUntil: now.Add(8 * time.Hour),
		},
		Steps: []recover.Step{
			{Name: recover.Identity, Status: recover.Done,
				Detail: oncall + ", session three-in-the-morning, account 111122223333"},
			{Name: recover.Reach, Status: recover.Done,
				Detail: "dev: ACTIVE, Kubernetes 1.33, mode API_AND_CONFIG_MAP"},
			{Name: recover.Mode, Status: recover.NotNeeded, Detail: "API_AND_CONFIG_MAP, which has access entries"},
			{Name: recover.Entry, Status: recover.Done, Detail: "created, expires 2026-11-30T23:10:00Z",
				Text: "created"},
			{Name: recover.Policy, Status: recover.Done, Detail: "AmazonEKSClusterAdminPolicy for the whole cluster",
				Text: "associated"},
			{Name: recover.Kubeconfig, Status: recover.Done,
				Detail: `context "dev" added and selected (was "kind-local")`, Next: "kubectl get nodes"},
			{Name: recover.Proof, Status: recover.Done, Detail: "verified: the cluster allows everything",
				Text: "verified: kubectl auth can-i '*' '*' --all-namespaces: yes"},
		},
		Notes: []recover.Note{{Message: "EKS does not delete the entry", OfExpiry: true,
			Fix: []string{"eksaccess cleanup --expired --cluster dev --region eu-west-1"}}},
	}
}

var plannedSteps = []recover.Step{
	{Name: recover.Mode, Status: recover.NotNeeded, Detail: "API_AND_CONFIG_MAP, which has access entries"},
	{Name: recover.Entry, Status: recover.Planned, Text: "to be created, expires in 8h (23:10 UTC)"},
	{Name: recover.Policy, Status: recover.Planned, Detail: "AmazonEKSClusterAdminPolicy for the whole cluster"},
}

// narrow is the report of a recovery in mode CONFIG_MAP for a principal that is
// not the caller.
func narrow() *recover.Report {
	r := recovered()
	r.Principal, r.Self = developers, false
	r.Steps[0].Detail = developers + "; requested by " + oncall + ", session three-in-the-morning"
	r.Steps[1].Detail = "dev: ACTIVE, Kubernetes 1.33, mode CONFIG_MAP"
	r.Steps[2] = recover.Step{Name: recover.Mode, Status: recover.Done, Text: "changed to API_AND_CONFIG_MAP"}
	r.Steps[5] = recover.Step{Name: recover.Kubeconfig, Status: recover.NotNeeded,
		Text: "to be written by " + developers,
		Next: "eksaccess kubeconfig --cluster dev --region eu-west-1"}
	r.Steps[6] = recover.Step{Name: recover.Proof, Status: recover.NotTried,
		Text: "only " + developers + " can ask the cluster", Next: "kubectl auth can-i get pods --namespace shop"}
	g := r.Grant
	g.Principal, g.Mode = developers, &plan.ModeChange{Before: "CONFIG_MAP", After: "API_AND_CONFIG_MAP"}
	g.Policy = spec.Policy{ARN: arn.AccessPolicy("aws", "AmazonEKSViewPolicy"), Scope: spec.ScopeNamespace,
		Namespaces: []string{"shop"}}
	r.Notes = append(r.Notes, recover.Note{Message: developers + " has an earlier role; its entry was not changed",
		Fix: []string{"eksaccess cleanup --orphaned --cluster dev --region eu-west-1"}})
	return r
}

// failed is the report of a recovery whose policy could not be associated.
func failed() *recover.Report {
	r := recovered()
	r.Outcome, r.Notes = recover.RecoveryFailed, nil
	r.Steps = r.Steps[:5]
	r.Steps[4] = recover.Step{Name: recover.Policy, Status: recover.Failed,
		Detail: "AmazonEKSClusterAdminPolicy for the whole cluster",
		Error: &plan.Error{Code: "AccessDenied", Operation: plan.AssociateAccessPolicy,
			Action: "eks:AssociateAccessPolicy", Resource: r.ARN, RequestID: "3b7c",
			Message: "the policies of " + oncall + " do not allow it", Hint: "allow it"}}
	return r
}

// drawRecovery draws all of a recovery in the order of a run.
func drawRecovery(t *testing.T, w io.Writer, r *recover.Report, planned []recover.Step, asks bool, opts Options) {
	t.Helper()
	errs := []error{RecoveryRegion(w, r.Region, "AWS_REGION", opts)}
	for i, s := range r.Steps {
		if i == 2 {
			errs = append(errs, RecoveryPlan(w, r, planned, r.Grant, asks, opts))
			if asks {
				_, err := io.WriteString(w, RecoveryQuestion(r, *r.Grant, opts)+"\n")
				errs = append(errs, err)
			}
		}
		errs = append(errs, RecoveryStep(w, r, s, opts))
	}
	for _, err := range append(errs, RecoveryEnd(w, r, opts)) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestRecoveryGolden(t *testing.T) {
	withMode := []recover.Step{
		{Name: recover.Mode, Status: recover.Planned,
			Detail: "CONFIG_MAP -> API_AND_CONFIG_MAP, cannot be undone, takes minutes"},
		plannedSteps[1],
		{Name: recover.Policy, Status: recover.Planned, Detail: "AmazonEKSViewPolicy in namespace shop"},
	}
	for _, test := range []struct {
		name    string
		report  *recover.Report
		planned []recover.Step
		asks    bool
	}{
		{"recovered", recovered(), plannedSteps, true},
		{"narrow", narrow(), withMode, false},
		{"failed", failed(), plannedSteps, true},
	} {
		for look, opts := range map[string]Options{
			"80.txt": {Width: 80}, "wide.txt": {Width: 160, Wide: true}, "color.txt": {Width: 80, Color: true},
		} {
			var got bytes.Buffer
			drawRecovery(t, &got, test.report, test.planned, test.asks, opts)
			file := filepath.Join("testdata", "recovery", test.name+"."+look)
			if *update {
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got.String()); d != "" {
				t.Errorf("%s (-want +got), -update rewrites it:\n%s", file, d)
			}
		}
	}
}

// Hostile text of a recovery does not reach the terminal, at any width, and a
// command is not wrapped.
func TestHostileRecovery(t *testing.T) {
	for _, hostile := range []string{"", "\x1b[2J\n\u202e\u009b|<b>"} {
		for _, width := range []int{0, 40, 200} {
			r := failed()
			r.Name, r.Region, r.Principal = r.Name+hostile, r.Region+hostile, r.Principal+hostile
			r.Undo += strings.Repeat(" x", 60) + hostile
			r.Grant.Cluster.Name, r.Grant.Policy.ARN = r.Name, r.Grant.Policy.ARN+hostile
			for i := range r.Steps {
				r.Steps[i].Detail += hostile
			}
			*r.Steps[4].Error = plan.Error{Code: "Unauthorized" + hostile, Message: "no" + hostile,
				Hint: "wait" + hostile}
			r.Notes = []recover.Note{{Message: "nodes" + hostile, Fix: []string{"aws eks" + hostile}}}
			var b bytes.Buffer
			drawRecovery(t, &b, r, r.Steps, false, Options{Width: width})
			for _, c := range b.String() {
				if c != '\n' && !escape.Printable(c) {
					t.Fatalf("%q is printed at width %d", c, width)
				}
			}
			if !strings.Contains(b.String(), strings.Repeat(" x", 60)) {
				t.Errorf("the command is wrapped at width %d:\n%s", width, b.String())
			}
		}
	}
}

func TestRecoveryResult(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*recover.Report)
		want   string
	}{
		{"recovered", func(*recover.Report) {}, "role oncall is cluster admin of dev until 23:10 UTC"},
		{"not verified", func(r *recover.Report) { r.Steps = r.Steps[:5] },
			"role oncall is cluster admin of dev until 23:10 UTC (not verified in the cluster)"},
		{"existing entry", func(r *recover.Report) { r.Grant.Expires = time.Time{} },
			"role oncall is cluster admin of dev; its entry is on hold until 23:10 UTC"},
		{"nothing missing", func(r *recover.Report) {
			r.Outcome, r.Grant.Expires, r.Grant.HoldUntil = recover.NothingMissing, time.Time{}, time.Time{}
		}, "role oncall is already cluster admin of dev; nothing was changed"},
		{"not confirmed", func(r *recover.Report) { r.Outcome, r.Steps = recover.Unconfirmed, r.Steps[:5] },
			"not confirmed: role oncall is cluster admin of dev until 23:10 UTC"},
		{"no kubeconfig", func(r *recover.Report) { r.Outcome = recover.Unconfirmed },
			"role oncall is cluster admin of dev until 23:10 UTC; not every step succeeded"},
		{"refused", func(r *recover.Report) { r.Outcome = recover.Refused }, "no changes were made in dev"},
		{"drill", func(r *recover.Report) { r.Outcome = recover.WouldRecover },
			"drill: a recovery of role oncall in dev would succeed; no changes were made"},
		{"failed drill", func(r *recover.Report) { r.Outcome = recover.WouldNotRecover },
			"drill: a recovery of role oncall in dev would fail; no changes were made"},
		{"failed", func(r *recover.Report) { r.Outcome = recover.RecoveryFailed }, ""},
	} {
		r := recovered()
		test.change(r)
		if got, _ := recoveryResult(r, recoveryLabels(r, Options{})); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	r := narrow()
	r.Principals = append(r.Principals, formerlyDev)
	const want = "permission set Dev (suffix 0123456789abcdef) has view in shop (cluster dev) until 23:10 UTC " +
		"(not verified in the cluster)"
	if got, _ := recoveryResult(r, recoveryLabels(r, Options{})); got != want {
		t.Errorf("a narrow policy: %q, want %q", got, want)
	}
}

// A failure names the principal that was requested, also if it was not found.
func TestRecoveryFailure(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*recover.Report)
		want   string
	}{
		{"failed", func(*recover.Report) {},
			"could not give role oncall access to dev: policy: the policies of role oncall do not allow it"},
		{"refused", func(r *recover.Report) {
			r.Outcome = recover.Refused
			r.Steps[4].Name, r.Steps[4].Error.Message = recover.Entry, "minAdmins: no admin would remain"
		}, "could not give role oncall access to dev: entry: minAdmins: no admin would remain"},
		{"no such role", func(r *recover.Report) {
			r.Principal, r.Asked = "", spec.PrincipalRef{Role: "oncal"}
			r.Steps = []recover.Step{{Name: recover.Identity, Status: recover.Failed, Detail: "GetRole"}}
		}, "could not give role oncal access to dev: identity: GetRole"},
		{"no caller", func(r *recover.Report) {
			r.Principal, r.Steps = "", []recover.Step{{Name: recover.Identity, Status: recover.Failed}}
		}, "could not give the caller access to dev: identity"},
		{"not confirmed", func(r *recover.Report) {
			r.Outcome = recover.Unconfirmed
			r.Steps[4] = recover.Step{Name: recover.Proof, Status: recover.Unverified,
				Error: &plan.Error{Message: "401"}}
		}, "could not confirm access for role oncall in dev: access: 401"},
		{"no kubeconfig", func(r *recover.Report) {
			r.Outcome = recover.Unconfirmed
			r.Steps = []recover.Step{{Name: recover.Kubeconfig, Status: recover.Unverified, Detail: "not written"},
				{Name: recover.Proof, Status: recover.Done}}
		}, "role oncall has access to dev, but not every step succeeded: kubeconfig: not written"},
		{"unread drill", func(r *recover.Report) { r.Outcome = recover.WouldNotRecover },
			"could not check the recovery of role oncall in dev: policy: the policies of role oncall do not allow it"},
		{"recovered", func(r *recover.Report) { r.Outcome = recover.Recovered }, ""},
	} {
		r := failed()
		test.change(r)
		if got := RecoveryFailure(r, Options{}); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
