package ekssim_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// TestErrorTable pins every row of the published error texts: code, status
// and wording as the SDK sees them.
func TestErrorTable(t *testing.T) {
	const (
		invalid = "InvalidParameterException 400 "
		missing = "ResourceNotFoundException 404 "
		inUse   = "ResourceInUseException 409 "
		noEntry = missing + "The specified principalArn could not be found. You can view your available access " +
			"entries with 'list-access-entries'."
		noPolicy = missing + "The specified policyArn could not be found. You can view your available access " +
			"policies with 'list-access-policies'"
		needMode = "InvalidRequestException 400 The cluster's authentication mode must be set to one of [API, " +
			"API_AND_CONFIG_MAP] to perform this operation."
		noCP     = missing + "No cluster found for name: nope."
		nodeList = " when using types [EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, EC2]"
	)
	view, admin := policy("AmazonEKSViewPolicy"), arn("role/admin")
	linked := arn("role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS")
	tests := []struct {
		name string
		call func(*eks.Client) error
		want string
	}{
		{"1 create twice", func(c *eks.Client) error { return create(c, "dev", admin) },
			inUse + "The specified access entry resource is already in use on this cluster."},
		{"2 no such role", func(c *eks.Client) error { return create(c, "dev", arn("role/nobody")) },
			invalid + "The specified principalArn is invalid: invalid principal."},
		{"2 path left out", func(c *eks.Client) error { return create(c, "dev", arn("role/payments")) },
			invalid + "The specified principalArn is invalid: invalid principal."},
		{"2 no such user", func(c *eks.Client) error { return create(c, "dev", arn("user/nobody")) },
			invalid + "The specified principalArn is invalid: invalid principal."},
		{"2 role in another case", func(c *eks.Client) error { return create(c, "dev", arn("role/A")) },
			invalid + "The specified principalArn is invalid: invalid principal."},
		{"2 foreign role of a known account", func(c *eks.Client) error {
			return create(c, "dev", "arn:aws:iam::444455556666:role/nobody")
		}, invalid + "The specified principalArn is invalid: invalid principal."},
		{
			"2 another partition",
			func(c *eks.Client) error { return create(c, "dev", "arn:aws-cn:iam::777788889999:role/admin") },
			invalid + "The specified principalArn is invalid: invalid principal.",
		},
		{
			"3 session",
			func(c *eks.Client) error { return create(c, "dev", "arn:aws:sts::111122223333:assumed-role/admin/me") },
			invalid + "The principalArn parameter format is not valid",
		},
		{"3 group", func(c *eks.Client) error { return create(c, "dev", arn("group/x")) },
			invalid + "The principalArn parameter format is not valid"},
		{
			"3 star",
			func(c *eks.Client) error { return create(c, "dev", "*") },
			invalid + "The principalArn parameter format is not valid",
		},
		{
			"3 root",
			func(c *eks.Client) error { return create(c, "dev", arn("root")) },
			invalid + "The principalArn parameter format is not valid",
		},
		{
			"3 federated user",
			func(c *eks.Client) error { return create(c, "dev", "arn:aws:sts::111122223333:federated-user/x") },
			invalid + "The principalArn parameter format is not valid",
		},
		{
			"3 before the cluster",
			func(c *eks.Client) error { return create(c, "nope", "arn:aws:sts::1:assumed-role/a/b") },
			invalid + "The principalArn parameter format is not valid",
		},
		{"4 create", func(c *eks.Client) error { return create(c, "nope", linked) },
			invalid + "The caller is not allowed to modify access entries with a principalArn value of a Service " +
				"Linked Role"},
		{"4 delete", func(c *eks.Client) error { return remove(c, "dev", linked) },
			invalid + "The caller is not allowed to modify access entries with a principalArn value of a Service " +
				"Linked Role"},
		{"4 a foreign one of a node type", func(c *eks.Client) error {
			return create(c, "dev", "arn:aws:iam::999999999999:role/aws-service-role/x/Y", ofType("EC2_LINUX"))
		}, invalid + "The caller is not allowed to modify access entries with a principalArn value of a Service " +
			"Linked Role"},
		{"5", func(c *eks.Client) error {
			return create(c, "dev", "arn:aws:iam::444455556666:role/foreign", ofType("EC2_LINUX"))
		}, invalid + "AccessEntry principalArn must be from the same account as the cluster" + nodeList},
		{"6", func(c *eks.Client) error { return create(c, "dev", arn("user/alice"), ofType("HYBRID_LINUX")) },
			invalid + "AccessEntry principalArn must be IAM role" + nodeList},
		{"7", func(c *eks.Client) error {
			return create(c, "dev", arn("role/a"), ofType("EC2_LINUX"), withGroups("x"))
		},
			invalid + `The specified kubernetesGroups is invalid: setting kubernetesGroups is not allowed when the type is "EC2_LINUX"`},
		{"7 update", func(c *eks.Client) error { return update(c, "dev", arn("role/nodes"), []string{}, nil) },
			invalid + `The specified kubernetesGroups is invalid: setting kubernetesGroups is not allowed when the type is "EC2_LINUX"`},
		{"8", func(c *eks.Client) error {
			return create(c, "dev", arn("role/a"), ofType("FARGATE_LINUX"), withUsername("x"))
		}, invalid + `The specified username is invalid: setting username is not allowed when the type is "FARGATE_LINUX"`},
		{
			"9 create, before the cluster",
			func(c *eks.Client) error { return create(c, "nope", arn("role/a"), withGroups("ok", "system:masters")) },
			invalid + "The kubernetes group name system:masters is invalid, it cannot start with system:",
		},
		{"9 update", func(c *eks.Client) error { return update(c, "dev", admin, []string{"iam:x"}, nil) },
			invalid + "The kubernetes group name iam:x is invalid, it cannot start with iam:"},
		{
			"10 create, before the cluster",
			func(c *eks.Client) error { return create(c, "nope", arn("role/a"), withUsername("amazon:x")) },
			invalid + "The username must not begin with amazon:",
		},
		{"10 a node's own username echoed", func(c *eks.Client) error {
			return update(c, "dev", arn("role/nodes"), nil, aws.String("system:node:{{EC2PrivateDNSName}}"))
		}, invalid + "The username must not begin with system:"},
		{"10 before 9", func(c *eks.Client) error {
			return create(c, "nope", "x", withUsername("eks:x"), withGroups("aws:x"))
		}, invalid + "The username must not begin with eks:"},
		{"11", func(c *eks.Client) error { return associate(c, "dev", arn("role/nodes"), view, clusterScope()) },
			invalid + `This operation can only be performed on Access Entries with a type of "STANDARD".`},
		{"12 describe", func(c *eks.Client) error { _, err := describe(c, "dev", arn("role/a")); return err }, noEntry},
		{"12 update", func(c *eks.Client) error { return update(c, "dev", arn("role/a"), nil, nil) }, noEntry},
		{"12 delete", func(c *eks.Client) error { return remove(c, "dev", arn("role/a")) }, noEntry},
		{
			"12 associate",
			func(c *eks.Client) error { return associate(c, "dev", arn("role/a"), view, clusterScope()) },
			noEntry,
		},
		{
			"12 list associated",
			func(c *eks.Client) error { _, err := listPolicies(c, "dev", arn("role/a")); return err },
			noEntry,
		},
		{"13 unknown name", func(c *eks.Client) error {
			return associate(c, "dev", admin, policy("AmazonEKSEditorPolicy"), clusterScope())
		}, noPolicy},
		{"13 wrong partition", func(c *eks.Client) error {
			return associate(
				c,
				"dev",
				admin,
				"arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
				clusterScope(),
			)
		}, noPolicy},
		{"14", func(c *eks.Client) error {
			return associate(c, "dev", admin, "arn:aws:iam::aws:policy/AdministratorAccess", clusterScope())
		}, invalid + "The policyArn parameter format is not valid"},
		{"15", func(c *eks.Client) error { return associate(c, "dev", admin, view, namespaces()) },
			invalid + "At least 1 namespace must be provided if the type is set as namespace"},
		{"16", func(c *eks.Client) error {
			return associate(c, "dev", admin, view, &types.AccessScope{Type: "cluster", Namespaces: []string{"x"}})
		}, invalid + "accessScope should not include namespaces if the type is not set as namespace"},
		{"17 create", func(c *eks.Client) error { return create(c, "old", arn("role/a")) }, needMode},
		{
			"17 describe",
			func(c *eks.Client) error { _, err := describe(c, "old", arn("role/a")); return err },
			needMode,
		},
		{"17 update", func(c *eks.Client) error { return update(c, "old", arn("role/a"), nil, nil) }, needMode},
		{"17 delete", func(c *eks.Client) error { return remove(c, "old", arn("role/a")) }, needMode},
		{
			"17 associate",
			func(c *eks.Client) error { return associate(c, "old", arn("role/a"), view, clusterScope()) },
			needMode,
		},
		{"17 disassociate", func(c *eks.Client) error { return disassociate(c, "old", arn("role/a"), view) }, needMode},
		{
			"17 list associated",
			func(c *eks.Client) error { _, err := listPolicies(c, "old", arn("role/a")); return err },
			needMode,
		},
		{"17 list", func(c *eks.Client) error {
			_, err := c.ListAccessEntries(
				context.Background(),
				&eks.ListAccessEntriesInput{ClusterName: aws.String("old")},
			)
			return err
		}, needMode},
		{
			"17 no accessConfig",
			func(c *eks.Client) error { _, err := describe(c, "older", arn("role/a")); return err },
			needMode,
		},
		{"18 two steps", func(c *eks.Client) error { _, err := setMode(c, "old", "API"); return err },
			invalid + "Unsupported authentication mode update from CONFIG_MAP to API"},
		{"18 none counts as CONFIG_MAP", func(c *eks.Client) error { _, err := setMode(c, "older", "API"); return err },
			invalid + "Unsupported authentication mode update from CONFIG_MAP to API"},
		{"18 same", func(c *eks.Client) error { _, err := setMode(c, "dev", "API_AND_CONFIG_MAP"); return err },
			invalid + "Unsupported authentication mode update from API_AND_CONFIG_MAP to API_AND_CONFIG_MAP"},
		{"18 same CONFIG_MAP", func(c *eks.Client) error { _, err := setMode(c, "old", "CONFIG_MAP"); return err },
			invalid + "Unsupported authentication mode update from CONFIG_MAP to CONFIG_MAP"},
		{"18 back", func(c *eks.Client) error { _, err := setMode(c, "dev", "CONFIG_MAP"); return err },
			invalid + "Unsupported authentication mode update from API_AND_CONFIG_MAP to CONFIG_MAP"},
		{
			"18 back from API",
			func(c *eks.Client) error { _, err := setMode(c, "last", "API_AND_CONFIG_MAP"); return err },
			invalid + "Unsupported authentication mode update from API to API_AND_CONFIG_MAP",
		},
		{
			"18 back from API, two steps",
			func(c *eks.Client) error { _, err := setMode(c, "last", "CONFIG_MAP"); return err },
			invalid + "Unsupported authentication mode update from API to CONFIG_MAP",
		},
		{"18 same API", func(c *eks.Client) error { _, err := setMode(c, "last", "API"); return err },
			invalid + "Unsupported authentication mode update from API to API"},
		{"19", func(c *eks.Client) error {
			return createCluster(
				c,
				"new",
				&types.CreateAccessConfigRequest{BootstrapClusterCreatorAdminPermissions: aws.Bool(false)},
				false,
			)
		}, invalid + "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to " +
			"CONFIG_MAP"},
		{"21", func(c *eks.Client) error {
			_, err := c.UpdateClusterConfig(context.Background(), &eks.UpdateClusterConfigInput{Name: aws.String("dev"),
				AccessConfig: &types.UpdateAccessConfigRequest{AuthenticationMode: "API"}, Logging: &types.Logging{}})
			return err
		}, invalid + "Only one type of update can be allowed."},
		{"22", func(c *eks.Client) error { return createCluster(c, "new", nil, true) },
			invalid + "When EKS Auto Mode is enabled, you must use an EKS access config authentication mode of " +
				"API_AND_CONFIG_MAP or API"},
		{"23 describe cluster", func(c *eks.Client) error {
			_, err := c.DescribeCluster(context.Background(), &eks.DescribeClusterInput{Name: aws.String("nope")})
			return err
		}, noCP},
		{"23 create", func(c *eks.Client) error { return create(c, "nope", arn("role/a")) }, noCP},
		{"23 delete", func(c *eks.Client) error { return remove(c, "nope", arn("role/a")) }, noCP},
		{"23 mode", func(c *eks.Client) error { _, err := setMode(c, "nope", "API"); return err }, noCP},
		{"24", func(c *eks.Client) error { return create(c, "-dev", arn("role/a")) },
			invalid + `The clusterName parameter contains invalid characters. It should conform to the regular expression "^[0-9A-Za-z][A-Za-z0-9-_]*"`},
	}
	s := start(t, base)
	before := string(must(s.World().YAML()))
	client := eksAs(s, adminK)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantRefusal(t, tt.call(client), tt.want) })
	}
	if after := string(must(s.World().YAML())); after != before {
		t.Error("refused calls changed the world")
	}
	for _, c := range s.Calls(ekssim.CallFilter{}) {
		if c.Applied {
			t.Errorf("call %d, %s, counts as applied", c.Seq, c.Operation)
		}
	}
}

// TestConflictWhileUpdating is row 20, in both spellings clients expect.
func TestConflictWhileUpdating(t *testing.T) {
	for _, code := range []string{"ResourceInUseException 409", "InvalidRequestException 400"} {
		s := start(t, base+"settings: {updatePolls: 100, updateConflict: "+code[:len(code)-4]+"}\n")
		client := eksAs(s, adminK)
		u := must(setMode(client, "old", "API_AND_CONFIG_MAP"))
		_, err := setMode(client, "old", "API")
		wantRefusal(
			t,
			err,
			code+" Cannot AccessConfigUpdate because cluster old currently has update "+*u.Id+" in progress",
		)
	}
}

// TestDenied is row 25: the action is named with the resource IAM judges it
// on, which is the cluster for some and the access entry for others.
func TestDenied(t *testing.T) {
	ctx := context.Background()
	s := start(t, base+`
faults: [{effect: deny, caller: "*assumed-role/admin*"}]
`)
	c := eksAs(s, adminK)
	cluster := "arn:aws:eks:eu-west-1:111122223333:cluster/dev"
	e := must(describe(eksAs(s, "AKIAALICE"), "dev", arn("role/admin")))
	name := aws.String("dev")
	admin := aws.String(arn("role/admin"))
	tests := []struct {
		action, resource string
		call             func() error
	}{
		{"CreateAccessEntry", cluster, func() error { return create(c, "dev", arn("role/a")) }},
		{"ListAccessEntries", cluster, func() error {
			_, err := c.ListAccessEntries(ctx, &eks.ListAccessEntriesInput{ClusterName: name})
			return err
		}},
		{"DescribeAccessEntry", *e.AccessEntryArn, func() error { _, err := describe(c, "dev", *admin); return err }},
		{"UpdateAccessEntry", *e.AccessEntryArn, func() error { return update(c, "dev", *admin, nil, nil) }},
		{"DeleteAccessEntry", *e.AccessEntryArn, func() error { return remove(c, "dev", *admin) }},
		{"AssociateAccessPolicy", *e.AccessEntryArn, func() error {
			return associate(c, "dev", *admin, policy("AmazonEKSViewPolicy"), clusterScope())
		}},
		{
			"DisassociateAccessPolicy",
			*e.AccessEntryArn,
			func() error { return disassociate(c, "dev", *admin, policy("AmazonEKSViewPolicy")) },
		},
		{
			"ListAssociatedAccessPolicies",
			*e.AccessEntryArn,
			func() error { _, err := listPolicies(c, "dev", *admin); return err },
		},
		{
			"ListAccessPolicies",
			"*",
			func() error { _, err := c.ListAccessPolicies(ctx, &eks.ListAccessPoliciesInput{}); return err },
		},
		{"ListClusters", "*", func() error { _, err := c.ListClusters(ctx, &eks.ListClustersInput{}); return err }},
		{
			"DescribeCluster",
			cluster,
			func() error { _, err := c.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: name}); return err },
		},
		{"UpdateClusterConfig", cluster, func() error { _, err := setMode(c, "dev", "API"); return err }},
		{"DescribeUpdate", cluster, func() error { _, err := describeUpdate(c, "dev", "x"); return err }},
		{
			"ListUpdates",
			cluster,
			func() error { _, err := c.ListUpdates(ctx, &eks.ListUpdatesInput{Name: name}); return err },
		},
		{"TagResource", *e.AccessEntryArn, func() error {
			_, err := c.TagResource(
				ctx,
				&eks.TagResourceInput{ResourceArn: e.AccessEntryArn, Tags: map[string]string{"a": "b"}},
			)
			return err
		}},
		{"UntagResource", *e.AccessEntryArn, func() error {
			_, err := c.UntagResource(
				ctx,
				&eks.UntagResourceInput{ResourceArn: e.AccessEntryArn, TagKeys: []string{"a"}},
			)
			return err
		}},
		{"ListTagsForResource", *e.AccessEntryArn, func() error {
			_, err := c.ListTagsForResource(ctx, &eks.ListTagsForResourceInput{ResourceArn: e.AccessEntryArn})
			return err
		}},
	}
	for _, tt := range tests {
		wantRefusal(
			t,
			tt.call(),
			"AccessDeniedException 403 User: arn:aws:sts::111122223333:assumed-role/admin/me is not authorized to "+
				"perform: eks:"+
				tt.action+" on resource: "+tt.resource+" because no identity-based policy allows the "+
				"eks:"+tt.action+" action",
		)
	}
}

// TestDeniedByCredential: actions are refused to a key or to a principal, for
// some resources, in the words of a Deny, and where another action is needed
// besides.
func TestDeniedByCredential(t *testing.T) {
	s := start(t, `
accounts: [{id: "111122223333", roles: [{name: limited, denied: ["eks:Tag*", "iam:PassRole"]}, a]}]
credentials:
  - {accessKeyId: AKIALIMITED, principal: role/limited, session: s, denied: [{action: "eks:*", resource: "*/prod", explicit: true}]}
clusters: [{name: dev}, {name: prod}]
`)
	c := eksAs(s, "AKIALIMITED")
	const user = "AccessDeniedException 403 User: arn:aws:sts::111122223333:assumed-role/limited/s is not authorized " +
		"to perform: "
	wantRefusal(
		t,
		create(c, "prod", arn("role/a")),
		user+"eks:CreateAccessEntry on resource: arn:aws:eks:eu-west-1:111122223333:cluster/prod with an explicit "+
			"deny in an identity-based policy",
	)
	wantRefusal(
		t,
		create(c, "dev", arn("role/a"), withTags(map[string]string{"a": "b"})),
		user+"eks:TagResource on resource: arn:aws:eks:eu-west-1:111122223333:access-entry/dev/role/111122223333/a/* "+
			"because no identity-based policy allows the eks:TagResource action",
	)
	wantRefusal(
		t,
		create(c, "dev", arn("role/a"), ofType("EC2_LINUX")),
		user+"iam:PassRole on resource: "+arn(
			"role/a",
		)+" because no identity-based policy allows the iam:PassRole action",
	)
	wantRefusal(t, create(c, "dev", arn("role/a")), "")
}

// TestTooManyRequests is row 26.
func TestTooManyRequests(t *testing.T) {
	s := start(t, base+"faults: [{operation: DescribeCluster, effect: tooManyRequests}]\n")
	_, err := eksAs(s, adminK).DescribeCluster(context.Background(), &eks.DescribeClusterInput{Name: aws.String("dev")})
	wantRefusal(t, err, "TooManyRequestsException 429 Too Many Requests")
}

func createCluster(c *eks.Client, name string, access *types.CreateAccessConfigRequest, auto bool) error {
	in := &eks.CreateClusterInput{Name: &name, RoleArn: aws.String(arn("role/eks-cluster")),
		ResourcesVpcConfig: &types.VpcConfigRequest{}, AccessConfig: access}
	if auto {
		in.ComputeConfig = &types.ComputeConfigRequest{Enabled: aws.Bool(true)}
	}
	_, err := c.CreateCluster(context.Background(), in)
	return err
}

func update(c *eks.Client, cluster, principal string, groups []string, username *string) error {
	_, err := c.UpdateAccessEntry(context.Background(), &eks.UpdateAccessEntryInput{
		ClusterName: &cluster, PrincipalArn: &principal, KubernetesGroups: groups, Username: username})
	return err
}
