package ekssim_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// The body of a refusal has the members that its exception has in the model,
// and no others.
func TestErrorMembers(t *testing.T) {
	s := start(t, base+`
faults:
  - {name: server, operation: ListUpdates, effect: serverError}
  - {name: throttle, operation: DescribeUpdate, effect: throttle}
  - {name: many, operation: ListNodegroups, effect: tooManyRequests}
  - {name: away, operation: ListFargateProfiles, effect: serviceUnavailable}
  - {name: denied, operation: DeleteAccessEntry, effect: deny}
`)
	entries := "/clusters/dev/access-entries"
	for _, tt := range []struct{ method, path, body, code, members string }{
		{"GET", entries + "/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fzz", "", "ResourceNotFoundException", "clusterName message"},
		{"POST", entries, `{"principalArn": "arn:aws:iam::111122223333:role/admin"}`, "ResourceInUseException", "clusterName message"},
		{"POST", entries, `{"principalArn": "x"}`, "InvalidParameterException", "clusterName message"},
		{"GET", "/clusters/old/access-entries", "", "InvalidRequestException", "clusterName message"},
		{"POST", entries, `{`, "SerializationException", "message"},
		{"POST", entries, `{"principalArn": "arn:aws:iam::111122223333:role/a", "username": 7}`, "SerializationException", "message"},
		{"DELETE", entries + "/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fadmin", "", "AccessDeniedException", "message"},
		{"POST", "/tags/arn%3Aaws%3Aeks%3Aeu-west-1%3A111122223333%3Acluster%2Fdev", `{"tags": {}}`, "BadRequestException", "message"},
		{"GET", "/tags/arn%3Aaws%3Aeks%3Aeu-west-1%3A111122223333%3Aaccess-entry%2Fdev%2Frole%2F111122223333%2Fx%2Fy", "", "NotFoundException", "message"},
		{"GET", "/clusters/dev/updates", "", "ServerException", "clusterName message"},
		{"GET", "/clusters/dev/updates/x", "", "ThrottlingException", "clusterName message"},
		{"GET", "/clusters/dev/node-groups", "", "TooManyRequestsException", "message"},
		{"GET", "/clusters/dev/fargate-profiles", "", "ServiceUnavailableException", "message"},
		{"GET", "/clusters/dev/node-groups/zz", "", "ResourceNotFoundException", "clusterName message nodegroupName"},
		{"GET", "/clusters/dev/fargate-profiles/zz", "", "ResourceNotFoundException", "clusterName fargateProfileName message"},
		{"GET", "/access-policies?maxResults=x", "", "InvalidParameterException", "message"},
		{"GET", "/nothing", "", "UnknownOperationException", "message"},
	} {
		r := must(http.NewRequest(tt.method, s.URL()+tt.path, strings.NewReader(tt.body)))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAADMIN/20260501/eu-west-1/eks/aws4_request, SignedHeaders=host, Signature=0")
		_, header, text := do(t, r)
		var body map[string]string
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Errorf("%s %s: %v in %s", tt.method, tt.path, err, text)
		}
		if got := strings.Join(slices.Sorted(maps.Keys(body)), " "); got != tt.members || header.Get("X-Amzn-Errortype") != tt.code {
			t.Errorf("%s %s: %s with %s, want %s with %s", tt.method, tt.path, header.Get("X-Amzn-Errortype"), got, tt.code, tt.members)
		}
	}
}

// Condition keys have the names of the Service Authorization Reference, in any
// case, and are there on the calls it lists them for.
func TestConditionKeys(t *testing.T) {
	const entry, cluster = "arn:aws:eks:*:*:access-entry/dev/*", "arn:aws:eks:*:*:cluster/dev"
	operations := map[string]func(*eks.Client) error{
		"create": func(c *eks.Client) error {
			return create(c, "dev", arn("role/a"), withGroups("g"), withTags(map[string]string{"Team": "x"}))
		},
		"associate": func(c *eks.Client) error {
			return associate(c, "dev", arn("role/b"), policy("AmazonEKSViewPolicy"), namespaces("shop"))
		},
		"untag": func(c *eks.Client) error {
			e := must(describe(c, "dev", arn("role/b")))
			_, err := c.UntagResource(context.Background(), &eks.UntagResourceInput{ResourceArn: e.AccessEntryArn, TagKeys: []string{"Team"}})
			return err
		},
		"cluster": func(c *eks.Client) error {
			_, err := c.CreateCluster(context.Background(), &eks.CreateClusterInput{Name: aws.String("new"), RoleArn: aws.String(arn("role/a")),
				ResourcesVpcConfig: &types.VpcConfigRequest{}, AccessConfig: &types.CreateAccessConfigRequest{
					AuthenticationMode: "API", BootstrapClusterCreatorAdminPermissions: aws.Bool(false)}})
			return err
		},
	}
	for _, tt := range []struct {
		operation, condition string
		allowed              bool
	}{
		{"associate", `{ArnLike: {"eks:policyarn": "*/AmazonEKSViewPolicy"}}`, true},
		{"associate", `{ArnLike: {"EKS:PolicyArn": "*/AmazonEKSEditPolicy"}}`, false},
		{"associate", `{StringEquals: {"EKS:ACCESSSCOPE": namespace, "eks:Namespaces": shop, "eks:CLUSTERNAME": dev, "eks:AccessEntryType": STANDARD}}`, true},
		{"associate", `{ArnEquals: {"AWS:principalarn": "arn:aws:iam::111122223333:role/admin"}}`, true},
		{"associate", `{StringEquals: {"aws:ResourceTag/team": x}}`, true},
		{"associate", `{StringEquals: {"aws:resourcetag/Team": other}}`, false},
		{"associate", `{StringEqualsIgnoreCase: {"eks:accessScope": NAMESPACE}}`, true},
		{"create", `{StringEquals: {"eks:kubernetesgroups": g, "aws:requestTag/TEAM": x, "aws:tagkeys": Team}}`, true},
		{"create", `{StringEquals: {"aws:RequestTag/Other": x}}`, false},
		{"create", `{StringEquals: {"eks:clusterName": dev}}`, false}, // judged on the cluster
		{"untag", `{"ForAllValues:StringEquals": {"aws:TagKeys": Team}}`, true},
		{"untag", `{"ForAllValues:StringEquals": {"aws:tagKeys": Other}}`, false},
		{"cluster", `{StringEquals: {"eks:authenticationmode": API}, Bool: {"eks:BootstrapClusterCreatorAdminPermissions": "False"}}`, true},
		{"cluster", `{Bool: {"eks:bootstrapclustercreatoradminpermissions": "true"}}`, false},
	} {
		s := start(t, `
accounts: [{id: "111122223333", roles: [admin, a, b]}]
credentials:
  - accessKeyId: AKIAADMIN
    principal: role/admin
    policies:
      - {Statement: [{Effect: Allow, Action: "eks:*", Resource: ["`+entry+`", "`+cluster+`", "arn:aws:eks:*:*:cluster/new"], Condition: `+tt.condition+`}, {Effect: Allow, Action: "eks:Describe*", Resource: "*"}]}
clusters: [{name: dev, entries: [{principal: role/b, tags: {Team: x}}]}]
`)
		err := operations[tt.operation](eksAs(s, adminK))
		if (err == nil) != tt.allowed || err != nil && !strings.HasPrefix(refusal(err), "AccessDeniedException") {
			t.Errorf("%s, %s: %s", tt.operation, tt.condition, refusal(err))
		}
	}
}

// Versions are listed by their support at the time.
func TestClusterVersions(t *testing.T) {
	clk := newClock() // May 2026
	s := start(t, base+"settings: {pageSize: 2}\n", ekssim.WithClock(clk.now))
	c := eksAs(s, adminK)
	list := func(in *eks.DescribeClusterVersionsInput) string {
		var out []string
		for pages := eks.NewDescribeClusterVersionsPaginator(c, in); pages.HasMorePages(); {
			page, err := pages.NextPage(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.ClusterVersions {
				line := *v.ClusterVersion + " " + string(v.VersionStatus)
				if v.DefaultVersion {
					line += " default"
				}
				out = append(out, line)
				if !v.EndOfExtendedSupportDate.After(*v.EndOfStandardSupportDate) || string(v.Status) != strings.ToLower(strings.ReplaceAll(string(v.VersionStatus), "_", "-")) {
					t.Errorf("%+v", v)
				}
			}
		}
		return strings.Join(out, ", ")
	}
	const extended = "1.30 EXTENDED_SUPPORT, 1.31 EXTENDED_SUPPORT, 1.32 EXTENDED_SUPPORT"
	got := map[string]string{
		"":        list(&eks.DescribeClusterVersionsInput{}),
		"all":     list(&eks.DescribeClusterVersionsInput{IncludeAll: aws.Bool(true)}),
		"default": list(&eks.DescribeClusterVersionsInput{DefaultOnly: aws.Bool(true)}),
		"named":   list(&eks.DescribeClusterVersionsInput{ClusterVersions: []string{"1.28", "1.34"}}),
		"status":  list(&eks.DescribeClusterVersionsInput{VersionStatus: types.VersionStatusExtendedSupport}),
		"other":   list(&eks.DescribeClusterVersionsInput{ClusterType: aws.String("other")}),
	}
	if diff := cmp.Diff(map[string]string{
		"":        extended + ", 1.33 STANDARD_SUPPORT default, 1.34 STANDARD_SUPPORT",
		"all":     "1.28 UNSUPPORTED, 1.29 UNSUPPORTED, " + extended + ", 1.33 STANDARD_SUPPORT default, 1.34 STANDARD_SUPPORT",
		"default": "1.33 STANDARD_SUPPORT default",
		"named":   "1.28 UNSUPPORTED, 1.34 STANDARD_SUPPORT",
		"status":  extended,
		"other":   "",
	}, got); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	clk.forward(400 * 24 * time.Hour)
	if got := list(&eks.DescribeClusterVersionsInput{}); got != "1.33 EXTENDED_SUPPORT default, 1.34 EXTENDED_SUPPORT" {
		t.Errorf("a year later: %s", got)
	}
}
