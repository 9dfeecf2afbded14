package awsclient

import (
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// httpClient is made for many small answers from few hosts: every call in
// flight may keep its connection, to each of several regions.
func httpClient(concurrency int) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = 10 * time.Second }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns = 8 * concurrency
			t.MaxIdleConnsPerHost = concurrency
		}).
		WithReadTimeout(30 * time.Second)
}

// httpClientFor is the HTTP client for clients made from cfg. The SDK copies a
// BuildableClient, and its connections with it, for each service client; a
// frozen one is shared. Only a configuration with a CA bundle of its own, which
// the SDK put into a copy, gets a pool of its own.
func (c *Connector) httpClientFor(cfg aws.Config) aws.HTTPClient {
	if b, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok && b != c.client {
		return b.Freeze()
	}
	return c.shared
}
