package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/progress"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// clustersAtOnce bounds how many clusters are read side by side. Calls in
// flight are bounded elsewhere; this bounds memory and open sessions.
const clustersAtOnce = 64

// A site is one cluster of a run: what the file says of it, how it is reached,
// and what was read.
type site struct {
	declared *spec.Cluster
	session  *awsclient.Session
	iam      *live.Directory
	names    resolver // of declared principals
	want     *spec.Want
	ended    []spec.Item // lines whose time is over, for principals that are gone
	have     *spec.Live
	unread   error // why there is no have, where that is told later
	callers  []string
	plan     plan.Cluster
}

// A fleetRun is all clusters of a run.
type fleetRun struct {
	p         *program
	connector *awsclient.Connector
	options   plan.Options
	begun     time.Time        // by this machine's clock
	fixed     time.Time        // see now
	profile   string           // of AWS, by --profile
	kube      bool             // ask the clusters too
	tokenTime func() time.Time // by which tokens for clusters are signed
	noKube    bool             // never ask the clusters
	forgets   bool             // drop the readings of clusters in which there is nothing to do
	only      bool             // read nothing but what is declared
	onlyWith  []string         // a snapshot has only entries with one of these policies, by name; nil for all
	named     []string         // endpoints that are not AWS's
	shard     *plan.Shard      // of which these are the clusters; nil for all

	asked    []snapshot.Asked   // accounts and regions whose clusters were listed
	unlisted []snapshot.NotRead // of these, what could not be

	run         string             // id of this run
	journal     *journal.Writer    // nil for none
	folder      string             // of journals; "" where there is none
	journalFile string             // of --journal
	unfinished  []*journal.Journal // of earlier runs

	undone       *journal.History // the run that this one takes back; nil for none
	finishesNone bool             // what earlier runs were cut off at is not seen to

	progress    *progress.Display
	concurrency int // calls in flight at a time
	maxFailures int // of clusters, after which no further one is begun; 0 for no limit

	mu          sync.Mutex
	directories map[string]*live.Directory // one an account and session
	gates       map[string]live.Gate       // one an account and region
}

func (p *program) newFleet(connection *connectionOptions, kube kubeOptions, options plan.Options) *fleetRun {
	return &fleetRun{
		p:           p,
		options:     options,
		begun:       p.machineNow(),
		tokenTime:   p.clock.Now,
		profile:     connection.profile,
		kube:        kube.kube,
		noKube:      kube.noKube,
		concurrency: connection.concurrency,
		directories: map[string]*live.Directory{},
		gates:       map[string]live.Gate{},
		connector:   awsclient.New(p.connectTo(connection)),
	}
}

// now is the time by which the run judges and writes ends and holds: that of its
// beginning, by AWS's clock. It is one time for all clusters, from the first
// answer of AWS on; before that it is this machine's.
func (f *fleetRun) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.fixed.IsZero() {
		return f.fixed
	}
	offset, known := f.p.clock.Offset()
	now := f.begun.Add(offset)
	if known {
		f.fixed = now
	}
	return now
}

// plan reads and plans every cluster, side by side. A cluster that fails says
// so in its plan and stops no other. What was read of one in which nothing is to
// be done is let go: of a thousand clusters that is most.
func (f *fleetRun) plan(ctx context.Context, clusters []*spec.Cluster) ([]*site, error) {
	f.forgets = true
	return f.each(ctx, clusters, f.read, f.compute)
}

func (f *fleetRun) compute(s *site) plan.Cluster {
	return plan.Compute(
		plan.Input{
			Want:    s.want,
			Have:    s.have,
			Callers: s.callers,
			Now:     f.now(),
			Ended:   s.ended,
			CutOff:  f.cutOff(s),
			Options: f.options,
		},
	)
}

// each reads every cluster and plans it from that.
func (f *fleetRun) each(
	ctx context.Context,
	clusters []*spec.Cluster,
	read func(context.Context, *site) error,
	compute func(*site) plan.Cluster,
) ([]*site, error) {
	f.nameEndpoints(ctx, clusters)
	return f.visit(ctx, clusters, func(s *site) {
		if err := read(ctx, s); err != nil {
			s.plan = plan.FailedCluster(s.declared, planError(err, s))
			return
		}
		s.plan = f.computeWithRows(ctx, s, compute)
		if f.forgets && s.plan.Status != plan.Changed {
			s.have, s.want = nil, nil
		}
	})
}

// visit does what is to be done with every cluster, side by side.
func (f *fleetRun) visit(ctx context.Context, clusters []*spec.Cluster, do func(*site)) ([]*site, error) {
	sites := make([]*site, len(clusters))
	f.progress = f.p.progress()
	f.progress.Begin("reading", len(clusters), 0)
	var g errgroup.Group
	g.SetLimit(clustersAtOnce)
	for _, i := range takingTurns(clusters) {
		c := clusters[i]
		sites[i] = &site{declared: c}
		g.Go(func() error {
			f.progress.Start(c.ID.Path())
			do(sites[i])
			f.progress.Finish(c.ID.Path())
			return nil
		})
	}
	g.Wait()
	f.progress.Done()
	f.p.warnOfClock()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return sites, nil // what was read is worth showing; the rest says why it was not
	}
	return sites, stopped(ctx)
}

func stopped(ctx context.Context) error { return fleet.Stopped(ctx) }

// read connects, resolves and reads one cluster.
func (f *fleetRun) read(ctx context.Context, s *site) error {
	if err := f.connect(ctx, s); err != nil {
		return err
	}
	s.lookUp(ctx)
	var o live.Options
	if f.only {
		o.Only = f.declares(s)
	}
	have, err := f.entries(ctx, s, s.iam, o)
	if err != nil {
		return err
	}
	if err := s.resolve(ctx, have, f.now()); err != nil {
		return err
	}
	s.identify(ctx, s.iam, have)
	return f.requireAWSAuth(ctx, s)
}

func (f *fleetRun) connect(ctx context.Context, s *site) error {
	var err error
	s.session, err = f.connector.Connect(ctx, target(s.declared))
	if err != nil {
		return err
	}
	s.iam = f.directory(s.session)
	s.names = s.iam
	return nil
}

func target(c *spec.Cluster) awsclient.Target {
	return awsclient.Target{Cluster: c.ID, Profile: c.Profile, AssumeRole: c.AssumeRole, ExternalID: c.ExternalID}
}

// identify adds to a reading what IAM knows of the principals in it and of
// those declared, and finds out who calls.
func (s *site) identify(ctx context.Context, d *live.Directory, have *spec.Live) {
	var principals []string
	for _, e := range have.Entries {
		principals = append(principals, e.Principal)
	}
	if s.want != nil {
		for _, w := range s.want.Entries {
			principals = append(principals, w.Principal)
		}
	}
	for _, c := range s.plan.Changes {
		principals = append(principals, c.Principal)
	}
	slices.Sort(principals)
	have.Identities = d.ReadIdentities(ctx, slices.Compact(principals))
	s.have = have
	s.whoCalls(ctx, d, have)
}

// whoCalls finds out as which principals of access entries the site is read.
func (s *site) whoCalls(ctx context.Context, d *live.Directory, have *spec.Live) {
	s.callers = nil
	for _, who := range s.callersOf() {
		// What can't be told is left out; the guard on the caller then says so.
		if p, _, err := live.CallerPrincipal(ctx, who, d, have.Entries); err == nil && !slices.Contains(s.callers, p) {
			s.callers = append(s.callers, p)
		}
	}
}

// callersOf are the ARNs of who calls EKS and of who that was before a role was
// assumed.
func (s *site) callersOf() []string {
	return slices.Compact([]string{s.session.Caller.ARN, s.session.Base.ARN})
}

// directory is the one through which IAM of the session's account is asked.
func (f *fleetRun) directory(s *awsclient.Session) *live.Directory {
	key := strings.Join([]string{s.Cluster.Partition, s.Cluster.Account, s.Profile, s.AssumedRole}, "\x00")
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.directories[key]
	if d == nil {
		d = live.NewDirectory(s.IAM, s.Cluster, s.Profile)
		f.directories[key] = d
	}
	return d
}

// nameEndpoints says on standard error, once, where calls go if not to AWS.
func (f *fleetRun) nameEndpoints(ctx context.Context, clusters []*spec.Cluster) {
	targets := make([]awsclient.Target, len(clusters))
	for i, c := range clusters {
		targets[i] = target(c)
	}
	for _, e := range f.connector.ForeignEndpoints(ctx, targets...) {
		if !slices.Contains(f.named, e) {
			f.named = append(f.named, e)
			f.p.complain("note", "calls go to "+e+", not to AWS")
		}
	}
}

func declaredOf(sites []*site) []*spec.Cluster {
	out := make([]*spec.Cluster, len(sites))
	for i, s := range sites {
		out[i] = s.declared
	}
	return out
}

// planError is err as a plan has it.
func planError(err error, s *site) plan.Error {
	profile := ""
	if s.session != nil {
		profile = s.session.Profile
	}
	call := awserr.Call{Cluster: s.declared.ID, Profile: profile, AssumeRole: s.declared.AssumeRole}
	return *awserr.From(err, call)
}
