package live

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// An EKSReader is the part of the EKS client that only reads.
type EKSReader interface {
	DescribeCluster(
		context.Context,
		*eks.DescribeClusterInput,
		...func(*eks.Options),
	) (*eks.DescribeClusterOutput, error)
	ListClusters(context.Context, *eks.ListClustersInput, ...func(*eks.Options)) (*eks.ListClustersOutput, error)
	ListAccessEntries(
		context.Context,
		*eks.ListAccessEntriesInput,
		...func(*eks.Options),
	) (*eks.ListAccessEntriesOutput, error)
	DescribeAccessEntry(
		context.Context,
		*eks.DescribeAccessEntryInput,
		...func(*eks.Options),
	) (*eks.DescribeAccessEntryOutput, error)
	ListAssociatedAccessPolicies(
		context.Context,
		*eks.ListAssociatedAccessPoliciesInput,
		...func(*eks.Options),
	) (*eks.ListAssociatedAccessPoliciesOutput, error)
}

// An IAMReader is the part of the IAM client that only reads.
type IAMReader interface {
	GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
	GetUser(context.Context, *iam.GetUserInput, ...func(*iam.Options)) (*iam.GetUserOutput, error)
	ListRoles(context.Context, *iam.ListRolesInput, ...func(*iam.Options)) (*iam.ListRolesOutput, error)
}

// An STSReader is the part of the STS client that issues no credentials.
type STSReader interface {
	GetCallerIdentity(
		context.Context,
		*sts.GetCallerIdentityInput,
		...func(*sts.Options),
	) (*sts.GetCallerIdentityOutput, error)
}

var (
	_ EKSReader = (*eks.Client)(nil)
	_ IAMReader = (*iam.Client)(nil)
	_ STSReader = (*sts.Client)(nil)
)
