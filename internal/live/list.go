package live

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// listEntries goes through the principals of all entries, page by page; with a
// policy's ARN those that have it, in whatever scope (EKS API reference,
// ListAccessEntries, associatedPolicyArn). Pages of a list that changes
// meanwhile may overlap.
func listEntries(
	ctx context.Context,
	r EKSReader,
	cluster arn.Cluster,
	policyARN, profile string,
	page func([]string),
) error {
	in := eks.ListAccessEntriesInput{ClusterName: aws.String(cluster.Name), MaxResults: aws.Int32(eksfacts.PageSize)}
	if policyARN != "" {
		in.AssociatedPolicyArn = aws.String(policyARN)
	}
	listed := 0
	err := eachPage(func(token *string) (*string, error) {
		in := in
		in.NextToken = token
		out, err := r.ListAccessEntries(ctx, &in)
		if err != nil {
			return nil, err
		}
		if listed += len(out.AccessEntries); tooMany(listed) != nil {
			return nil, tooMany(listed)
		}
		page(out.AccessEntries)
		return out.NextToken, nil
	})
	if err != nil {
		return awserr.From(err, awserr.Call{Operation: "ListAccessEntries", Cluster: cluster, Profile: profile})
	}
	return nil
}

// EntryPrincipals lists the principals that have an entry, sorted, without
// reading the entries.
func EntryPrincipals(ctx context.Context, r EKSReader, cluster arn.Cluster, o Options) ([]string, error) {
	var all []string
	if err := listEntries(ctx, r, cluster, "", o.Profile, func(page []string) { all = append(all, page...) }); err != nil {
		return nil, err
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
