package ekssim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

const (
	account = "111122223333"
	region  = "eu-west-1"
	adminK  = "AKIAADMIN"
)

var dev = ekssim.ClusterID{Account: account, Region: region, Name: "dev"}

// base is the world most tests begin with.
const base = `
accounts:
  - id: "111122223333"
    roles: [admin, a, b, c, nodes, team/payments, aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS]
    users: [alice, people/bob]
  - id: "444455556666"
    roles: [foreign]
credentials:
  - {accessKeyId: AKIAADMIN, principal: role/admin, session: me}
  - {accessKeyId: AKIAALICE, principal: user/alice}
  - {accessKeyId: AKIAROOT, principal: root}
  - {accessKeyId: AKIAFOREIGN, principal: "arn:aws:iam::444455556666:role/foreign"}
  - {accessKeyId: AKIAOLD, principal: role/admin, expired: true}
  - {accessKeyId: AKIACHINA, principal: "arn:aws-cn:iam::777788889999:role/admin"}
clusters:
  - name: dev
    creator: role/admin
    entries:
      - {principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/nodes, type: EC2_LINUX}
  - {name: old, mode: CONFIG_MAP, creator: role/admin, nodeGroups: [{name: ng, role: role/nodes}, {name: ng2, role: role/nodes}], fargateProfiles: [{name: fp, role: role/fargate}]}
  - {name: older, mode: none}
  - {name: last, mode: API}
  - {name: elsewhere, connector: {provider: GKE}}
  - {name: dying, status: DELETING}
  - {name: pekin, region: cn-north-1, account: "777788889999"}
`

// arn makes the ARN of a principal of the account of the tests.
func arn(rest string) string { return "arn:aws:iam::" + account + ":" + rest }

func policy(name string) string { return "arn:aws:eks::aws:cluster-access-policy/" + name }

// A clock is time that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func start(t *testing.T, seed string, options ...ekssim.Option) *ekssim.Server {
	t.Helper()
	w, err := ekssim.ParseWorld([]byte(seed))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ekssim.Start(w, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// config is that of an SDK client which does not retry, so that every answer
// is seen.
func config(s *ekssim.Server, key, region string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(s.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret-that-must-not-show", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:  &http.Client{Transport: &http.Transport{}},
	}
}

func eksAs(s *ekssim.Server, key string) *eks.Client {
	return eks.NewFromConfig(config(s, key, region))
}
func iamAs(s *ekssim.Server, key string) *iam.Client {
	return iam.NewFromConfig(config(s, key, region))
}
func stsAs(s *ekssim.Server, key string) *sts.Client {
	return sts.NewFromConfig(config(s, key, region))
}

// refusal is how an API error looks from outside: "CODE STATUS TEXT".
func refusal(err error) string {
	if err == nil {
		return ""
	}
	var api smithy.APIError
	var response *smithyhttp.ResponseError
	status := 0
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	if !errors.As(err, &api) {
		return fmt.Sprintf("? %d %v", status, err)
	}
	return fmt.Sprintf("%s %d %s", api.ErrorCode(), status, api.ErrorMessage())
}

func wantRefusal(t *testing.T, err error, want string) {
	t.Helper()
	if got := refusal(err); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Short forms of the calls the tests make most.

func create(c *eks.Client, cluster, principal string, more ...func(*eks.CreateAccessEntryInput)) error {
	in := &eks.CreateAccessEntryInput{ClusterName: &cluster, PrincipalArn: &principal}
	for _, f := range more {
		f(in)
	}
	_, err := c.CreateAccessEntry(context.Background(), in)
	return err
}

func ofType(kind string) func(*eks.CreateAccessEntryInput) {
	return func(in *eks.CreateAccessEntryInput) { in.Type = &kind }
}

func withGroups(groups ...string) func(*eks.CreateAccessEntryInput) {
	return func(in *eks.CreateAccessEntryInput) { in.KubernetesGroups = groups }
}

func withUsername(name string) func(*eks.CreateAccessEntryInput) {
	return func(in *eks.CreateAccessEntryInput) { in.Username = &name }
}

func withTags(tags map[string]string) func(*eks.CreateAccessEntryInput) {
	return func(in *eks.CreateAccessEntryInput) { in.Tags = tags }
}

func describe(c *eks.Client, cluster, principal string) (*types.AccessEntry, error) {
	out, err := c.DescribeAccessEntry(
		context.Background(),
		&eks.DescribeAccessEntryInput{ClusterName: &cluster, PrincipalArn: &principal},
	)
	if err != nil {
		return nil, err
	}
	return out.AccessEntry, nil
}

func remove(c *eks.Client, cluster, principal string) error {
	_, err := c.DeleteAccessEntry(
		context.Background(),
		&eks.DeleteAccessEntryInput{ClusterName: &cluster, PrincipalArn: &principal},
	)
	return err
}

func clusterScope() *types.AccessScope { return &types.AccessScope{Type: types.AccessScopeTypeCluster} }

func namespaces(names ...string) *types.AccessScope {
	return &types.AccessScope{Type: types.AccessScopeTypeNamespace, Namespaces: names}
}

func associate(c *eks.Client, cluster, principal, policyARN string, scope *types.AccessScope) error {
	_, err := c.AssociateAccessPolicy(context.Background(), &eks.AssociateAccessPolicyInput{
		ClusterName: &cluster, PrincipalArn: &principal, PolicyArn: &policyARN, AccessScope: scope})
	return err
}

func disassociate(c *eks.Client, cluster, principal, policyARN string) error {
	_, err := c.DisassociateAccessPolicy(context.Background(), &eks.DisassociateAccessPolicyInput{
		ClusterName: &cluster, PrincipalArn: &principal, PolicyArn: &policyARN})
	return err
}

func listPolicies(c *eks.Client, cluster, principal string) ([]types.AssociatedAccessPolicy, error) {
	out, err := c.ListAssociatedAccessPolicies(context.Background(), &eks.ListAssociatedAccessPoliciesInput{
		ClusterName: &cluster, PrincipalArn: &principal})
	if err != nil {
		return nil, err
	}
	return out.AssociatedAccessPolicies, nil
}

func setMode(c *eks.Client, cluster, mode string) (*types.Update, error) {
	out, err := c.UpdateClusterConfig(context.Background(), &eks.UpdateClusterConfigInput{Name: &cluster,
		AccessConfig: &types.UpdateAccessConfigRequest{AuthenticationMode: types.AuthenticationMode(mode)}})
	if err != nil {
		return nil, err
	}
	return out.Update, nil
}

func describeUpdate(c *eks.Client, cluster, id string) (*types.Update, error) {
	out, err := c.DescribeUpdate(context.Background(), &eks.DescribeUpdateInput{Name: &cluster, UpdateId: &id})
	if err != nil {
		return nil, err
	}
	return out.Update, nil
}

func mode(t *testing.T, c *eks.Client, cluster string) (mode, status string) {
	t.Helper()
	out, err := c.DescribeCluster(context.Background(), &eks.DescribeClusterInput{Name: &cluster})
	if err != nil {
		t.Fatal(err)
	}
	if out.Cluster.AccessConfig != nil {
		mode = string(out.Cluster.AccessConfig.AuthenticationMode)
	}
	return mode, string(out.Cluster.Status)
}
