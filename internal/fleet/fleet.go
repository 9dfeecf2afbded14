// Package fleet finds the clusters of a run, connects to them and reads them:
// those of files, those named or listed without one, and those of a snapshot.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// clustersAtOnce bounds how many clusters are read side by side. Calls in
// flight are bounded elsewhere; this bounds memory and open sessions.
const clustersAtOnce = 64

// A Kube says whether the clusters themselves are asked, by their Kubernetes
// API.
type Kube int

// The zero value asks a cluster for aws-auth where that can matter, once and
// for a short time.
const (
	KubeTry Kube = iota
	KubeRequired
	KubeNever
)

// Options of a fleet.
type Options struct {
	AWS    awsclient.Options // Clock is required
	Kube   Kube
	Begun  time.Time        // of the run, by this machine's clock
	Tokens func() time.Time // by which tokens for clusters are signed; nil is AWS's time
	Stdin  io.Reader        // the file "-"
	Report Report
	// NoteRegion reports a region that no flag names, and its source; nil for a
	// note of Report.
	NoteRegion func(region, source string)
}

// A Report prints what is learned meanwhile, for people.
type Report interface {
	Note(text string)
	Warn(text, hint string) // hint may be ""
	// Problems prints the problems of a place, such as "in the files of -f". It
	// fails if there are errors among them.
	Problems(problems spec.Problems, where string) error
	Progress() Progress
}

// Progress shows how far a run is.
type Progress interface {
	Begin(verb string, clusters, steps int)
	Start(cluster string)
	Finish(cluster string)
	Entries(n int)
	Done()
}

// A Fleet is all clusters of a run. Its methods may be called side by side, but
// for those that say otherwise.
type Fleet struct {
	Connector *awsclient.Connector

	options     Options
	taken       *snapshot.Snapshot // that is read in place of AWS; nil for none
	region      string             // by default, once it was needed
	named       []string           // endpoints that are not AWS's
	clockWarned bool
	progress    Progress

	asked    []snapshot.Asked   // accounts and regions whose clusters were listed
	unlisted []snapshot.NotRead // of these, what could not be

	mu          sync.Mutex
	fixed       time.Time                  // see Now
	directories map[string]*live.Directory // one an account and session
	gates       map[string]live.Limiter    // one an account and region
}

// New returns a fleet. It sends nothing.
func New(o Options) *Fleet {
	if o.Tokens == nil {
		o.Tokens = o.AWS.Clock.Now
	}
	return &Fleet{
		Connector:   awsclient.New(o.AWS),
		options:     o,
		progress:    noProgress{},
		directories: map[string]*live.Directory{},
		gates:       map[string]live.Limiter{},
	}
}

// Now is the time by which the run judges and writes ends and holds: that of its
// beginning, by AWS's clock. It is one time for all clusters, from the first
// answer of AWS on; before that it is this machine's.
func (f *Fleet) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.fixed.IsZero() {
		return f.fixed
	}
	offset, known := f.options.AWS.Clock.Offset()
	now := f.options.Begun.Add(offset)
	if known {
		f.fixed = now
	}
	return now
}

// RequiresKube reports whether the clusters themselves have to be asked.
func (f *Fleet) RequiresKube() bool { return f.options.Kube == KubeRequired }

// StartTime is when the run began, by this machine's clock.
func (f *Fleet) StartTime() time.Time { return f.options.Begun }

// UnlistedRegions are the accounts and regions whose clusters could not be listed.
func (f *Fleet) UnlistedRegions() []snapshot.NotRead { return f.unlisted }

// Visit does something with every cluster, the i-th of those given, side by
// side, and returns them in that order. Its error is that of a run that was interrupted; one whose
// expiry has passed has none, since what was read is worth showing. It is not for
// calls side by side.
func (f *Fleet) Visit(ctx context.Context, clusters []*spec.Cluster, do func(i int, c *Cluster)) ([]*Cluster, error) {
	f.NoteEndpoints(ctx, clusters...)
	visited := make([]*Cluster, len(clusters))
	f.progress = f.options.Report.Progress()
	f.progress.Begin("reading", len(clusters), 0)
	var g errgroup.Group
	g.SetLimit(clustersAtOnce)
	for _, i := range takingTurns(clusters) {
		c := &Cluster{Declared: clusters[i]}
		visited[i] = c
		g.Go(func() error {
			f.progress.Start(c.Declared.ID.Path())
			do(i, c)
			f.progress.Finish(c.Declared.ID.Path())
			return nil
		})
	}
	g.Wait()
	f.progress.Done()
	f.progress = noProgress{}
	f.WarnOfClock()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return visited, nil
	}
	return visited, StopCause(ctx)
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

// ErrTimeout is the error of a run that took too long.
var ErrTimeout = errors.New("the command took longer than --timeout")

// StopCause tells a run that was interrupted from one that took too long; nil for
// one that was neither. The error of an interruption is the cause of the context.
func StopCause(ctx context.Context) error {
	switch {
	case ctx.Err() == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.WithHint(ErrTimeout, "pass a longer --timeout such as 1h, or choose fewer clusters with --cluster")
	}
	return context.Cause(ctx)
}

// NoteEndpoints reports once where calls go if not to AWS.
func (f *Fleet) NoteEndpoints(ctx context.Context, clusters ...*spec.Cluster) {
	if f.taken != nil {
		return
	}
	targets := make([]awsclient.Target, len(clusters))
	for i, c := range clusters {
		targets[i] = Target(c)
	}
	for _, e := range f.Connector.ForeignEndpoints(ctx, targets...) {
		if !slices.Contains(f.named, e) {
			f.named = append(f.named, e)
			f.options.Report.Note("calls go to " + e + ", not to AWS")
		}
	}
}

// clockTolerance is the difference between this machine's clock and that of AWS
// from which on there is a warning. EKS and STS refuse signatures that are more
// than five minutes off (IAM user guide, "Troubleshoot Signature Version 4 requests").
const clockTolerance = time.Minute

// WarnOfClock reports, once, how far this machine's clock is from that of AWS,
// which ends and holds are judged by.
func (f *Fleet) WarnOfClock() {
	offset, _ := f.options.AWS.Clock.Offset()
	if f.clockWarned || offset.Abs() < clockTolerance {
		return
	}
	f.clockWarned = true
	side := "behind"
	if offset < 0 {
		side = "ahead of"
	}
	f.options.Report.Warn(
		fmt.Sprintf("the clock of this machine is %s %s that of AWS (%s); expiry and holds use the time of AWS",
			offset.Abs().Round(time.Second), side, f.options.AWS.Clock.Now().UTC().Format(time.RFC3339)),
		"synchronize the clock of this machine with network time; check it with \"timedatectl\" or \"date -u\"",
	)
}

// directory is the one through which IAM of the session's account is asked.
func (f *Fleet) directory(s *awsclient.Session) *live.Directory {
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

// gate is that of an account and region: each has room for as many calls as
// may be in flight at all, and none holds back the others.
func (f *Fleet) gate(account, region string) live.Limiter {
	key := account + " " + region
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gates[key] == nil {
		f.gates[key] = live.NewLimiter(f.options.AWS.Concurrency)
	}
	return f.gates[key]
}

type noProgress struct{}

func (noProgress) Begin(string, int, int) {}
func (noProgress) Start(string)           {}
func (noProgress) Finish(string)          {}
func (noProgress) Entries(int)            {}
func (noProgress) Done()                  {}
