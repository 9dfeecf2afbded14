package awsclient

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// ForeignEndpoints names the endpoints in use that are not AWS's, as
// "http://127.0.0.1:4566 (eks, iam, sts)", sorted. They come from
// AWS_ENDPOINT_URL and its like or from a profile; AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
// turns them off (AWS SDKs and Tools reference, "Service-specific endpoints").
// Which of these rules is the SDK's own decision: its clients are asked.
//
// The targets are those of the run; none asks for the SDK's chain alone. What
// can't be loaded is left out, since [Connector.Connect] will say so.
func (c *Connector) ForeignEndpoints(ctx context.Context, targets ...Target) []string {
	services := map[string][]string{}
	if len(targets) == 0 {
		targets = []Target{{}}
	}
	seen := map[string]bool{}
	for _, t := range targets {
		profile, err := c.chooseProfile(ctx, t)
		if err != nil || seen[profile] {
			continue
		}
		seen[profile] = true
		cfg, err := c.loadConfig(ctx, profile, "us-east-1")
		if err != nil {
			continue
		}
		for _, e := range configuredEndpoints(cfg) {
			if !isAWS(e.url) && !slices.Contains(services[e.url], e.service) {
				services[e.url] = append(services[e.url], e.service)
			}
		}
	}
	lines := make([]string, 0, len(services))
	for at, names := range services {
		slices.Sort(names)
		lines = append(lines, withoutCredentials(at)+" ("+strings.Join(names, ", ")+")")
	}
	slices.Sort(lines)
	return lines
}

type endpoint struct{ service, url string }

// configuredEndpoints are the endpoints that clients made from cfg don't derive from
// the region.
func configuredEndpoints(cfg aws.Config) []endpoint {
	var found []endpoint
	for service, at := range map[string]*string{
		"eks": eks.NewFromConfig(cfg).Options().BaseEndpoint,
		"iam": iam.NewFromConfig(cfg).Options().BaseEndpoint,
		"sts": sts.NewFromConfig(cfg).Options().BaseEndpoint,
	} {
		if aws.ToString(at) != "" {
			found = append(found, endpoint{service, *at})
		}
	}
	return found
}

// Suffixes of AWS's own host names, by partition, VPC endpoints among them
// (the SDK's partition metadata: dnsSuffix and dualStackDnsSuffix).
var awsSuffixes = []string{
	".amazonaws.com", ".api.aws", ".amazonaws.com.cn", ".api.amazonwebservices.com.cn", ".amazonaws.eu",
	".api.amazonwebservices.eu",
	".c2s.ic.gov", ".api.aws.ic.gov", ".sc2s.sgov.gov", ".api.aws.scloud", ".cloud.adc-e.uk", ".api.cloud-aws.adc-e.uk",
	".csp.hci.ic.gov", ".api.aws.hci.ic.gov",
}

func isAWS(at string) bool {
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return slices.ContainsFunc(awsSuffixes, func(s string) bool { return strings.HasSuffix(host, s) })
}

// withoutCredentials is the URL less a name and password in it.
func withoutCredentials(at string) string {
	u, err := url.Parse(at)
	if err != nil || u.Host == "" {
		return "an endpoint that is no URL"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
