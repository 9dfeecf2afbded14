package awscli

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/plan"
)

// A shell takes apart what was quoted for it, and runs none of it.
func TestQuote(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z '"$\x60\\!*?;&|<>(){}~#:\n\t=é-]{0,12}`), 1, 40).
			Draw(t, "words")
		out, err := exec.Command(shell, "-c", `printf '%s\000' `+Line(words...)).Output()
		if err != nil {
			t.Fatalf("%q: %v", Line(words...), err)
		}
		if diff := cmp.Diff(words, strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")); diff != "" {
			t.Fatalf("%s\n%s", Line(words...), diff)
		}
	})
}

func TestStep(t *testing.T) {
	o := Options{Cluster: "dev", Region: "eu-west-1", Profile: "my profile"}
	const (
		p    = "arn:aws:iam::111122223333:role/a"
		tail = " --region eu-west-1 --profile 'my profile'"
	)
	name := "x:{{SessionName}}"
	for _, test := range []struct {
		step plan.Step
		want string
	}{
		{plan.Step{Operation: plan.CreateAccessEntry, Type: "STANDARD", Groups: []string{}},
			"create-access-entry --cluster-name dev --principal-arn " + p + " --type STANDARD"},
		{plan.Step{Operation: plan.CreateAccessEntry, Type: "STANDARD", Groups: []string{"a", "b c"}, Username: &name,
			Tags: map[string]string{"k": "v<&"}},
			"create-access-entry --cluster-name dev --principal-arn " + p + " --type STANDARD --kubernetes-groups a " +
				"'b c' --username 'x:{{SessionName}}' --tags '{\"k\":\"v<&\"}'"},
		{plan.Step{Operation: plan.DeleteAccessEntry}, "delete-access-entry --cluster-name dev --principal-arn " + p},
		{plan.Step{Operation: plan.AssociateAccessPolicy, Policy: "arn:P", Scope: "cluster", Namespaces: []string{}},
			"associate-access-policy --cluster-name dev --principal-arn " + p +
				` --policy-arn arn:P --access-scope '{"type":"cluster"}'`},
		{plan.Step{Operation: plan.AssociateAccessPolicy, Policy: "arn:P", Scope: "namespace",
			Namespaces: []string{"a", "b-*"}},
			"associate-access-policy --cluster-name dev --principal-arn " + p +
				` --policy-arn arn:P --access-scope '{"namespaces":["a","b-*"],"type":"namespace"}'`},
		{plan.Step{Operation: plan.TagResource, Tags: map[string]string{"b": "2", "a": "1"}},
			`tag-resource --resource-arn arn:E --tags '{"a":"1","b":"2"}'`},
	} {
		test.step.Principal = p
		if diff := cmp.Diff("aws eks "+test.want+tail, Step(o, test.step, "arn:E")); diff != "" {
			t.Error(diff)
		}
	}
	if got := Step(o, plan.Step{Operation: "Unheard"}, ""); got != "" {
		t.Errorf("nobody knows how to: %s", got)
	}
}

func TestCanI(t *testing.T) {
	for q, want := range map[cani.Question]string{
		cani.Everything: "kubectl auth can-i '*' '*' --all-namespaces --context c",
		cani.EveryGroup: "", cani.EveryPath: "",
		{Verb: "get", Resource: "pods", Namespace: "a"}: "kubectl auth can-i get pods " +
			"--namespace a --context c",
		{Verb: "create", Group: "rbac.authorization.k8s.io", Resource: "rolebindings"}: "kubectl auth can-i create " +
			"rolebindings.rbac.authorization.k8s.io --all-namespaces --context c",
		{Verb: "get", Path: "/healthz"}: "kubectl auth can-i get " +
			"/healthz --context c",
	} {
		if got := CanI("c", q); got != want {
			t.Errorf("%+v: %q, want %q", q, got, want)
		}
	}
	if got := WhoAmI(""); got != "kubectl auth whoami" {
		t.Errorf("%q", got)
	}
}
