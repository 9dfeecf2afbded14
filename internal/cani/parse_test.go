package cani

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text  string
		want  Question
		shown string // "" where it is the text
	}{
		{"'*' '*' --all-namespaces", Everything, ""},
		{"* * -A", Everything, "'*' '*' --all-namespaces"},
		{"'*' '*.*' -A", EveryGroup, "'*' '*.*' --all-namespaces"},
		{`"*" "*"`, Question{Verb: "*", Resource: "*", Namespace: "default"}, "'*' '*' -n default"},
		{"delete pods -n payments", Question{Verb: "delete", Resource: "pods", Namespace: "payments"}, ""},
		{"-npayments delete po", Question{Verb: "delete", Resource: "pods", Namespace: "payments"}, "delete pods -n " +
			"payments"},
		{"get Pod", Question{Verb: "get", Resource: "pods", Namespace: "default"}, "get pods -n default"},
		{"list deploy --namespace=web", Question{Verb: "list", Group: "apps", Resource: "deployments",
			Namespace: "web"}, "list deployments.apps -n web"},
		{"list deployments.apps -n web", Question{Verb: "list", Group: "apps", Resource: "deployments",
			Namespace: "web"}, ""},
		{"list deployments.v1.apps -n web", Question{Verb: "list", Group: "apps", Resource: "deployments",
			Namespace: "web"}, "list deployments.apps -n web"},
		{"list deployments.extensions -n web", Question{Verb: "list", Group: "extensions", Resource: "deployments",
			Namespace: "web"}, ""},
		{"list events.events.k8s.io -A", Question{Verb: "list", Group: "events.k8s.io", Resource: "events"},
			"list events.events.k8s.io --all-namespaces"},
		{"create pods/exec -n web", Question{Verb: "create", Resource: "pods", Subresource: "exec", Namespace: "web"},
			""},
		{"get pods/web-1 -n web", Question{Verb: "get", Resource: "pods", Name: "web-1", Namespace: "web"}, ""},
		{"get pods/exec --subresource log -n web",
			Question{Verb: "get", Resource: "pods", Name: "exec", Subresource: "log", Namespace: "web"}, ""},
		{"get pods --subresource=odd -n web", Question{Verb: "get", Resource: "pods", Subresource: "odd",
			Namespace: "web"}, "get pods --subresource odd -n web"},
		{"get nodes", Question{Verb: "get", Resource: "nodes"}, ""},
		{"get clusterrole/admin", Question{Verb: "get", Group: "rbac.authorization.k8s.io", Resource: "clusterroles",
			Name: "admin"},
			"get clusterroles.rbac.authorization.k8s.io/admin"},
		{"impersonate users", Question{Verb: "impersonate", Resource: "users"}, ""},
		{"get certificates.cert-manager.io -n web",
			Question{Verb: "get", Group: "cert-manager.io", Resource: "certificates", Namespace: "web"}, ""},
		{"get netpol -A", Question{Verb: "get", Group: "networking.k8s.io", Resource: "networkpolicies"},
			"get networkpolicies.networking.k8s.io --all-namespaces"},
		{"get /healthz", Question{Verb: "get", Path: "/healthz"}, ""},
		{"get '/metrics/*'", Question{Verb: "get", Path: "/metrics/*"}, ""},
	} {
		got, err := Parse(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
		shown := tt.shown
		if shown == "" {
			shown = tt.text
		}
		if got.String() != shown {
			t.Errorf("%s is shown as %q, want %q", tt.text, got, shown)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "is not a verb and a resource",
		"get":                      "is not a verb and a resource",
		"get pods web":             "is not a verb and a resource",
		"get pods -n":              "-n needs a value",
		"get pods -n ''":           "-n needs a value",
		"get pods -n a -A":         "contradict",
		"get pods -A=x":            "takes no value",
		"get pods -x":              `unknown flag "-x"`,
		"get nodes -n web":         "in no namespace",
		"get pods -n Web":          "no namespace",
		"get pods -n web*":         "no namespace",
		"get gadgets":              `has no resource "gadgets"`,
		"get .apps":                "is no resource",
		"get pods.":                "is no resource",
		"get po\x1bds":             "is no resource",
		"get pods/\x1b":            "neither a part nor a name",
		"g;t pods":                 "is no verb",
		"get '/a b'":               "is no path",
		`get pods/"a'b"`:           "neither a part nor a name",
		"get /healthz -n web":      "in no namespace",
		"get 'pods":                "not closed",
		"get pods --subresource=":  "needs a value",
		"get pods --as=system:foo": `unknown flag "--as"`,
	} {
		_, err := Parse(text)
		var e *ParseError
		if !errors.As(err, &e) || !strings.Contains(e.Summary, want) || e.Hint == "" {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	var e *ParseError
	if _, err := Parse("get deploymnts"); !errors.As(err, &e) || e.Hint != `did you mean "deployments"?` {
		t.Errorf("%v", err)
	}
}

// What is shown of a question is that question again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"'*' '*' -A", "get pods/log -n web", "get /x", "list deployments.v1.apps/a " +
		"--subresource scale", `"a" 'b`, "get nodes/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(q.String())
		if err != nil || again != q {
			t.Errorf("%q is %+v, shown as %q, which is %+v, %v", text, q, q.String(), again, err)
		}
	})
}
