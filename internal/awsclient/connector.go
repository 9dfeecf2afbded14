package awsclient

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/memo"
)

// DefaultConcurrency is how many calls are in flight where Options say nothing.
const DefaultConcurrency = 50

// Options hold for all clusters of a run. The environment is the process's
// own: the SDK reads it itself.
type Options struct {
	Profile      string       // --profile; stands above what a file says
	NoAssumeRole bool         // --no-assume-role: use the credentials as they are
	Concurrency  int          // calls in flight at a time, over all clusters; 0 for the default
	Debug        *slog.Logger // one line a call; nil for none
	Version      string       // of this program, for the user agent
	Tally        *Tally       // counts all calls; nil for none
	Retrying     func(Retry)  // is called before each further attempt of a call; nil for none
	Clock        *Clock       // is corrected by the answers of AWS; nil for none

	// TestOnlyPatience, if not 0, is the longest pause between attempts, and a
	// tenth of the time an answer may take: tests of many faults wait for none.
	TestOnlyPatience time.Duration

	// TestOnlyTransport, if not nil, carries all calls in place of the network.
	TestOnlyTransport http.RoundTripper
}

// A Target is a cluster and what its file says about reaching it.
type Target struct {
	Cluster    arn.Cluster
	Profile    string // used where this machine has it
	AssumeRole string // ARN; "" for none
	ExternalID string // for AssumeRole; "" for none
}

// A Connector connects to clusters. It may be used by many goroutines.
type Connector struct {
	options Options
	client  aws.HTTPClient // settings of the shared HTTP client
	shared  aws.HTTPClient // its one pool of connections
	slots   slots
	paces   memo.Memo[string, *pace]

	bases memo.Memo[string, base]
	roles memo.Memo[roleKey, assumed]
}

// New returns a connector. It makes no call yet.
func New(options Options) *Connector {
	if options.Concurrency <= 0 {
		options.Concurrency = DefaultConcurrency
	}
	if options.Version == "" {
		options.Version = "devel"
	}
	client := httpClient(options.Concurrency)
	if options.TestOnlyPatience > 0 {
		client = client.WithTimeout(50 * options.TestOnlyPatience)
	}
	c := &Connector{
		options: options,
		client:  client,
		shared:  client.Freeze(),
		slots:   make(slots, options.Concurrency),
	}
	if options.TestOnlyTransport != nil {
		c.client = &http.Client{Transport: options.TestOnlyTransport}
		c.shared = c.client
	}
	return c
}

// Connect returns a session for the target's cluster: the profile's or the
// chain's credentials, the target's role assumed with them unless the caller
// is that role already, and the account checked. Nothing of the cluster has
// been read by then. Errors are [*fault.Error] values.
func (c *Connector) Connect(ctx context.Context, t Target) (*Session, error) {
	profile, err := c.chooseProfile(ctx, t)
	if err != nil {
		return nil, explain(err, t, profile)
	}
	b, err := c.loadBase(ctx, profile, t.Cluster.Region)
	if err != nil {
		return nil, explain(err, t, profile)
	}
	s := &Session{Cluster: t.Cluster, Profile: profile, Base: b.caller, Caller: b.caller}
	credentials := b.config.Credentials
	if t.AssumeRole != "" && !c.options.NoAssumeRole && !b.caller.Is(t.AssumeRole) {
		a, err := c.assume(ctx, b, roleKey{profile, t.AssumeRole, t.ExternalID}, t.Cluster.Region)
		if err != nil {
			return nil, explain(err, t, profile)
		}
		s.AssumedRole, s.Caller, credentials = t.AssumeRole, a.caller, a.credentials
	}
	if s.Caller.Account != t.Cluster.Account {
		return nil, wrongAccount(s, t, c.options)
	}
	c.createClients(s, b, credentials)
	return s, nil
}
