package live

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
)

// Regions are those to look round in. They are a table and not asked for: that
// would need another right and another service (account:ListRegions or
// ec2:DescribeRegions), and a region that is not enabled says so itself.
func Regions(partition string) []string { return eksfacts.Regions(partition) }

// IsClosed reports whether a region is not there for an account: it is not
// enabled, so that keys are unknown in it (AWS Account Management reference,
// "Enable or disable AWS Regions in your account"), or a policy keeps the
// account from looking.
func IsClosed(err error) bool {
	var e *fault.Error
	return awserr.IsAccessDenied(err) ||
		errors.As(err, &e) &&
			slices.Contains(
				[]string{
					"UnrecognizedClientException",
					"InvalidClientTokenId",
					"OptInRequired",
					"RegionDisabledException",
				},
				e.Code,
			)
}

// A Search is what looking for a cluster round the regions found.
type Search struct {
	Regions []string // where the account has a cluster of that name, sorted
	Similar []string // names in the cluster's own region that are like it, quoted
	Failed  []string // regions that did not answer, or refused, sorted
}

// searchConcurrency is small: it is one call a region.
const searchConcurrency = 10

// SearchRegions looks for a cluster that its own region does not have. It never
// fails, since it only helps to say more of an error; connect gives the reader
// of a region.
func SearchRegions(
	ctx context.Context,
	connect func(ctx context.Context, region string) (EKSReader, error),
	cluster arn.Cluster,
	regions []string,
) Search {
	if !slices.Contains(regions, cluster.Region) {
		regions = append(slices.Clone(regions), cluster.Region)
	}
	names := make([][]string, len(regions))
	failed := make([]bool, len(regions))
	var group errgroup.Group
	group.SetLimit(searchConcurrency)
	for i, region := range regions {
		group.Go(func() error {
			r, err := connect(ctx, region)
			if err == nil {
				there := cluster
				there.Region = region
				names[i], err = ListClusters(ctx, r, there, "")
			}
			failed[i] = err != nil
			return nil
		})
	}
	_ = group.Wait()
	var s Search
	for i, region := range regions {
		switch {
		case failed[i]:
			s.Failed = append(s.Failed, region)
		case slices.Contains(names[i], cluster.Name):
			s.Regions = append(s.Regions, region)
		case region == cluster.Region:
			s.Similar = similarNames(cluster.Name, names[i])
		}
	}
	slices.Sort(s.Regions)
	slices.Sort(s.Failed)
	return s
}
