package main

import (
	"context"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
)

// patienceAround is for all regions together: an aid to an error must not be
// what one waits for.
const patienceAround = 10 * time.Second

// lookRound completes the error of a cluster that is not there with where the
// account has one of that name, or names like it.
func (f *fleetRun) lookRound(ctx context.Context, s *site, e *plan.Error) {
	ctx, cancel := context.WithTimeout(ctx, patienceAround)
	defer cancel()
	id := s.declared.ID
	found := live.SearchRegions(ctx, func(ctx context.Context, region string) (live.EKSReader, error) {
		there := target(s.declared)
		there.Cluster.Region = region
		session, err := f.connector.Connect(ctx, there)
		if err != nil {
			return nil, err
		}
		return session.EKS, nil
	}, id, eksfacts.Regions(id.Partition))
	e.Hint = rescue.WhereElse(id, found.Regions, found.Similar, len(found.Failed), e.Hint)
}
