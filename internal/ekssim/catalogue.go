package ekssim

import (
	"regexp"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// A catalogued access policy. User guide: access-policy-reference, save where
// noted. What policies allow in Kubernetes is in package kubeapi.
type accessPolicy struct {
	// unlisted: associated in practice, yet not answered by ListAccessPolicies.
	unlisted bool
	// serviceLinked: marked as for service-linked roles only.
	serviceLinked bool
	// scope, if set, is the only one that makes sense. User guide:
	// capabilities-security, create-node-class.
	scope string
}

const policyClusterAdmin = "AmazonEKSClusterAdminPolicy"

var accessPolicies = map[string]accessPolicy{
	policyClusterAdmin:             {},
	"AmazonEKSAdminPolicy":         {},
	"AmazonEKSEditPolicy":          {},
	"AmazonEKSViewPolicy":          {},
	"AmazonEKSAdminViewPolicy":     {},
	"AmazonEKSSecretReaderPolicy":  {},
	"AmazonEKSSecretAdminPolicy":   {}, // seen in the API's list, not on the guide's page
	"AmazonEKSAutoNodePolicy":      {scope: "cluster"},
	"AmazonEKSComputePolicy":       {serviceLinked: true},
	"AmazonEKSBlockStoragePolicy":  {serviceLinked: true},
	"AmazonEKSLoadBalancingPolicy": {},
	"AmazonEKSNetworkingPolicy":    {},

	"AmazonEKSComputeClusterPolicy":       {serviceLinked: true},
	"AmazonEKSBlockStorageClusterPolicy":  {serviceLinked: true},
	"AmazonEKSLoadBalancingClusterPolicy": {},
	"AmazonEKSNetworkingClusterPolicy":    {},

	"AmazonEKSHybridPolicy":          {serviceLinked: true},
	"AmazonEKSClusterInsightsPolicy": {serviceLinked: true, unlisted: true},
	"AmazonEKSEventPolicy":           {serviceLinked: true},
	"AmazonEKSPodIdentityPolicy":     {serviceLinked: true}, // in a list of April 2026

	"AmazonEKSACKPolicy":           {scope: "cluster"},
	"AmazonEKSKROPolicy":           {scope: "cluster"},
	"AmazonEKSArgoCDClusterPolicy": {scope: "cluster"},
	"AmazonEKSArgoCDPolicy":        {scope: "namespace"},

	"AmazonARCRegionSwitchScalingPolicy": {},
	"AmazonEMRJobPolicy":                 {},

	"AmazonSagemakerHyperpodClusterPolicy":             {},
	"AmazonSagemakerHyperpodControllerPolicy":          {},
	"AmazonSagemakerHyperpodSpacePolicy":               {},
	"AmazonSagemakerHyperpodSpaceTemplatePolicy":       {},
	"AmazonSagemakerHyperpodSystemNamespacePolicy":     {},
	"AmazonSagemakerHyperpodUserClusterPolicy":         {},
	"AmazonSagemakerHyperpodInferenceMonitoringPolicy": {unlisted: true},

	"AWSBackupFullAccessPolicyForBackup":  {unlisted: true},
	"AWSBackupFullAccessPolicyForRestore": {unlisted: true},
	"AIDevOpsAgentAccessPolicy":           {},
	"AmazonAIOpsAssistantPolicy":          {},
	"AmazonPrometheusScraperPolicy":       {serviceLinked: true, unlisted: true},
}

// policyARN has no region and the literal account "aws".
func policyARN(partition, name string) string {
	return "arn:" + partition + ":eks::aws:cluster-access-policy/" + name
}

var policyShape = regexp.MustCompile(`^arn:aws[a-z-]*:eks::aws:cluster-access-policy/.+$`)

// findPolicy looks a policy up for a cluster of a partition. The right name
// in the wrong partition is as unknown as a wrong name: table row 13.
func findPolicy(partition, arn string) (accessPolicy, *awsapi.Error) {
	if !policyShape.MatchString(arn) {
		return accessPolicy{}, invalidParameter(textPolicyFormat) // row 14
	}
	name, ok := strings.CutPrefix(arn, policyARN(partition, ""))
	p, known := accessPolicies[name]
	if !ok || !known {
		return accessPolicy{}, notFound(textNoPolicy)
	}
	return p, nil
}
