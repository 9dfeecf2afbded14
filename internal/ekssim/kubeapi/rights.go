package kubeapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	rbacv1 "k8s.io/api/rbac/v1"
)

// An User is who a caller is to Kubernetes.
type User struct {
	Name, UID string
	Groups    []string
	Extra     map[string][]string

	// Of a user by access entry: its principal, the unique id that the entry is
	// bound to, and its policies.
	Principal, ID string
	Policies      []Policy
}

// A Policy is an access policy in namespaces, or if none are named in the
// cluster.
type Policy struct {
	ARN        string
	Namespaces []string
}

// MastersGroup can do everything.
const MastersGroup = "system:masters"

// A Request is what a user asks of Kubernetes: a verb on a resource, or on
// a path that is none.
type Request struct {
	verb, group, resource, subresource, namespace, name string
	path                                                string
}

// Forbidden is how an API server words a refusal. kubernetes,
// apiserver/pkg/endpoints/handlers/responsewriters/errors.go.
func (r Request) forbidden(user string) string {
	if r.path != "" {
		return fmt.Sprintf("forbidden: User %q cannot %s path %q", user, r.verb, r.path)
	}
	what := r.resource
	if r.group != "" {
		what += "." + r.group
	}
	if r.name != "" {
		what += fmt.Sprintf(" %q", r.name)
	}
	resource := r.resource
	if r.subresource != "" {
		resource += "/" + r.subresource
	}
	where := "at the cluster scope"
	if r.namespace != "" {
		where = fmt.Sprintf("in the namespace %q", r.namespace)
	}
	return fmt.Sprintf(
		"%s is forbidden: User %q cannot %s resource %q in API group %q %s",
		what,
		user,
		r.verb,
		resource,
		r.group,
		where,
	)
}

// A Decision is whether a request is allowed, and in whose words.
type Decision struct {
	Allowed bool
	Reason  string
}

// decide says whether a user may do something: by system:masters, which
// nothing can take rights from, by an access policy, or by a binding. There
// are no denials. User guide: access-policies; kubernetes,
// pkg/kubeapiserver/authorizer.
func (c Cluster) decide(u User, r Request) Decision {
	if slices.Contains(u.Groups, MastersGroup) {
		return Decision{Allowed: true}
	}
	if d := u.DecideByPolicy(r); d.Allowed {
		return d
	}
	return c.decideByBinding(u, r)
}

// DecideByPolicy asks the access policies. At namespace scope they give nothing of
// the cluster's own objects, nor of paths. The reason is worded as in audit
// logs people published; for a namespace it is worded after them.
func (u User) DecideByPolicy(r Request) Decision {
	for _, a := range u.Policies {
		_, name, _ := strings.Cut(a.ARN, ":cluster-access-policy/")
		if !slices.ContainsFunc(policyRules[name], func(rule rbacv1.PolicyRule) bool { return ruleAllows(rule, r) }) {
			continue
		}
		binding := fmt.Sprintf("ClusterRoleBinding %q", u.Principal+"+"+a.ARN)
		if len(a.Namespaces) > 0 {
			inScope := func(pattern string) bool { return arns.Match(pattern, r.namespace) }
			if r.namespace == "" || !slices.ContainsFunc(a.Namespaces, inScope) {
				continue
			}
			binding = fmt.Sprintf("RoleBinding %q", u.Principal+"+"+a.ARN+"/"+r.namespace)
		}
		return Decision{
			true,
			fmt.Sprintf("EKS Access Policy: allowed by %s of ClusterRole %q to User %q", binding, a.ARN, u.ID),
		}
	}
	return Decision{}
}
