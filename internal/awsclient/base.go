package awsclient

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// metadataPatience is how long EC2's metadata service may take. It is the last
// link of the SDK's chain; on a machine that is not in EC2 nothing answers,
// and "no credentials" should not need a minute to say.
const metadataPatience = 3 * time.Second

// A base is one set of credentials to start from: a profile's, or those of the
// SDK's chain for the name "".
type base struct {
	config aws.Config     // with credentials that were there when it was made
	pool   aws.HTTPClient // for all clients made from it
	caller Caller
}

// chooseProfile decides which profile a target is reached with: --profile, else the
// file's where this machine has it, else "" for the SDK's chain.
func (c *Connector) chooseProfile(ctx context.Context, t Target) (string, error) {
	if c.options.Profile != "" || t.Profile == "" {
		return c.options.Profile, nil
	}
	_, err := config.LoadSharedConfigProfile(ctx, t.Profile, sharedFiles)
	var absent config.SharedConfigProfileNotExistError
	if errors.As(err, &absent) && absent.Profile == t.Profile {
		return "", nil
	}
	return t.Profile, err // a profile that is there and broken is an error, not absent
}

// sharedFiles names the files the SDK itself would read
// (AWS SDKs and Tools reference, "Location of the shared config and credentials files").
func sharedFiles(o *config.LoadSharedConfigOptions) {
	if f := os.Getenv("AWS_CONFIG_FILE"); f != "" {
		o.ConfigFiles = []string{f}
	}
	if f := os.Getenv("AWS_SHARED_CREDENTIALS_FILE"); f != "" {
		o.CredentialsFiles = []string{f}
	}
}

// loadBase returns the credentials of a profile and who they are, asked for once a
// run. The region is that of whichever cluster comes first, and matters only
// where the profile names none.
func (c *Connector) loadBase(ctx context.Context, profile, region string) (base, error) {
	return c.bases.Do(ctx, profile, func(ctx context.Context) (base, error) {
		cfg, err := c.loadConfig(ctx, profile, region)
		if err != nil {
			return base{}, err
		}
		// Before the first call: inside one, a failure to find credentials
		// looks like a broken connection and would be tried again.
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
			return base{}, err
		}
		b := base{config: cfg, pool: c.httpClientFor(cfg)}
		b.caller, err = identify(ctx, c.withLimits(b.configFor(region, cfg.Credentials), ""))
		return b, err
	})
}

// configFor returns the base's configuration for a region and other credentials.
func (b base) configFor(region string, credentials aws.CredentialsProvider) aws.Config {
	cfg := b.config.Copy()
	cfg.Region, cfg.Credentials, cfg.HTTPClient = region, credentials, b.pool
	return cfg
}

// loadConfig reads the configuration of a profile, "" for the SDK's own choice.
func (c *Connector) loadConfig(ctx context.Context, profile, region string) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(c.client),
		config.WithRetryer(func() aws.Retryer { return newRetryer(c.options.TestOnlyPatience) }),
		config.WithDefaultRegion(region),
		config.WithLogger(logging.Nop{}), // the SDK would print its own warnings on standard error
		config.WithAPIOptions(c.apiOptions()),
	}
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, err
	}
	if aws.IsCredentialsProvider(cfg.Credentials, (*ec2rolecreds.Provider)(nil)) {
		cfg.Credentials = impatient{cfg.Credentials}
	}
	return withStoppableProcess(cfg), nil
}

// impatient gives up on a provider after metadataPatience.
type impatient struct{ provider aws.CredentialsProvider }

func (p impatient) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataPatience)
	defer cancel()
	credentials, err := p.provider.Retrieve(ctx)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(errors.New("no EC2 IMDS role found"), err)
	}
	return credentials, err
}

// identify asks STS who is calling.
func identify(ctx context.Context, cfg aws.Config) (Caller, error) {
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return Caller{}, err
	}
	return Caller{ARN: aws.ToString(out.Arn), Account: aws.ToString(out.Account), UserID: aws.ToString(out.UserId)}, nil
}
