package spec

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/trust"
)

// IsSystem reports whether an entry of l is AWS's own business: the entry of a
// service-linked role or of nodes, one that AWS tags as its own, that of the
// cluster's own role, or of a role of the cluster's account with nothing but
// policies that only AWS associates (EKS Capabilities, Auto Mode). Access that
// people could have given makes any of the last three an ordinary entry.
func (l *Live) IsSystem(e *LiveEntry) bool {
	switch {
	case arn.IsServiceLinked(e.Principal), eksfacts.IsNode(e.Type):
		return true
	case isTaggedByEKS(e), e.Principal == l.RoleARN:
		return !e.givesMoreThanAWS()
	}
	return l.hasAWSRole(e) && len(e.Policies) > 0 && len(e.Groups) == 0 &&
		!slices.ContainsFunc(e.Policies, func(p Policy) bool { return !eksfacts.IsOnlyForAWS(p.ARN) })
}

// IsManagedByEKS reports whether EKS owns an entry of l: by its tag, or by a
// policy that only AWS associates on a role of the cluster's account. Such an
// entry may give more than what AWS needs it for, see [Live.IsSystem].
func (l *Live) IsManagedByEKS(e *LiveEntry) bool {
	return isTaggedByEKS(e) || e.Principal == l.RoleARN || l.hasAWSRole(e) &&
		slices.ContainsFunc(e.Policies, func(p Policy) bool { return eksfacts.IsOnlyForAWS(p.ARN) })
}

func isTaggedByEKS(e *LiveEntry) bool {
	_, tagged := e.Tags[eksfacts.ManagedTag]
	return tagged
}

// hasAWSRole reports whether the principal can be a role that AWS works with:
// a role of the cluster's account, and not one that people can assume as far
// as its trust policy was read.
func (l *Live) hasAWSRole(e *LiveEntry) bool {
	p, err := arn.ParsePrincipal(e.Principal)
	if err != nil || p.Kind != arn.Role || p.Account != l.ID.Account {
		return false
	}
	policy := l.Identities[e.Principal].Trust
	return policy == nil || policy.Class() != trust.People
}

// givesMoreThanAWS reports whether an entry has access that AWS does not give
// its own entries: a policy for users, or a group that a user could set.
func (e *LiveEntry) givesMoreThanAWS() bool {
	return slices.ContainsFunc(e.Policies, func(p Policy) bool { return eksfacts.IsForUsers(p.ARN) }) ||
		slices.ContainsFunc(e.Groups, func(g string) bool { return eksfacts.ReservedPrefix(g) == "" })
}

// IsDead reports whether the principal of an entry of l was deleted and
// recreated since: the entry is stale, and gives nothing.
func (l *Live) IsDead(e *LiveEntry) bool {
	id := l.Identities[e.Principal]
	return id.Existence == Exists && id.CreatedAt.After(e.CreatedAt)
}
