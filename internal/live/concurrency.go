package live

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A reading reads the entries of one cluster while the list of their principals
// is still being read. Each call in progress holds a place in the gate.
//
// An entry needs two calls. The second one, for its policies, is not made for
// types that have none. So it waits until the first one returns the type, unless
// the entry can only be STANDARD. The wait costs no time while there are other
// entries to read.
type reading struct {
	entryReader
	ctx    context.Context // ends with the first failure
	cancel context.CancelFunc
	o      Options

	calls   sync.WaitGroup
	mu      sync.Mutex
	entries []spec.LiveEntry // sorted at the end
	err     error            // the first

	unread []string // listed, but not read
}

func newReading(ctx context.Context, cancel context.CancelFunc, r EKSReader, cluster arn.Cluster, o Options) *reading {
	if o.Limiter == nil {
		o.Limiter = NewLimiter(defaultConcurrency)
	}
	return &reading{
		entryReader: entryReader{r, cluster, o.Profile},
		ctx:         ctx,
		cancel:      cancel,
		o:           o,
		entries:     []spec.LiveEntry{},
	}
}

// A principalPage is a page of a list of principals. Those of cluster admins are
// read whatever Options.Only selects.
type principalPage struct {
	principals []string
	admins     bool
}

// run lists the entries and reads them.
func (s *reading) run() error {
	// Pages do not wait for the entries of earlier pages: one page after the other
	// takes most of the time in a large cluster.
	pages := make(chan principalPage, 64)
	var lists sync.WaitGroup
	if len(s.o.With) == 0 {
		lists.Go(func() { s.sendPrincipals(pages, "") })
	}
	for _, name := range s.o.With {
		lists.Go(func() { s.sendPrincipals(pages, arn.AccessPolicy(s.cluster.Partition, name)) })
	}
	if s.o.Only != nil {
		lists.Go(func() { s.sendPrincipals(pages, arn.AccessPolicy(s.cluster.Partition, eksfacts.ClusterAdminPolicy)) })
	}
	go func() {
		lists.Wait()
		close(pages)
	}()
	started, skipped := map[string]bool{}, map[string]bool{}
	for p := range pages {
		for _, principal := range p.principals {
			switch {
			case started[principal]:
			case s.o.Only == nil || p.admins || s.o.Only(principal):
				started[principal] = true
				delete(skipped, principal)
				s.startEntry(principal)
			default:
				skipped[principal] = true
			}
		}
	}
	s.calls.Wait()
	s.fail(s.ctx.Err())
	if s.err != nil {
		return awserr.From(s.err, awserr.Call{Cluster: s.cluster, Profile: s.o.Profile})
	}
	slices.SortFunc(s.entries, func(a, b spec.LiveEntry) int { return a.Entry.Compare(b.Entry) })
	s.unread = slices.Sorted(maps.Keys(skipped))
	return nil
}

// sendPrincipals lists the principals of all entries, or of those with a policy,
// and sends them to pages.
func (s *reading) sendPrincipals(pages chan<- principalPage, policyARN string) {
	s.fail(listEntries(s.ctx, s.r, s.cluster, policyARN, s.o.Profile, func(principals []string) {
		if s.o.OnPage != nil && s.o.Only == nil {
			s.o.OnPage(principals)
		}
		select {
		case pages <- principalPage{principals, policyARN != ""}:
		case <-s.ctx.Done():
		}
	}))
}

// startEntry starts to read one entry as soon as the gate has room.
func (s *reading) startEntry(principal string) {
	if !s.o.Limiter.enter(s.ctx) {
		return
	}
	var policies chan policyList
	if s.onlyStandard(principal) && s.o.Limiter.enterNow() {
		policies = make(chan policyList, 1)
		s.calls.Go(func() {
			defer s.o.Limiter.leave()
			policies <- s.readPolicies(principal)
		})
	}
	s.calls.Go(func() {
		described, err := s.describe(s.ctx, principal)
		var p policyList
		switch {
		case described == nil || err != nil:
		case policies != nil: // being read already
		case canHavePolicies(described):
			p = s.readPolicies(principal)
		default:
			p.there = true
		}
		s.o.Limiter.leave()
		if policies != nil {
			p = <-policies
		}
		switch {
		case err != nil:
			s.fail(err)
		case p.err != nil && described != nil:
			s.fail(p.err)
		case described != nil && p.there: // else it was deleted since it was listed
			s.addEntry(liveEntry(principal, described, p.list))
		}
	})
}

type policyList struct {
	list  []types.AssociatedAccessPolicy
	there bool
	err   error
}

func (s *reading) readPolicies(principal string) (p policyList) {
	p.list, p.there, p.err = s.listPolicies(s.ctx, principal)
	return p
}

// onlyStandard reports whether an entry can have no other type than STANDARD:
// those for nodes take roles of the cluster's own account only (the error texts
// of EKS, by cdk-preflight), and the role of a permission set is for people.
func (s *reading) onlyStandard(principal string) bool {
	p, err := arn.ParsePrincipal(principal)
	if err != nil {
		return false
	}
	if _, _, person := p.PermissionSet(); person || p.Kind != arn.Role || p.Account != s.cluster.Account {
		return true
	}
	return s.o.Standard != nil && s.o.Standard(principal)
}

func (s *reading) addEntry(e spec.LiveEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, e)
}

// fail keeps the first failure and cancels the calls in progress, whose own
// failures then have no meaning.
func (s *reading) fail(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.cancel()
}

// A Limiter limits how many calls are in progress at the same time, including calls
// that wait for another attempt. Clusters of one account and region should share
// a gate, since they share a rate limit. Others should not, because a throttled
// one would slow down all.
type Limiter chan struct{}

// NewLimiter returns a gate with room for n calls.
func NewLimiter(n int) Limiter { return make(Limiter, max(n, 1)) }

// enter waits for room; false when ctx ended first.
func (g Limiter) enter(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case g <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// enterNow takes room that is free at this moment.
func (g Limiter) enterNow() bool {
	select {
	case g <- struct{}{}:
		return true
	default:
		return false
	}
}

func (g Limiter) leave() { <-g }
