package eksfacts

import "github.com/eksaccess/eksaccess/internal/arn"

// Names of access policies that decisions depend on.
const (
	ClusterAdminPolicy = "AmazonEKSClusterAdminPolicy"
	AutoNodePolicy     = "AmazonEKSAutoNodePolicy"
)

// A Use says whom an access policy is made for.
type Use string

const (
	ForUsers         Use = "users"
	ForCapabilities  Use = "capability roles"
	ForNodes         Use = "nodes"
	ForServices      Use = "other AWS services"
	ForClusterRole   Use = "the cluster's own role"
	ForServiceLinked Use = "service-linked roles"
)

// A Policy is one access policy of EKS.
type Policy struct {
	Name string
	Use  Use
	// OnlyScope is "cluster" or "namespace" where the guide gives the policy a
	// meaning at that scope alone, else "".
	OnlyScope string
}

// Policies is the catalogue (guide, access-policy-permissions and
// capabilities-security; the rest as listed by ListAccessPolicies in published
// outputs). It is not complete, and neither is ListAccessPolicies.
var Policies = []Policy{
	{ClusterAdminPolicy, ForUsers, ""},
	{"AmazonEKSAdminPolicy", ForUsers, ""},
	{"AmazonEKSEditPolicy", ForUsers, ""},
	{"AmazonEKSViewPolicy", ForUsers, ""},
	{"AmazonEKSAdminViewPolicy", ForUsers, ""},
	{"AmazonEKSSecretReaderPolicy", ForUsers, ""},
	{"AmazonEKSSecretAdminPolicy", ForUsers, ""},
	{AutoNodePolicy, ForNodes, "cluster"},
	{"AmazonEKSComputePolicy", ForServiceLinked, ""},
	{"AmazonEKSComputeClusterPolicy", ForServiceLinked, ""},
	{"AmazonEKSBlockStoragePolicy", ForServiceLinked, ""},
	{"AmazonEKSBlockStorageClusterPolicy", ForServiceLinked, ""},
	{"AmazonEKSLoadBalancingPolicy", ForClusterRole, ""},
	{"AmazonEKSLoadBalancingClusterPolicy", ForClusterRole, ""},
	{"AmazonEKSNetworkingPolicy", ForClusterRole, ""},
	{"AmazonEKSNetworkingClusterPolicy", ForClusterRole, ""},
	{"AmazonEKSHybridPolicy", ForServiceLinked, ""},
	{"AmazonEKSClusterInsightsPolicy", ForServiceLinked, ""},
	{"AmazonEKSEventPolicy", ForServiceLinked, ""},
	{"AmazonEKSPodIdentityPolicy", ForServiceLinked, ""},
	{"AmazonEKSACKPolicy", ForCapabilities, ""},
	{"AmazonEKSKROPolicy", ForCapabilities, ""},
	{"AmazonEKSArgoCDClusterPolicy", ForCapabilities, "cluster"},
	{"AmazonEKSArgoCDPolicy", ForCapabilities, "namespace"},
	{"AmazonARCRegionSwitchScalingPolicy", ForServices, ""},
	{"AmazonEMRJobPolicy", ForServices, ""},
	{"AmazonSagemakerHyperpodClusterPolicy", ForServices, ""},
	{"AmazonSagemakerHyperpodControllerPolicy", ForServices, ""},
	{"AmazonSagemakerHyperpodSpacePolicy", ForServices, ""},
	{"AmazonSagemakerHyperpodSpaceTemplatePolicy", ForServices, ""},
	{"AmazonSagemakerHyperpodSystemNamespacePolicy", ForServices, ""},
	{"AmazonSagemakerHyperpodUserClusterPolicy", ForServices, ""},
	{"AmazonSagemakerHyperpodInferenceMonitoringPolicy", ForServices, ""},
	{"AWSBackupFullAccessPolicyForBackup", ForServices, ""},
	{"AWSBackupFullAccessPolicyForRestore", ForServices, ""},
	{"AIDevOpsAgentAccessPolicy", ForServices, ""},
	{"AmazonAIOpsAssistantPolicy", ForServices, ""},
	{"AmazonPrometheusScraperPolicy", ForServices, ""},
}

// PolicyNamed looks a policy up by its name.
func PolicyNamed(name string) (Policy, bool) {
	for _, p := range Policies {
		if p.Name == name {
			return p, true
		}
	}
	return Policy{}, false
}

// IsClusterAdmin reports whether policyARN is AmazonEKSClusterAdminPolicy, in
// any partition.
func IsClusterAdmin(policyARN string) bool { return arn.PolicyName(policyARN) == ClusterAdminPolicy }

// IsOnlyForAWS reports whether policyARN is one that only AWS associates: with
// the roles of EKS Capabilities, with the cluster's own role in Auto Mode, and
// with service-linked roles (guide, capabilities-security and
// access-policy-permissions).
func IsOnlyForAWS(policyARN string) bool {
	p, ok := PolicyNamed(arn.PolicyName(policyARN))
	return ok && (p.Use == ForCapabilities || p.Use == ForClusterRole || p.Use == ForServiceLinked)
}

// IsForUsers reports whether policyARN is one that is made for people and their
// automation.
func IsForUsers(policyARN string) bool {
	p, ok := PolicyNamed(arn.PolicyName(policyARN))
	return ok && p.Use == ForUsers
}
