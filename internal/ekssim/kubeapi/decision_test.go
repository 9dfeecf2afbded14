package kubeapi

import (
	"net/http"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	"sigs.k8s.io/yaml"
)

// readObjects returns the objects of a seed with their defaults.
func readObjects(t *testing.T, text string) Objects {
	t.Helper()
	var k Objects
	if err := yaml.UnmarshalStrict([]byte(text), &k); err != nil {
		t.Fatal(err)
	}
	k, err := k.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ask reads "get pods.apps/status in payments named x" or "get /version".
func ask(text string) Request {
	words := strings.Fields(text)
	if strings.HasPrefix(words[1], "/") {
		return ReviewedRequest(nil, &authorizationv1.NonResourceAttributes{Verb: words[0], Path: words[1]})
	}
	a := &authorizationv1.ResourceAttributes{Verb: words[0]}
	a.Resource, a.Subresource, _ = strings.Cut(words[1], "/")
	a.Resource, a.Group, _ = strings.Cut(a.Resource, ".")
	for i := 2; i < len(words); i += 2 {
		switch words[i] {
		case "in":
			a.Namespace = words[i+1]
		case "named":
			a.Name = words[i+1]
		}
	}
	return ReviewedRequest(a, nil)
}

const bindings = `
clusterRoles:
  - metadata: {name: nodes}
    rules: [{apiGroups: [""], resources: [nodes], verbs: [get, list]}]
  - metadata: {name: one}
    rules: [{apiGroups: [""], resources: [configmaps], resourceNames: [aws-auth], verbs: [get]}]
  - metadata: {name: logs}
    rules: [{apiGroups: ["*"], resources: ["*/log"], verbs: ["*"]}]
  - metadata: {name: metrics}
    rules: [{nonResourceURLs: ["/metrics/*"], verbs: [get]}]
clusterRoleBindings:
  - {metadata: {name: nodes}, roleRef: {name: nodes}, subjects: [{kind: Group, name: ops}]}
  - {metadata: {name: one}, roleRef: {name: one}, subjects: [{kind: User, name: ann}]}
  - {metadata: {name: logs}, roleRef: {name: logs}, subjects: [{kind: User, name: ann}]}
  - {metadata: {name: metrics}, roleRef: {name: metrics}, subjects: [{kind: User, name: ann}]}
  - {metadata: {name: lost}, roleRef: {name: lost}, subjects: [{kind: User, name: lost}]}
  - metadata: {name: account}
    roleRef: {name: cluster-admin}
    subjects: [{kind: ServiceAccount, name: bot, namespace: default}]
roles:
  - metadata: {name: secrets, namespace: payments}
    rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
roleBindings:
  - metadata: {name: edit, namespace: payments}
    roleRef: {name: edit}
    subjects: [{kind: User, name: ann}]
  - metadata: {name: secrets, namespace: payments}
    roleRef: {kind: Role, name: secrets}
    subjects: [{kind: User, name: eve}]
  - metadata: {name: secrets, namespace: other}
    roleRef: {kind: Role, name: secrets}
    subjects: [{kind: User, name: eve}]
`

func TestDecideByBinding(t *testing.T) {
	c := Cluster{Version: "1.33", Objects: readObjects(t, bindings)}
	for _, tt := range []struct {
		user, group, request string
		allowed              bool
		reason               string
	}{
		{"x", MastersGroup, "delete nodes", true, ""},
		{"x", MastersGroup, "get /secret", true, ""},
		{"x", "ops", "list nodes", true, `RBAC: allowed by ClusterRoleBinding "nodes" of ClusterRole "nodes" to Group "ops"`},
		{"ops", "", "list nodes", false, ""},
		{"x", "ops", "delete nodes", false, ""},
		{"x", "ops", "list nodes.metrics.k8s.io", false, ""},
		{"ann", "", "get configmaps in kube-system named aws-auth", true, "ClusterRoleBinding \"one\""},
		{"ann", "", "get configmaps in kube-system named other", false, ""},
		{"ann", "", "list configmaps in kube-system", false, ""},
		{"ann", "", "get pods/log in default", true, ""},
		{"ann", "", "get pods/exec in default", false, ""},
		{"ann", "", "get /metrics/cadvisor", true, ""},
		{"ann", "", "post /metrics/cadvisor", false, ""},
		{"ann", "", "get /metricsx", false, ""},
		{
			"ann", "", "delete deployments.apps in payments", true,
			`RBAC: allowed by RoleBinding "edit/payments" of ClusterRole "edit" to User "ann"`,
		},
		{"ann", "", "delete deployments.apps in default", false, ""},
		{"ann", "", "list deployments.apps", false, ""},
		{"eve", "", "get secrets in payments", true, `of Role "secrets"`},
		{"eve", "", "get secrets in other", false, `RBAC: role.rbac.authorization.k8s.io "secrets" not found`},
		{"lost", "", "get pods", false, `RBAC: clusterrole.rbac.authorization.k8s.io "lost" not found`},
		{"system:serviceaccount:default:bot", "", "get pods", false, ""},
		{"x", AuthenticatedGroup, "create selfsubjectaccessreviews.authorization.k8s.io", true, ""},
		{"x", AuthenticatedGroup, "get /api/v1", true, ""},
		{"x", UnauthenticatedGroup, "get /version", true, ""},
		{"x", UnauthenticatedGroup, "get /api/v1", false, ""},
	} {
		u := User{Name: tt.user, Groups: []string{tt.group}}
		d := c.decide(u, ask(tt.request))
		if d.Allowed != tt.allowed || !strings.Contains(d.Reason, tt.reason) || !d.Allowed && d.Reason != tt.reason {
			t.Errorf("%s of %s: %s: %+v, want %v %s", tt.user, tt.group, tt.request, d, tt.allowed, tt.reason)
		}
	}
	c.Objects.NoBasicUser = true
	u := User{Name: "x", Groups: []string{AuthenticatedGroup}}
	if d := c.decide(u, ask("create selfsubjectaccessreviews.authorization.k8s.io")); d.Allowed {
		t.Error("a review is allowed without the role system:basic-user")
	}
}

func TestDecideByPolicy(t *testing.T) {
	for _, tt := range []struct {
		policy, namespaces, request string
		want                        bool
	}{
		{"AmazonEKSClusterAdminPolicy", "", "delete nodes", true},
		{"AmazonEKSClusterAdminPolicy", "", "get /metrics", true},
		{"AmazonEKSClusterAdminPolicy", "payments", "delete secrets in payments", true},
		{"AmazonEKSClusterAdminPolicy", "payments", "delete secrets in default", false},
		{"AmazonEKSClusterAdminPolicy", "payments", "delete nodes", false},
		{"AmazonEKSClusterAdminPolicy", "payments", "get /metrics", false},
		{"AmazonEKSAdminPolicy", "", "create rolebindings.rbac.authorization.k8s.io in default", true},
		{"AmazonEKSClusterAdminPolicy", "*", "delete nodes", false},
		{"AmazonEKSAdminPolicy", "", "get nodes", false},
		{"AmazonEKSEditPolicy", "team-*", "create pods in team-a", true},
		{"AmazonEKSEditPolicy", "team-*", "create pods in teams", false},
		{"AmazonEKSEditPolicy", "", "create rolebindings.rbac.authorization.k8s.io in default", false},
		{"AmazonEKSViewPolicy", "", "watch pods in default", true},
		{"AmazonEKSViewPolicy", "", "get secrets in default", false},
		{"AmazonEKSViewPolicy", "", "delete pods in default", false},
		{"AmazonEKSAdminViewPolicy", "", "get secrets in default", true},
		{"AmazonEKSAdminViewPolicy", "", "get /metrics", false},
		{"AmazonEKSSecretReaderPolicy", "a b", "get secrets in b", true},
		{"AmazonEKSUnknownPolicy", "", "get pods in default", false},
	} {
		arn := "arn:aws:eks::aws:cluster-access-policy/" + tt.policy
		u := User{ID: "AROA1", Principal: "role/a", Policies: []Policy{{arn, strings.Fields(tt.namespaces)}}}
		d := u.DecideByPolicy(ask(tt.request))
		if d.Allowed != tt.want || d.Allowed == (d.Reason == "") {
			t.Errorf("%s in %q: %s: %+v, want %v", tt.policy, tt.namespaces, tt.request, d, tt.want)
		}
	}
}

func TestForbidden(t *testing.T) {
	for request, want := range map[string]string{
		"get /metrics": `forbidden: User "ann" cannot get path "/metrics"`,
		"list nodes":   `nodes is forbidden: User "ann" cannot list resource "nodes" in API group "" at the cluster scope`,
		"delete deployments.apps/scale in payments named x": `deployments.apps "x" is forbidden: User "ann" cannot ` +
			`delete resource "deployments/scale" in API group "apps" in the namespace "payments"`,
	} {
		code, answer := Forbidden(ask(request), User{Name: "ann"})
		s, _ := answer.(Status)
		if code != http.StatusForbidden || s.Message != want || s.Reason != "Forbidden" || s.Code != code {
			t.Errorf("%s: %d %+v, want %s", request, code, s, want)
		}
	}
}
