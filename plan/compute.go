package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/spec"
)

// An Input is all that the plan of one cluster depends on.
type Input struct {
	Want    *spec.Want
	Have    *spec.Live
	Callers []string // principals that call EKS: the identity used, and the one it was assumed from
	Now     time.Time
	CutOff  []CutOff // by earlier runs
	Options Options
	Ended   []spec.Item // lines that expired, of principals of which nothing is left
}

// Options are what the command line asks for.
type Options struct {
	AddOnly bool          // narrow, remove and replace nothing
	Expires time.Duration // end of the entries that the plan creates; 0 to set none
	Reason  string        // of these, fit for a tag; "" for the file's
	Allow   Allow
}

// Compute plans one cluster. The same input gives the same value, in whatever
// order its lists were.
func Compute(in Input) Cluster {
	w := in.Want.Cluster
	c := empty(w)
	target := targetMode(in)
	if !eksfacts.ReadsEntries(target) {
		c.fail(noEntries(w))
		return c
	}
	c.AuthenticationMode = &ModeChange{Before: in.Have.Mode, After: target}
	c.Unmanaged, c.Held, c.Counts = []Unmanaged{}, []Held{}, &Counts{}

	d := newDraft(in, &c)
	d.cutOffs()
	d.addDeclared()
	d.finishOthers()
	d.addUndeclared()
	d.ends()
	c.Ending = ending(in, c.Changes, c.Held)
	d.addWarnings()
	if c.AuthenticationMode.Moves() && !in.Have.EntriesRead {
		c.Unmanaged, c.Held = nil, nil // no one has seen them yet
		c.Warnings = append(c.Warnings, Warning{Code: NewEntries,
			Message: "EKS adds entries of its own at the step to " + eksfacts.ModeAPIAndConfigMap +
				": the cluster creator as cluster admin, and node roles; this run does not delete them"})
	}
	if in.Have.Partial {
		c.DeclaredOnly, c.Unmanaged, c.Counts.Unread = true, nil, len(in.Have.Unread)
	}
	c.finish(in)
	return c
}

// targetMode is the mode the cluster has, or the least the file wants. The step
// to API ends aws-auth, so it takes something away and is none of add-only's.
func targetMode(in Input) string {
	least := in.Want.Cluster.Mode
	if in.Options.AddOnly && endsAWSAuth(in) {
		least = eksfacts.ModeAPIAndConfigMap
	}
	if eksfacts.ModeRank(least) > eksfacts.ModeRank(in.Have.Mode) {
		return least
	}
	return in.Have.Mode
}

func endsAWSAuth(in Input) bool {
	return in.Want.Cluster.Mode == eksfacts.ModeAPI && in.Have.Mode != eksfacts.ModeAPI
}

// FailedCluster stands in a plan for a cluster that could not be read.
func FailedCluster(w *spec.Cluster, err Error) Cluster {
	c := empty(w)
	c.fail(err)
	return c
}

func empty(w *spec.Cluster) Cluster {
	return Cluster{
		Name: w.ID.Name, Region: w.ID.Region, Account: w.ID.Account, ARN: w.ID.ARN(), Status: InSync,
		Changes: []Change{}, Guards: []Guard{}, Warnings: []Warning{},
		Connection: Connection{
			Partition:  w.ID.Partition,
			Profile:    w.Profile,
			AssumeRole: w.AssumeRole,
			ExternalID: w.ExternalID,
		},
		Rules: rulesOf(w),
		Watch: w.Watch,
	}
}

func (c *Cluster) fail(err Error) { c.Status, c.Error = Failed, &err }

func (c *Cluster) warn(source, format string, args ...any) {
	c.Warnings = append(c.Warnings, Warning{Message: fmt.Sprintf(format, args...), Source: source})
}

// noEntries is the outcome for a cluster whose entries can't be read and for
// which the file names no mode that would change that.
func noEntries(w *spec.Cluster) Error {
	return Error{
		Code: fault.ModeConfigMap, Operation: "DescribeCluster", Resource: w.ID.ARN(),
		Message: fmt.Sprintf(
			"cluster %q has authentication mode %s, in which EKS refuses to read or write access entries",
			w.ID.Name,
			eksfacts.ModeConfigMap,
		),
		Hint: fmt.Sprintf(
			"add \"authenticationMode: %s\" to the cluster (%s); this cannot be undone",
			eksfacts.ModeAPIAndConfigMap,
			w.Pos,
		),
	}
}

// finish sorts, judges and counts.
func (c *Cluster) finish(in Input) {
	slices.SortFunc(c.Changes, func(a, b Change) int { return cmp.Compare(a.Principal, b.Principal) })
	slices.SortFunc(c.Unmanaged, func(a, b Unmanaged) int { return cmp.Compare(a.Principal, b.Principal) })
	slices.SortFunc(c.Held, func(a, b Held) int { return cmp.Compare(a.Principal, b.Principal) })
	if len(c.Changes) > 0 || c.AuthenticationMode.Moves() {
		c.Status = Changed
	} else if len(c.Unmanaged) > 0 {
		c.Status = Drifted
	}
	slices.SortFunc(c.Unchanged, spec.Entry.Compare)
	if c.Status != Changed {
		c.Unchanged = nil
	}
	j := Judgement{Have: in.Have, Changes: c.Changes, Mode: *c.AuthenticationMode, Rules: c.Rules,
		Callers: in.Callers, Allow: in.Options.Allow, Now: in.Now, Declared: in.declares, Ends: c.DeclaredEnds}
	j.effects().annotate(c.Changes)
	c.AWSAuth = j.authRows()
	if !c.Watch {
		var warnings []Warning
		c.Guards, warnings = j.Judge()
		c.Warnings = append(c.Warnings, warnings...)
		if slices.ContainsFunc(c.Guards, Guard.Refuses) {
			c.Status = Refused
		}
	}
	slices.SortStableFunc(c.Warnings, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Message, b.Message), cmp.Compare(a.Source, b.Source))
	})
	c.Warnings = slices.Compact(c.Warnings)
	f := Fingerprint(in.Have, c.Changes)
	c.Fingerprint = &f
}

// declares reports whether the file declares a principal.
func (in Input) declares(principal string) bool {
	return in.Want != nil &&
		slices.ContainsFunc(in.Want.Entries, func(w spec.WantEntry) bool { return w.Principal == principal })
}

// ID is where the cluster is.
func (c *Cluster) ID() arn.Cluster {
	return arn.Cluster{Partition: c.Connection.Partition, Account: c.Account, Region: c.Region, Name: c.Name}
}
