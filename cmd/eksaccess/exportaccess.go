package main

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A handing is access on its way out.
type handing struct {
	clusters []transfer.Cluster
	notes    []transfer.Note
	declared map[arn.Cluster]*spec.Cluster
}

// handed is what is to be handed over: declared or live, or as a snapshot has
// it. A cluster that can't be read ends it, since what is written without it
// would look whole.
func (p *program) handed(ctx context.Context, c *cli.Context) (*handing, error) {
	sites, err := p.handedSites(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := p.anyFailed(sites); err != nil {
		return nil, err
	}
	h := &handing{declared: map[arn.Cluster]*spec.Cluster{}}
	for _, s := range sites {
		one, notes := transfer.Cluster{}, []transfer.Note(nil)
		if c.IsSet("file") {
			one, notes = transfer.DeclaredCluster(s.want)
		} else {
			one, notes = transfer.LiveCluster(s.have)
		}
		h.clusters, h.notes = append(h.clusters, one), append(h.notes, notes...)
		h.declared[s.declared.ID] = s.declared
	}
	return h, nil
}

func (p *program) handedSites(ctx context.Context, c *cli.Context) ([]*site, error) {
	choice, err := checkedChoiceOf(c)
	if err != nil {
		return nil, err
	}
	f, err := p.fleet(c, plan.Options{})
	if err != nil {
		return nil, err
	}
	if c.IsSet("snapshot") {
		taken, declared, err := p.observed(ctx, observing{Choice: choice, connection: connectionOf(c)})
		if err != nil {
			return nil, err
		}
		if declared == nil {
			for i := range taken.Clusters {
				declared = append(declared, &spec.Cluster{ID: taken.Clusters[i].ID()})
			}
		}
		if err := wholeOnly(taken.Unlisted()); err != nil && !c.IsSet("file") {
			return nil, err
		}
		return settled(declared, func(s *site) error { return s.readFrom(ctx, taken, f.now()) }), nil
	}
	clusters, err := f.located(ctx, choice, called(c))
	switch {
	case err != nil:
		return nil, err
	case !c.IsSet("file"):
		if err := wholeOnly(f.unlisted); err != nil {
			return nil, err
		}
		return f.each(ctx, clusters, f.readLive, func(*site) plan.Cluster { return plan.Cluster{} })
	case namesAny(clusters):
		return f.each(ctx, clusters, f.resolveOnly, func(*site) plan.Cluster { return plan.Cluster{} })
	}
	return settled(clusters, func(s *site) error { return f.resolveOnly(ctx, s) }), nil
}

// wholeOnly is an error where accounts or regions were not read.
func wholeOnly(unlisted []snapshot.NotRead) error {
	err := readingOutcome(nil, 0, unlisted)
	if err == nil {
		return nil
	}
	return outcome{code: exitSome, message: "nothing is written: " + err.Error()}
}

// settled reads each cluster where nothing has to be waited for.
func settled(clusters []*spec.Cluster, read func(*site) error) []*site {
	sites := make([]*site, len(clusters))
	for i, c := range clusters {
		sites[i] = &site{declared: c}
		if err := read(sites[i]); err != nil {
			sites[i].plan = plan.FailedCluster(c, planError(err, sites[i]))
		}
	}
	return sites
}

// namesAny reports whether IAM has to be asked for any of them.
func namesAny(clusters []*spec.Cluster) bool {
	for _, c := range clusters {
		if len(c.Refs()) > 0 {
			return true
		}
	}
	return false
}

// resolveOnly finds the ARNs of what is declared, and reads no access.
func (f *fleetRun) resolveOnly(ctx context.Context, s *site) error {
	if len(s.declared.Refs()) > 0 {
		if err := f.connect(ctx, s); err != nil {
			return err
		}
	}
	return s.resolve(ctx, &spec.Live{ID: s.declared.ID}, f.now())
}

// anyFailed tells the clusters that could not be read.
func (p *program) anyFailed(sites []*site) error {
	var failures []render.Failure
	var hints []string
	for _, s := range sites {
		if e := s.plan.Error; e != nil {
			id := s.declared.ID
			failures = append(failures, failureIn(id.Account, id.Region, id.Name, e))
			if e.Hint != "" && !slices.Contains(hints, e.Hint) {
				hints = append(hints, e.Hint)
			}
		}
	}
	if len(failures) == 0 {
		return nil
	}
	out := failedOutcome("nothing is written: reading failed", failures, len(sites))
	out.hints = hints
	return out
}
