package eksfacts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/cani"
)

func ask(t *testing.T, text string) cani.Question {
	t.Helper()
	q, err := cani.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// What each policy answers at cluster scope. Rows are the sentences of the
// guide, and what people find out too late.
func TestRights(t *testing.T) {
	const (
		clusterAdmin = "AmazonEKSClusterAdminPolicy"
		admin        = "AmazonEKSAdminPolicy"
		edit         = "AmazonEKSEditPolicy"
		view         = "AmazonEKSViewPolicy"
		adminView    = "AmazonEKSAdminViewPolicy"
		reader       = "AmazonEKSSecretReaderPolicy"
		secretAdmin  = "AmazonEKSSecretAdminPolicy"
	)
	every := []string{clusterAdmin, admin, edit, view, adminView, reader, secretAdmin}
	for _, tt := range []struct {
		question string
		yes      []string
		least    string
		reason   string
	}{
		{"'*' '*' -A", []string{clusterAdmin}, clusterAdmin, "the article's question"},
		{"'*' '*.*' -A", []string{clusterAdmin}, clusterAdmin, "and the stricter one"},
		{"get /healthz", []string{clusterAdmin}, clusterAdmin, "AdminView has no paths"},
		{"get pods -n a", []string{clusterAdmin, admin, edit, view, adminView}, view, ""},
		{"get pods -A", []string{clusterAdmin, admin, edit, view, adminView}, view, "cluster scope is all namespaces"},
		{"get pods/log -n a", []string{clusterAdmin, admin, edit, view, adminView}, view, ""},
		{"create pods/exec -n a", []string{clusterAdmin, admin, edit}, edit, ""},
		{"get pods/exec -n a", []string{clusterAdmin, admin, edit, adminView}, edit, "exec by websocket is a get; " +
			"AdminView reads every subresource"},
		{"delete pods -n a", []string{clusterAdmin, admin, edit}, edit, ""},
		{"create pods/eviction -n a", []string{clusterAdmin}, clusterAdmin, "so Admin can't drain a node"},
		{"get secrets -n a", []string{clusterAdmin, admin, edit, adminView, reader, secretAdmin}, reader, "View has " +
			"none"},
		{"update secrets -n a", []string{clusterAdmin, admin, edit, secretAdmin}, edit, ""},
		{"'*' secrets -n a", []string{clusterAdmin, secretAdmin}, clusterAdmin, ""},
		{"create deployments -n a", []string{clusterAdmin, admin, edit}, edit, ""},
		{"patch deployments.apps/scale -n a", []string{clusterAdmin, admin, edit}, edit, ""},
		{"get certificates.cert-manager.io -n a", []string{clusterAdmin, adminView}, adminView, "no custom resources " +
			"but there"},
		{"create rolebindings -n a", []string{clusterAdmin, admin}, admin, ""},
		{"get roles -n a", []string{clusterAdmin, admin, adminView}, admin, ""},
		{"create clusterrolebindings", []string{clusterAdmin}, clusterAdmin, ""},
		{"create localsubjectaccessreviews -n a", []string{clusterAdmin, admin}, admin, ""},
		{"get namespaces", []string{clusterAdmin, admin, edit, view, adminView}, view, ""},
		{"create namespaces", []string{clusterAdmin}, clusterAdmin, ""},
		{"update resourcequotas -n a", []string{clusterAdmin}, clusterAdmin, ""},
		{"get nodes", []string{clusterAdmin, adminView}, adminView, ""},
		{"impersonate serviceaccounts -n a", []string{clusterAdmin, admin, edit}, edit, ""},
		{"impersonate users", []string{clusterAdmin}, clusterAdmin, ""},
		{"get leases -n a", []string{clusterAdmin, adminView}, adminView, ""},
	} {
		q := ask(t, tt.question)
		var yes []string
		for _, name := range every {
			if Judge(q, []Grant{{Policy: "arn:aws:eks::aws:cluster-access-policy/" + name}}, nil).Verdict == Yes {
				yes = append(yes, name)
			}
		}
		if diff := cmp.Diff(tt.yes, yes); diff != "" {
			t.Errorf("%s (-want +got), %s:\n%s", tt.question, tt.reason, diff)
		}
		if got := Least(q); got != tt.least {
			t.Errorf("%s: the least is %q, want %q", tt.question, got, tt.least)
		}
	}
}

func TestJudge(t *testing.T) {
	team := []Grant{{"AmazonEKSEditPolicy", []string{"payments", "dev-*"}}, {"AmazonEKSViewPolicy", nil}}
	for _, tt := range []struct {
		question string
		grants   []Grant
		groups   []string
		want     Judgement
	}{
		{"delete pods -n payments", team, nil, Judgement{Verdict: Yes, Policy: "AmazonEKSEditPolicy"}},
		{"delete pods -n dev-7", team, nil, Judgement{Verdict: Yes, Policy: "AmazonEKSEditPolicy"}},
		{"get pods -n other", team, nil, Judgement{Verdict: Yes, Policy: "AmazonEKSViewPolicy"}},
		{"delete pods -n other", team, nil, Judgement{Verdict: NoByPolicies}},
		{"delete pods -A", team, nil, Judgement{Verdict: NoByPolicies}},
		{"delete pods -A", []Grant{{"AmazonEKSEditPolicy", []string{"*"}}}, nil, Judgement{Verdict: NoByPolicies}},
		{"delete pods -n other", team, []string{"ops"}, Judgement{Verdict: Undecided, Groups: []string{"ops"}}},
		{"get nodes", []Grant{{"AmazonEKSClusterAdminPolicy", []string{"payments"}}}, nil,
			Judgement{Verdict: NoByPolicies}},
		{"get /healthz", []Grant{{"AmazonEKSClusterAdminPolicy", []string{"payments"}}}, nil,
			Judgement{Verdict: NoByPolicies}},
		{"get nodes", []Grant{{"AmazonEKSAutoNodePolicy", nil}}, nil,
			Judgement{Verdict: Undecided, Unread: []string{"AmazonEKSAutoNodePolicy"}}},
		{"get nodes", nil, nil, Judgement{Verdict: NoByPolicies}},
	} {
		if diff := cmp.Diff(tt.want, Judge(ask(t, tt.question), tt.grants, tt.groups)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.question, diff)
		}
	}
}

// More grants never take anything, cluster scope is at least any namespaces,
// and whoever may do everything may do anything.
func TestJudgeGrows(t *testing.T) {
	var names []string
	for name := range rights {
		names = append(names, name)
	}
	questions := []string{
		"get pods -n a",
		"delete pods -n a",
		"get secrets -A",
		"get nodes",
		"create rolebindings -n b",
		"get /x",
		"'*' '*' -A",
		"'*' '*' -n a",
		"get x.y -n a",
	}
	rapid.Check(t, func(t *rapid.T) {
		q, err := cani.Parse(rapid.SampledFrom(questions).Draw(t, "question"))
		if err != nil {
			t.Fatal(err)
		}
		grant := func(label string) Grant {
			return Grant{
				rapid.SampledFrom(names).Draw(t, label),
				rapid.SampledFrom([][]string{nil, {"a"}, {"b", "a*"}}).Draw(t, label+" in"),
			}
		}
		one, two := grant("one"), grant("two")
		alone, both := Judge(q, []Grant{one}, nil), Judge(q, []Grant{two, one}, nil)
		if alone.Verdict == Yes && both.Verdict != Yes {
			t.Errorf("%s: %v says yes, with %v besides %v", q, one, two, both)
		}
		if wide := Judge(q, []Grant{{Policy: one.Policy}}, nil); alone.Verdict == Yes && wide.Verdict != Yes {
			t.Errorf("%s: yes in namespaces, and %v in the cluster", q, wide)
		}
		if Judge(q, []Grant{{Policy: ClusterAdminPolicy}}, nil).Verdict != Yes {
			t.Errorf("%s: an admin may not", q)
		}
	})
}
