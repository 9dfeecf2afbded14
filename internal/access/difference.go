package access

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A Permission is one thing that a principal can have: exactly one of the
// fields says which.
type Permission struct {
	ClusterAdmin bool         `json:"clusterAdmin,omitempty"`
	Node         bool         `json:"nodeAccess,omitempty"`
	Policy       *spec.Policy `json:"policy,omitempty"`
	Group        string       `json:"group,omitempty"`
	Username     string       `json:"username,omitempty"` // a name that bindings may use
}

// String is the permission for people: "cluster admin", "edit in payments",
// "group \"ops\"".
func (p Permission) String() string {
	switch {
	case p.ClusterAdmin:
		return "cluster admin"
	case p.Node:
		return "node access"
	case p.Policy != nil:
		return PolicyText(*p.Policy)
	case p.Username != "":
		return "username " + quote(p.Username)
	}
	return "group " + quote(p.Group)
}

// PolicyText is a policy and its scope for people.
func PolicyText(p spec.Policy) string {
	name := arn.PolicyName(p.ARN)
	short := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(name, "AmazonEKS"), "Policy"))
	if !slices.Contains([]string{"admin", "edit", "view"}, short) {
		short = name
	}
	if p.Scope == spec.ScopeCluster {
		return short + " in all namespaces"
	}
	return short + " in " + strings.Join(p.Namespaces, ", ")
}

func quote(s string) string { return "\"" + s + "\"" }

// Difference lists what a principal gains and loses between two states. What
// something wider gives as well is no loss: cluster admin includes everything
// but node access. A username is compared only between two entries: what a row's
// name is worth is known only from the bindings in the cluster.
func Difference(before, after Access) (gained, lost []Permission) {
	return beyond(after, before), beyond(before, after)
}

// Excess lists what has gives and limit does not.
func Excess(has, limit Access) []Permission { return beyond(has, limit) }

func beyond(has, limit Access) []Permission {
	out := []Permission{}
	if has.Node && !limit.Node {
		out = append(out, Permission{Node: true})
	}
	if limit.ClusterAdmin {
		return out
	}
	if has.ClusterAdmin {
		out = append(out, Permission{ClusterAdmin: true})
	}
	for _, p := range has.Policies {
		if has.ClusterAdmin && eksfacts.IsClusterAdmin(p.ARN) && p.Scope == spec.ScopeCluster {
			continue // listed as cluster admin
		}
		if rest, ok := missingPart(p, limit.Policies); ok {
			out = append(out, Permission{Policy: &rest})
		}
	}
	for _, g := range slices.Concat(has.Groups, has.Templates) {
		switch {
		case slices.Contains(limit.Groups, g), slices.Contains(limit.Templates, g):
		case g == eksfacts.MastersGroup: // listed as cluster admin
		case g == eksfacts.AuthenticatedGroup: // of everyone who logs in
		case has.Node && isNodeGroup(g): // part of node access
		default:
			out = append(out, Permission{Group: g})
		}
	}
	if len(out) == 0 && has.canLogIn() && limit.Via == ViaNone && limit.Unknown == "" {
		return append(out, Permission{Username: has.Username}) // it could log in, and bindings may use its name
	}
	if has.Via == ViaEntry && limit.Via == ViaEntry && !has.Node && hasName(has) && has.Username != limit.Username {
		out = append(out, Permission{Username: has.Username})
	}
	return out
}

// IsDead reports whether the entry or row gives nothing because its principal was
// recreated or no longer exists.
func (a Access) IsDead() bool { return a.Life == Stale || a.Life == Orphaned }

// canLogIn reports whether the principal can log in.
func (a Access) canLogIn() bool { return a.Via != ViaNone && a.Life != Stale && a.Life != Orphaned }

// hasName reports whether the entry's username is one of its own, and not the
// one that EKS derives from the principal.
func hasName(a Access) bool {
	return a.canLogIn() && a.Username != "" && a.Username != eksfacts.DefaultUsername(eksfacts.Standard, a.Principal)
}

func isNodeGroup(g string) bool {
	return g == eksfacts.NodesGroup || g == eksfacts.BootstrappersGroup || g == eksfacts.NodeProxierGroup ||
		g == eksfacts.WindowsProxyGroup
}

// missingPart returns the part of p that none of the policies gives, and false if
// they give all of it. Namespaces are compared as text.
func missingPart(p spec.Policy, by []spec.Policy) (spec.Policy, bool) {
	var open []string
	if p.Scope != spec.ScopeCluster {
		open = slices.Clone(p.Namespaces)
	}
	for _, q := range by {
		if !covers(q.ARN, p.ARN) {
			continue
		}
		if q.Scope == spec.ScopeCluster {
			return p, false
		}
		open = slices.DeleteFunc(open, func(n string) bool { return slices.Contains(q.Namespaces, n) })
	}
	if p.Scope == spec.ScopeCluster {
		return p, true
	}
	p.Namespaces = open
	return p, len(open) > 0
}

// wider lists the policies that include all that a policy gives (Amazon EKS
// user guide, access-policy-permissions: Edit has all rules of View, Admin all
// of Edit, ClusterAdmin everything).
var wider = map[string][]string{
	"AmazonEKSAdminPolicy":        {eksfacts.ClusterAdminPolicy},
	"AmazonEKSEditPolicy":         {eksfacts.ClusterAdminPolicy, "AmazonEKSAdminPolicy"},
	"AmazonEKSViewPolicy":         {eksfacts.ClusterAdminPolicy, "AmazonEKSAdminPolicy", "AmazonEKSEditPolicy"},
	"AmazonEKSAdminViewPolicy":    {eksfacts.ClusterAdminPolicy},
	"AmazonEKSSecretReaderPolicy": {eksfacts.ClusterAdminPolicy, "AmazonEKSSecretAdminPolicy"},
	"AmazonEKSSecretAdminPolicy":  {eksfacts.ClusterAdminPolicy},
}

func covers(wide, narrow string) bool {
	return wide == narrow || slices.Contains(wider[arn.PolicyName(narrow)], arn.PolicyName(wide))
}

// A Change is what one principal gains and loses between two states.
type Change struct {
	Principal string
	Before    Access
	After     Access
	Gained    []Permission
	Lost      []Permission
}

// Changes lists the principals whose effective access differs between two
// states of a cluster, by principal. A role's row and its entry are one
// principal, whose ARN is then the entry's.
func Changes(before, after *State) []Change {
	changes := []Change{}
	full := map[string]string{} // ARN of an entry, by key
	for _, a := range slices.Concat(after.all, before.all) {
		if a.Via == ViaEntry {
			full[spec.AWSAuthKey(a.Principal)] = a.Principal
		}
	}
	seen := map[string]bool{}
	for _, a := range slices.Concat(after.all, before.all) {
		principal := a.Principal
		if arn, ok := full[spec.AWSAuthKey(principal)]; ok && a.Via == ViaRow {
			principal = arn
		}
		if seen[principal] {
			continue
		}
		seen[principal] = true
		c := Change{Principal: principal, Before: before.For(principal), After: after.For(principal)}
		c.Gained, c.Lost = Difference(c.Before, c.After)
		if len(c.Gained)+len(c.Lost) > 0 {
			changes = append(changes, c)
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Principal, b.Principal) })
	return changes
}
