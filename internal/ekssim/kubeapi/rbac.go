package kubeapi

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	AuthenticatedGroup   = "system:authenticated"
	UnauthenticatedGroup = "system:unauthenticated"
)

// The roles and bindings a Kubernetes has from the beginning, as far as they
// are for people. kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy.
var (
	bootClusterRoles = []rbacv1.ClusterRole{
		bootRole("cluster-admin", policyRules[clusterAdminPolicy]...),
		bootRole("admin", slices.Concat(adminRules, moreThanEdit)...),
		bootRole("edit", slices.Concat(editRules, moreThanEdit)...),
		bootRole("view", viewRules...),
		bootRole(basicUser, rule("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
			rule("create", "authentication.k8s.io", "selfsubjectreviews")),
		bootRole(
			"system:discovery",
			rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{"/livez", "/readyz", "/healthz",
				"/version", "/version/", "/openapi", "/openapi/*", "/api", "/api/*", "/apis", "/apis/*"}},
		),
		bootRole(
			"system:public-info-viewer",
			rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{"/livez", "/readyz", "/healthz",
				"/version", "/version/"}},
		),
	}
	bootClusterRoleBindings = []rbacv1.ClusterRoleBinding{
		bootBinding("cluster-admin", MastersGroup),
		bootBinding(basicUser, AuthenticatedGroup),
		bootBinding("system:discovery", AuthenticatedGroup),
		bootBinding("system:public-info-viewer", AuthenticatedGroup, UnauthenticatedGroup),
	}
	// What the ClusterRoles edit and admin have and the policies of that name
	// do not.
	moreThanEdit = []rbacv1.PolicyRule{
		rule("create", "", "pods/eviction serviceaccounts/token"),
		rule(reading+" "+writing, "coordination.k8s.io", "leases"),
	}
)

const basicUser = "system:basic-user"

func bootMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Labels: map[string]string{"kubernetes.io/bootstrapping": "rbac-defaults"}}
}

func bootRole(name string, rules ...rbacv1.PolicyRule) rbacv1.ClusterRole {
	return rbacv1.ClusterRole{ObjectMeta: bootMeta(name), Rules: rules}
}

func bootBinding(role string, groups ...string) rbacv1.ClusterRoleBinding {
	b := rbacv1.ClusterRoleBinding{
		ObjectMeta: bootMeta(role),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
	}
	for _, g := range groups {
		b.Subjects = append(b.Subjects, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: g})
	}
	return b
}

func (c Cluster) clusterRoles() []rbacv1.ClusterRole {
	return slices.Concat(bootClusterRoles, c.Objects.ClusterRoles)
}

func (c Cluster) clusterRoleBindings() []rbacv1.ClusterRoleBinding {
	all := slices.Concat(bootClusterRoleBindings, c.Objects.ClusterRoleBindings)
	if c.Objects.NoBasicUser {
		all = slices.DeleteFunc(all, func(b rbacv1.ClusterRoleBinding) bool { return b.Name == basicUser })
	}
	return all
}

// decideByBinding asks the bindings, those of the cluster before those of the
// namespace. Worded as kubernetes, plugin/pkg/auth/authorizer/rbac and
// pkg/registry/rbac/validation.
func (c Cluster) decideByBinding(u User, r Request) Decision {
	var missing []string
	try := func(kind, name, namespace string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) (Decision, bool) {
		i := slices.IndexFunc(subjects, u.is)
		if i < 0 {
			return Decision{}, false
		}
		rules, ok := c.rulesOf(ref, namespace)
		if !ok {
			missing = append(
				missing,
				fmt.Sprintf("%s.rbac.authorization.k8s.io %q not found", strings.ToLower(ref.Kind), ref.Name),
			)
		}
		if !slices.ContainsFunc(rules, func(rule rbacv1.PolicyRule) bool { return ruleAllows(rule, r) }) {
			return Decision{}, false
		}
		return Decision{
			true,
			fmt.Sprintf(
				"RBAC: allowed by %s %q of %s %q to %s %q",
				kind,
				name,
				ref.Kind,
				ref.Name,
				subjects[i].Kind,
				subjects[i].Name,
			),
		}, true
	}
	for _, b := range c.clusterRoleBindings() {
		if d, ok := try("ClusterRoleBinding", b.Name, "", b.RoleRef, b.Subjects); ok {
			return d
		}
	}
	for _, b := range c.Objects.RoleBindings {
		if r.namespace == "" || b.Namespace != r.namespace {
			continue
		}
		if d, ok := try("RoleBinding", b.Name+"/"+b.Namespace, b.Namespace, b.RoleRef, b.Subjects); ok {
			return d
		}
	}
	if len(missing) > 0 {
		return Decision{Reason: "RBAC: " + strings.Join(missing, ", ")}
	}
	return Decision{}
}

func (u User) is(s rbacv1.Subject) bool {
	switch s.Kind {
	case rbacv1.UserKind:
		return s.Name == u.Name
	case rbacv1.GroupKind:
		return slices.Contains(u.Groups, s.Name)
	}
	return false // a service account, and there are no tokens of these
}

// rulesOf is the role a binding names. Only in a namespace there may be one
// of its own.
func (c Cluster) rulesOf(ref rbacv1.RoleRef, namespace string) ([]rbacv1.PolicyRule, bool) {
	if ref.Kind == "Role" {
		for _, role := range c.Objects.Roles {
			if role.Namespace == namespace && role.Name == ref.Name {
				return role.Rules, true
			}
		}
		return nil, false
	}
	for _, role := range c.clusterRoles() {
		if role.Name == ref.Name {
			return role.Rules, true
		}
	}
	return nil, false
}
