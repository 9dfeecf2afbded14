package awsclient

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Credentials returns those that [Connector.Connect] would use for a target,
// for a request that is signed and not sent. It makes no call who they are: the
// only calls are those that credentials and the target's role cost.
func (c *Connector) Credentials(ctx context.Context, t Target) (aws.Credentials, error) {
	profile, err := c.chooseProfile(ctx, t)
	if err != nil {
		return aws.Credentials{}, explain(err, t, profile)
	}
	provider, err := c.credentials(ctx, t, profile)
	if err != nil {
		return aws.Credentials{}, explain(err, t, profile)
	}
	credentials, err := provider.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, explain(err, t, profile)
	}
	return credentials, nil
}

func (c *Connector) credentials(ctx context.Context, t Target, profile string) (aws.CredentialsProvider, error) {
	if t.AssumeRole == "" || c.options.NoAssumeRole {
		cfg, err := c.loadConfig(ctx, profile, t.Cluster.Region)
		return cfg.Credentials, err
	}
	b, err := c.loadBase(ctx, profile, t.Cluster.Region)
	if err != nil || b.caller.Is(t.AssumeRole) {
		return b.config.Credentials, err
	}
	return c.roleProvider(b, roleKey{profile, t.AssumeRole, t.ExternalID}, t.Cluster.Region), nil
}

// Caller says who calls in a region before any role is assumed: for a cluster
// that is named without its account.
func (c *Connector) Caller(ctx context.Context, t Target) (Caller, error) {
	profile, err := c.chooseProfile(ctx, t)
	if err != nil {
		return Caller{}, explain(err, t, profile)
	}
	b, err := c.loadBase(ctx, profile, t.Cluster.Region)
	if err != nil {
		return Caller{}, explain(err, t, profile)
	}
	return b.caller, nil
}
