package iampolicy

import (
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// SCP returns a service control policy under which only the given roles, ARN
// patterns, may give anybody cluster admin. The access level of the actions in
// question is "Write", so guards written against "Permissions management" miss
// them (Service Authorization Reference, Amazon EKS).
//
// It names the policy in every partition. It does not touch groups, which RBAC
// may bind to cluster-admin, or mode changes; and it does not hold for the
// management account, for which no service control policy does.
func SCP(allowed []string) (Document, error) {
	allowed = slices.Clone(allowed)
	slices.Sort(allowed)
	d := Document{version, []Statement{{
		Sid: "OnlyTheseGrantClusterAdmin", Effect: "Deny", Action: []string{"eks:AssociateAccessPolicy"},
		Resource: []string{"*"},
		Condition: condition{
			"ArnLike":    {"eks:policyArn": {"arn:*:eks::aws:cluster-access-policy/" + eksfacts.ClusterAdminPolicy}},
			"ArnNotLike": {"aws:PrincipalArn": slices.Compact(allowed)},
		},
	}}}
	if n := size(d); n > MaxSCP {
		return d, fmt.Errorf(
			"a service control policy has at most %d characters, and this one would have %d",
			MaxSCP,
			n,
		)
	}
	return d, nil
}
