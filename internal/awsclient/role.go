package awsclient

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// A roleKey is what makes two assumed roles the same.
type roleKey struct{ profile, role, externalID string }

type assumed struct {
	credentials aws.CredentialsProvider
	caller      Caller
}

// roleDuration is an hour: the most a role that was reached from another may
// have, and the least a role's own limit can be
// (STS API reference, AssumeRole, DurationSeconds).
const roleDuration = time.Hour

// assume returns credentials of a role, assumed once a run and again when they
// are about to expire. It takes no slot: a call that holds one may wait for it.
func (c *Connector) assume(ctx context.Context, b base, key roleKey, region string) (assumed, error) {
	return c.roles.Do(ctx, key, func(ctx context.Context) (assumed, error) {
		cfg := b.configFor(region, c.roleProvider(b, key, region))
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
			return assumed{}, err
		}
		caller, err := identify(ctx, cfg)
		return assumed{cfg.Credentials, caller}, err
	})
}

// roleProvider assumes a role when it is asked for credentials, and again when
// they are about to expire.
func (c *Connector) roleProvider(b base, key roleKey, region string) aws.CredentialsProvider {
	client := sts.NewFromConfig(b.configFor(region, b.config.Credentials))
	provider := stscreds.NewAssumeRoleProvider(client, key.role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = sessionName(b.caller)
		o.Duration = roleDuration
		if key.externalID != "" {
			o.ExternalID = aws.String(key.externalID)
		}
	})
	return aws.NewCredentialsCache(provider, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = 5 * time.Minute
	})
}

// sessionCharacters are those a session name may not hold, of at most 64
// (STS API reference, AssumeRole, RoleSessionName).
var sessionCharacters = regexp.MustCompile(`[^\w+=,.@-]+`)

// sessionName tells readers of CloudTrail which program assumed the role,
// and for whom.
func sessionName(base Caller) string {
	name := "eksaccess"
	if p, err := arn.ParsePrincipal(base.ARN); err == nil {
		who := p.Session
		if who == "" {
			who = p.Name
		}
		if who = sessionCharacters.ReplaceAllString(who, "-"); who != "" && !strings.HasPrefix(who, name) {
			name += "-" + who
		}
	}
	return name[:min(len(name), 64)]
}
