package kubeapi

import (
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

func TestWithDefaults(t *testing.T) {
	k := Objects{
		Namespaces: []string{"z", "kube-system", "a", "z"},
		RoleBindings: []rbacv1.RoleBinding{{
			RoleRef:  rbacv1.RoleRef{Name: "view"},
			Subjects: []rbacv1.Subject{{Kind: "User", Name: "ann"}, {Kind: "ServiceAccount", Name: "bot"}},
		}},
		NoBasicUser: true,
	}
	k.RoleBindings[0].Name, k.RoleBindings[0].Namespace = "view", "payments"
	got, err := k.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a", "payments", "z"}; !slices.Equal(got.Namespaces, want) || !got.NoBasicUser {
		t.Errorf("namespaces %q, want %q; %+v", got.Namespaces, want, got)
	}
	b := got.RoleBindings[0]
	if b.RoleRef != (rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"}) {
		t.Errorf("role %+v", b.RoleRef)
	}
	if b.Subjects[0].APIGroup != rbacv1.GroupName || b.Subjects[1].APIGroup != "" {
		t.Errorf("subjects %+v", b.Subjects)
	}
	if before := k.RoleBindings[0]; before.RoleRef.Kind != "" || before.Subjects[0].APIGroup != "" {
		t.Errorf("the original has changed: %+v", before)
	}
}

func TestInvalidObjects(t *testing.T) {
	for text, want := range map[string]string{
		"namespaces: ['']":                                                    "a namespace has no name",
		"roles: [{metadata: {name: a}}]":                                      "a role or its binding no namespace",
		"roles: [{metadata: {namespace: a}}]":                                 `"Role a/" has no name or is listed twice`,
		"clusterRoles: [{}]":                                                  `"ClusterRole " has no name`,
		"clusterRoles: [{metadata: {name: a}}, {metadata: {name: a}}]":        `"ClusterRole a" has no name or is listed`,
		"clusterRoles: [{metadata: {name: view}}]":                            `"ClusterRole view" has no name or is`,
		"clusterRoleBindings: [{metadata: {name: cluster-admin}}]":            `"ClusterRoleBinding cluster-admin"`,
		"clusterRoleBindings: [{metadata: {name: a}}]":                        `can't be of ClusterRole ""`,
		"clusterRoleBindings: [{metadata: {name: a}, roleRef: {kind: Role}}]": `can't be of Role ""`,
		"clusterRoleBindings: [{metadata: {name: a}, roleRef: {kind: Role, name: b}}]": `a ClusterRoleBinding can't be ` +
			`of Role "b"`,
		"clusterRoleBindings: [{metadata: {name: a}, roleRef: {kind: Pod, name: b}}]": `can't be of Pod "b"`,
		"roleBindings: [{metadata: {name: a, namespace: n}, roleRef: {name: view}, subjects: [{kind: User}]}]": `a ` +
			`RoleBinding can't be for User ""`,
		"roleBindings: [{metadata: {name: a, namespace: n}, roleRef: {name: view}, subjects: [{name: b}]}]": `can't be ` +
			`for  "b"`,
	} {
		var k Objects
		if err := yaml.UnmarshalStrict([]byte(text), &k); err != nil {
			t.Fatal(err)
		}
		if _, err := k.WithDefaults(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}
