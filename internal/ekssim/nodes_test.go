package ekssim_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

const nodeWorld = `
settings: {pageSize: 1}
accounts: [{id: "111122223333", roles: [admin, {name: weak, denied: [{action: "eks:Create*", explicit: true}]}]}]
credentials: [{accessKeyId: AKIAADMIN, account: "111122223333", principal: role/admin, denied: [eks:TagResource]}]
clusters:
  - name: dev
    privateEndpoint: true
    nodeGroups: [{name: linux, role: role/n1}, {name: win, role: role/n2, windows: true}]
    fargateProfiles: [{name: fp, role: role/f}]
`

func TestNodeGroups(t *testing.T) {
	s := start(t, nodeWorld)
	c := eks.NewFromConfig(config(s, "AKIAADMIN", region))
	ctx, dev := context.Background(), aws.String("dev")
	var roles []string
	for pages := eks.NewListNodegroupsPaginator(c, &eks.ListNodegroupsInput{ClusterName: dev}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range page.Nodegroups {
			out, err := c.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: dev, NodegroupName: &name})
			if err != nil {
				t.Fatal(err)
			}
			roles = append(roles, *out.Nodegroup.NodeRole+" "+string(out.Nodegroup.AmiType))
		}
	}
	if got := strings.Join(roles, ", "); got != arn(
		"role/n1",
	)+" AL2023_x86_64_STANDARD, "+arn(
		"role/n2",
	)+" WINDOWS_CORE_2022_x86_64" {
		t.Errorf("roles %s", got)
	}
	fp, err := c.DescribeFargateProfile(
		ctx,
		&eks.DescribeFargateProfileInput{ClusterName: dev, FargateProfileName: aws.String("fp")},
	)
	if err != nil || *fp.FargateProfile.PodExecutionRoleArn != arn("role/f") {
		t.Errorf("%v, %v", fp, err)
	}
	names, err := c.ListFargateProfiles(ctx, &eks.ListFargateProfilesInput{ClusterName: dev})
	if err != nil || len(names.FargateProfileNames) != 1 {
		t.Errorf("%v, %v", names, err)
	}
	var missing *types.ResourceNotFoundException
	_, err = c.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: dev, NodegroupName: aws.String("x")})
	if !errors.As(err, &missing) {
		t.Errorf("no such group: %v", err)
	}
	out, err := c.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: dev})
	if err != nil || out.Cluster.ResourcesVpcConfig.EndpointPublicAccess ||
		!out.Cluster.ResourcesVpcConfig.EndpointPrivateAccess {
		t.Errorf("%+v, %v", out, err)
	}
}

// The role of a node group or Fargate profile may be deleted or recreated after
// its entry was made: the entry stays and gives nothing.
func TestNodeGroupsWithStaleRoles(t *testing.T) {
	s := start(t, `
accounts: [{id: "111122223333", roles: [admin]}]
credentials: [{accessKeyId: AKIAADMIN, account: "111122223333", principal: role/admin}]
clusters:
  - name: dev
    nodeGroups:
      - {name: living, role: role/living}
      - {name: recreated, role: role/recreated}
      - {name: deleted, role: role/deleted}
      - {name: bare, role: role/bare, orphan: true}
    fargateProfiles: [{name: fp, role: role/fp}, {name: fpbare, role: role/fpbare, orphan: true}]
    entries:
      - {principal: role/living, type: EC2_LINUX}
      - {principal: role/recreated, type: EC2_LINUX, boundTo: AROAOLD}
      - {principal: role/deleted, type: EC2_LINUX, orphan: true}
      - {principal: role/fp, type: FARGATE_LINUX, orphan: true}
`)
	c, ctx := eksAs(s, adminK), context.Background()
	again := must(ekssim.New(s.World())) // a saved world keeps it
	for _, w := range []*ekssim.Server{s, again} {
		got := map[string]string{}
		for arn, a := range w.Access(dev) {
			if a.Type != "" && a.Type != "STANDARD" {
				got[arn] = fmt.Sprint(a.Type, " ", a.Node, " ", a.Stale)
			}
		}
		if diff := cmp.Diff(map[string]string{
			arn("role/living"): "EC2_LINUX true false", arn("role/recreated"): "EC2_LINUX false true",
			arn("role/deleted"): "EC2_LINUX false true", arn("role/fp"): "FARGATE_LINUX false true",
		}, got); diff != "" {
			t.Errorf("access (-want +got):\n%s", diff)
		}
	}
	for name, want := range map[string]string{"living": "ACTIVE", "recreated": "ACTIVE",
		"deleted": "DEGRADED IamNodeRoleNotFound", "bare": "DEGRADED IamNodeRoleNotFound"} {
		in := &eks.DescribeNodegroupInput{ClusterName: aws.String("dev"), NodegroupName: &name}
		g := must(c.DescribeNodegroup(ctx, in)).Nodegroup
		got := string(g.Status)
		for _, i := range g.Health.Issues {
			got += " " + string(i.Code)
		}
		if got != want || *g.NodeRole != arn("role/"+name) {
			t.Errorf("%s: %s of %s", name, got, *g.NodeRole)
		}
	}
	for _, name := range []string{"deleted", "bare", "fp", "fpbare"} {
		_, err := iamAs(s, adminK).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		wantRefusal(t, err, "NoSuchEntity 404 The role with name "+name+" cannot be found.")
	}
	role := must(iamAs(s, adminK).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("recreated")})).Role
	if e := must(describe(c, "dev", arn("role/recreated"))); !role.CreateDate.After(*e.CreatedAt) {
		t.Errorf("the role is of %s, its entry of %s", role.CreateDate, e.CreatedAt)
	}
	// and while it runs
	if err := s.DeleteRole(arn("role/living")); err != nil {
		t.Fatal(err)
	}
	if a := s.Access(dev)[arn("role/living")]; !a.Stale || a.Node {
		t.Errorf("living: %+v", a)
	}
}

func TestSimulatePrincipalPolicy(t *testing.T) {
	s := start(t, nodeWorld)
	c := iam.NewFromConfig(config(s, "AKIAADMIN", region))
	for role, want := range map[string]string{
		"admin": "eks:CreateAccessEntry allowed, eks:TagResource implicitDeny",
		"weak":  "eks:CreateAccessEntry explicitDeny, eks:TagResource allowed",
	} {
		out, err := c.SimulatePrincipalPolicy(
			context.Background(),
			&iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(arn("role/" + role)),
				ActionNames: []string{
					"eks:CreateAccessEntry",
					"eks:TagResource",
				}, ResourceArns: []string{"arn:aws:eks:eu-west-1:111122223333:cluster/dev"}},
		)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range out.EvaluationResults {
			got = append(got, *r.EvalActionName+" "+string(r.EvalDecision))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %s", role, got)
		}
	}
	_, err := c.SimulatePrincipalPolicy(context.Background(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(arn("role/nobody")),
		ActionNames:     []string{"eks:CreateAccessEntry"},
	})
	if err == nil {
		t.Error("nobody has no policies")
	}
}
