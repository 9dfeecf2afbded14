package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
)

// Regions returns the regions in which to search. They come from a table: to list
// them would need another permission and another service (account:ListRegions or
// ec2:DescribeRegions), and a region that is not enabled returns an error itself.
func Regions(partition string) []string { return eksfacts.Regions(partition) }

// IsClosed reports whether an account cannot use a region: it is not enabled, so
// that keys are unknown in it (AWS Account Management reference, "Enable or disable
// AWS Regions in your account"), or a policy denies the call.
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

// A Search is the result of [SearchRegions].
type Search struct {
	Regions []string // where the account has a cluster of that name, sorted
	Similar []string // similar names in the region of the cluster, quoted
	Failed  []string // regions that did not answer, or refused, sorted
}

// searchConcurrency is small: it is one call a region.
const searchConcurrency = 10

// SearchRegions searches other regions for a cluster that its own region does not
// have. It never fails, since it only adds to an error. connect returns the reader
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

// Hint returns where the cluster is instead: the regions that have one of its
// name, or names like it, and how many regions could not be asked; else what the
// error said already.
func (s Search) Hint(cluster arn.Cluster, said string) string {
	rest := ""
	if n := len(s.Failed); n > 0 {
		rest = fmt.Sprintf("; %d regions did not answer or are not allowed (eks:ListClusters)", n)
	}
	switch {
	case len(s.Regions) > 0:
		return fmt.Sprintf("account %s has a cluster %q in %s: pass --region %s%s",
			cluster.Account, cluster.Name, strings.Join(s.Regions, ", "), s.Regions[0], rest)
	case len(s.Similar) > 0:
		return fmt.Sprintf("did you mean %s? No region asked has a cluster %q%s",
			strings.Join(s.Similar, " or "), cluster.Name, rest)
	case len(s.Failed) > 0:
		return said + rest
	}
	return fmt.Sprintf("account %s has no cluster %q in any region; "+
		"see who is calling with: aws sts get-caller-identity",
		cluster.Account, cluster.Name)
}
