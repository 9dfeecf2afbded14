package live_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/spec"
)

const nodesWorld = `
settings: {pageSize: 1}
accounts: [{id: "111122223333", roles: [admin]}]
credentials:
  - {accessKeyId: AKIAADMIN, account: "111122223333", principal: role/admin}
  - {accessKeyId: AKIABLIND, account: "111122223333", principal: role/admin, denied: ["eks:DescribeNodegroup"]}
clusters:
  - name: dev
    privateEndpoint: true
    nodeGroups: [{name: two, role: role/n}, {name: one, role: role/n}, {name: win, role: role/m, windows: true}]
    fargateProfiles: [{name: fp, role: role/f}]
  - {name: prod, region: us-east-1}
  - {name: dev, region: us-west-2}
`

func TestNodeRoles(t *testing.T) {
	_, s := connect(t, nodesWorld, "AKIAADMIN", "dev")
	got, err := live.ReadNodeRoles(t.Context(), s.EKS, prod("dev"), "")
	want := []spec.NodeRole{
		{Role: roleARN("f"), Type: "FARGATE_LINUX", Of: "Fargate profile fp"},
		{Role: roleARN("m"), Type: "EC2_WINDOWS", Of: "node group win"},
		{Role: roleARN("n"), Type: "EC2_LINUX", Of: "node group one"},
		{Role: roleARN("n"), Type: "EC2_LINUX", Of: "node group two"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	c, err := live.ReadCluster(t.Context(), s.EKS, prod("dev"), "")
	if err != nil || c.PublicEndpoint == nil || *c.PublicEndpoint {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestNodeRolesRefused(t *testing.T) {
	_, s := connect(t, nodesWorld, "AKIABLIND", "dev")
	_, err := live.ReadNodeRoles(t.Context(), s.EKS, prod("dev"), "")
	e := wantError(t, err, "AccessDeniedException")
	if e.Action != "eks:DescribeNodegroup" || e.Resource != "arn:aws:eks:eu-west-1:111122223333:nodegroup/dev/*" {
		t.Errorf("%+v", e)
	}
}

func TestElsewhere(t *testing.T) {
	_, s := connect(t, nodesWorld, "AKIAADMIN", "dev")
	reader := func(_ context.Context, region string) (live.EKSReader, error) {
		if region == "eu-north-1" {
			return nil, errors.New("not enabled")
		}
		o := s.EKS.Options()
		o.Region = region
		return eks.New(o), nil
	}
	wanted := prod("prdo")
	got := live.SearchRegions(t.Context(), reader, wanted, []string{"us-east-1", "eu-north-1"})
	if diff := cmp.Diff(live.Search{Failed: []string{"eu-north-1"}, Similar: []string{}}, got); diff != "" {
		t.Error(diff)
	}
	wanted = prod("prod")
	wanted.Region = "us-west-2"
	got = live.SearchRegions(t.Context(), reader, wanted, []string{"us-east-1", "eu-west-1", "us-west-2"})
	if diff := cmp.Diff(live.Search{Regions: []string{"us-east-1"}, Similar: []string{}}, got); diff != "" {
		t.Error(diff)
	}
	if got := live.SearchRegions(t.Context(), reader, prod("dve"), nil); len(got.Similar) != 1 ||
		got.Similar[0] != `"dev"` {
		t.Errorf("near: %q", got.Similar)
	}
}

// What IAM would refuse is distinguished from what it can't tell; conditions are
// met with what is sent along.
func TestSimulate(t *testing.T) {
	const world = `
accounts:
  - id: "111122223333"
    roles:
      - name: admin
        policies:
          - Statement:
              - {Effect: Allow, Action: ["eks:AssociateAccessPolicy"], Resource: ["*"], Condition: {StringEquals: {"eks:accessScope": [cluster]}}}
              - {Effect: Allow, Action: ["iam:*", "sts:*", "eks:CreateAccessEntry"], Resource: ["*"]}
              - {Effect: Deny, Action: ["eks:DeleteAccessEntry"], Resource: ["*"]}
credentials: [{accessKeyId: AKIAADMIN, account: "111122223333", principal: role/admin}]
clusters: [{name: dev}]
`
	_, s := connect(t, world, "AKIAADMIN", "dev")
	call := func(action, scope string) eksfacts.Call {
		return eksfacts.Call{
			Action:   action,
			Resource: prod("dev").ARN(),
			Keys:     map[string]string{"eks:accessScope": scope},
		}
	}
	narrow, remove := call("eks:AssociateAccessPolicy", "namespace"), call("eks:DeleteAccessEntry", "")
	denied, unknown, err := live.Simulate(
		t.Context(),
		s.IAM,
		roleARN("admin"),
		[]eksfacts.Call{
			call("eks:CreateAccessEntry", ""),
			call("eks:AssociateAccessPolicy", "cluster"),
			narrow,
			remove,
		},
	)
	if diff := cmp.Diff([]eksfacts.Call{narrow, remove}, denied); diff != "" || len(unknown) > 0 || err != nil {
		t.Errorf("%v, %v (-want +got):\n%s", unknown, err, diff)
	}
	if _, _, err := live.Simulate(t.Context(), s.IAM, roleARN("nobody"), []eksfacts.Call{narrow}); err == nil {
		t.Error("nobody has no policies")
	}
}
