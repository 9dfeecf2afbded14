package ekssim_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
)

// What an audit looks at, through the SDK: logs, networks, issuer, providers.
func TestSettings(t *testing.T) {
	s := start(t, `
settings: {pageSize: 1}
accounts: [{id: "111122223333"}]
clusters:
  - {name: plain}
  - name: set
    logging: [audit, authenticator]
    publicCidrs: [203.0.113.0/24]
    identityProviders:
      - {name: okta, issuer: "https://okta.example.com", clientId: kubernetes, groupsPrefix: "oidc:"}
      - {name: dex, issuer: "https://dex.example.com"}
`)
	c, ctx := eksAs(s, "AKIASIM111122223333"), context.Background()
	name := func(s string) *string { return &s }
	plain := must(c.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: name("plain")})).Cluster
	if v := plain.ResourcesVpcConfig; !v.EndpointPublicAccess ||
		!slices.Equal(v.PublicAccessCidrs, []string{"0.0.0.0/0"}) {
		t.Errorf("a new cluster's network: %+v", v)
	}
	if l := plain.Logging.ClusterLogging; len(l) != 1 || *l[0].Enabled || len(l[0].Types) != 5 {
		t.Errorf("a new cluster's logs: %+v", l)
	}
	set := must(c.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: name("set")})).Cluster
	if l := set.Logging.ClusterLogging; len(l) != 2 || !*l[0].Enabled ||
		!slices.Equal(l[0].Types, []types.LogType{"audit", "authenticator"}) {
		t.Errorf("logs: %+v", l)
	}
	if !slices.Equal(set.ResourcesVpcConfig.PublicAccessCidrs, []string{"203.0.113.0/24"}) ||
		*set.Identity.Oidc.Issuer == *plain.Identity.Oidc.Issuer {
		t.Errorf("networks %v, issuer %s", set.ResourcesVpcConfig.PublicAccessCidrs, *set.Identity.Oidc.Issuer)
	}
	// An update of one kind of log leaves the others, and holds when it is done.
	update := must(
		c.UpdateClusterConfig(
			ctx,
			&eks.UpdateClusterConfigInput{Name: name("set"), Logging: &types.Logging{ClusterLogging: []types.LogSetup{
				{
					Types:   []types.LogType{"api"},
					Enabled: aws.Bool(true),
				}, {Types: []types.LogType{"audit"}, Enabled: aws.Bool(false)},
			}}},
		),
	).Update
	logged := func() []types.LogType {
		out := must(c.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: name("set")}))
		return out.Cluster.Logging.ClusterLogging[0].Types
	}
	if l := logged(); !slices.Equal(l, []types.LogType{"audit", "authenticator"}) {
		t.Errorf("logs before the update is done: %v", l)
	}
	must(c.DescribeUpdate(ctx, &eks.DescribeUpdateInput{Name: name("set"), UpdateId: update.Id}))
	if l := logged(); !slices.Equal(l, []types.LogType{"api", "authenticator"}) {
		t.Errorf("logs after the update: %v", l)
	}
	var names []string
	p := eks.NewListIdentityProviderConfigsPaginator(c, &eks.ListIdentityProviderConfigsInput{ClusterName: name("set")})
	for p.HasMorePages() {
		for _, one := range must(p.NextPage(ctx)).IdentityProviderConfigs {
			names = append(names, *one.Type+" "+*one.Name)
		}
	}
	if !slices.Equal(names, []string{"oidc dex", "oidc okta"}) {
		t.Errorf("providers %v", names)
	}
	describe := func(provider string) (*eks.DescribeIdentityProviderConfigOutput, error) {
		return c.DescribeIdentityProviderConfig(ctx, &eks.DescribeIdentityProviderConfigInput{ClusterName: name("set"),
			IdentityProviderConfig: &types.IdentityProviderConfig{Type: name("oidc"), Name: &provider}})
	}
	if o := must(describe("okta")).IdentityProviderConfig.Oidc; *o.IssuerUrl != "https://okta.example.com" ||
		*o.GroupsPrefix != "oidc:" ||
		o.Status != "ACTIVE" {
		t.Errorf("okta: %+v", o)
	}
	_, err := describe("auth0")
	wantRefusal(t, err, "ResourceNotFoundException 404 ekssim: no identity provider configuration auth0")
}
