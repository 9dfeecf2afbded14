package spec

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// IsSystem reports whether an entry of l is AWS's own business: service-linked
// roles, what AWS tags as its own, node types, the roles of EKS Capabilities,
// the cluster's role in Auto Mode.
func (l *Live) IsSystem(e *LiveEntry) bool {
	_, managed := e.Tags[eksfacts.ManagedTag]
	return managed || arn.IsServiceLinked(e.Principal) || eksfacts.IsNode(e.Type) || e.Principal == l.RoleARN ||
		slices.ContainsFunc(e.Policies, func(p Policy) bool { return eksfacts.IsCapabilityPolicy(p.ARN) })
}

// IsDead reports whether the principal of an entry of l was deleted and made
// again since: the entry looks right, and lets nobody in.
func (l *Live) IsDead(e *LiveEntry) bool {
	id := l.Identities[e.Principal]
	return id.Existence == Exists && id.CreatedAt.After(e.CreatedAt)
}
