package recover

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// asks is what shows that somebody has a policy: something it allows that the
// next weaker one does not (EKS user guide, access-policy-reference).
var asks = map[string]cani.Question{
	"AmazonEKSAdminPolicy":        {Verb: "create", Group: "rbac.authorization.k8s.io", Resource: "rolebindings"},
	"AmazonEKSEditPolicy":         {Verb: "delete", Resource: "pods"},
	"AmazonEKSViewPolicy":         {Verb: "get", Resource: "pods"},
	"AmazonEKSAdminViewPolicy":    {Verb: "list", Group: "*", Resource: "*"},
	"AmazonEKSSecretReaderPolicy": {Verb: "get", Resource: "secrets"},
	"AmazonEKSSecretAdminPolicy":  {Verb: "delete", Resource: "secrets"},
}

// questionsFor are what the cluster is asked, to prove that a principal has a
// policy. Of cluster admin that is what "kubectl auth can-i '*' '*'
// --all-namespaces" asks, and the same of all API groups and of all that is no
// resource, which kubectl leaves out. There are none for policies whose rules
// are not published; that the cluster knows the principal is all that can be
// shown then.
func questionsFor(p spec.Policy) []cani.Question {
	name := arn.PolicyName(p.ARN)
	admin := name == eksfacts.ClusterAdminPolicy
	one, known := asks[name]
	switch {
	case admin && p.Scope == spec.ScopeCluster:
		return []cani.Question{cani.Everything, cani.EveryGroup, cani.EveryPath}
	case p.Scope == spec.ScopeCluster && known:
		return []cani.Question{one}
	case p.Scope == spec.ScopeCluster:
		return nil
	}
	var list []cani.Question
	for _, n := range p.Namespaces {
		// A review does not ask whether the namespace exists, so that any name
		// the pattern fits stands for all.
		n = strings.ReplaceAll(n, "*", "x")
		switch {
		case admin:
			everything, everyGroup := cani.Everything, cani.EveryGroup
			everything.Namespace, everyGroup.Namespace = n, n
			list = append(list, everything, everyGroup)
		case known:
			one.Namespace = n
			list = append(list, one)
		}
	}
	return slices.Compact(list)
}
