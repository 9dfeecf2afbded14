package recover

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// testQuestions show that a principal has a policy: each is allowed by the policy
// and not by the next weaker one (EKS user guide, access-policy-reference).
var testQuestions = map[string]cani.Question{
	"AmazonEKSAdminPolicy":        {Verb: "create", Group: "rbac.authorization.k8s.io", Resource: "rolebindings"},
	"AmazonEKSEditPolicy":         {Verb: "delete", Resource: "pods"},
	"AmazonEKSViewPolicy":         {Verb: "get", Resource: "pods"},
	"AmazonEKSAdminViewPolicy":    {Verb: "list", Group: "*", Resource: "*"},
	"AmazonEKSSecretReaderPolicy": {Verb: "get", Resource: "secrets"},
	"AmazonEKSSecretAdminPolicy":  {Verb: "delete", Resource: "secrets"},
}

// questionsFor are the questions to the cluster that prove that a principal has a
// policy. For cluster admin, they are that of "kubectl auth can-i '*' '*'
// --all-namespaces", and the same for all API groups and for all paths, which
// kubectl does not ask. There are none for policies whose rules are not
// published; then only the authentication can be checked.
func questionsFor(p spec.Policy) []cani.Question {
	name := arn.PolicyName(p.ARN)
	admin := name == eksfacts.ClusterAdminPolicy
	one, known := testQuestions[name]
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
		// A review does not check whether the namespace exists, so any name that
		// matches the pattern will do.
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
