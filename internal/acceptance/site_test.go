//go:build acceptance

package acceptance

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/eksaccess/eksaccess/internal/kube"
)

// A site is a cluster and the ways to ask it: the one the caller names, or one
// of the simulator.
type site struct {
	means
	eks *eks.Client
	sts *sts.Client
	iam *iam.Client

	// From fit on.
	account, partition string
	clusterARN, mode   string
	kube               kube.Cluster

	patience time.Duration // with what a cluster may never do
	during   *duringUpdate // what was answered while one update ran
}

func newSite(m means, cfg aws.Config, at string) *site {
	here := func(base **string) {
		if at != "" {
			*base = &at // above what the environment says
		}
	}
	return &site{means: m, patience: 2 * time.Minute,
		eks: eks.NewFromConfig(cfg, func(o *eks.Options) { here(&o.BaseEndpoint) }),
		sts: sts.NewFromConfig(cfg, func(o *sts.Options) { here(&o.BaseEndpoint) }),
		iam: iam.NewFromConfig(cfg, func(o *iam.Options) { here(&o.BaseEndpoint) }),
	}
}

// settling is how long something that EKS has accepted may take to be seen.
// terraform-provider-aws gives it as long.
const settling = 2 * time.Minute

// eventually asks until why is empty, with growing pauses.
func eventually(ctx context.Context, patience time.Duration, ask func() (why string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 3*time.Second) {
		why, err := ask()
		if err != nil || why == "" {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("waiting: %w: %s", ctx.Err(), why)
		}
	}
}

// code is AWS's code of a refusal, or "".
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// noEntry says that an error is about a principal without an entry, and not
// about a cluster that is not there.
func noEntry(err error) bool {
	return code(err) == "ResourceNotFoundException" && !strings.Contains(err.Error(), "No cluster found")
}

// Access is what an entry holds, as EKS tells it.
type access struct {
	Type, Username string
	Groups         []string // sorted
	Tags           map[string]string
	Policies       map[string][]string // name → namespaces, sorted; none for the whole cluster
}

// read is nil for a principal without an entry.
func (s *site) read(ctx context.Context, principal string) (*access, error) {
	out, err := s.eks.DescribeAccessEntry(
		ctx,
		&eks.DescribeAccessEntryInput{ClusterName: &s.cluster, PrincipalArn: &principal},
	)
	if noEntry(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := out.AccessEntry
	a := &access{
		Type:     aws.ToString(e.Type),
		Username: aws.ToString(e.Username),
		Groups:   slices.Sorted(slices.Values(e.KubernetesGroups)),
		Tags:     maps.Clone(e.Tags),
		Policies: map[string][]string{},
	}
	pages := eks.NewListAssociatedAccessPoliciesPaginator(
		s.eks,
		&eks.ListAssociatedAccessPoliciesInput{ClusterName: &s.cluster, PrincipalArn: &principal},
	)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if noEntry(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, p := range page.AssociatedAccessPolicies {
			arn := aws.ToString(p.PolicyArn)
			a.Policies[arn[strings.LastIndex(arn, "/")+1:]] = slices.Sorted(slices.Values(p.AccessScope.Namespaces))
		}
	}
	return a, nil
}

// readAll is every entry of the cluster.
func (s *site) readAll(ctx context.Context) (map[string]*access, error) {
	all := map[string]*access{}
	pages := eks.NewListAccessEntriesPaginator(s.eks, &eks.ListAccessEntriesInput{ClusterName: &s.cluster})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, principal := range page.AccessEntries {
			a, err := s.read(ctx, principal)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", principal, err)
			}
			if a != nil {
				all[principal] = a
			}
		}
	}
	return all, nil
}

// remove deletes an entry, if there is one, and waits until it is gone.
func (s *site) remove(ctx context.Context, principal string) error {
	_, err := s.eks.DeleteAccessEntry(
		ctx,
		&eks.DeleteAccessEntryInput{ClusterName: &s.cluster, PrincipalArn: &principal},
	)
	if err != nil && !noEntry(err) {
		return err
	}
	return eventually(ctx, settling, func() (string, error) {
		a, err := s.read(ctx, principal)
		if a != nil {
			return "it is still there", err
		}
		return "", err
	})
}

// create makes an entry of PRINCIPAL in the place of whatever it has.
func (s *site) create(ctx context.Context, in eks.CreateAccessEntryInput) error {
	if err := s.remove(ctx, s.principal); err != nil {
		return err
	}
	in.ClusterName, in.PrincipalArn = &s.cluster, &s.principal
	if _, err := s.eks.CreateAccessEntry(ctx, &in); err != nil {
		return err
	}
	return eventually(ctx, settling, func() (string, error) {
		a, err := s.read(ctx, s.principal)
		if a == nil {
			return "the new entry is not seen yet", err
		}
		return "", err
	})
}

func (s *site) policy(name string) *string {
	return aws.String("arn:" + s.partition + ":eks::aws:cluster-access-policy/" + name)
}

// associate gives a policy of PRINCIPAL a scope: the whole cluster without
// namespaces. It asks again while EKS does not know the new entry yet.
func (s *site) associate(ctx context.Context, policy string, namespaces ...string) error {
	scope := &types.AccessScope{Type: types.AccessScopeTypeCluster}
	if len(namespaces) > 0 {
		scope = &types.AccessScope{Type: types.AccessScopeTypeNamespace, Namespaces: namespaces}
	}
	var refused error
	err := eventually(ctx, settling, func() (string, error) {
		_, refused = s.eks.AssociateAccessPolicy(
			ctx,
			&eks.AssociateAccessPolicyInput{ClusterName: &s.cluster, PrincipalArn: &s.principal,
				PolicyArn: s.policy(policy), AccessScope: scope},
		)
		if noEntry(refused) && strings.Contains(refused.Error(), "principalArn") {
			return refused.Error(), nil
		}
		return "", nil
	})
	return cmpErr(refused, err)
}

func (s *site) disassociate(ctx context.Context, policy string) error {
	_, err := s.eks.DisassociateAccessPolicy(
		ctx,
		&eks.DisassociateAccessPolicyInput{
			ClusterName:  &s.cluster,
			PrincipalArn: &s.principal,
			PolicyArn:    s.policy(policy),
		},
	)
	return err
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// as asks the cluster itself in the name of a role.
func (s *site) as(ctx context.Context, role string) (*kube.Client, error) {
	out, err := s.sts.AssumeRole(
		ctx,
		&sts.AssumeRoleInput{
			RoleArn:         &role,
			RoleSessionName: aws.String("eksaccess-acceptance"),
			DurationSeconds: aws.Int32(3600),
		},
	)
	if err != nil {
		return nil, err
	}
	c := out.Credentials
	return kube.New(
		s.kube,
		credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken),
		kube.Options{Version: "acceptance"},
	)
}

// tidy registers what takes back what is about to be made. It runs however the
// test ends, after what was registered later, and says what it could not do.
func tidy(t *testing.T, what, byHand string, undo func(context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), tidying)
		defer cancel()
		if err := undo(ctx); err != nil {
			t.Errorf("LEFT BEHIND: %s: %v\n\ttake it back with: %s", what, err, byHand)
		}
	})
}

// tidying is how long one thing may take to be taken back.
const tidying = 5 * time.Minute

func (s *site) deleteByHand(principal string) string {
	return fmt.Sprintf(
		"aws eks delete-access-entry --region %s --cluster-name %s --principal-arn %s",
		s.region,
		s.cluster,
		principal,
	)
}

// describe fills in what DescribeCluster tells.
func (s *site) describe(ctx context.Context) (*types.Cluster, error) {
	out, err := s.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &s.cluster})
	if err != nil {
		return nil, err
	}
	c := out.Cluster
	s.clusterARN = aws.ToString(c.Arn)
	parts := strings.Split(s.clusterARN, ":")
	if len(parts) != 6 {
		return nil, fmt.Errorf("EKS says that the cluster's ARN is %q", s.clusterARN)
	}
	s.partition, s.account = parts[1], parts[4]
	if c.AccessConfig != nil {
		s.mode = string(c.AccessConfig.AuthenticationMode)
	}
	if c.CertificateAuthority != nil {
		ca, err := base64.StdEncoding.DecodeString(aws.ToString(c.CertificateAuthority.Data))
		if err != nil {
			return nil, fmt.Errorf("reading the certificate authority of %s: %w", s.cluster, err)
		}
		s.kube = kube.Cluster{Region: s.region, Endpoint: aws.ToString(c.Endpoint), CA: ca, TokenID: s.cluster}
	}
	return c, nil
}
