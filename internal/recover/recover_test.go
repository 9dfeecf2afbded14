package recover

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

var dev = arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}

func role(name string) string { return "arn:aws:iam::111122223333:role/" + name }

func policy(name string, namespaces ...string) spec.Policy {
	p := spec.Policy{ARN: arn.AccessPolicy("aws", name), Scope: spec.ScopeCluster, Namespaces: namespaces}
	if len(namespaces) > 0 {
		p.Scope = spec.ScopeNamespace
	}
	return p
}

// The published rules of a policy allow the questions for it.
func TestQuestions(t *testing.T) {
	for _, test := range []struct {
		policy spec.Policy
		want   string
	}{
		{policy("AmazonEKSClusterAdminPolicy"), "'*' '*' --all-namespaces, '*' '*.*' --all-namespaces, '*' '*'"},
		{policy("AmazonEKSClusterAdminPolicy", "a", "b-*"), "'*' '*' -n a, '*' '*.*' -n a, '*' '*' -n b-x, '*' '*.*' " +
			"-n b-x"},
		{policy("AmazonEKSViewPolicy"), "get pods --all-namespaces"},
		{policy("AmazonEKSViewPolicy", "shop"), "get pods -n shop"},
		{policy("AmazonEKSEditPolicy", "shop", "pay-*"), "delete pods -n shop, delete pods -n pay-x"},
		{policy("AmazonEKSAdminPolicy"), "create rolebindings.rbac.authorization.k8s.io --all-namespaces"},
		{policy("AmazonEMRJobPolicy"), ""},
		{policy("AmazonEMRJobPolicy", "shop"), ""},
	} {
		var got []string
		for _, q := range questionsFor(test.policy) {
			got = append(got, q.String())
			grant := eksfacts.Grant{Policy: test.policy.ARN, Namespaces: test.policy.Namespaces}
			if v := eksfacts.Judge(q, []eksfacts.Grant{grant}, nil).Verdict; v != eksfacts.Yes {
				t.Errorf("%s says %s to %s", arn.PolicyName(test.policy.ARN), v, q)
			}
			if least := eksfacts.Least(q); least != arn.PolicyName(test.policy.ARN) &&
				arn.PolicyName(test.policy.ARN) != eksfacts.ClusterAdminPolicy {
				t.Errorf("%s is shown by what %s allows too: %s", arn.PolicyName(test.policy.ARN), least, q)
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s %v: %s, want %s", arn.PolicyName(test.policy.ARN), test.policy.Namespaces, got, test.want)
		}
	}
}

func TestNodes(t *testing.T) {
	node := func(name, kind string) spec.LiveEntry {
		return spec.LiveEntry{Entry: spec.Entry{Principal: role(name), Type: kind}}
	}
	rows := func(rows ...spec.AWSAuthRow) *spec.AWSAuth { return &spec.AWSAuth{Read: true, Rows: rows} }
	managed := []spec.NodeRole{
		{Role: role("p/n"), Type: "EC2_LINUX", Of: "node group a"},
		{Role: role("p/n"), Type: "EC2_LINUX", Of: "node group b"},
	}
	row := spec.AWSAuthRow{ARN: role("n"), Username: "system:node:{{EC2PrivateDNSName}}",
		Groups: []string{"system:nodes"}}
	const missing = "arn:aws:iam::111122223333:role/p/n has neither an access entry nor an aws-auth row, so its " +
		"nodes lose access: node group a, node group b"
	for _, test := range []struct {
		name    string
		have    spec.Live
		managed []spec.NodeRole
		err     error
		want    []string
	}{
		{
			name:    "an entry",
			have:    spec.Live{Mode: "API", Entries: []spec.LiveEntry{node("p/n", "EC2_LINUX")}},
			managed: managed,
		},
		{
			name:    "an entry for people",
			have:    spec.Live{Mode: "API", Entries: []spec.LiveEntry{node("p/n", "STANDARD")}},
			managed: managed,
			want:    []string{missing},
		},
		{name: "none", have: spec.Live{Mode: "API"}, managed: managed, want: []string{missing}},
		{name: "a row", have: spec.Live{Mode: "API_AND_CONFIG_MAP", AWSAuth: rows(row)}, managed: managed},
		{
			name:    "a row in mode API",
			have:    spec.Live{Mode: "API", AWSAuth: rows(row)},
			managed: managed,
			want: []string{missing,
				"arn:aws:iam::111122223333:role/n has neither an access entry nor an aws-auth row, so its nodes " +
					"lose access: an aws-auth row, which mode API ignores"},
		},
		{
			name:    "rows not read",
			have:    spec.Live{Mode: "API_AND_CONFIG_MAP", AWSAuth: &spec.AWSAuth{Why: "no way"}},
			managed: managed,
			want: []string{"not checked whether aws-auth has rows for 2 node groups that have no entry: " +
				"aws-auth was not read: no way"},
		},
		{
			name: "not allowed",
			have: spec.Live{Mode: "API"},
			err:  errors.New("not allowed"),
			want: []string{"not checked whether the roles of nodes have entries: not allowed"},
		},
		{name: "nodes that EKS does not manage", have: spec.Live{Mode: "API",
			AWSAuth: rows(spec.AWSAuthRow{ARN: role("k"), Username: "system:node:x",
				Groups: []string{"eks:kube-proxy-windows", "system:nodes"}},
				spec.AWSAuthRow{ARN: role("person"), Username: "me"})},
			want: []string{"arn:aws:iam::111122223333:role/k has neither an access entry nor an aws-auth row, so its " +
				"nodes lose access: an aws-auth row, which mode API ignores"}},
	} {
		var got []string
		to := awscli.Options{Cluster: "dev", Region: "eu-west-1"}
		for _, n := range nodeNotes(&test.have, test.managed, test.err, to) {
			got = append(got, n.Message)
			if strings.Contains(n.Message, "neither") != (len(n.Fix) == 1) || n.Fix == nil {
				t.Errorf("%s: the fix of %q is %q", test.name, n.Message, n.Fix)
			}
		}
		want := append([]string(nil), test.want...)
		if diff := cmp.Diff(want, got); diff != "" &&
			!(len(want) == 2 && len(got) == 2 && got[0] == want[1] && got[1] == want[0]) {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Each error is attributed to the step that it prevented.
func TestWritten(t *testing.T) {
	admin := policy("AmazonEKSClusterAdminPolicy")
	after := spec.Entry{Principal: role("a"), Type: "STANDARD", Policies: []spec.Policy{admin},
		Tags: map[string]string{spec.TagOwner: "break-glass", spec.TagExpires: "T", spec.TagHoldUntil: "T"}}
	steps := plan.CreateSteps(after)
	p := plan.Cluster{
		ARN:                "arn:c",
		AuthenticationMode: &plan.ModeChange{Before: "CONFIG_MAP", After: "API_AND_CONFIG_MAP"},
		Changes: []plan.Change{
			{Action: plan.Create, Principal: after.Principal, After: &after, Steps: steps},
		},
	}
	mode := apply.StepResult{Step: plan.Step{Operation: plan.UpdateClusterConfig}}
	create, associate := apply.StepResult{Step: steps[0]}, apply.StepResult{Step: steps[1]}
	failed := func(s apply.StepResult) apply.StepResult { s.Error = &plan.Error{Code: "X"}; return s }
	unseen := func(status apply.Status, field string) apply.ClusterResult {
		return apply.ClusterResult{Status: status, Done: []apply.StepResult{mode, create, associate},
			Error: &plan.Error{Code: "OfTheRun"}, Unseen: []plan.Unseen{{Field: field, Want: "x"}}}
	}
	no := false
	results := func(list ...apply.StepResult) []apply.StepResult { return list }
	for _, test := range []struct {
		name string
		done apply.ClusterResult
		want string
	}{
		{"all", apply.ClusterResult{
			Status: apply.Applied,
			Done:   results(mode, create, associate),
		}, "done done done"},
		{"the mode", apply.ClusterResult{
			Status:   apply.Failed,
			Failed:   results(failed(mode)),
			NotTried: results(create, associate),
		}, "failed/X not-tried not-tried"},
		{"the entry", apply.ClusterResult{
			Status:   apply.Failed,
			Done:     results(mode),
			Failed:   results(failed(create)),
			NotTried: results(associate),
		}, "done failed/X not-tried"},
		{"the policy", apply.ClusterResult{
			Status: apply.Failed,
			Done:   results(mode, create),
			Failed: results(failed(associate)),
		}, "done done failed/X"},
		{"not seen", apply.ClusterResult{
			Status: apply.Unconfirmed,
			Done:   results(mode, create, associate),
		}, "done done unconfirmed/NotConfirmed"},
		{"a tag not seen", unseen(apply.Unconfirmed, plan.FieldTags), "done unconfirmed/NotConfirmed done"},
		{"a group not seen", unseen(apply.Unconfirmed, plan.FieldGroups), "done unconfirmed/NotConfirmed done"},
		{"the policy not seen", unseen(apply.Unconfirmed, plan.FieldPolicies), "done done unconfirmed/NotConfirmed"},
		{"the entry not seen", unseen(apply.Unconfirmed, plan.FieldEntry), "done unconfirmed/NotConfirmed done"},
		{"the mode not seen", unseen(apply.Unconfirmed, plan.FieldMode), "unconfirmed/NotConfirmed done done"},
		{"a tag changed meanwhile", unseen(apply.Incomplete, plan.FieldTags), "done unconfirmed/NotConfirmed done"},
		{"a tag not seen before revocations", unseen(apply.Failed, plan.FieldTags), "done failed/NotConfirmed done"},
		{"stopped", apply.ClusterResult{
			Status:   apply.Interrupted,
			Error:    &plan.Error{Code: "Interrupted"},
			Done:     results(mode),
			NotTried: results(create, associate),
		}, "done failed/Interrupted not-tried"},
		{"unread", apply.ClusterResult{
			Status:   apply.Failed,
			Error:    &plan.Error{Code: "Y"},
			Done:     results(mode),
			NotTried: results(create, associate),
		}, "done failed/Y not-tried"},
		{"a guard", apply.ClusterResult{
			Status:   apply.Refused,
			Guards:   []plan.Guard{{Name: "self", OK: &no}},
			Done:     results(mode),
			NotTried: results(create, associate),
		}, "done not-tried failed/Refused"},
	} {
		planned := func() []Step {
			return plannedSteps(p, admin, spec.Identity{Existence: spec.Exists}, time.Time{})
		}
		var got []string
		for _, s := range writtenSteps(planned(), p, test.done, time.Time{}) {
			text := string(s.Status)
			if s.Error != nil {
				text += "/" + s.Error.Code
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestOutcome(t *testing.T) {
	for _, test := range []struct {
		drill, wrote bool
		statuses     []Status
		want         Outcome
	}{
		{false, true, []Status{Done, Done}, Recovered},
		{false, false, []Status{Done, NotNeeded, NotTried}, NothingMissing},
		{false, true, []Status{Done, Unverified}, Unconfirmed},
		{false, true, []Status{Unverified, Failed}, RecoveryFailed},
		{true, false, []Status{Done, Planned, NotChecked}, WouldRecover},
		{true, false, []Status{Planned, Failed}, WouldNotRecover},
	} {
		r := newReport(dev, test.drill, time.Time{}, "v")
		for _, s := range test.statuses {
			r.Steps = append(r.Steps, Step{Name: "x", Status: s})
		}
		if r.setOutcome(test.wrote); r.Outcome != test.want {
			t.Errorf("%v: %s, want %s", test.statuses, r.Outcome, test.want)
		}
	}
}

func TestCalls(t *testing.T) {
	p := plan.Cluster{AuthenticationMode: &plan.ModeChange{Before: "API", After: "API"}}
	got := actionNames(callsOf(dev, role("team/a"), policy("AmazonEKSViewPolicy"), p))
	if got != "eks:CreateAccessEntry, eks:TagResource, eks:AssociateAccessPolicy" {
		t.Errorf("without a change: %s", got)
	}
	p.AuthenticationMode.Before, p.AuthenticationMode.After = "CONFIG_MAP", "API_AND_CONFIG_MAP"
	p.Changes = []plan.Change{{Action: plan.Replace}}
	calls := callsOf(dev, role("team/a"), policy("AmazonEKSViewPolicy"), p)
	if got := actionNames(calls); got != "eks:CreateAccessEntry, eks:TagResource, eks:AssociateAccessPolicy, "+
		"eks:DeleteAccessEntry, eks:UpdateClusterConfig, eks:DescribeUpdate" {
		t.Errorf("%s", got)
	}
	if calls[0].Resource != dev.ARN() ||
		!strings.HasPrefix(
			calls[2].Resource,
			"arn:aws:eks:eu-west-1:111122223333:access-entry/dev/role/111122223333/a/",
		) {
		t.Errorf("%+v", calls)
	}
	e := denial(role("a"), calls[2:4])
	if e.Resource != dev.EntryARNs() ||
		!strings.Contains(e.Hint, `"Action": "eks:DeleteAccessEntry", "Resource": "`+dev.EntryARNs()+`"`) {
		t.Errorf("%+v", e)
	}
}

// Entries of nodes that no longer work are reported, each with its fix.
func TestUnusableNodes(t *testing.T) {
	made := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	node := func(name string) spec.LiveEntry {
		return spec.LiveEntry{Entry: spec.Entry{Principal: role(name), Type: "EC2_LINUX"}, CreatedAt: made}
	}
	have := &spec.Live{Mode: "API", ID: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1",
		Name: "dev"},
		Entries: []spec.LiveEntry{node("alive"), node("orphaned"), node("recreated"), node("unasked"),
			{Entry: spec.Entry{Principal: role("person"), Type: "STANDARD"}, CreatedAt: made}},
		Identities: map[string]spec.Identity{role("alive"): {Existence: spec.Exists},
			role("orphaned"): {Existence: spec.Gone},
			role("recreated"): {Existence: spec.Exists,
				CreatedAt: made.Add(time.Hour)}, role("person"): {Existence: spec.Gone}}}
	want := []Note{
		{Message: "the EC2_LINUX entry of " + role("orphaned") + " is orphaned: IAM no longer has the role",
			Fix: []string{
				"eksaccess cleanup --orphaned --allow-node-removal --cluster " +
					"arn:aws:eks:eu-west-1:111122223333:cluster/dev",
			}},
		{Message: "the EC2_LINUX entry of " + role("recreated") +
			" is stale: the role was recreated after it, so its nodes cannot join",
			Fix: []string{"aws eks delete-access-entry --cluster-name dev --principal-arn " + role("recreated") +
				" --region eu-west-1 && " +
				"aws eks create-access-entry --cluster-name dev --principal-arn " + role("recreated") +
				" --type EC2_LINUX --region eu-west-1"}},
	}
	if diff := cmp.Diff(want, unusableNodes(have, awscli.Options{Cluster: "dev", Region: "eu-west-1"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
