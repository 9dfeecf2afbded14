package apply

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"
)

// A Writer is the part of the EKS API that changes a cluster's access.
// [*eks.Client] is one; a caller that must see every write (a journal, a limit)
// wraps it.
type Writer interface {
	CreateAccessEntry(
		context.Context,
		*eks.CreateAccessEntryInput,
		...func(*eks.Options),
	) (*eks.CreateAccessEntryOutput, error)
	UpdateAccessEntry(
		context.Context,
		*eks.UpdateAccessEntryInput,
		...func(*eks.Options),
	) (*eks.UpdateAccessEntryOutput, error)
	DeleteAccessEntry(
		context.Context,
		*eks.DeleteAccessEntryInput,
		...func(*eks.Options),
	) (*eks.DeleteAccessEntryOutput, error)
	AssociateAccessPolicy(
		context.Context,
		*eks.AssociateAccessPolicyInput,
		...func(*eks.Options),
	) (*eks.AssociateAccessPolicyOutput, error)
	DisassociateAccessPolicy(
		context.Context,
		*eks.DisassociateAccessPolicyInput,
		...func(*eks.Options),
	) (*eks.DisassociateAccessPolicyOutput, error)
	TagResource(context.Context, *eks.TagResourceInput, ...func(*eks.Options)) (*eks.TagResourceOutput, error)
	UntagResource(context.Context, *eks.UntagResourceInput, ...func(*eks.Options)) (*eks.UntagResourceOutput, error)
	UpdateClusterConfig(
		context.Context,
		*eks.UpdateClusterConfigInput,
		...func(*eks.Options),
	) (*eks.UpdateClusterConfigOutput, error)
}

var _ Writer = (*eks.Client)(nil)
