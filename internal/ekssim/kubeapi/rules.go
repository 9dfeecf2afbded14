package kubeapi

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// What access policies allow, rule by rule. User guide:
// access-policy-reference, read 2026-11-25; SecretAdmin is not on that page
// and taken as every verb on secrets. Policies that are not here are made for
// AWS's own services and allow nothing in this world.
var policyRules = map[string][]rbacv1.PolicyRule{
	clusterAdminPolicy: {
		{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}},
		{NonResourceURLs: []string{"*"}, Verbs: []string{"*"}},
	},
	"AmazonEKSAdminPolicy":        adminRules,
	"AmazonEKSEditPolicy":         editRules,
	"AmazonEKSViewPolicy":         viewRules,
	"AmazonEKSAdminViewPolicy":    {rule(reading, "*", "*")},
	"AmazonEKSSecretReaderPolicy": {rule(reading, "", "secrets")},
	"AmazonEKSSecretAdminPolicy":  {rule("*", "", "secrets")},
}

const (
	clusterAdminPolicy = "AmazonEKSClusterAdminPolicy"

	reading = "get list watch"
	writing = "create delete deletecollection patch update"
)

// rule has its verbs and resources between spaces.
func rule(verbs, group, resources string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{
		APIGroups: []string{group},
		Resources: strings.Fields(resources),
		Verbs:     strings.Fields(verbs),
	}
}

var viewRules = []rbacv1.PolicyRule{
	rule(
		reading,
		"apps",
		`controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status
		replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status`,
	),
	rule(reading, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
	rule(reading, "batch", "cronjobs cronjobs/status jobs jobs/status"),
	rule(reading, "discovery.k8s.io", "endpointslices"),
	rule(reading, "extensions", `daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses
		ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale`),
	rule(reading, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
	rule(reading, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
	rule(
		reading,
		"",
		`configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers
		replicationcontrollers/scale serviceaccounts services services/status`,
	),
	rule(reading, "", `bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status
		resourcequotas resourcequotas/status`),
	rule(reading, "", "namespaces"),
}

var editRules = slices.Concat(viewRules, []rbacv1.PolicyRule{
	rule(writing, "apps", `daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale
		statefulsets statefulsets/scale`),
	rule(writing, "autoscaling", "horizontalpodautoscalers"),
	rule(writing, "batch", "cronjobs jobs"),
	rule(writing, "extensions", `daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies
		replicasets replicasets/scale replicationcontrollers/scale`),
	rule(writing, "networking.k8s.io", "ingresses networkpolicies"),
	rule(writing, "policy", "poddisruptionbudgets"),
	rule(reading, "", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
	rule(writing, "", "pods pods/attach pods/exec pods/portforward pods/proxy"),
	rule(
		writing,
		"",
		`configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets
		serviceaccounts services services/proxy`,
	),
	rule("impersonate", "", "serviceaccounts"),
})

var adminRules = slices.Concat(editRules, []rbacv1.PolicyRule{
	rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
	rule(reading+" "+writing, rbacv1.GroupName, "rolebindings roles"),
})

// ruleAllows is how Kubernetes reads a rule. kubernetes,
// pkg/apis/rbac/v1/evaluation_helpers.go.
func ruleAllows(rule rbacv1.PolicyRule, r Request) bool {
	has := func(list []string, values ...string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return s == "*" || slices.Contains(values, s) })
	}
	if !has(rule.Verbs, r.verb) {
		return false
	}
	if r.path != "" {
		return slices.ContainsFunc(rule.NonResourceURLs, func(url string) bool {
			prefix, any := strings.CutSuffix(url, "*")
			return url == r.path || any && strings.HasPrefix(r.path, prefix)
		})
	}
	resource, everywhere := r.resource, ""
	if r.subresource != "" {
		resource, everywhere = r.resource+"/"+r.subresource, "*/"+r.subresource
	}
	return has(rule.APIGroups, r.group) && has(rule.Resources, resource, everywhere) &&
		(len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, r.name))
}
