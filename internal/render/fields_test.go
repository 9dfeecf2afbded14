package render

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

const (
	viewPolicy  = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
	adminPolicy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
	devRole     = "arn:aws:iam::111122223333:role/dev"
)

func entry(change func(*spec.Entry)) *spec.Entry {
	e := spec.Entry{
		Principal: devRole,
		Type:      "STANDARD",
		Username:  "arn:aws:sts::111122223333:assumed-role/dev/{{SessionName}}",
		Groups: []string{
			"dev",
		},
		Policies: []spec.Policy{{ARN: viewPolicy, Scope: "cluster"}},
		Tags:     map[string]string{"team": "a"},
	}.Canonical()
	if change != nil {
		change(&e)
	}
	return &e
}

func TestFields(t *testing.T) {
	namespaces := func(names ...string) func(*spec.Entry) {
		return func(e *spec.Entry) {
			e.Policies = []spec.Policy{{ARN: viewPolicy, Scope: "namespace", Namespaces: names}}
		}
	}
	for _, test := range []struct {
		name   string
		change plan.Change
		all    bool
		want   []string
		reason string
	}{
		{"create", plan.Change{Action: plan.Create, After: entry(nil)}, false,
			[]string{"groups  dev", "policies  AmazonEKSViewPolicy cluster", "tags  team = a"},
			"the usual type and username are no news"},
		{"create, all", plan.Change{Action: plan.Create, After: entry(nil)}, true,
			[]string{"type  STANDARD", "username  " +
				"arn:aws:sts::111122223333:assumed-role/dev/{{SessionName}}", "groups  dev",
				"policies  AmazonEKSViewPolicy cluster", "tags  team = a"}, ""},
		{"update", plan.Change{Action: plan.Update, Before: entry(nil), After: entry(func(e *spec.Entry) {
			e.Username, e.Groups = "dev:{{SessionName}}", []string{"ops"}
			e.Tags = map[string]string{"team": "b", "x": "y"}
			namespaces("shop")(e)
		})}, false, []string{
			"username ~ arn:aws:sts::111122223333:assumed-role/dev/{{SessionName}} -> dev:{{SessionName}}",
			"groups - dev", "groups + ops", "policies ~ AmazonEKSViewPolicy cluster -> namespace shop",
			"tags ~ team = a -> b", "tags + x = y"}, "what differs"},
		{"same", plan.Change{Action: plan.Update, Before: entry(nil), After: entry(nil)}, false, nil,
			"nothing differs"},
		{"replace", plan.Change{Action: plan.Replace, Before: entry(nil), After: entry(nil)}, false,
			[]string{"groups  dev", "policies  AmazonEKSViewPolicy cluster", "tags  team = a"},
			"all of it is made again, so all of it is told"},
		{"rekey", plan.Change{Action: plan.Rekey, Before: entry(nil), After: entry(func(e *spec.Entry) {
			e.Principal, e.Username = "arn:aws:iam::111122223333:role/dev2", "arn:aws:sts::111122223333:assumed-role/dev2/{{SessionName}}"
		})}, false, []string{"groups  dev", "policies  AmazonEKSViewPolicy cluster", "tags  team = a"},
			"a username that follows the principal is no news"},
		{"few namespaces", plan.Change{Action: plan.Update, Before: entry(namespaces("a", "b")),
			After: entry(namespaces("b", "c"))}, false,
			[]string{"policies ~ AmazonEKSViewPolicy namespaces a, b -> namespaces b, c"}, "both lists can be seen " +
				"at once"},
		{"many namespaces", plan.Change{Action: plan.Update, Before: entry(namespaces("a", "b", "c", "d")),
			After: entry(namespaces("b", "c", "d", "e"))}, false,
			[]string{"policies ~ AmazonEKSViewPolicy namespaces + e; - a; 3 kept"}, "nobody compares two long lists"},
		{"foreign ARN", plan.Change{Action: plan.Create, After: entry(func(e *spec.Entry) {
			e.Groups, e.Tags = nil, nil
			e.Policies = []spec.Policy{{ARN: "arn:aws:eks::111122223333:cluster-access-policy/AmazonEKSViewPolicy", Scope: "cluster"}}
		})}, false, []string{"policies  arn:aws:eks::111122223333:cluster-access-policy/AmazonEKSViewPolicy cluster"},
			"only EKS's own policies go by their name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, r := range fields(test.change, test.all) {
				line := fmt.Sprintf("%s %s", r.Label, r.Sign)
				for _, part := range []string{r.Name, r.Value()} {
					if part != "" {
						line += " " + part
					}
				}
				got = append(got, line)
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, d)
			}
		})
	}
}

func TestAdminNote(t *testing.T) {
	admin := entry(func(e *spec.Entry) { e.Policies = []spec.Policy{{ARN: adminPolicy, Scope: "cluster"}} })
	for _, test := range []struct {
		change plan.Change
		want   string
	}{
		{plan.Change{Action: plan.Create, After: admin}, "gains cluster admin"},
		{plan.Change{Action: plan.Update, Before: entry(nil), After: admin}, "gains cluster admin"},
		{plan.Change{Action: plan.Update, Before: admin, After: entry(nil)}, "loses cluster admin"},
		{plan.Change{Action: plan.Delete, Before: admin}, "loses cluster admin"},
		{plan.Change{Action: plan.Replace, Before: admin, After: admin}, "regains cluster admin"},
		{plan.Change{Action: plan.Rekey, Before: admin, After: admin}, "keeps cluster admin"},
		{plan.Change{Action: plan.Update, Before: admin, After: admin}, ""},
		{plan.Change{Action: plan.Delete, Before: entry(nil)}, ""},
	} {
		if got := adminNote(test.change); got != test.want {
			t.Errorf("%s: %q, want %q", test.change.Action, got, test.want)
		}
	}
}
