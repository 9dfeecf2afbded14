package recover

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Options are what a recovery is to do.
type Options struct {
	Cluster   *spec.Cluster     // its account is filled in once it is known
	Principal spec.PrincipalRef // the zero value for the caller
	Policy    spec.Policy       // that the principal is to have
	Lasts     time.Duration     // of the grant and of the hold on it
	Longer    bool              // Lasts was asked for: a hold may be made longer
	Reason    string            // fit for a tag; "" for the name of the caller's session
	Recreate  bool              // create the entry again, though IAM does not say that it is stale
	Guards    plan.Options

	// Confirm shows a plan and asks whether to apply it: nil is yes, and an error
	// ends the run. Without Confirm nothing is asked.
	Confirm func(context.Context, *plan.Plan) error

	NoKubeconfig bool
	Kubeconfig   string // file; "" for those that kubectl uses
	Entry        kube.EntryOptions

	NoVerify  bool
	VerifyFor time.Duration // how long the cluster is asked for proof

	Profile     string   // AWS profile of the command line; "" for none
	PolicyName  string   // the policy as the user wrote it
	Again       []string // flags that ask for the same grant again
	ToolVersion string
	// UnconfirmedCode is the exit code of the program for a recovery that is not
	// confirmed.
	UnconfirmedCode int
}

// An Observer is told what happens, at once.
type Observer interface {
	// Step shows a step that ended. An error ends the run.
	Step(Step) error
	// Message shows what belongs to no step.
	Message(Level, string)
	// Waiting shows that the cluster is asked again, and why.
	Waiting(string)
}

// A Level is how important a message is.
type Level string

const (
	LevelWarning      Level = "warning"
	LevelNote         Level = "note"
	LevelAnnouncement Level = "announcement" // a note that repeats what was asked for
)

// A recovery is one under way.
type recovery struct {
	Options
	run      *run.Run
	target   *run.Target
	observer Observer
	report   *Report
	unread   error // why the cluster could not be read; nil where it was

	principal string // ARN of who is to get in
	own       string // and of the caller
	self      bool   // they are one
	context   string // of the kubeconfig, that is or was made for the cluster; "" for none
	selected  bool   // it is the current one
	refused   bool   // the cluster was asked by the principal, and did not let it in
	wrote     bool
}

// A part of a recovery returns its steps, and whether the parts after it can be
// done.
type part func(context.Context) (steps []Step, next bool, err error)

func begin(r *run.Run, o Options, observer Observer, drill bool) *recovery {
	r.LookBack()
	return &recovery{
		Options:  o,
		run:      r,
		target:   &run.Target{Cluster: &fleet.Cluster{Declared: o.Cluster}},
		observer: observer,
		report:   newReport(o.Cluster.ID, drill, r.Fleet.Now(), o.ToolVersion),
	}
}

// Run gives the principal access, and returns what it came to. The error is nil
// where a step failed, which the report says. It says why the run was stopped,
// or is that of the observer or of Confirm.
func Run(ctx context.Context, in *run.Run, o Options, observer Observer) (*Report, error) {
	r := begin(in, o, observer, false)
	whole, err := r.do(ctx, r.identify, r.reach, r.compute, r.write, r.putKubeconfig, r.prove)
	if err != nil {
		return nil, err
	}
	if whole {
		r.readRest(ctx)
	}
	if r.report.Outcome == "" {
		r.report.judge(r.wrote)
	}
	return r.report, nil
}

// do goes from part to part until one cannot be done, and reports whether all
// were done.
func (r *recovery) do(ctx context.Context, parts ...part) (whole bool, err error) {
	for _, do := range parts {
		steps, next, err := do(ctx)
		for _, s := range steps {
			r.report.Steps = append(r.report.Steps, s)
			if err := r.observer.Step(s); err != nil {
				return false, err
			}
		}
		if err != nil || !next {
			return false, err
		}
	}
	return true, nil
}

// goOn returns one step, after which the next part is done.
func goOn(s Step) ([]Step, bool, error) { return []Step{s}, true, nil }

// stopAt returns one step that the parts after it need.
func stopAt(name string, err plan.Error) ([]Step, bool, error) {
	return []Step{failedStep(name, cmp.Or(err.Operation, err.Code), err)}, false, nil
}

func (r *recovery) note(notes ...Note) { r.report.Notes = append(r.report.Notes, notes...) }

// awsOptions are how the aws command reaches the cluster.
func (r *recovery) awsOptions() awscli.Options {
	id := r.Cluster.ID
	o := awscli.Options{Cluster: id.Name, Region: id.Region, Profile: r.Profile}
	if s := r.target.Session; s != nil {
		o.Profile, o.Role = s.Profile, s.AssumedRole
	}
	return o
}

// repeatCommand is the command to run once what failed is fixed. Without the
// flags of Again it would be for another principal, or give more.
func (r *recovery) repeatCommand(more ...string) string {
	words := slices.Concat([]string{"eksaccess", "recover", "--cluster", r.Cluster.ID.ARN()}, r.Again, more)
	return awscli.Line(words...)
}
