package inventory

import (
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

func TestPolicyPower(t *testing.T) {
	tests := []struct {
		policy          string // name, or a whole ARN
		wide, namespace Power
	}{
		{"AmazonEKSClusterAdminPolicy", ClusterAdmin, NamespaceAdmin},
		{"AmazonEKSAdminPolicy", Admin, NamespaceAdmin},
		{"AmazonEKSEditPolicy", Edit, NamespaceEdit},
		{"AmazonEKSSecretAdminPolicy", Edit, NamespaceEdit},
		{"AmazonEKSAdminViewPolicy", Secrets, NamespaceView},
		{"AmazonEKSSecretReaderPolicy", Secrets, NamespaceView},
		{"AmazonEKSViewPolicy", View, NamespaceView},
		{"AmazonEKSAutoNodePolicy", Node, Node},
		{"AmazonEKSKROPolicy", Other, Other},
		{"AmazonEKSNewestPolicy", Other, Other},
		{"arn:aws:iam::aws:policy/AmazonEKSClusterAdminPolicy", Other, Other}, // none of EKS's
		{"arn:aws:eks::111122223333:cluster-access-policy/AmazonEKSClusterAdminPolicy", Other, Other},
		{"arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", ClusterAdmin, NamespaceAdmin},
	}
	for _, tt := range tests {
		id := tt.policy
		if _, err := arn.Parse(id); err != nil {
			id = arn.AccessPolicy("aws", id)
		}
		if got := policyPower(spec.Policy{ARN: id, Scope: spec.ScopeCluster}); got != tt.wide {
			t.Errorf("%s in the cluster is %s, want %s", tt.policy, got, tt.wide)
		}
		if got := policyPower(spec.Policy{ARN: id, Scope: spec.ScopeNamespace,
			Namespaces: []string{"a"}}); got != tt.namespace {
			t.Errorf("%s in a namespace is %s, want %s", tt.policy, got, tt.namespace)
		}
	}
}

// Every policy for users has a power other than [Other], also one that is added to
// the catalogue later.
func TestEveryPolicyForPeopleIsRanked(t *testing.T) {
	for _, p := range eksfacts.Policies {
		power := policyPower(spec.Policy{ARN: arn.AccessPolicy("aws", p.Name), Scope: spec.ScopeCluster})
		if ranked := power.Rank() < Groups.Rank(); ranked != (p.Use == eksfacts.ForUsers) {
			t.Errorf("%s, made for %s, is %s", p.Name, p.Use, power)
		}
	}
}

func TestScale(t *testing.T) {
	for i, l := range Scale {
		if l.Power.Rank() != i || l.Power.Label() != l.Label || l.Label == "" || l.Means == "" {
			t.Errorf("%+v is at %d", l, l.Power.Rank())
		}
	}
	for _, pair := range [][2]Power{{ClusterAdmin, Admin}, {Admin, Edit}, {Edit, Secrets}, {Secrets, View},
		{View, NamespaceAdmin}, {NamespaceView, Groups}, {Groups, None}} {
		if stronger(pair[0], pair[1]) != pair[0] || stronger(pair[1], pair[0]) != pair[0] {
			t.Errorf("%s does not rank above %s", pair[0], pair[1])
		}
	}
}
