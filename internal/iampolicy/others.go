package iampolicy

import (
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// audit reads more than a plan: whether there is another way in. A cluster's
// endpoint and logs are in what DescribeCluster tells.
func (w *writer) audit(all []declared) {
	w.allow("ReadIdentityProviders", clusterARNs(all), nil, "eks:ListIdentityProviderConfigs")
	w.allow(
		"ReadEachIdentityProvider",
		kindARNs(all, "identityproviderconfig"),
		nil,
		"eks:DescribeIdentityProviderConfig",
	)
	w.authorities(all)
}

// authorities are authorised on the cluster (Service Authorization Reference,
// Amazon EKS).
func (w *writer) authorities(all []declared) {
	w.allow("ReadCertificateAuthorities", clusterARNs(all), nil,
		"eks:ListCertificateAuthorities", "eks:DescribeCertificateAuthority")
}

// recover makes one entry, or recreates it, and gives it cluster admin. Whose
// it is that is not known beforehand, nor what a dead one had, which comes back with
// it: so it may give any policy, of which none is more than cluster admin.
func (w *writer) recover(all []declared) {
	w.allow(
		"CreateEntry",
		clusterARNs(all),
		condition{"StringEquals": {"eks:accessEntryType": {eksfacts.Standard}}},
		"eks:CreateAccessEntry",
	)
	w.allow("GrantPolicies", entryARNs(all), nil, "eks:AssociateAccessPolicy")
	w.allow("RemakeDeadEntry", entryARNs(all), nil, "eks:DeleteAccessEntry")
	w.allow("TagEntry", entryARNs(all), nil, "eks:TagResource")
	w.modes(all, func(declared) string { return eksfacts.ModeAPIAndConfigMap })
	// What it says at the end, of nodes that would be locked out.
	w.allow("ListNodes", clusterARNs(all), nil, "eks:ListNodegroups", "eks:ListFargateProfiles")
	w.allow(
		"ReadNodes",
		append(kindARNs(all, "nodegroup"), kindARNs(all, "fargateprofile")...),
		nil,
		"eks:DescribeNodegroup",
		"eks:DescribeFargateProfile",
	)
	// When a kubeconfig with only the old certificate authority stops working.
	w.authorities(all)
}

// kindARNs are those of all resources of a kind in the clusters.
func kindARNs(all []declared, kind string) []string {
	return each(all, func(c arn.Cluster) string {
		return arn.ARN{
			Partition: c.Partition,
			Service:   "eks",
			Region:    c.Region,
			Account:   c.Account,
			Resource:  kind + "/" + c.Name + "/*",
		}.String()
	})
}
