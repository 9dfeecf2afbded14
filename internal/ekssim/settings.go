package ekssim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// An IdentityProvider is an OIDC provider attached to a cluster.
type IdentityProvider struct {
	Name           string `json:"name"`
	Issuer         string `json:"issuer,omitempty"`
	ClientID       string `json:"clientId,omitempty"`
	UsernameClaim  string `json:"usernameClaim,omitempty"`
	UsernamePrefix string `json:"usernamePrefix,omitempty"`
	GroupsClaim    string `json:"groupsClaim,omitempty"`
	GroupsPrefix   string `json:"groupsPrefix,omitempty"`
}

// logTypes are all there are. botocore service model 2017-11-01: LogType.
var logTypes = []string{"api", "audit", "authenticator", "controllerManager", "scheduler"}

// addSettings completes what DescribeCluster tells. A new cluster keeps no
// logs and is open to the world. User guide: control-plane-logs,
// cluster-endpoint.
func (c *cluster) addSettings(v map[string]any) {
	off := slices.DeleteFunc(slices.Clone(logTypes), func(t string) bool { return slices.Contains(c.Logging, t) })
	groups := []map[string]any{}
	for _, g := range []struct {
		types []string
		on    bool
	}{{c.Logging, true}, {off, false}} {
		if len(g.types) > 0 {
			groups = append(groups, map[string]any{"types": g.types, "enabled": g.on})
		}
	}
	v["logging"] = map[string]any{"clusterLogging": groups}
	cidrs := c.PublicCIDRs
	if cidrs == nil && !c.PrivateEndpoint {
		cidrs = []string{"0.0.0.0/0"}
	}
	v["resourcesVpcConfig"] = map[string]any{
		"endpointPublicAccess":  !c.PrivateEndpoint,
		"endpointPrivateAccess": c.PrivateEndpoint,
		"publicAccessCidrs":     append([]string{}, cidrs...),
	}
	sum := arns.Digest("issuer", c.arn())
	v["identity"] = map[string]any{
		"oidc": map[string]any{
			"issuer": "https://oidc.eks." + c.Region + ".amazonaws.com/id/" + fmt.Sprintf("%X", sum[:16]),
		},
	}
}

// switchLogs has the kinds of logs that a LoggingUpdate names on or off; the
// others stay. EKS API reference, Logging.
func (c *cluster) switchLogs(value string) {
	var asked struct {
		ClusterLogging []struct {
			Types   []string `json:"types"`
			Enabled bool     `json:"enabled"`
		} `json:"clusterLogging"`
	}
	if json.Unmarshal([]byte(value), &asked) != nil {
		return // EKS would have refused it; nothing of it is known to hold
	}
	on := map[string]bool{}
	for _, t := range c.Logging {
		on[t] = true
	}
	for _, g := range asked.ClusterLogging {
		for _, t := range g.Types {
			on[t] = g.Enabled
		}
	}
	c.Logging = slices.DeleteFunc(slices.Clone(logTypes), func(t string) bool { return !on[t] })
}

// Identity providers. botocore service model 2017-11-01:
// ListIdentityProviderConfigs, DescribeIdentityProviderConfig.

func listProviders(c *call) (any, *awsapi.Error) {
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	keys := []string{}
	for _, p := range cl.IdentityProviders {
		keys = append(keys, p.Name)
	}
	page, next, err := c.page(c.st.sortKeys(keys), "")
	if err != nil {
		return nil, err
	}
	views := []map[string]any{}
	for _, name := range page {
		views = append(views, map[string]any{"type": "oidc", "name": name})
	}
	return listAnswer("identityProviderConfigs", views, next), nil
}

func describeProvider(c *call) (any, *awsapi.Error) {
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	m, err := parseMembers(c.Body)
	if err != nil {
		return nil, err
	}
	var asked struct{ Type, Name string }
	if err := m.decode("identityProviderConfig", &asked); err != nil {
		return nil, err
	}
	prefix := strings.Replace(cl.arn(), ":cluster/", ":identityproviderconfig/", 1)
	for _, p := range cl.IdentityProviders {
		if asked.Type == "oidc" && p.Name == asked.Name {
			return map[string]any{"identityProviderConfig": map[string]any{"oidc": map[string]any{
				"identityProviderConfigName": p.Name, "clusterName": cl.Name, "status": "ACTIVE",
				"identityProviderConfigArn": prefix + "/oidc/" + p.Name + "/" + arns.UUID("provider", cl.arn(), p.Name),
				"issuerUrl":                 p.Issuer, "clientId": p.ClientID,
				"usernameClaim": p.UsernameClaim, "usernamePrefix": p.UsernamePrefix,
				"groupsClaim": p.GroupsClaim, "groupsPrefix": p.GroupsPrefix,
			}}}, nil
		}
	}
	return nil, notFound("ekssim: no identity provider configuration %s", asked.Name) // [U] the text
}
