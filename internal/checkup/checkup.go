// Package checkup reads what concerns the access of one principal to one cluster,
// and examines it with package doctor. It changes nothing. What cannot be read is
// in the report.
package checkup

import (
	"context"
	"errors"
	"time"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// Options say what to examine.
type Options struct {
	Cluster    *spec.Cluster      // its account is filled in once it is known
	Principal  *spec.PrincipalRef // nil for the caller
	Questions  []cani.Question
	Reach      string  // flags that choose the cluster, for commands
	Kubeconfig *string // file; nil for those that kubectl uses
	// EnvKeys is true if the environment has credentials, which have precedence over
	// a profile in the environment (AWS SDKs and Tools reference, "Precedence of
	// settings").
	EnvKeys     bool
	ToolVersion string
}

// Run reads the cluster, IAM, the kubeconfig and the cluster's own API, and
// examines that. The error says why the run was interrupted or why the principal
// is not known.
func Run(ctx context.Context, f *fleet.Fleet, o Options) (*doctor.Report, error) {
	u := &checkup{
		Options: o,
		fleet:   f,
		cluster: &fleet.Cluster{Declared: o.Cluster},
		facts: doctor.Facts{
			Now:         f.Now(),
			ToolVersion: o.ToolVersion,
			Reach:       o.Reach,
			Questions:   o.Questions,
		},
	}
	if err := u.read(ctx); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fleet.StopCause(ctx)
	}
	return doctor.Examine(u.facts), nil // after a timeout, with what was read
}

// ExamineSnapshot examines a cluster of a snapshot. What the snapshot did not record is
// not known. The principal is "" where the cluster could not be read.
func ExamineSnapshot(cluster snapshot.Cluster, taken time.Time, principal string, declared []*spec.Cluster, o Options,
) *doctor.Report {
	unasked := snapshot.UnknownFact("not part of a snapshot", "")
	facts := doctor.Facts{
		Now:         time.Now(),
		ToolVersion: o.ToolVersion,
		Taken:       &taken,
		Reach:       o.Reach,
		Principal:   principal,
		Cluster:     cluster,
		Listed:      cluster.Entries.Fact,
		Kubectl:     doctor.Kubectl{Fact: unasked},
		Clock:       doctor.Clock{Fact: unasked},
		Inside:      doctor.Inside{Fact: unasked},
		Questions:   o.Questions,
	}
	for _, d := range declared {
		if d.ID == cluster.ID() && cluster.Error == nil {
			facts.Declared = declaredItems(d, principal)
		}
	}
	return doctor.Examine(facts)
}

// A checkup is a checkup that is running.
type checkup struct {
	Options
	fleet   *fleet.Fleet
	cluster *fleet.Cluster
	named   []spec.LiveEntry // the entries that exist, with their principals only
	facts   doctor.Facts
}

func (u *checkup) read(ctx context.Context) error {
	u.fleet.NoteEndpoints(ctx, u.cluster.Declared)
	err := u.fleet.Read(ctx, u.cluster, fleet.Need{Part: fleet.Description})
	if s := u.cluster.Session; s != nil {
		u.facts.Caller = s.Caller.ARN
	}
	if err != nil { // the cluster cannot be described; the principal may still be found
		e := u.cluster.Fault(err)
		if e.Code == fault.ClusterNotFound {
			u.fleet.HintElsewhere(ctx, u.cluster, &e)
		}
		u.facts.Cluster = snapshot.FailedCluster(u.cluster.Declared.ID, e)
		if u.cluster.Session != nil {
			_ = u.findPrincipal(ctx, nil)
		}
		return nil
	}
	have := u.cluster.Have
	u.facts.Now = u.fleet.Now()
	listed := u.entryPrincipals(ctx, have)
	if err := u.findPrincipal(ctx, listed); err != nil {
		return fleet.WithHint(err)
	}
	u.facts.Declared = declaredItems(u.cluster.Declared, u.facts.Principal)
	u.readEntries(ctx, have, listed)
	u.facts.Clock = u.readClock(ctx)
	u.facts.Kubectl = u.readKubectl(ctx, have)
	u.askCluster(ctx, have)
	u.facts.Cluster = snapshot.New([]snapshot.Cluster{u.facts.Cluster}, true, u.fleet.Now(), "").Clusters[0]
	return nil
}

// entryPrincipals returns the principals that have entries, if they can be listed.
func (u *checkup) entryPrincipals(ctx context.Context, have *spec.Live) []string {
	if !eksfacts.ReadsEntries(have.Mode) {
		return nil
	}
	listed, _ := live.ListPrincipals(ctx, u.cluster.Session.EKS, u.cluster.Declared.ID, u.readOptions())
	return listed
}

func (u *checkup) readOptions() live.Options { return live.Options{Profile: u.cluster.Session.Profile} }

// findPrincipal finds the principal to examine: the requested one, or the caller.
func (u *checkup) findPrincipal(ctx context.Context, listed []string) error {
	u.named = make([]spec.LiveEntry, len(listed))
	for i, principal := range listed {
		u.named[i].Principal = principal
	}
	self, guess, err := live.CallerPrincipal(ctx, u.cluster.Session.Caller.ARN, u.cluster.IAM, u.named)
	if u.Principal == nil {
		if err != nil {
			return err
		}
		u.facts.Principal, u.facts.Guess, u.facts.Self = self, guess, true
		return nil
	}
	if u.facts.Principal, err = u.cluster.IAM.Resolve(ctx, *u.Principal); err != nil {
		return err
	}
	u.facts.Self = u.facts.Principal == self
	return nil
}
