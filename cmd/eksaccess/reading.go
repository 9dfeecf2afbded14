package main

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// entries reads a cluster and its entries, through the gate of its account and
// region. IAM is asked meanwhile for what will be asked of it anyway; d keeps
// the answers; nil asks nothing.
func (f *fleetRun) entries(ctx context.Context, s *site, d *live.Directory, o live.Options) (*spec.Live, error) {
	id := s.session.Cluster
	o.Profile, o.Gate, o.Standard = s.session.Profile, f.gate(id.Account, id.Region), s.declared.Standard()
	if d != nil {
		o.OnPage = func(principals []string) { d.Expect(ctx, principals) }
		var declared []string
		for _, item := range s.declared.Items {
			declared = append(declared, item.Principal.ARN) // "" for a name
		}
		d.Expect(ctx, declared)
		for _, caller := range s.callersOf() {
			go live.CallerPrincipal(ctx, caller, d, nil)
		}
	}
	have, err := live.Read(ctx, s.session.EKS, id, o)
	if err == nil {
		f.progress.Entries(len(have.Entries))
	}
	return have, err
}

// lookUp asks IAM for the names that are declared. It does not wait: resolve
// is told the same answers.
func (s *site) lookUp(ctx context.Context) {
	go func() {
		var group errgroup.Group
		group.SetLimit(8)
		for _, ref := range s.declared.Refs() {
			group.Go(func() error { _, err := s.iam.Resolve(ctx, ref); return err })
		}
		_ = group.Wait()
	}()
}

// declares reports whether the file says something of a principal, or an
// earlier run was cut off at it.
func (f *fleetRun) declares(s *site) func(principal string) bool {
	mentions, cut := s.declared.Mentions(), f.cutOff(s)
	return func(principal string) bool {
		return mentions(principal) ||
			slices.ContainsFunc(cut, func(c plan.CutOff) bool { return c.Entry.Principal == principal })
	}
}

// gate is that of an account and region: each has room for as many calls as
// may be in flight at all, and none holds back the others.
func (f *fleetRun) gate(account, region string) live.Gate {
	key := account + " " + region
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gates[key] == nil {
		f.gates[key] = live.NewGate(f.concurrency)
	}
	return f.gates[key]
}

// takingTurns is the order in which clusters are read: those of one account and
// region share a rate, so others come in between.
func takingTurns(clusters []*spec.Cluster) []int {
	turn := map[string]int{}
	turns := make([]int, len(clusters))
	order := make([]int, len(clusters))
	for i, c := range clusters {
		key := c.ID.Account + " " + c.ID.Region
		turns[i], order[i] = turn[key], i
		turn[key]++
	}
	slices.SortStableFunc(order, func(a, b int) int { return turns[a] - turns[b] })
	return order
}
