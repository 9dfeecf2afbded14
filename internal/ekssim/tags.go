package ekssim

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// A tagError makes a refusal: the tag operations have exception types of
// their own, CreateAccessEntry has those of the rest.
type tagError func(format string, args ...any) *awsapi.Error

// User guide: eks-using-tags. [U] all texts about tags.
var tagCharset = regexp.MustCompile(`^[\p{L}\p{N}\p{Z}+\-=._:/@]*$`)

// checkTags judges tags to be added to those already there.
func checkTags(tags, have map[string]string, refuse tagError) *awsapi.Error {
	if len(tags) == 0 {
		return refuse("ekssim: at least one tag is needed")
	}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		v := tags[k]
		switch {
		case k == "" || utf8.RuneCountInString(k) > 128:
			return refuse("ekssim: the tag key %q must have 1 to 128 characters", k)
		case utf8.RuneCountInString(v) > 256:
			return refuse("ekssim: the value of tag %q has more than 256 characters", k)
		case awsTag(k) || awsTag(v):
			return refuse("ekssim: the tag %q: the prefix aws: is reserved", k)
		case !tagCharset.MatchString(k) || !tagCharset.MatchString(v):
			return refuse("ekssim: the tag %q has characters that are not allowed", k)
		}
	}
	all := maps.Clone(have)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	maps.DeleteFunc(all, func(k, _ string) bool { return awsTag(k) }) // these do not count
	if len(all) > 50 {
		return refuse("ekssim: a resource can have at most 50 tags")
	}
	return nil
}

func awsTag(s string) bool { return strings.HasPrefix(strings.ToLower(s), "aws:") }

// An entryName is an accessEntryArn taken apart.
type entryName struct {
	region, account, cluster string
}

func parseEntryARN(s string) (entryName, bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[2] != "eks" {
		return entryName{}, false
	}
	q := strings.Split(p[5], "/")
	if len(q) != 6 || q[0] != "access-entry" {
		return entryName{}, false
	}
	return entryName{region: p[3], account: p[4], cluster: q[1]}, true
}

// findTags finds the tags of an entry or of a cluster. [U] texts.
func (c *call) findTags() (*map[string]string, *awsapi.Error) {
	p := strings.SplitN(c.Resource, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[2] != "eks" {
		return nil, tagBadRequest("ekssim: %q is not the ARN of an EKS resource", c.Resource)
	}
	missing := tagNotFound("ekssim: no resource found for ARN: %s.", c.Resource)
	if p[3] != c.Region || p[4] != c.Account {
		return nil, missing
	}
	if name, ok := strings.CutPrefix(p[5], "cluster/"); ok {
		if cl := c.st.clusters[ClusterID{c.Account, c.Region, name}]; cl != nil && cl.arn() == c.Resource {
			return &cl.Tags, nil
		}
		return nil, missing
	}
	if name, ok := parseEntryARN(c.Resource); ok {
		cl := c.st.clusters[ClusterID{c.Account, c.Region, name.cluster}]
		if cl == nil {
			return nil, missing
		}
		for _, e := range cl.entries {
			if strings.HasSuffix(c.Resource, "/"+e.UUID) && cl.entryARN(e) == c.Resource && !c.isHidden(e.CreatedAt) {
				c.Principal = e.Principal
				return &e.Tags, nil
			}
		}
	}
	return nil, missing
}

// tagResource merges: keys not named stay.
func tagResource(c *call) (any, *awsapi.Error) {
	m, err := parseMembers(c.Body)
	if err != nil {
		return nil, err
	}
	var tags map[string]string
	if err := m.decode("tags", &tags); err != nil {
		return nil, err
	}
	have, err := c.findTags()
	if err != nil {
		return nil, err
	}
	if err := checkTags(tags, *have, tagBadRequest); err != nil {
		return nil, err
	}
	if *have == nil {
		*have = map[string]string{}
	}
	maps.Copy(*have, tags)
	return struct{}{}, nil
}

func untagResource(c *call) (any, *awsapi.Error) {
	keys := c.r.URL.Query()["tagKeys"]
	if len(keys) < 1 || len(keys) > 50 {
		return nil, tagBadRequest("ekssim: 1 to 50 tagKeys are needed")
	}
	have, err := c.findTags()
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if awsTag(k) {
			return nil, tagBadRequest("ekssim: the tag %q: the prefix aws: is reserved", k)
		}
	}
	for _, k := range keys {
		delete(*have, k)
	}
	return struct{}{}, nil
}

func listTags(c *call) (any, *awsapi.Error) {
	have, err := c.findTags()
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	maps.Copy(tags, *have)
	return map[string]any{"tags": tags}, nil
}
