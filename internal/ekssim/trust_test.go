package ekssim_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

const trustWorld = `
accounts:
  - id: "111122223333"
    roles:
      - admin
      - aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_0123456789abcdef
      - aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch
      - {name: picky, externalId: x, assumableBy: ["111122223333", "arn:aws:iam::444455556666:role/ci"]}
      - {name: wide, assumableBy: ["arn:aws:iam::444455556666:*"]}
      - {name: text, trust: '{"Statement": [{"Effect":"Allow", "Principal": {"AWS":"*"}}]}'}
      - name: mapping
        trust:
          Version: "2012-10-17"
          Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]
      - {name: broken, trust: "100% + not a policy"}
      - {name: portal, trust: {Statement: {Effect: Allow, Principal: {Service: account-access.amazonaws.com}}}}
clusters:
  - name: dev
    nodeGroups: [{name: ng, role: role/infra/ng}]
    fargateProfiles: [{name: fp, role: role/fp}]
    awsAuth: |
      mapRoles:
        - rolearn: arn:aws:iam::111122223333:role/karpenter
          username: "system:node:{{EC2PrivateDNSName}}"
          groups: ["system:nodes"]
    entries:
      - {principal: role/auto, type: EC2}
      - {principal: role/hybrid, type: HYBRID_LINUX}
      - {principal: role/ack, policies: [AmazonEKSACKPolicy]}
      - principal: role/kro
        policies: [AmazonEKSKROPolicy, AmazonEKSClusterAdminPolicy]
        tags: {"aws:eks:managed": "true"}
      - {principal: role/person, policies: [AmazonEKSACKPolicy, AmazonEKSClusterAdminPolicy]}
      - {principal: role/mapping, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/text, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/broken, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/portal, policies: [AmazonEKSClusterAdminPolicy]}
  - {name: pekin, region: cn-north-1, account: "777788889999", nodeGroups: [{name: ng, role: role/cn}]}
`

// Every role has the trust policy of its kind, or the one its world gives it;
// GetRole and ListRoles return it percent-encoded.
func TestTrustPolicies(t *testing.T) {
	s := start(t, trustWorld+`
credentials:
  - {accessKeyId: AKIAADMIN, principal: role/admin, account: "111122223333"}
  - {accessKeyId: AKIACHINA, principal: role/cn, account: "777788889999"}
`)
	// karpenter is named by aws-auth only, so it does not exist by itself
	if err := s.RecreateRole(arn("role/karpenter")); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	trust := func(encoded string) string {
		text, err := url.PathUnescape(encoded)
		if err != nil || strings.ContainsAny(encoded, `{" +:`) && encoded != "" {
			t.Errorf("%q is not percent-encoded: %v", encoded, err)
		}
		var p struct {
			Statement []struct{ Principal, Action, Condition any }
		}
		if json.Unmarshal([]byte(text), &p) != nil || len(p.Statement) != 1 {
			return text
		}
		b := must(json.Marshal(p.Statement[0]))
		return string(b)
	}
	service := func(name string) string {
		return `{"Principal":{"Service":"` + name + `"},"Action":"sts:AssumeRole","Condition":null}`
	}
	statement := func(principal, condition string) string {
		return `{"Principal":` + principal + `,"Action":"sts:AssumeRole","Condition":` + condition + `}`
	}
	root := statement(`{"AWS":"arn:aws:iam::111122223333:root"}`, "null")
	want := map[string]string{
		"admin": root, "person": root,
		"AWSReservedSSO_Dev_0123456789abcdef": `"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],` +
			`"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}`,
		"picky": statement(`{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:role/ci"]}`,
			`{"StringEquals":{"sts:ExternalId":"x"}}`),
		"wide":   statement(`{"AWS":"*"}`, `{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::444455556666:*"]}}`),
		"text":   `{"Principal":{"AWS":"*"},"Action":null,"Condition":null}`,
		"broken": "100% + not a policy",
	}
	for name, principal := range map[string]string{"AWSServiceRoleForBatch": "batch", "mapping": "lambda", "ng": "ec2",
		"karpenter": "ec2", "auto": "ec2", "fp": "eks-fargate-pods", "hybrid": "ssm", "ack": "capabilities.eks",
		"kro": "capabilities.eks", "eks-cluster": "eks"} {
		want[name] = service(principal + ".amazonaws.com")
	}
	client := iamAs(s, adminK)
	listed := map[string]string{}
	for _, r := range must(client.ListRoles(ctx, nil)).Roles {
		listed[*r.RoleName] = *r.AssumeRolePolicyDocument
	}
	for name, w := range want {
		r := must(client.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})).Role
		got := trust(*r.AssumeRolePolicyDocument)
		if strings.HasPrefix(name, "AWSReservedSSO_") { // the name of the provider is made up
			got = strings.TrimPrefix(got, `{"Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/AWSSSO_`)
			_, got, _ = strings.Cut(got, `_DO_NOT_DELETE"},`)
		}
		if got != w {
			t.Errorf("%s: %s\nwant %s", name, got, w)
		}
		if listed[name] != *r.AssumeRolePolicyDocument {
			t.Errorf("%s: listed with %q", name, listed[name])
		}
	}
	cn := must(iamAs(s, "AKIACHINA").GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("cn")})).Role
	if got := trust(*cn.AssumeRolePolicyDocument); got != service("ec2.amazonaws.com.cn") {
		t.Errorf("cn: %s", got)
	}
}

// A role that only services can assume is no cluster admin that counts, also
// after its trust policy has changed. What cannot be read counts.
func TestServiceOnly(t *testing.T) {
	s := start(t, trustWorld)
	want := func(when string, names ...string) {
		t.Helper()
		for i, n := range names {
			names[i] = arn("role/" + n)
		}
		if got := s.ClusterAdmins(dev); strings.Join(got, " ") != strings.Join(names, " ") {
			t.Errorf("%s: %q, want %q", when, got, names)
		}
	}
	want("at first", "broken", "person", "portal", "text")
	if a := s.Access(dev)[arn("role/kro")]; !a.ClusterAdmin || !a.ServiceOnly {
		t.Errorf("kro: %+v", a)
	}
	err := s.SetTrust(arn("role/person"), `{"Statement": [
		{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}}, {"Effect": "Deny", "Principal": "*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	want("changed", "broken", "portal", "text")
	if h := s.AccessHistory(); len(h) != 1 || h[0].Principal != arn("role/person") || !h[0].After.ServiceOnly {
		t.Errorf("history %+v", h)
	}
	if err := s.SetTrust(arn("role/nobody"), "{}"); err == nil {
		t.Error("a role that does not exist has got a trust policy")
	}
}

// CreateRole keeps the document that it is given.
func TestCreateRoleTrust(t *testing.T) {
	s := start(t, base)
	ctx, client := context.Background(), iamAs(s, adminK)
	document := `{"Version": "2012-10-17", "Statement": []}`
	in := &iam.CreateRoleInput{RoleName: aws.String("brief"), AssumeRolePolicyDocument: &document}
	made := must(client.CreateRole(ctx, in)).Role
	got := must(client.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("brief")})).Role
	for _, r := range []*string{made.AssumeRolePolicyDocument, got.AssumeRolePolicyDocument} {
		if text := must(url.PathUnescape(*r)); text != document {
			t.Errorf("%s, want %s", text, document)
		}
	}
	in.RoleName, in.AssumeRolePolicyDocument = aws.String("other"), aws.String("{")
	_, err := client.CreateRole(ctx, in)
	wantRefusal(t, err, "MalformedPolicyDocument 400 ekssim: the trust policy is not JSON")
	w := s.World()
	for _, r := range w.Accounts[0].Roles {
		if r.Name == "brief" && string(r.Trust) != document {
			t.Errorf("kept %q", r.Trust)
		}
	}
}
