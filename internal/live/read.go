package live

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// Options of a reading.
type Options struct {
	Concurrency int    // entries of one cluster read at a time; 0 for 20
	Profile     string // named in hints
}

const defaultConcurrency = 20

// Read reads a cluster and all its entries, or fails: a part of the entries is
// never returned for the whole. In mode CONFIG_MAP, where EKS refuses to tell
// them, the result has no entries and EntriesRead is false.
func Read(ctx context.Context, r EKSReader, cluster arn.Cluster, o Options) (*spec.Live, error) {
	l, err := ReadCluster(ctx, r, cluster, o.Profile)
	if err != nil || !eksfacts.ReadsEntries(l.Mode) {
		return l, err
	}
	principals, err := listEntries(ctx, r, cluster, o)
	if err != nil {
		return nil, err
	}
	if o.Concurrency <= 0 {
		o.Concurrency = defaultConcurrency
	}
	found := make([]*spec.LiveEntry, len(principals))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.Concurrency)
	for i, principal := range principals {
		group.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err() // another one failed; its error is the one returned
			}
			found[i], err = ReadEntry(ctx, r, cluster, principal, o)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, awserr.From(err, awserr.Call{Cluster: cluster, Profile: o.Profile})
	}
	l.EntriesRead = true
	l.Entries = make([]spec.LiveEntry, 0, len(found))
	for _, e := range found {
		if e != nil { // deleted between the list and now
			l.Entries = append(l.Entries, *e)
		}
	}
	return l, nil
}

// listEntries returns the principals of all entries, sorted. Pages of a list
// that changes meanwhile may overlap, hence the repetition taken out.
func listEntries(ctx context.Context, r EKSReader, cluster arn.Cluster, o Options) ([]string, error) {
	principals, err := pages(func(token *string) ([]string, *string, error) {
		out, err := r.ListAccessEntries(ctx, &eks.ListAccessEntriesInput{
			ClusterName: aws.String(cluster.Name),
			MaxResults:  aws.Int32(eksfacts.PageSize),
			NextToken:   token,
		})
		if err != nil {
			return nil, nil, err
		}
		return out.AccessEntries, out.NextToken, nil
	})
	if err != nil {
		return nil, awserr.From(err, awserr.Call{Operation: "ListAccessEntries", Cluster: cluster, Profile: o.Profile})
	}
	slices.Sort(principals)
	return slices.Compact(principals), nil
}

// ReadEntry reads the entry of one principal with its policies; nil without an
// error where the cluster has none. A cluster that is not there is an error.
func ReadEntry(ctx context.Context, r EKSReader, cluster arn.Cluster, principal string, o Options) (*spec.LiveEntry, error) {
	out, err := r.DescribeAccessEntry(ctx, &eks.DescribeAccessEntryInput{
		ClusterName:  aws.String(cluster.Name),
		PrincipalArn: aws.String(principal),
	})
	if awserr.IsNotFoundEntry(err) {
		return nil, nil
	}
	if err == nil && out.AccessEntry == nil {
		err = &awserr.Error{
			Code: awserr.Unexpected, Operation: "DescribeAccessEntry", Resource: cluster.EntryARNs(),
			Message: "the answer holds no entry",
			Hint:    "check AWS_ENDPOINT_URL",
		}
	}
	call := awserr.Call{Cluster: cluster, Principal: principal, Profile: o.Profile}
	if err != nil {
		call.Operation = "DescribeAccessEntry"
		return nil, awserr.From(err, call)
	}
	policies, err := listPolicies(ctx, r, cluster, principal)
	switch {
	case awserr.IsNotFoundEntry(err):
		return nil, nil
	case awserr.IsStandardOnly(err): // a type that takes no policies has none
		policies = nil
	case err != nil:
		call.Operation = "ListAssociatedAccessPolicies"
		return nil, awserr.From(err, call)
	}
	e := liveEntry(principal, out.AccessEntry, policies)
	return &e, nil
}

func listPolicies(ctx context.Context, r EKSReader, cluster arn.Cluster, principal string) ([]types.AssociatedAccessPolicy, error) {
	return pages(func(token *string) ([]types.AssociatedAccessPolicy, *string, error) {
		out, err := r.ListAssociatedAccessPolicies(ctx, &eks.ListAssociatedAccessPoliciesInput{
			ClusterName:  aws.String(cluster.Name),
			PrincipalArn: aws.String(principal),
			NextToken:    token,
		})
		if err != nil {
			return nil, nil, err
		}
		return out.AssociatedAccessPolicies, out.NextToken, nil
	})
}
