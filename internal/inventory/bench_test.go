package inventory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// BenchmarkCompute is the fleet the pages are built for: 200 clusters with 500
// principals each.
func BenchmarkCompute(b *testing.B) {
	now := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	var clusters []snapshot.Cluster
	for i := range 200 {
		live := &spec.Live{
			ID: arn.Cluster{
				Partition: "aws",
				Account:   "111122223333",
				Region:    "eu-west-1",
				Name:      fmt.Sprintf("c%03d", i),
			},
			Status:      "ACTIVE",
			Mode:        eksfacts.ModeAPI,
			EntriesRead: true,
		}
		for k := range 500 {
			principal := fmt.Sprintf("arn:aws:iam::111122223333:role/team/r%03d", k)
			live.Entries = append(
				live.Entries,
				spec.LiveEntry{CreatedAt: now, Entry: spec.Entry{Principal: principal, Type: eksfacts.Standard,
					Username: eksfacts.DefaultUsername(eksfacts.Standard, principal),
					Policies: []spec.Policy{
						{ARN: arn.AccessPolicy("aws", "AmazonEKSEditPolicy"), Scope: spec.ScopeCluster},
					}}.Canonical()},
			)
		}
		c := snapshot.FromLive(live)
		for _, e := range live.Entries {
			c.Principals = append(
				c.Principals,
				snapshot.Principal{
					ARN:       e.Principal,
					Existence: spec.Exists,
					LastUsed:  snapshot.LastUsed{Fact: snapshot.KnownFact()},
				},
			)
		}
		clusters = append(clusters, c)
	}
	s := snapshot.New(clusters, false, now, "v1")
	for b.Loop() {
		if r := inventory.Compute(inventory.Input{Snapshot: s, Now: now}); r.Summary.Access != 100_000 {
			b.Fatal(r.Summary)
		}
	}
}
