package eksfacts

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/cani"
)

// A right is one rule of an access policy: verbs on resources of a group, or
// on paths. "*" stands for all, as in a ClusterRole.
type right struct {
	group     string
	resources []string // with subresources, "pods/log"
	paths     []string
	verbs     []string
}

var (
	reads  = []string{"get", "list", "watch"}
	writes = []string{"create", "delete", "deletecollection", "patch", "update"}
	all    = []string{"*"}
)

// rights are what the access policies made for people allow, as the guide
// prints them (access-policy-permissions, read 2026-11-25; SecretAdmin is not
// on that page and is read from its name, as ListAccessPolicies has it). AWS may
// change them at any time, and says that RBAC's aggregation does not widen
// them. There are no denials.
var rights = map[string][]right{
	ClusterAdminPolicy:            {{group: "*", resources: all, verbs: all}, {paths: all, verbs: all}},
	"AmazonEKSAdminPolicy":        slices.Concat(viewing, editing, administering),
	"AmazonEKSEditPolicy":         slices.Concat(viewing, editing),
	"AmazonEKSViewPolicy":         viewing,
	"AmazonEKSAdminViewPolicy":    {{group: "*", resources: all, verbs: reads}},
	"AmazonEKSSecretReaderPolicy": {{resources: []string{"secrets"}, verbs: reads}},
	"AmazonEKSSecretAdminPolicy":  {{resources: []string{"secrets"}, verbs: all}},
}

// Edit has all of View, and Admin all of Edit.
var (
	viewing = []right{
		{"", words(`bindings configmaps endpoints events limitranges namespaces namespaces/status persistentvolumeclaims
			persistentvolumeclaims/status pods pods/log pods/status replicationcontrollers replicationcontrollers/scale
			replicationcontrollers/status resourcequotas resourcequotas/status serviceaccounts services services/status`), nil, reads},
		{
			"apps",
			words(
				`controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets
			replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status`,
			),
			nil,
			reads,
		},
		{"autoscaling", words("horizontalpodautoscalers horizontalpodautoscalers/status"), nil, reads},
		{"batch", words("cronjobs cronjobs/status jobs jobs/status"), nil, reads},
		{"discovery.k8s.io", words("endpointslices"), nil, reads},
		{
			"extensions",
			words(
				`daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status
			networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale`,
			),
			nil,
			reads,
		},
		{"networking.k8s.io", words("ingresses ingresses/status networkpolicies"), nil, reads},
		{"policy", words("poddisruptionbudgets poddisruptionbudgets/status"), nil, reads},
	}
	editing = []right{
		{"", words("pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"), nil, reads},
		{
			"",
			words(
				`configmaps events persistentvolumeclaims pods pods/attach pods/exec pods/portforward pods/proxy replicationcontrollers
			replicationcontrollers/scale secrets serviceaccounts services services/proxy`,
			),
			nil,
			writes,
		},
		{"", words("serviceaccounts"), nil, words("impersonate")},
		{
			"apps",
			words(
				`daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets
			statefulsets/scale`,
			),
			nil,
			writes,
		},
		{"autoscaling", words("horizontalpodautoscalers"), nil, writes},
		{"batch", words("cronjobs jobs"), nil, writes},
		{
			"extensions",
			words(`daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets
			replicasets/scale replicationcontrollers/scale`),
			nil,
			writes,
		},
		{"networking.k8s.io", words("ingresses networkpolicies"), nil, writes},
		{"policy", words("poddisruptionbudgets"), nil, writes},
	}
	administering = []right{
		{"authorization.k8s.io", words("localsubjectaccessreviews"), nil, words("create")},
		{"rbac.authorization.k8s.io", words("rolebindings roles"), nil, append(reads[:3:3], writes...)},
	}
)

func words(text string) []string { return strings.Fields(text) }

// covers goes by the rules of RBAC: "*" in a question is covered by "*" alone
// (kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go).
func (r right) covers(q cani.Question) bool {
	if !has(r.verbs, q.Verb) {
		return false
	}
	if q.Path != "" {
		return has(r.paths, q.Path)
	}
	resource := q.Resource
	if q.Subresource != "" {
		resource += "/" + q.Subresource
	}
	return len(r.resources) > 0 && (r.group == "*" || r.group == q.Group) && has(r.resources, resource)
}

func has(list []string, s string) bool { return slices.Contains(list, "*") || slices.Contains(list, s) }

// A Grant is an access policy where it holds.
type Grant struct {
	Policy     string   // ARN or name
	Namespaces []string // names, or patterns with "*"; none for the whole cluster
}

// A Verdict is what access policies say to a question. They only allow, and
// RBAC may allow more to a group or username; so there is no plain no.
type Verdict string

const (
	Yes          Verdict = "yes"
	NoByPolicies Verdict = "no"      // none of them allows it, and there is no group RBAC could know
	Undecided    Verdict = "unknown" // RBAC by groups, or a policy whose rules are not published, may allow it
)

// A Judgement is a verdict with what it rests on.
type Judgement struct {
	Verdict Verdict
	Policy  string   // the one that allows it, by name
	Groups  []string // for Undecided: what RBAC may know
	Unread  []string // for Undecided: policies whose rules are not published, by name
}

// Judge derives what grants and groups together answer to a question: from
// what AWS has published of its policies, and from nothing the cluster said.
// Impersonation (kubectl --as) is outside it: access policies do not hold there
// (guide, access-policies).
func Judge(q cani.Question, grants []Grant, groups []string) Judgement {
	var j Judgement
	for _, g := range grants {
		name := arn.PolicyName(g.Policy)
		if !g.reaches(q) {
			continue
		}
		rules, published := rights[name]
		switch {
		case slices.ContainsFunc(rules, func(r right) bool { return r.covers(q) }):
			return Judgement{Verdict: Yes, Policy: name}
		case !published:
			j.Unread = append(j.Unread, name)
		}
	}
	j.Verdict, j.Groups = NoByPolicies, groups
	if len(groups) > 0 || len(j.Unread) > 0 {
		j.Verdict = Undecided
	}
	return j
}

// reaches reports whether a grant holds where the question is about. In
// namespaces it holds for nothing that is in none, and "all namespaces" is more
// than any list of them.
func (g Grant) reaches(q cani.Question) bool {
	if len(g.Namespaces) == 0 {
		return true
	}
	return q.Namespace != "" &&
		slices.ContainsFunc(g.Namespaces, func(pattern string) bool { return arn.Match(pattern, q.Namespace) })
}

// Least is the access policy that answers yes with the fewest rights beside,
// by name. ClusterAdmin answers yes to all that can be asked.
func Least(q cani.Question) string {
	for _, name := range []string{"AmazonEKSSecretReaderPolicy", "AmazonEKSViewPolicy", "AmazonEKSEditPolicy",
		"AmazonEKSAdminPolicy",
		"AmazonEKSAdminViewPolicy", ClusterAdminPolicy} {
		if Judge(q, []Grant{{Policy: name}}, nil).Verdict == Yes {
			return name
		}
	}
	return ""
}
