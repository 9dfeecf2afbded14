package kube

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// The form of a token, as the authenticator of EKS takes it
// (kubernetes-sigs/aws-iam-authenticator, pkg/token; aws-cli,
// customizations/eks/get_token.py).
const (
	prefix      = "k8s-aws-v1."
	idHeader    = "X-K8s-Aws-Id"
	longest     = 4096             // bytes; longer ones are refused
	expiresSecs = "60"             // required, but not used
	lifetime    = 14 * time.Minute // it ends 15 minutes after it was signed
)

// A Token shows a cluster who calls. Printing one shows no secret.
type Token struct {
	bearer  string
	Expires time.Time
}

// Bearer is the secret itself.
func (t Token) Bearer() string { return t.bearer }

func (t Token) String() string   { return prefix + "…" }
func (t Token) GoString() string { return t.String() }

// NewToken makes a token for the cluster of that name (or id, see
// [Cluster.TokenID]) in a region: a signed request to STS that was not sent,
// with the cluster's name under the signature. It is made offline.
//
// The request is always to the region's own STS host. The authenticator takes
// no other, so an endpoint that is set for AWS clients plays no part.
func NewToken(ctx context.Context, credentials aws.Credentials, region, id string, now time.Time) (Token, error) {
	at, err := stsURL(ctx, region)
	if err != nil {
		return Token{}, err
	}
	return NewTokenAt(ctx, at, credentials, region, id, now)
}

// NewTokenAt makes a token for another STS host than the region's own: one for
// FIPS, say, or of a world that is no cloud of AWS's.
func NewTokenAt(
	ctx context.Context,
	host *url.URL,
	credentials aws.Credentials,
	region, id string,
	now time.Time,
) (Token, error) {
	at := url.URL{Scheme: host.Scheme, Host: host.Host, Path: "/"}
	at.RawQuery = url.Values{
		"Action":        {"GetCallerIdentity"},
		"Version":       {"2011-06-15"},
		"X-Amz-Expires": {expiresSecs},
	}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return Token{}, err
	}
	r.Header.Set(idHeader, id)
	empty := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, r, hex.EncodeToString(empty[:]), "sts", region, now)
	if err != nil {
		return Token{}, fmt.Errorf("signing a token: %w", err)
	}
	t := Token{bearer: prefix + base64.RawURLEncoding.EncodeToString([]byte(signed)), Expires: now.Add(lifetime)}
	if len(t.bearer) > longest {
		return Token{}, fmt.Errorf(
			"the token would have %d bytes, and a cluster accepts at most %d: the session token is too long",
			len(t.bearer),
			longest,
		)
	}
	if credentials.CanExpire && credentials.Expires.Before(t.Expires) {
		t.Expires = credentials.Expires
	}
	return t, nil
}

// TokenHost reads the URL of an STS host for [NewTokenAt].
func TokenHost(text string) (*url.URL, error) {
	host, err := url.Parse(text)
	if err != nil || host.Scheme != "https" || host.Host == "" || host.User != nil {
		return nil, fmt.Errorf("%q is not an https URL", text)
	}
	return host, nil
}

func stsURL(ctx context.Context, region string) (*url.URL, error) {
	e, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sts.EndpointParameters{Region: aws.String(region),
		UseDualStack: aws.Bool(false), UseFIPS: aws.Bool(false), UseGlobalEndpoint: aws.Bool(false)})
	if err != nil {
		return nil, fmt.Errorf("no STS host for region %q: %w", region, err)
	}
	return &e.URI, nil
}
