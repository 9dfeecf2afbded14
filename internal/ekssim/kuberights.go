package ekssim

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// A kubeUser is who a caller is to Kubernetes.
type kubeUser struct {
	Name, UID string
	Groups    []string
	Extra     map[string][]string

	// Of a user by access entry: its principal, the unique id that the entry is
	// bound to, and its policies.
	Principal, ID string
	Policies      []kubePolicy
}

// A kubePolicy is an access policy in namespaces, or if none are named in the
// cluster.
type kubePolicy struct {
	ARN        string
	Namespaces []string
}

// MastersGroup can do everything.
const mastersGroup = "system:masters"

// A kubeRequest is what a user asks of Kubernetes: a verb on a resource, or on
// a path that is none.
type kubeRequest struct {
	verb, group, resource, subresource, namespace, name string
	path                                                string
}

// forbidden is how an API server words a refusal. kubernetes,
// apiserver/pkg/endpoints/handlers/responsewriters/errors.go.
func (r kubeRequest) forbidden(user string) string {
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

// A decision is whether a request is allowed, and in whose words.
type decision struct {
	Allowed bool
	Reason  string
}

// decide says whether a user may do something: by system:masters, which
// nothing can take rights from, by an access policy, or by a binding. There
// are no denials. User guide: access-policies; kubernetes,
// pkg/kubeapiserver/authorizer.
func (c kubeCluster) decide(u kubeUser, r kubeRequest) decision {
	if slices.Contains(u.Groups, mastersGroup) {
		return decision{Allowed: true}
	}
	if d := u.byPolicy(r); d.Allowed {
		return d
	}
	return c.byBinding(u, r)
}

// byPolicy asks the access policies. At namespace scope they give nothing of
// the cluster's own objects, nor of paths. The reason is worded as in audit
// logs people published; for a namespace it is worded after them.
func (u kubeUser) byPolicy(r kubeRequest) decision {
	for _, a := range u.Policies {
		_, name, _ := strings.Cut(a.ARN, ":cluster-access-policy/")
		if !slices.ContainsFunc(kubePolicies[name], func(rule rbacv1.PolicyRule) bool { return ruleAllows(rule, r) }) {
			continue
		}
		binding := fmt.Sprintf("ClusterRoleBinding %q", u.Principal+"+"+a.ARN)
		if len(a.Namespaces) > 0 {
			if r.namespace == "" ||
				!slices.ContainsFunc(a.Namespaces, func(pattern string) bool { return glob(pattern, r.namespace) }) {
				continue
			}
			binding = fmt.Sprintf("RoleBinding %q", u.Principal+"+"+a.ARN+"/"+r.namespace)
		}
		return decision{
			true,
			fmt.Sprintf("EKS Access Policy: allowed by %s of ClusterRole %q to User %q", binding, a.ARN, u.ID),
		}
	}
	return decision{}
}
