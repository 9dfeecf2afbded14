package ekssim_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
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
	if got := strings.Join(roles, ", "); got != arn("role/n1")+" AL2023_x86_64_STANDARD, "+arn("role/n2")+" WINDOWS_CORE_2022_x86_64" {
		t.Errorf("roles %s", got)
	}
	fp, err := c.DescribeFargateProfile(ctx, &eks.DescribeFargateProfileInput{ClusterName: dev, FargateProfileName: aws.String("fp")})
	if err != nil || *fp.FargateProfile.PodExecutionRoleArn != arn("role/f") {
		t.Errorf("%v, %v", fp, err)
	}
	names, err := c.ListFargateProfiles(ctx, &eks.ListFargateProfilesInput{ClusterName: dev})
	if err != nil || len(names.FargateProfileNames) != 1 {
		t.Errorf("%v, %v", names, err)
	}
	var missing *types.ResourceNotFoundException
	if _, err := c.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: dev, NodegroupName: aws.String("x")}); !errors.As(err, &missing) {
		t.Errorf("no such group: %v", err)
	}
	out, err := c.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: dev})
	if err != nil || out.Cluster.ResourcesVpcConfig.EndpointPublicAccess || !out.Cluster.ResourcesVpcConfig.EndpointPrivateAccess {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestSimulatePrincipalPolicy(t *testing.T) {
	s := start(t, nodeWorld)
	c := iam.NewFromConfig(config(s, "AKIAADMIN", region))
	for role, want := range map[string]string{
		"admin": "eks:CreateAccessEntry allowed, eks:TagResource implicitDeny",
		"weak":  "eks:CreateAccessEntry explicitDeny, eks:TagResource allowed",
	} {
		out, err := c.SimulatePrincipalPolicy(context.Background(), &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(arn("role/" + role)),
			ActionNames: []string{"eks:CreateAccessEntry", "eks:TagResource"}, ResourceArns: []string{"arn:aws:eks:eu-west-1:111122223333:cluster/dev"}})
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
	if _, err := c.SimulatePrincipalPolicy(context.Background(), &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(arn("role/nobody")),
		ActionNames: []string{"eks:CreateAccessEntry"}}); err == nil {
		t.Error("nobody has no policies")
	}
}
