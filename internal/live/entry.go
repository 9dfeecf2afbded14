package live

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/spec"
)

// ReadEntry reads the entry of one principal with its policies. It returns nil
// without an error if the cluster has no such entry. A cluster that does not exist
// is an error.
func ReadEntry(
	ctx context.Context,
	r EKSReader,
	cluster arn.Cluster,
	principal string,
	o Options,
) (*spec.LiveEntry, error) {
	e := entryReader{r, cluster, o.Profile}
	described, err := e.describe(ctx, principal)
	if described == nil || err != nil {
		return nil, err
	}
	var policies []types.AssociatedAccessPolicy
	if canHavePolicies(described) {
		there := false
		if policies, there, err = e.listPolicies(ctx, principal); !there || err != nil {
			return nil, err
		}
	}
	l := liveEntry(principal, described, policies)
	return &l, nil
}

// An entryReader makes the two calls that read an entry.
type entryReader struct {
	r       EKSReader
	cluster arn.Cluster
	profile string
}

func (e entryReader) explain(err error, operation, principal string) error {
	return awserr.From(
		err,
		awserr.Call{Operation: operation, Cluster: e.cluster, Principal: principal, Profile: e.profile},
	)
}

// describe returns nil without an error if there is no entry.
func (e entryReader) describe(ctx context.Context, principal string) (*types.AccessEntry, error) {
	const operation = "DescribeAccessEntry"
	out, err := e.r.DescribeAccessEntry(ctx, &eks.DescribeAccessEntryInput{
		ClusterName:  aws.String(e.cluster.Name),
		PrincipalArn: aws.String(principal),
	})
	switch {
	case awserr.IsNotFoundEntry(err):
		return nil, nil
	case err != nil:
		return nil, e.explain(err, operation, principal)
	case out.AccessEntry == nil:
		return nil, e.explain(&fault.Error{
			Code: fault.Unexpected, Operation: operation, Resource: e.cluster.EntryARNs(),
			Message: "the answer holds no entry",
			Hint:    "check AWS_ENDPOINT_URL",
		}, operation, principal)
	}
	return out.AccessEntry, nil
}

// listPolicies lists the policies of an entry, and reports whether it exists.
func (e entryReader) listPolicies(
	ctx context.Context,
	principal string,
) (list []types.AssociatedAccessPolicy, there bool, err error) {
	list, err = collectPages(func(token *string) ([]types.AssociatedAccessPolicy, *string, error) {
		out, err := e.r.ListAssociatedAccessPolicies(ctx, &eks.ListAssociatedAccessPoliciesInput{
			ClusterName:  aws.String(e.cluster.Name),
			PrincipalArn: aws.String(principal),
			NextToken:    token,
		})
		if err != nil {
			return nil, nil, err
		}
		return out.AssociatedAccessPolicies, out.NextToken, nil
	})
	switch {
	case awserr.IsNotFoundEntry(err):
		return nil, false, nil
	case awserr.IsStandardOnly(err): // a type that cannot have policies
		return nil, true, nil
	case err != nil:
		return nil, false, e.explain(err, "ListAssociatedAccessPolicies", principal)
	}
	return list, true, nil
}

func canHavePolicies(e *types.AccessEntry) bool {
	return eksfacts.MayHavePolicies(aws.ToString(e.Type))
}

// liveEntry converts the answers of EKS about a principal. If the answer has no
// principal, it is the requested one. If it has no username, which is optional in
// the model, it is the one that EKS derives. The type is not checked, since EKS
// adds new ones.
func liveEntry(principal string, e *types.AccessEntry, policies []types.AssociatedAccessPolicy) spec.LiveEntry {
	entry := spec.Entry{
		Principal: aws.ToString(e.PrincipalArn),
		Type:      aws.ToString(e.Type),
		Username:  aws.ToString(e.Username),
		Groups:    e.KubernetesGroups,
		Tags:      e.Tags,
		Policies:  make([]spec.Policy, len(policies)),
	}
	if entry.Principal == "" {
		entry.Principal = principal
	}
	if entry.Username == "" {
		entry.Username = eksfacts.DefaultUsername(entry.Type, entry.Principal)
	}
	for i, p := range policies {
		entry.Policies[i] = policy(p)
	}
	return spec.LiveEntry{
		Entry:      entry.Canonical(),
		ARN:        aws.ToString(e.AccessEntryArn),
		CreatedAt:  aws.ToTime(e.CreatedAt),
		ModifiedAt: aws.ToTime(e.ModifiedAt),
	}
}

func policy(p types.AssociatedAccessPolicy) spec.Policy {
	out := spec.Policy{ARN: aws.ToString(p.PolicyArn)}
	if p.AccessScope != nil {
		out.Scope = string(p.AccessScope.Type)
		out.Namespaces = p.AccessScope.Namespaces
	}
	return out
}
