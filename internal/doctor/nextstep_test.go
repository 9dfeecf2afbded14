package doctor

import (
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

// For a principal without an entry, the next step gives what the file declares, or
// what the questions need, and no more. It gives cluster admin to the caller only,
// and says so.
func TestNextStepGivesNoMore(t *testing.T) {
	const recover, of = "eksaccess recover --cluster prod --region eu-west-1", " --principal " + me
	edit := []spec.Policy{{ARN: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
		Scope: spec.ScopeNamespace, Namespaces: []string{"shop"}}}
	asked := func(text string) cani.Question {
		q, err := cani.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	node := &trust.Policy{Statements: []trust.Statement{{Kind: trust.Service, Who: "ec2.amazonaws.com"}}}
	for _, tt := range []struct {
		name          string
		self          bool
		change        func(*Facts)
		what, command string
	}{
		{"the caller", true, func(*Facts) {}, "make yourself cluster admin", recover},
		{"the caller, declared", true, func(f *Facts) { f.Declared = []spec.Item{{Policies: edit}} },
			"apply the file", "eksaccess apply --cluster prod --region eu-west-1"},
		{"the caller, asked", true, func(f *Facts) { f.Questions = []cani.Question{asked("get pods -n shop")} },
			"give it AmazonEKSViewPolicy", recover + " --policy AmazonEKSViewPolicy --namespace shop"},
		{"the caller, asked for everything", true, func(f *Facts) { f.Questions = []cani.Question{cani.Everything} },
			"make yourself cluster admin", recover},
		{"another", false, func(*Facts) {}, "replace POLICY and NAMESPACE", recover + of +
			" --policy POLICY --namespace NAMESPACE"},
		{"another, declared", false, func(f *Facts) { f.Declared = []spec.Item{{Groups: []string{"devs"}}} },
			"apply the file", "eksaccess apply --cluster prod --region eu-west-1"},
		{"another, declared, and asked for that", false, func(f *Facts) {
			f.Declared, f.Questions = []spec.Item{{Policies: edit}}, []cani.Question{asked("delete pods -n shop")}
		}, "apply the file", "eksaccess apply --cluster prod --region eu-west-1"},
		{"another, declared, and asked for more", false, func(f *Facts) {
			f.Declared, f.Questions = []spec.Item{{Policies: edit}}, []cani.Question{asked("get pods -n other")}
		}, "give it AmazonEKSViewPolicy", recover + of + " --policy AmazonEKSViewPolicy --namespace other"},
		{"another, asked", false, func(f *Facts) { f.Questions = []cani.Question{asked("get pods -A")} },
			"AmazonEKSViewPolicy", recover + of + " --policy AmazonEKSViewPolicy"},
		{"another with a row, asked", false, func(f *Facts) {
			f.Cluster.AuthenticationMode = "API_AND_CONFIG_MAP"
			f.Cluster.AWSAuth, f.Questions = row(me), []cani.Question{asked("get pods -n shop")}
		}, "declare {principal: " + me + ", policy: AmazonEKSViewPolicy, namespaces: [shop], groups: [ops]} " +
			"under access, and apply the file: ", ""},
		{"the caller with an unread row, denied", true, func(f *Facts) {
			f.Cluster.AuthenticationMode = "API_AND_CONFIG_MAP"
			f.Cluster.AWSAuth = snapshot.AWSAuth{Fact: snapshot.UnknownFact("forbidden", "")}
			f.Questions = []cani.Question{asked("get pods -n shop")}
			f.Inside = Inside{Fact: snapshot.KnownFact(), Username: "me",
				Groups:  []string{"ops", "system:authenticated"},
				Reviews: []Review{{Question: asked("get pods -n shop")}}}
		}, "groups: [ops]} under access, and apply the file with --allow-self-lockout", ""},
		{"the caller with an unread row, not evaluated", true, func(f *Facts) {
			f.Cluster.AuthenticationMode = "API_AND_CONFIG_MAP"
			f.Cluster.AWSAuth = snapshot.AWSAuth{Fact: snapshot.UnknownFact("forbidden", "")}
			f.Questions = []cani.Question{asked("get pods -n shop")}
			f.Inside = Inside{Fact: snapshot.KnownFact(), Username: "me",
				Groups:  []string{"ops", "system:authenticated"},
				Reviews: []Review{{Question: asked("get pods -n shop"), Error: "webhook failed"}}}
		}, "give it AmazonEKSViewPolicy", recover + " --policy AmazonEKSViewPolicy --namespace shop"},
		{"another, asked for everything", false, func(f *Facts) { f.Questions = []cani.Question{cani.Everything} },
			"this requires cluster admin", ""},
		{"a custom resource", true,
			func(f *Facts) { f.Questions = []cani.Question{asked("get widgets.example.com -n shop")} }, "declare a " +
				"group", ""},
		{"escalation", false, func(f *Facts) { f.Questions = []cani.Question{asked("create rolebindings -n shop")} },
			"privilege escalation", ""},
		{"a node role", false, func(f *Facts) { f.Cluster.Principals[0].Trust = node }, "declare {principal: " + me +
			", type: EC2_LINUX}",
			recover + of + " --policy POLICY --namespace NAMESPACE"},
		{"a root", false, func(f *Facts) {
			f.Principal = "arn:aws:iam::111122223333:root"
			f.Cluster.Principals[0].ARN = f.Principal
		}, "use a role or user", "eksaccess doctor --cluster prod --region eu-west-1 --principal role=NAME"},
		{"the former role of its permission set had groups only", false, func(f *Facts) {
			f.Principal = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"
			f.Cluster.Principals[0].ARN = f.Principal
			f.Cluster.PermissionSets = snapshot.PermissionSets{Fact: snapshot.KnownFact(), Roles: []string{f.Principal}}
			f.Cluster.Entries.Items = []snapshot.Entry{{Entry: spec.Entry{Type: "STANDARD", Groups: []string{"devs"},
				Principal: "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_fedcba9876543210"}}}
		}, "replace POLICY and NAMESPACE", " --policy POLICY --namespace NAMESPACE"},
	} {
		f := healthy()
		f.Self, f.Cluster.Entries.Items, f.Inside = tt.self, nil, Inside{Fact: snapshot.UnknownFact("not asked", "")}
		f.Kubectl = Kubectl{Fact: snapshot.UnknownFact("", "")}
		tt.change(&f)
		next := Examine(f).Next
		if !strings.Contains(next.What, tt.what) || !strings.HasSuffix(next.Command, tt.command) ||
			tt.command == "" && next.Command != "" {
			t.Errorf("%s: next %q, %q; want %q, %q", tt.name, next.What, next.Command, tt.what, tt.command)
		}
	}
}

// A yes that Kubernetes may turn into a refusal has a remark, except for cluster
// admin.
func TestEscalationRemark(t *testing.T) {
	q, err := cani.Parse("create rolebindings -n shop")
	if err != nil {
		t.Fatal(err)
	}
	for policy, want := range map[string]bool{"AmazonEKSAdminPolicy": true, "AmazonEKSClusterAdminPolicy": false} {
		f := healthy()
		f.Self, f.Questions = false, []cani.Question{q}
		f.Cluster.Entries.Items[0].Policies[0].ARN = "arn:aws:eks::aws:cluster-access-policy/" + policy
		a := Examine(f).Answers[0]
		if a.Verdict != Yes || strings.Contains(a.Reason, mayBeRefused) != want {
			t.Errorf("%s: %+v", policy, a)
		}
	}
}
