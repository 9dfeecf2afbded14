package ekssim_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
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
	const entries, role = "/clusters/dev/access-entries", "arn:aws:iam::111122223333:role/"
	const dev = "arn:aws:eks:eu-west-1:111122223333:"
	path := func(prefix, arn string) string { return prefix + "/" + url.PathEscape(arn) }
	for _, tt := range []struct{ method, path, body, code, members string }{
		{"GET", path(entries, role+"zz"), "", "ResourceNotFoundException", "clusterName message"},
		{"POST", entries, `{"principalArn": "` + role + `admin"}`, "ResourceInUseException", "clusterName message"},
		{"POST", entries, `{"principalArn": "x"}`, "InvalidParameterException", "clusterName message"},
		{"GET", "/clusters/old/access-entries", "", "InvalidRequestException", "clusterName message"},
		{"POST", entries, `{`, "SerializationException", "message"},
		{"POST", entries, `{"principalArn": "` + role + `a", "username": 7}`, "SerializationException", "message"},
		{"DELETE", path(entries, role+"admin"), "", "AccessDeniedException", "message"},
		{"POST", path("/tags", dev+"cluster/dev"), `{"tags": {}}`, "BadRequestException", "message"},
		{"GET", path("/tags", dev+"access-entry/dev/role/111122223333/x/y"), "", "NotFoundException", "message"},
		{"GET", "/clusters/dev/updates", "", "ServerException", "clusterName message"},
		{"GET", "/clusters/dev/updates/x", "", "ThrottlingException", "clusterName message"},
		{"GET", "/clusters/dev/node-groups", "", "TooManyRequestsException", "message"},
		{"GET", "/clusters/dev/fargate-profiles", "", "ServiceUnavailableException", "message"},
		{"GET", "/clusters/dev/node-groups/zz", "", "ResourceNotFoundException", "clusterName message nodegroupName"},
		{"GET", "/clusters/dev/fargate-profiles/zz", "", "ResourceNotFoundException",
			"clusterName fargateProfileName message"},
		{"GET", "/access-policies?maxResults=x", "", "InvalidParameterException", "message"},
		{"GET", "/nothing", "", "UnknownOperationException", "message"},
	} {
		r := must(http.NewRequest(tt.method, s.URL()+tt.path, strings.NewReader(tt.body)))
		r.Header.Set("Authorization", authorization("eks"))
		_, header, text := do(t, r)
		var body map[string]string
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Errorf("%s %s: %v in %s", tt.method, tt.path, err, text)
		}
		got := header.Get("X-Amzn-Errortype") + " with " + strings.Join(slices.Sorted(maps.Keys(body)), " ")
		if want := tt.code + " with " + tt.members; got != want {
			t.Errorf("%s %s: %s, want %s", tt.method, tt.path, got, want)
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
			_, err := c.UntagResource(context.Background(),
				&eks.UntagResourceInput{ResourceArn: e.AccessEntryArn, TagKeys: []string{"Team"}})
			return err
		},
		"cluster": func(c *eks.Client) error {
			return createCluster(c, "new", &types.CreateAccessConfigRequest{
				AuthenticationMode: "API", BootstrapClusterCreatorAdminPermissions: aws.Bool(false)}, false)
		},
	}
	for _, tt := range []struct {
		operation, condition string
		allowed              bool
	}{
		{"associate", `{ArnLike: {"eks:policyarn": "*/AmazonEKSViewPolicy"}}`, true},
		{"associate", `{ArnLike: {"EKS:PolicyArn": "*/AmazonEKSEditPolicy"}}`, false},
		{"associate", `{StringEquals: {"EKS:ACCESSSCOPE": namespace, "eks:Namespaces": shop}}`, true},
		{"associate", `{StringEquals: {"eks:CLUSTERNAME": dev, "eks:AccessEntryType": STANDARD}}`, true},
		{"associate", `{ArnEquals: {"AWS:principalarn": "arn:aws:iam::111122223333:role/admin"}}`, true},
		{"associate", `{StringEquals: {"aws:ResourceTag/team": x}}`, true},
		{"associate", `{StringEquals: {"aws:resourcetag/Team": other}}`, false},
		{"associate", `{StringEqualsIgnoreCase: {"eks:accessScope": NAMESPACE}}`, true},
		{"create", `{StringEquals: {"eks:kubernetesgroups": g, "aws:requestTag/TEAM": x, "aws:tagkeys": Team}}`, true},
		{"create", `{StringEquals: {"aws:RequestTag/Other": x}}`, false},
		{"create", `{StringEquals: {"eks:clusterName": dev}}`, false}, // judged on the cluster
		{"untag", `{"ForAllValues:StringEquals": {"aws:TagKeys": Team}}`, true},
		{"untag", `{"ForAllValues:StringEquals": {"aws:tagKeys": Other}}`, false},
		{"cluster", `{StringEquals: {"eks:authenticationmode": API}}`, true},
		{"cluster", `{Bool: {"eks:BootstrapClusterCreatorAdminPermissions": "False"}}`, true},
		{"cluster", `{Bool: {"eks:bootstrapclustercreatoradminpermissions": "true"}}`, false},
	} {
		s := start(t, `
accounts: [{id: "111122223333", roles: [admin, a, b]}]
credentials:
  - accessKeyId: AKIAADMIN
    principal: role/admin
    policies:
      - Statement:
          - {Effect: Allow, Action: "eks:Describe*", Resource: "*"}
          - Effect: Allow
            Action: "eks:*"
            Resource: ["`+entry+`", "`+cluster+`", "arn:aws:eks:*:*:cluster/new"]
            Condition: `+tt.condition+`
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
				status := strings.ToLower(strings.ReplaceAll(string(v.VersionStatus), "_", "-"))
				if !v.EndOfExtendedSupportDate.After(*v.EndOfStandardSupportDate) || string(v.Status) != status {
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
		"": extended + ", 1.33 STANDARD_SUPPORT default, 1.34 STANDARD_SUPPORT",
		"all": "1.28 UNSUPPORTED, 1.29 UNSUPPORTED, " + extended +
			", 1.33 STANDARD_SUPPORT default, 1.34 STANDARD_SUPPORT",
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

// Changes of one update type go together, others do not.
func TestUpdateKinds(t *testing.T) {
	for body, want := range map[string]string{
		`{"computeConfig": {}, "storageConfig": {}}`:              "AutoModeUpdate",
		`{"resourcesVpcConfig": {"endpointPublicAccess": false}}`: "EndpointAccessUpdate",
		`{"resourcesVpcConfig": {"subnetIds": ["subnet-1"]}}`:     "VpcConfigUpdate",
		`{"controlPlaneScalingConfig": {"tier": "standard"}}`:     "ControlPlaneScalingConfigUpdate",
		`{"kubeApiServerConfig": {}, "kubeSchedulerConfig": {}}`:  "ControlPlaneComponentConfigUpdate",
		`{"computeConfig": {}, "logging": {}}`:                    "Only one type of update can be allowed.",
	} {
		s := start(t, base)
		r := must(http.NewRequest("POST", s.URL()+"/clusters/dev/update-config", strings.NewReader(body)))
		r.Header.Set("Authorization", authorization("eks"))
		_, _, text := do(t, r)
		var out struct {
			Update  struct{ Type string }
			Message string
		}
		if err := json.Unmarshal([]byte(text), &out); err != nil || out.Update.Type+out.Message != want {
			t.Errorf("%s: %s, want %s", body, text, want)
		}
	}
}

// A creator's entry needs the permission to create entries, and the switch to
// an API mode may.
func TestCreateAccessEntryForTheCreator(t *testing.T) {
	const world = `
accounts: [{id: "111122223333", roles: [{name: admin, denied: [eks:CreateAccessEntry]}]}]
credentials: [{accessKeyId: AKIAADMIN, principal: role/admin, session: me}]
clusters: [{name: old, mode: CONFIG_MAP}]
`
	denied := func(cluster string) string {
		return "AccessDeniedException 403 User: arn:aws:sts::111122223333:assumed-role/admin/me is not authorized " +
			"to perform: eks:CreateAccessEntry on resource: arn:aws:eks:eu-west-1:111122223333:cluster/" + cluster +
			" because no identity-based policy allows the eks:CreateAccessEntry action"
	}
	s := start(t, world)
	c := eksAs(s, adminK)
	config := func(bootstrap bool) *types.CreateAccessConfigRequest {
		return &types.CreateAccessConfigRequest{
			AuthenticationMode: "API", BootstrapClusterCreatorAdminPermissions: &bootstrap}
	}
	wantRefusal(t, createCluster(c, "new", config(true), false), denied("new"))
	wantRefusal(t, createCluster(c, "new", config(false), false), "")
	wantRefusal(t, createCluster(c, "map", nil, false), "")
	_, err := setMode(c, "map", "API_AND_CONFIG_MAP")
	wantRefusal(t, err, "")
	s.Change(func(v *ekssim.Settings) { v.ModeNeedsCreate = true })
	_, err = setMode(c, "old", "API_AND_CONFIG_MAP")
	wantRefusal(t, err, denied("old"))
	_, err = setMode(c, "new", "API_AND_CONFIG_MAP") // no entries are made at this step
	wantRefusal(t, err, "InvalidParameterException 400 "+
		"Unsupported authentication mode update from API to API_AND_CONFIG_MAP")
}

// UpdateAccessEntry resets what is not sent, or under the other reading leaves
// it alone.
func TestUpdateKeeps(t *testing.T) {
	s := start(t, base+"  - {name: upd, entries: [{principal: role/a, username: \"u:x\", groups: [g]}]}\n")
	c := eksAs(s, adminK)
	show := func() string {
		e := must(describe(c, "upd", arn("role/a")))
		return *e.Username + " " + strings.Join(e.KubernetesGroups, ",")
	}
	s.Change(func(v *ekssim.Settings) { v.UpdateKeeps = true })
	wantRefusal(t, update(c, "upd", arn("role/a"), []string{"h"}, nil), "")
	if got := show(); got != "u:x h" {
		t.Errorf("groups sent: %s", got)
	}
	wantRefusal(t, update(c, "upd", arn("role/a"), nil, aws.String("u:y")), "")
	if got := show(); got != "u:y h" {
		t.Errorf("username sent: %s", got)
	}
	wantRefusal(t, update(c, "upd", arn("role/a"), []string{}, nil), "")
	if got := show(); got != "u:y " {
		t.Errorf("empty groups sent: %s", got)
	}
	s.Change(func(v *ekssim.Settings) { v.UpdateKeeps = false })
	wantRefusal(t, update(c, "upd", arn("role/a"), []string{"h"}, nil), "")
	if got := show(); got != "arn:aws:sts::111122223333:assumed-role/a/{{SessionName}} h" {
		t.Errorf("reset: %s", got)
	}
}

// Tokens of a local cluster on an Outpost are for its id.
func TestOutpost(t *testing.T) {
	const id = "0a1b2c3d-0000-4000-8000-000000000000"
	s := start(t, base+`
  - {name: local, outpostId: `+id+`, entries: [{principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}]}
`)
	in := &eks.DescribeClusterInput{Name: aws.String("local")}
	cl := must(eksAs(s, adminK).DescribeCluster(context.Background(), in)).Cluster
	if cl.OutpostConfig == nil || len(cl.OutpostConfig.OutpostArns) != 1 || aws.ToString(cl.Id) != id {
		t.Errorf("cluster %+v", cl)
	}
	to := endpoint(t, s, adminK, region, "local")
	for name, want := range map[string]string{*cl.Id: "yes", "local": "401"} {
		if got, reason := canI(t, to, token(t, adminK, region, name), "* *"); got != want {
			t.Errorf("a token for %s: %s (%s)", name, got, reason)
		}
	}
}

// The region of a cluster tells its partition.
func TestPartitionOfRegion(t *testing.T) {
	for name, partition := range map[string]string{"eu-west-1": "aws", "cn-north-1": "aws-cn",
		"us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc"} {
		s := start(t, "clusters: [{name: dev, region: "+name+"}]")
		if got := s.World().Clusters[0].Partition; got != partition {
			t.Errorf("%s: %s", name, got)
		}
	}
}
