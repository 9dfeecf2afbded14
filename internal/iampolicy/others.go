package iampolicy

import (
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// audit reads more than a plan: whether there is another way in. A cluster's
// endpoint and logs are in what DescribeCluster tells.
func (w *writer) audit(all []declared) {
	w.allow("ReadIdentityProviders", clusterARNs(all), nil, "eks:ListIdentityProviderConfigs")
	w.allow("ReadEachIdentityProvider", kindARNs(all, "identityproviderconfig"), nil, "eks:DescribeIdentityProviderConfig")
}

// recover makes one entry, or makes it anew, and gives it cluster admin. Whose
// it is nobody knows beforehand. A narrower policy than cluster admin is given
// with fewer permissions; whoever wants that writes it into a file.
func (w *writer) recover(all []declared) {
	w.allow("CreateEntry", clusterARNs(all), condition{"StringEquals": {"eks:accessEntryType": {eksfacts.Standard}}}, "eks:CreateAccessEntry")
	w.allow("GrantClusterAdmin", entryARNs(all), condition{"ArnEquals": {"eks:policyArn": clusterAdmin(all)}}, "eks:AssociateAccessPolicy")
	w.allow("RemakeDeadEntry", entryARNs(all), nil, "eks:DeleteAccessEntry")
	w.allow("TagEntry", entryARNs(all), nil, "eks:TagResource")
	w.modes(all, func(declared) string { return eksfacts.ModeAPIAndConfigMap })
	// What it says at the end, of nodes that would be locked out.
	w.allow("ListNodes", clusterARNs(all), nil, "eks:ListNodegroups", "eks:ListFargateProfiles")
	w.allow("ReadNodes", append(kindARNs(all, "nodegroup"), kindARNs(all, "fargateprofile")...), nil, "eks:DescribeNodegroup", "eks:DescribeFargateProfile")
}

// kindARNs are those of all resources of a kind in the clusters.
func kindARNs(all []declared, kind string) []string {
	return each(all, func(c arn.Cluster) string {
		return arn.ARN{Partition: c.Partition, Service: "eks", Region: c.Region, Account: c.Account, Resource: kind + "/" + c.Name + "/*"}.String()
	})
}
