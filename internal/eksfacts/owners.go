package eksfacts

import "strings"

// ManagedTag is on some entries that AWS services made for themselves. Its
// absence proves nothing (aws/containers-roadmap #185, sample policy).
const ManagedTag = "aws:eks:managed"

// ownerTags tell which tool made an entry.
var ownerTags = []struct{ prefix, owner string }{
	{"alpha.eksctl.io/", "eksctl"},                           // eksctl tags all it makes with its cluster's name
	{"eksctl.cluster.k8s.io/", "eksctl"},                     // eksctl, older
	{"aws:cloudformation:", "CloudFormation"},                // CloudFormation user guide, resource tags
	{"services.k8s.aws/", "ACK"},                             // AWS Controllers for Kubernetes, default resource tags
	{"sigs.k8s.io/cluster-api-provider-aws/", "Cluster API"}, // cluster-api-provider-aws, infrav1.NameAWSProviderPrefix
	{"crossplane-", "Crossplane"},                            // crossplane-runtime, external resource tags
	{
		"kubernetes.io/cluster/",
		"Cluster API",
	}, // what it marks its entries by (pkg/cloud/services/eks/accessentry.go)
}

// OwnerByTags names the tool whose tags an entry carries, or "". Where several
// fit, the first of the table does: eksctl works through CloudFormation.
func OwnerByTags(tags map[string]string) string {
	for _, o := range ownerTags {
		for key := range tags {
			if strings.HasPrefix(key, o.prefix) {
				return o.owner
			}
		}
	}
	return ""
}
