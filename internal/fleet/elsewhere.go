package fleet

import (
	"context"
	"time"

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
	e.Hint = found.Hint(id, e.Hint)
}
