package live

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// A ProviderReader is the part of the EKS client that reads identity providers.
type ProviderReader interface {
	ListIdentityProviderConfigs(
		context.Context,
		*eks.ListIdentityProviderConfigsInput,
		...func(*eks.Options),
	) (*eks.ListIdentityProviderConfigsOutput, error)
	DescribeIdentityProviderConfig(
		context.Context,
		*eks.DescribeIdentityProviderConfigInput,
		...func(*eks.Options),
	) (*eks.DescribeIdentityProviderConfigOutput, error)
}

var _ ProviderReader = (*eks.Client)(nil)

// ReadProviders reads the OIDC providers of a cluster. It never fails: what cannot
// be read is unknown, since a caller who can read access entries may lack the
// permission for this.
func ReadProviders(ctx context.Context, r ProviderReader, cluster arn.Cluster) snapshot.Providers {
	configs, err := collectPages(func(token *string) ([]types.IdentityProviderConfig, *string, error) {
		out, err := r.ListIdentityProviderConfigs(
			ctx,
			&eks.ListIdentityProviderConfigsInput{ClusterName: aws.String(cluster.Name), NextToken: token},
		)
		if err != nil {
			return nil, nil, err
		}
		return out.IdentityProviderConfigs, out.NextToken, nil
	})
	if err != nil {
		return snapshot.Providers{Fact: unknownFact(err, "ListIdentityProviderConfigs", cluster)}
	}
	found := snapshot.Providers{Fact: snapshot.KnownFact()}
	for _, c := range configs {
		out, err := r.DescribeIdentityProviderConfig(ctx, &eks.DescribeIdentityProviderConfigInput{
			ClusterName: aws.String(cluster.Name), IdentityProviderConfig: &c})
		if err != nil {
			return snapshot.Providers{Fact: unknownFact(err, "DescribeIdentityProviderConfig", cluster)}
		}
		p := snapshot.Provider{Name: aws.ToString(c.Name)}
		if out.IdentityProviderConfig != nil && out.IdentityProviderConfig.Oidc != nil {
			o := out.IdentityProviderConfig.Oidc
			p.Status, p.Issuer, p.ClientID = string(o.Status), aws.ToString(o.IssuerUrl), aws.ToString(o.ClientId)
			p.UsernameClaim, p.UsernamePrefix = aws.ToString(o.UsernameClaim), aws.ToString(o.UsernamePrefix)
			p.GroupsClaim, p.GroupsPrefix = aws.ToString(o.GroupsClaim), aws.ToString(o.GroupsPrefix)
		}
		found.Items = append(found.Items, p)
	}
	return found
}

func unknownFact(err error, operation string, cluster arn.Cluster) snapshot.Fact {
	e := awserr.From(err, awserr.Call{Operation: operation, Cluster: cluster})
	return snapshot.UnknownFact(operation+": "+reasonOf(e), e.Hint)
}
