package inventory

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A Power is the level of a permission.
type Power string

// The levels. A permission in the whole cluster ranks above one in namespaces.
// Writing ranks above reading, because it allows running pods as any service
// account of the namespace.
const (
	ClusterAdmin   Power = "cluster-admin"
	Admin          Power = "admin"
	Edit           Power = "edit"
	Secrets        Power = "secrets"
	View           Power = "view"
	NamespaceAdmin Power = "namespace-admin"
	NamespaceEdit  Power = "namespace-edit"
	NamespaceView  Power = "namespace-view"
	Groups         Power = "groups"
	Other          Power = "other"
	Node           Power = "node"
	None           Power = "none"
)

// A Level is a power with its label and meaning.
type Level struct {
	Power Power
	Label string
	Means string
}

// Scale lists the powers, the strongest first. Nothing else ranks them.
var Scale = []Level{
	{ClusterAdmin, "cluster admin", "everything in the cluster"},
	{Admin, "admin", "most objects of all namespaces, including secrets and RBAC"},
	{Edit, "edit", "reads and writes workloads and secrets of all namespaces"},
	{Secrets, "reads secrets", "reads all namespaces, including secrets"},
	{View, "view", "reads all namespaces, without secrets"},
	{NamespaceAdmin, "namespace admin", "everything, or most objects, in some namespaces"},
	{NamespaceEdit, "namespace edit", "reads and writes workloads and secrets of some namespaces"},
	{NamespaceView, "namespace view", "reads some namespaces"},
	{Groups, "groups", "groups or a username whose bindings were not read: can be anything, also cluster admin"},
	{Other, "other", "a policy or role whose permissions eksaccess does not know"},
	{Node, "node", "permissions of a node"},
	{None, "no permissions", "can authenticate, and has the permissions of every authenticated user"},
}

// Rank is the power's place in [Scale], 0 for the strongest.
func (p Power) Rank() int {
	return slices.IndexFunc(Scale, func(l Level) bool { return l.Power == p })
}

// Label returns the name of the power in text.
func (p Power) Label() string {
	if i := p.Rank(); i >= 0 {
		return Scale[i].Label
	}
	return string(p)
}

// stronger returns the one that ranks higher.
func stronger(a, b Power) Power {
	if b.Rank() < a.Rank() {
		return b
	}
	return a
}

// powerOf returns the power of a grant in the whole cluster or in namespaces.
func powerOf(g eksfacts.Extent, clusterWide bool) Power {
	wide, narrow := Other, Other
	switch g {
	case eksfacts.ExtentAll:
		wide, narrow = ClusterAdmin, NamespaceAdmin
	case eksfacts.ExtentAdmin:
		wide, narrow = Admin, NamespaceAdmin
	case eksfacts.ExtentEdit:
		wide, narrow = Edit, NamespaceEdit
	case eksfacts.ExtentSecrets:
		wide, narrow = Secrets, NamespaceView
	case eksfacts.ExtentView:
		wide, narrow = View, NamespaceView
	}
	if clusterWide {
		return wide
	}
	return narrow
}

func policyPower(p spec.Policy) Power {
	if known, ok := eksfacts.PolicyNamed(arn.PolicyName(p.ARN)); ok && known.Use == eksfacts.ForNodes {
		return Node
	}
	return powerOf(eksfacts.PolicyExtent(p.ARN), p.Scope == spec.ScopeCluster)
}
