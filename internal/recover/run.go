package recover

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Options are what a recovery does, and how.
type Options struct {
	Cluster   *spec.Cluster     // its account is filled in once it is known
	Principal spec.PrincipalRef // the zero value for the caller
	Policy    spec.Policy
	Lasts     time.Duration // of the grant and of the hold on it
	Longer    bool          // Lasts was given by the user: a hold may be made longer
	Reason    string        // a valid value of a tag; "" for the name of the caller's session
	Recreate  bool          // recreate the entry even if IAM does not show that it is stale
	Guards    plan.Options

	// Confirm asks whether to write a grant. An error ends the run. Without
	// Confirm the grant is written at once.
	Confirm func(context.Context, *Report, Grant) error

	NoKubeconfig bool
	Kubeconfig   string // file; "" for those that kubectl uses
	Entry        kube.EntryOptions

	NoVerify  bool
	VerifyFor time.Duration // how long to wait until the cluster confirms the access

	Profile     string   // AWS profile of the command line; "" for none
	PolicyName  string   // the policy as the user wrote it
	Reach       []string // flags that choose the cluster, for commands
	Repeat      []string // flags that request the same grant again
	ToolVersion string
	// UnconfirmedCode is the exit code of the program for a recovery that is not
	// confirmed.
	UnconfirmedCode int
}

// An Observer shows a recovery while it runs. An error ends the run.
type Observer interface {
	// Step shows a step that has ended.
	Step(*Report, Step) error
	// Plan shows what is going to be written, before that is confirmed. The grant
	// is nil if nothing is to be written.
	Plan(*Report, []Step, *Grant) error
	// Message shows what belongs to no step.
	Message(Level, string)
	// Waiting shows that the cluster is asked again, and why.
	Waiting(string)
}

// A Level is how important a message is.
type Level string

const (
	LevelWarning Level = "warning"
	LevelNote    Level = "note"
)

// A recovery is a recovery that is running.
type recovery struct {
	Options
	run      *run.Run
	target   *run.Target
	observer Observer
	report   *Report
	unread   error // why the cluster could not be read; nil if it was read

	principal string // ARN of the principal that gets access
	own       string // ARN of the caller's principal
	self      bool   // both are the same
	context   string // of the kubeconfig, for the cluster; "" for none
	selected  bool   // context is the current one
	refused   bool   // the cluster rejected a token of the principal
	wrote     bool
}

// A part of a recovery returns its steps, and whether the next part can run.
type part func(context.Context) (steps []Step, next bool, err error)

func newRecovery(in *run.Run, o Options, observer Observer, drill bool) *recovery {
	in.LookBack()
	r := &recovery{
		Options:  o,
		run:      in,
		target:   &run.Target{Cluster: &fleet.Cluster{Declared: o.Cluster}},
		observer: observer,
		report:   newReport(o.Cluster.ID, drill, in.Fleet.Now(), o.ToolVersion),
	}
	r.report.Asked = o.Principal
	r.report.repeat, r.report.doctor, r.report.kubeconfig = r.repeatCommand(), r.doctorCommand(), r.kubeconfigCommand()
	return r
}

// Run gives the principal access, and returns a report. If a step fails, that is
// in the report, and the error is nil. The error is the reason why the run was
// stopped, or it comes from the observer or from Confirm.
func Run(ctx context.Context, in *run.Run, o Options, observer Observer) (*Report, error) {
	r := newRecovery(in, o, observer, false)
	complete, err := r.runParts(ctx, r.identify, r.reach, r.compute, r.write, r.putKubeconfig, r.prove)
	if err != nil {
		return nil, err
	}
	if complete {
		r.readRest(ctx)
	}
	if r.report.Outcome == "" {
		r.report.setOutcome(r.wrote)
	}
	return r.report, nil
}

// runParts runs parts until one says that the next cannot run, and reports
// whether all of them ran.
func (r *recovery) runParts(ctx context.Context, parts ...part) (complete bool, err error) {
	for _, run := range parts {
		steps, next, err := run(ctx)
		for _, s := range steps {
			r.report.Steps = append(r.report.Steps, s)
			if err := r.observer.Step(r.report, s); err != nil {
				return false, err
			}
		}
		if err != nil || !next {
			return false, err
		}
	}
	return true, nil
}

// oneStep returns one step, after which the next part can run.
func oneStep(s Step) ([]Step, bool, error) { return []Step{s}, true, nil }

// stop returns one step that failed and that the next parts require.
func stop(name string, err plan.Error) ([]Step, bool, error) {
	return []Step{failedStep(name, cmp.Or(err.Operation, err.Code), err)}, false, nil
}

func (r *recovery) addNotes(notes ...Note) { r.report.Notes = append(r.report.Notes, notes...) }

// awsOptions say how the aws command reaches the cluster.
func (r *recovery) awsOptions() awscli.Options {
	id := r.Cluster.ID
	o := awscli.Options{Cluster: id.Name, Region: id.Region, Profile: r.Profile}
	if s := r.target.Session; s != nil {
		o.Profile, o.Role = s.Profile, s.AssumedRole
	}
	return o
}

// command is a command of this program for the cluster; name may have flags.
func (r *recovery) command(name string, flags ...string) string {
	return awscli.Line(slices.Concat([]string{"eksaccess"}, strings.Fields(name), r.Reach, flags)...)
}

// doctorCommand is the command that reports why the principal has no access.
func (r *recovery) doctorCommand() string {
	if r.Options.Principal == (spec.PrincipalRef{}) {
		return r.command("doctor")
	}
	return r.command("doctor", "--principal", r.Options.Principal.String())
}

// repeatCommand is the command to run once what failed is fixed. Without the
// flags of Repeat it would be for another principal, or give more.
func (r *recovery) repeatCommand(more ...string) string {
	return r.command("recover", slices.Concat(r.Repeat, more)...)
}
