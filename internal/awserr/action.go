package awserr

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// actionOf is the IAM action an operation needs. All operations called here
// have an action of their own name
// (Service Authorization Reference: Amazon EKS, AWS IAM, AWS STS).
func actionOf(service, operation string) string {
	if operation == "" {
		return ""
	}
	switch service {
	case "EKS":
		return "eks:" + operation
	case "IAM":
		return "iam:" + operation
	case "STS":
		return "sts:" + operation
	case "": // an error that doesn't name its service
	default:
		return ""
	}
	switch operation {
	case "GetRole", "GetUser", "ListRoles":
		return "iam:" + operation
	case "AssumeRole", "GetCallerIdentity":
		return "sts:" + operation
	}
	return "eks:" + operation
}

// resource is what a policy must name to allow the action: some access-entry
// calls are authorised on the cluster, others on the entry, whose ARN ends in
// an id that is not known beforehand
// (Service Authorization Reference, Amazon EKS, "Resource types").
func (c Call) resource(action string) string {
	if c.Cluster == (arn.Cluster{}) && len(action) > 4 && action[:4] == "eks:" {
		return ""
	}
	switch action {
	case "eks:CreateAccessEntry", "eks:ListAccessEntries", "eks:DescribeCluster",
		"eks:UpdateClusterConfig", "eks:DescribeUpdate", "eks:ListUpdates",
		"eks:ListNodegroups", "eks:ListFargateProfiles", "eks:ListIdentityProviderConfigs":
		return c.Cluster.ARN()
	case "eks:DescribeAccessEntry", "eks:UpdateAccessEntry", "eks:DeleteAccessEntry",
		"eks:AssociateAccessPolicy", "eks:DisassociateAccessPolicy", "eks:ListAssociatedAccessPolicies",
		"eks:TagResource", "eks:UntagResource":
		return c.Cluster.EntryARNs()
	case "eks:DescribeNodegroup", "eks:DescribeFargateProfile":
		kind := strings.ToLower(strings.TrimPrefix(action, "eks:Describe"))
		return arn.ARN{
			Partition: c.Cluster.Partition,
			Service:   "eks",
			Region:    c.Cluster.Region,
			Account:   c.Cluster.Account,
			Resource:  kind + "/" + c.Cluster.Name + "/*",
		}.String()
	case "sts:AssumeRole":
		return c.AssumeRole
	case "iam:GetRole", "iam:GetUser", "iam:PassRole":
		if p, err := arn.ParsePrincipal(c.Principal); err == nil && p.Service == "iam" {
			return c.Principal
		}
		return "*"
	default: // ListClusters, ListAccessPolicies, ListRoles
		return "*"
	}
}
