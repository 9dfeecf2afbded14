// Package run plans, applies, cleans up and undoes in all clusters of a fleet,
// and keeps the journal of what it wrote.
package run

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Options of a run.
type Options struct {
	Plan        plan.Options
	JournalFile string   // "" for one in the user's state folder
	NoJournal   bool     // keep none
	MaxFailures int      // of clusters, after which no further one is begun; 0 for no limit
	Args        []string // of the command line, for the journal
	Version     string   // of this program

	Now    func() time.Time                           // by AWS's clock
	Sleep  func(context.Context, time.Duration) error // while applying; nil sleeps
	Report fleet.Report

	// Watch returns what is informed of the events of an apply to targets, and what
	// ends that.
	Watch func([]apply.Target) (events func(apply.Event), end func())
}

// A Run plans and writes in the clusters of a fleet.
type Run struct {
	Fleet   *fleet.Fleet
	options Options
	shard   *plan.Shard // of which these are the clusters; nil for all

	id         string             // of this run, in journals
	folder     string             // of journals; "" where there is none
	unfinished []*journal.Journal // of earlier runs; see LookBack
	journal    *journal.Writer    // nil for none
	undone     *journal.History   // the run that this one reverts; nil for none
	settles    bool               // what earlier runs were cut off at is part of the plan
}

// New returns a run. It reads nothing.
func New(f *fleet.Fleet, o Options) *Run {
	return &Run{Fleet: f, options: o, id: journal.NewID(f.StartTime()), folder: Folder()}
}

// A Target is a cluster of a run and what is planned for it.
type Target struct {
	*fleet.Cluster
	Plan plan.Cluster
}

// PlanOf returns the plan of all clusters.
func (r *Run) PlanOf(targets []*Target) *plan.Plan {
	clusters := make([]plan.Cluster, len(targets))
	for i, t := range targets {
		clusters[i] = t.Plan
	}
	made := plan.New(clusters, r.Fleet.Now(), r.options.Version)
	if r.shard != nil {
		made.InShard(r.shard)
	}
	return made
}

// each plans every cluster, side by side. A cluster that fails says so in its
// plan and stops no other.
func (r *Run) each(ctx context.Context, clusters []*spec.Cluster, planOne func(*Target) error) ([]*Target, error) {
	targets := make([]*Target, len(clusters))
	_, err := r.Fleet.Visit(ctx, clusters, func(i int, c *fleet.Cluster) {
		t := &Target{Cluster: c}
		targets[i] = t
		if err := planOne(t); err != nil {
			t.Plan = plan.FailedCluster(c.Declared, c.Fault(err))
		}
		if t.Plan.Status != plan.Changed {
			t.Have, t.Want = nil, nil // of a thousand clusters that is most
		}
	})
	return targets, err
}

// Compute plans a cluster, and again with the rows of aws-auth where they can
// matter and were not read.
func (r *Run) Compute(ctx context.Context, t *Target, compute func(*Target) plan.Cluster) plan.Cluster {
	c := compute(t)
	if !c.NeedsAWSAuth() || !r.Fleet.TryAWSAuth(ctx, t.Cluster) {
		return c
	}
	return compute(t)
}

// refreshesAtOnce bounds how many clusters are read again side by side.
const refreshesAtOnce = 64

// Refresh reads again what was planned before, where anything is to be done: a
// plan that was saved, or shown to a person who took time to answer.
func (r *Run) Refresh(ctx context.Context, targets []*Target) {
	var g errgroup.Group
	g.SetLimit(refreshesAtOnce)
	for _, t := range targets {
		if t.Plan.Status != plan.Changed || t.Plan.Watch {
			continue
		}
		g.Go(func() error {
			if err := r.rejudge(ctx, t); err != nil {
				e := t.Fault(err)
				t.Plan.Status, t.Plan.Error = plan.Failed, &e
			}
			return nil
		})
	}
	g.Wait()
	r.Fleet.WarnOfClock()
}

func (r *Run) rejudge(ctx context.Context, t *Target) error {
	need := t.refreshNeed()
	if r.Fleet.RequiresKube() {
		need.AWSAuth = fleet.AWSAuthIfRequired
	}
	if err := r.Fleet.Read(ctx, t.Cluster, need); err != nil {
		return err
	}
	have := t.Have
	t.Plan = r.Compute(ctx, t, func(t *Target) plan.Cluster {
		c := t.Plan
		c.Rejudge(have, t.Callers, r.options.Plan.Allow, r.Fleet.Now())
		return c
	})
	return nil
}

// refreshNeed is what is read of a cluster whose plan exists: everything again, IAM
// too, so that the guards judge what is and not what was.
func (t *Target) refreshNeed() fleet.Need {
	principals := make([]string, len(t.Plan.Changes))
	for i, c := range t.Plan.Changes {
		principals[i] = c.Principal
	}
	return fleet.Need{
		Part:       fleet.Entries,
		Identities: true,
		Principals: principals,
		AWSAuth:    fleet.AWSAuthAgain,
		Fresh:      true,
	}
}

// ChangedClusters returns the clusters of a plan that will be written to.
func ChangedClusters(p *plan.Plan) []plan.Cluster {
	return slices.DeleteFunc(
		slices.Clone(p.Clusters),
		func(c plan.Cluster) bool { return c.Status != plan.Changed || c.Watch },
	)
}
