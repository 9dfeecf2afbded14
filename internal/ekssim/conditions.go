package ekssim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// conditionKeys are what IAM knows of a call. The names of keys are compared
// without regard to case: AWS's own policies write eks:policyarn. Service
// Authorization Reference for EKS, condition keys; which of them are there on
// which call is [I], save where noted.
func (c *call) conditionKeys(key string) []string {
	some := func(s string) []string {
		if s == "" {
			return nil
		}
		return []string{s}
	}
	m, _ := parseMembers(c.Body)
	key = strings.ToLower(key)
	if name, ok := strings.CutPrefix(key, "aws:requesttag/"); ok {
		return tagValues(c.requestTags(m), name)
	}
	if name, ok := strings.CutPrefix(key, "aws:resourcetag/"); ok {
		return tagValues(c.resourceTags(), name)
	}
	switch key {
	case "aws:principalarn":
		return some(c.caller.Base)
	case "aws:tagkeys":
		if c.op.name == "UntagResource" {
			return c.r.URL.Query()["tagKeys"]
		}
		return slices.Sorted(maps.Keys(c.requestTags(m)))
	case "iam:passedtoservice":
		return []string{"ec2.amazonaws.com"} // only node types pass a role here
	case "eks:clustername":
		// Of access-entry resources alone: Create and List are judged on the
		// cluster. [D]
		if strings.Contains(c.op.resource(c), ":access-entry/") {
			return some(c.Cluster)
		}
		return nil
	case "eks:principalarn":
		return some(c.Principal)
	case "eks:policyarn":
		return some(c.Policy)
	case "eks:accessentrytype":
		if t, _ := m.text("type"); t != "" {
			return some(t)
		}
		if cl := c.st.clusters[c.clusterID()]; cl != nil && cl.entries[c.Principal] != nil {
			return some(cl.entries[c.Principal].Type)
		}
		return some(typeStandard)
	case "eks:username":
		s, _ := m.text("username")
		return some(s)
	case "eks:kubernetesgroups":
		s, _ := m.list("kubernetesGroups")
		return s
	case "eks:accessscope", "eks:namespaces":
		var scope struct {
			Type       string
			Namespaces []string
		}
		_ = m.decode("accessScope", &scope)
		if key == "eks:accessscope" {
			return some(scope.Type)
		}
		return scope.Namespaces
	case "eks:authenticationmode", "eks:bootstrapclustercreatoradminpermissions":
		var config struct {
			AuthenticationMode                      string
			BootstrapClusterCreatorAdminPermissions *bool
		}
		_ = m.decode("accessConfig", &config)
		if key == "eks:authenticationmode" {
			return some(config.AuthenticationMode)
		}
		if b := config.BootstrapClusterCreatorAdminPermissions; b != nil {
			return []string{strconv.FormatBool(*b)}
		}
	}
	return nil
}

func (c *call) requestTags(m members) map[string]string {
	var tags map[string]string
	_ = m.decode("tags", &tags)
	return tags
}

// resourceTags are those of the access entry that a call is about, else of its
// cluster.
func (c *call) resourceTags() map[string]string {
	cl := c.st.clusters[c.clusterID()]
	if cl == nil {
		return nil
	}
	resource := c.op.resource(c)
	if !strings.Contains(resource, ":access-entry/") {
		return cl.Tags
	}
	if e := cl.entries[c.Principal]; e != nil {
		return e.Tags
	}
	for _, e := range cl.entries {
		if cl.entryARN(e) == resource {
			return e.Tags
		}
	}
	return nil
}

// tagValues is the value of a tag whose key is given in lower case.
func tagValues(tags map[string]string, key string) []string {
	for k, v := range tags {
		if strings.ToLower(k) == key {
			return []string{v}
		}
	}
	return nil
}
