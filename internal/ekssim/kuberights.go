package ekssim

import (
	"fmt"
	"slices"
	"strings"
)

// A kubeRequest is what somebody wants to do in Kubernetes.
type kubeRequest struct {
	verb, group, resource, namespace, name string
}

// forbidden is how an API server words a refusal.
func (r kubeRequest) forbidden(user string) string {
	return fmt.Sprintf("%s %q is forbidden: User %q cannot %s resource %q in API group %q in the namespace %q",
		r.resource, r.name, user, r.verb, r.resource, r.group, r.namespace)
}

// may says whether the user has the right, by system:masters, which nothing
// can take rights from, or by an access policy. There is no RBAC here: other
// groups give nothing.
func (u kubeUser) may(r kubeRequest) bool {
	if slices.Contains(u.groups, mastersGroup) {
		return true
	}
	return slices.ContainsFunc(u.policies, func(a Association) bool {
		_, name, _ := strings.Cut(a.Policy, ":cluster-access-policy/")
		rule := kubeRules[name]
		return rule != nil && rule(r) && (len(a.Namespaces) == 0 || r.namespace != "" &&
			slices.ContainsFunc(a.Namespaces, func(pattern string) bool { return glob(pattern, r.namespace) }))
	})
}

// kubeRules are what access policies allow, as far as the simulator has
// objects. User guide: access-policy-reference.
var kubeRules = map[string]func(kubeRequest) bool{
	policyClusterAdmin:         func(kubeRequest) bool { return true },
	"AmazonEKSAdminViewPolicy": kubeRequest.reads,
	"AmazonEKSAdminPolicy":     kubeRequest.ofConfigMaps,
	"AmazonEKSEditPolicy":      kubeRequest.ofConfigMaps,
	"AmazonEKSViewPolicy":      func(r kubeRequest) bool { return r.ofConfigMaps() && r.reads() },
}

func (r kubeRequest) reads() bool { return slices.Contains([]string{"get", "list", "watch"}, r.verb) }

func (r kubeRequest) ofConfigMaps() bool { return r.group == "" && r.resource == "configmaps" }
