package inventory

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A Power is how much somebody may do in a cluster, in a word.
type Power string

// The scale. What is written cluster-wide ranks above what is held in some
// namespaces; who writes ranks above who reads, since whoever writes may run
// as any service account there.
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

// A Level is a power with its words.
type Level struct {
	Power Power
	Label string
	Means string
}

// Scale lists the powers, the strongest first. It is the one place that ranks
// them.
var Scale = []Level{
	{ClusterAdmin, "cluster admin", "everything in the cluster"},
	{Admin, "admin", "nearly every object of all namespaces, secrets and RBAC among them"},
	{Edit, "edit", "reads and writes workloads and secrets of all namespaces"},
	{Secrets, "reads secrets", "reads all namespaces, secrets among it"},
	{View, "view", "reads all namespaces, but no secrets"},
	{NamespaceAdmin, "namespace admin", "everything, or nearly so, in some namespaces"},
	{NamespaceEdit, "namespace edit", "reads and writes workloads and secrets of some namespaces"},
	{NamespaceView, "namespace view", "reads some namespaces"},
	{Groups, "groups", "groups or a username whose bindings were not read: may be anything, cluster admin too"},
	{Other, "other", "a policy or a role that this program does not rank"},
	{Node, "node", "what a node needs"},
	{None, "none", "gets in, and may do what everybody who gets in may"},
}

// Rank is the power's place in [Scale], 0 for the strongest.
func (p Power) Rank() int {
	return slices.IndexFunc(Scale, func(l Level) bool { return l.Power == p })
}

// Label is the power in words.
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

// powerOf ranks what a grant gives, in the whole cluster or in some namespaces.
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
