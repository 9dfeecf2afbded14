package fleet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/live"
)

// elsewhereTimeout is for all regions together: an aid to an error must not be
// what one waits for.
const elsewhereTimeout = 10 * time.Second

// HintElsewhere completes the error of a cluster that does not exist with where
// the account has one of that name, or names like it.
func (f *Fleet) HintElsewhere(ctx context.Context, c *Cluster, e *fault.Error) {
	ctx, cancel := context.WithTimeout(ctx, elsewhereTimeout)
	defer cancel()
	id := c.Declared.ID
	found := live.SearchRegions(ctx, func(ctx context.Context, region string) (live.EKSReader, error) {
		there := Target(c.Declared)
		there.Cluster.Region = region
		session, err := f.Connector.Connect(ctx, there)
		if err != nil {
			return nil, err
		}
		return session.EKS, nil
	}, id, eksfacts.Regions(id.Partition))
	e.Hint = elsewhereHint(id, found.Regions, found.Similar, len(found.Failed), e.Hint)
}

// elsewhereHint is the hint for a cluster that is not where it was looked for: the
// regions that have one of its name, or names like it, and how many regions
// could not be asked; else what the error said already.
func elsewhereHint(id arn.Cluster, regions, near []string, unasked int, said string) string {
	rest := ""
	if unasked > 0 {
		rest = fmt.Sprintf("; %d regions did not answer or are not allowed (eks:ListClusters)", unasked)
	}
	switch {
	case len(regions) > 0:
		return fmt.Sprintf(
			"account %s has a cluster %q in %s: pass --region %s%s",
			id.Account,
			id.Name,
			strings.Join(regions, ", "),
			regions[0],
			rest,
		)
	case len(near) > 0:
		return fmt.Sprintf(
			"did you mean %s? No region asked has a cluster %q%s",
			strings.Join(near, " or "),
			id.Name,
			rest,
		)
	case unasked > 0:
		return said + rest
	}
	return fmt.Sprintf(
		"account %s has no cluster %q in any region; see who is calling with: aws sts get-caller-identity",
		id.Account,
		id.Name,
	)
}
