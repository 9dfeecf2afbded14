package iampolicy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/spec"
)

// GrantRoles returns the roles that may grant cluster admin, checked and in
// order: those that are given, as ARNs with * for any text, else the roles by
// which clusters are reached.
func GrantRoles(given []string, clusters []*spec.Cluster) ([]string, error) {
	roles := slices.Clone(given)
	if len(roles) == 0 && len(clusters) == 0 {
		return nil, fault.WithHint(errors.New("--scp needs to know who may grant cluster admin"),
			"name the role with --role ARN, or the file that says assumeRole with -f FILE")
	}
	if len(roles) == 0 {
		for _, c := range clusters {
			if c.AssumeRole == "" {
				return nil, fault.WithHint(
					fmt.Errorf("cluster %q is reached without assumeRole, so the file does not tell who may grant",
						c.ID.Path()),
					"name the role with --role ARN",
				)
			}
			roles = append(roles, c.AssumeRole)
		}
	}
	for _, r := range roles {
		if a, err := arn.ParsePrincipal(strings.ReplaceAll(r, "*", "x")); err != nil || a.Kind != arn.Role {
			return nil, fault.WithHint(fmt.Errorf("--role %q is not the ARN of an IAM role", r),
				"want arn:aws:iam::111122223333:role/eksaccess; * stands for any text")
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles), nil
}

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
