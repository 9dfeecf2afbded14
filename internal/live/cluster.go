package live

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/spec"
)

// ReadCluster describes a cluster without its entries. A cluster whose entries
// cannot be read at all is an error with one of the codes ClusterNotFound, ConnectedCluster, ClusterNotActive,
// WrongAccount.
//
// Where the answer shows no authentication mode, one ListAccessEntries decides
// whether the cluster has entries.
func ReadCluster(ctx context.Context, r EKSReader, cluster arn.Cluster, profile string) (*spec.Live, error) {
	l, err := describeCluster(ctx, r, cluster, profile)
	if err != nil || l.Mode != eksfacts.ModeUnknown {
		return l, err
	}
	_, err = r.ListAccessEntries(ctx, &eks.ListAccessEntriesInput{ClusterName: aws.String(cluster.Name),
		MaxResults: aws.Int32(1)})
	if awserr.IsConfigMapMode(err) {
		l.Mode = eksfacts.ModeConfigMap
	}
	return l, nil // any other refusal is reported where the entries are read
}

// describeCluster is [ReadCluster] without the decision on a mode that the
// answer does not show.
func describeCluster(ctx context.Context, r EKSReader, cluster arn.Cluster, profile string) (*spec.Live, error) {
	out, err := r.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: aws.String(cluster.Name)})
	if err != nil {
		return nil, awserr.From(err, awserr.Call{Operation: "DescribeCluster", Cluster: cluster, Profile: profile})
	}
	c := out.Cluster
	if c == nil {
		c = &types.Cluster{}
	}
	if e := clusterError(c, cluster); e != nil {
		e.Operation, e.Resource = "DescribeCluster", cluster.ARN()
		return nil, e
	}
	return &spec.Live{
		ID:              cluster,
		Status:          string(c.Status),
		Mode:            authenticationMode(c.AccessConfig),
		RoleARN:         aws.ToString(c.RoleArn),
		Version:         aws.ToString(c.Version),
		PlatformVersion: aws.ToString(c.PlatformVersion),
		Endpoint:        aws.ToString(c.Endpoint),
		CA:              caCertificate(c.CertificateAuthority),
		TokenID:         cmp.Or(aws.ToString(c.Id), cluster.Name),
		PublicEndpoint:  publicEndpoint(c.ResourcesVpcConfig),
		PrivateEndpoint: hasPrivateEndpoint(c.ResourcesVpcConfig),
		PublicCIDRs:     publicCIDRs(c.ResourcesVpcConfig),
		CreatedAt:       aws.ToTime(c.CreatedAt),
		Issuer:          issuer(c.Identity),
		Logging:         logging(c.Logging),
		Identities:      map[string]spec.Identity{},
	}, nil
}

// clusterError returns why the entries of a cluster cannot be read, or nil.
func clusterError(c *types.Cluster, want arn.Cluster) *fault.Error {
	switch got := aws.ToString(c.Arn); {
	case got != "" && got != want.ARN():
		return &fault.Error{
			Code:    fault.WrongAccount,
			Message: fmt.Sprintf("asked for %q, the answer is about %q", want.ARN(), got),
			Hint:    "check AWS_ENDPOINT_URL, and the account and region of the cluster in the file",
		}
	case c.ConnectorConfig != nil:
		// EKS shows clusters registered through the EKS Connector and manages
		// no access to them (EKS user guide, eks-connector).
		return &fault.Error{
			Code:    fault.ConnectedCluster,
			Message: fmt.Sprintf("%q is registered with EKS and not run by it, so it has no access entries", want.Name),
			Hint:    "take it out of the file; access to it is given where it runs",
		}
	case c.Status != types.ClusterStatusActive && c.Status != types.ClusterStatusUpdating:
		return &fault.Error{
			Code:    fault.ClusterNotActive,
			Message: fmt.Sprintf("%q is in status %q; entries are read in ACTIVE and UPDATING", want.Name, c.Status),
			Hint: fmt.Sprintf(
				"wait with: aws eks wait cluster-active --name %s --region %s; or leave it out with --cluster or "+
					"--selector",
				want.Name,
				want.Region,
			),
		}
	}
	return nil
}

// authenticationMode returns the mode of a cluster. accessConfig is optional in
// the answer (EKS API reference, Cluster) and absent on some old clusters; the
// meaning of that is not documented.
func authenticationMode(config *types.AccessConfigResponse) string {
	if config == nil || config.AuthenticationMode == "" {
		return eksfacts.ModeUnknown
	}
	return string(config.AuthenticationMode)
}

// publicEndpoint reports whether the endpoint is public; nil if the answer does not
// contain it, as for local clusters on Outposts.
func publicEndpoint(config *types.VpcConfigResponse) *bool {
	if config == nil {
		return nil
	}
	return &config.EndpointPublicAccess
}

// caCertificate returns the certificate in PEM; nil if there is none.
func caCertificate(c *types.Certificate) []byte {
	if c == nil {
		return nil
	}
	pem, err := base64.StdEncoding.DecodeString(aws.ToString(c.Data))
	if err != nil {
		return nil
	}
	return pem
}

// ListClusters lists the names of the clusters in the account and region of the
// reader, in the order of AWS. where is for the text of an error only.
func ListClusters(ctx context.Context, r EKSReader, where arn.Cluster, profile string) ([]string, error) {
	names, err := collectPages(func(token *string) ([]string, *string, error) {
		out, err := r.ListClusters(ctx, &eks.ListClustersInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Clusters, out.NextToken, nil
	})
	if err != nil {
		return nil, awserr.From(err, awserr.Call{Operation: "ListClusters", Cluster: where, Profile: profile})
	}
	return names, nil
}

// issuer returns the issuer of the tokens of service accounts.
func issuer(i *types.Identity) string {
	if i == nil || i.Oidc == nil {
		return ""
	}
	return aws.ToString(i.Oidc.Issuer)
}

// logging returns the types of logs that are enabled. EKS lists those that are and
// those that are not, in groups (EKS service model, shape Logging); nil if it
// lists none.
func logging(l *types.Logging) []string {
	if l == nil || l.ClusterLogging == nil {
		return nil
	}
	on := []string{}
	for _, group := range l.ClusterLogging {
		if aws.ToBool(group.Enabled) {
			for _, kind := range group.Types {
				on = append(on, string(kind))
			}
		}
	}
	slices.Sort(on)
	return slices.Compact(on)
}

func hasPrivateEndpoint(v *types.VpcConfigResponse) bool { return v != nil && v.EndpointPrivateAccess }

func publicCIDRs(v *types.VpcConfigResponse) []string {
	if v == nil {
		return nil
	}
	return v.PublicAccessCidrs
}
