package recover

import (
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Kind is the kind of the JSON form of a [Report].
const Kind = "Recovery"

// The steps, in their order.
const (
	Identity    = "identity"    // the principal that gets access
	Reach       = "reach"       // EKS answers, the cluster exists
	Permissions = "permissions" // of a drill: what IAM reports about the calls to come
	Mode        = "mode"
	Entry       = "entry"
	Policy      = "policy"
	Kubeconfig  = "kubeconfig"
	Proof       = "proof"
)

// A Status is the result of a step.
type Status string

const (
	Done       Status = "done"
	NotNeeded  Status = "not-needed"
	Failed     Status = "failed"
	Unverified Status = "unconfirmed" // done, but not confirmed
	NotTried   Status = "not-tried"   // a step before it failed, or it was not requested
	Planned    Status = "would"       // what a recovery is going to do
	NotChecked Status = "not-checked" // of a drill
)

// A Step is one step of a recovery.
type Step struct {
	Name   string      `json:"name"`
	Status Status      `json:"status"`
	Detail string      `json:"detail"`
	Next   string      `json:"next"`  // a command, to be copied; "" for none
	Error  *plan.Error `json:"error"` // of what failed or could not be confirmed, with what to do

	// Text is Detail for people, where the two differ.
	Text string `json:"-"`
}

// failedStep is a step that failed, or would fail.
func failedStep(name, detail string, err plan.Error) Step {
	return Step{Name: name, Status: Failed, Detail: detail, Error: &err}
}

// unverifiedStep is a step that does not prevent the others, but was not
// completed or confirmed.
func unverifiedStep(name, detail string, err plan.Error) Step {
	return Step{Name: name, Status: Unverified, Detail: detail, Error: &err}
}

// A Note is another problem of the cluster, and its fix.
type Note struct {
	Message string   `json:"message"`
	Fix     []string `json:"mend"` // lines, to be copied

	// OfExpiry marks the note on the end of the entry, which people see below the
	// result.
	OfExpiry bool `json:"-"`
}

// An Outcome is the result of a recovery.
type Outcome string

const (
	Recovered       Outcome = "recovered"
	NothingMissing  Outcome = "not-needed"    // the principal had the access before
	Unconfirmed     Outcome = "unconfirmed"   // applied, and not read back or not proven
	Refused         Outcome = "refused"       // by a guard
	RecoveryFailed  Outcome = "failed"        // a step failed
	WouldRecover    Outcome = "would-recover" // of a drill
	WouldNotRecover Outcome = "would-fail"    // of a drill
)

// A Report is the result of a recovery, with its steps.
type Report struct {
	APIVersion  string    `json:"apiVersion"`
	Kind        string    `json:"kind"`
	CreatedAt   time.Time `json:"createdAt"`
	ToolVersion string    `json:"toolVersion"`
	Name        string    `json:"name"` // of the cluster
	Region      string    `json:"region"`
	Account     string    `json:"account"`
	ARN         string    `json:"arn"`
	Drill       bool      `json:"drill"`
	Principal   string    `json:"principal"` // "" if it is not known
	Outcome     Outcome   `json:"outcome"`
	Steps       []Step    `json:"steps"`
	Notes       []Note    `json:"notes"`
	// Journal is the path of the journal; null if nothing was written.
	Journal *string `json:"journal"`
	// Undo is the command that reverts what was written.
	Undo string `json:"undo,omitempty"`
	// Result is what was written; null if nothing was to be written.
	Result *apply.ClusterResult `json:"result"`

	Asked      spec.PrincipalRef `json:"-"` // the principal that was requested; the zero value for the caller
	Self       bool              `json:"-"` // the principal is the caller
	Principals []string          `json:"-"` // ARNs that texts of the report may contain
	Grant      *Grant            `json:"-"` // what the principal has; nil if that was not computed

	read                       bool   // EKS described the cluster
	repeat, doctor, kubeconfig string // commands
}

// A Grant is what a recovery gives to a principal.
type Grant struct {
	Principal string // ARN
	Cluster   arn.Cluster
	Policy    spec.Policy
	Lasts     time.Duration    // of the entry if it is created, and of the hold on it
	Expires   time.Time        // of the entry; zero if it does not expire
	HoldUntil time.Time        // zero if there is no hold
	Mode      *plan.ModeChange // nil if the authentication mode stays
}

// newReport returns a report without steps.
func newReport(id arn.Cluster, drill bool, now time.Time, toolVersion string) *Report {
	return &Report{
		APIVersion:  plan.APIVersion,
		Kind:        Kind,
		CreatedAt:   now.UTC().Truncate(time.Second),
		ToolVersion: toolVersion,
		Name:        id.Name,
		Region:      id.Region,
		Account:     id.Account,
		Drill:       drill,
		Steps:       []Step{},
		Notes:       []Note{},
	}
}

// setCluster sets the cluster, once its account is known.
func (r *Report) setCluster(id arn.Cluster) { r.Account, r.ARN = id.Account, id.ARN() }

// Step returns a step by its name, or nil.
func (r *Report) Step(name string) *Step {
	for i := range r.Steps {
		if r.Steps[i].Name == name {
			return &r.Steps[i]
		}
	}
	return nil
}

// FirstWith returns the first step with a status, or nil.
func (r *Report) FirstWith(status Status) *Step {
	if i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Status == status }); i >= 0 {
		return &r.Steps[i]
	}
	return nil
}

// Proven reports whether the cluster itself confirmed the access.
func (r *Report) Proven() bool {
	s := r.Step(Proof)
	return s != nil && s.Status == Done
}

// setOutcome computes the outcome from the steps. wrote: something was changed
// in AWS.
func (r *Report) setOutcome(wrote bool) {
	has := func(s Status) bool { return r.FirstWith(s) != nil }
	switch {
	case has(Failed) && r.Drill:
		r.Outcome = WouldNotRecover
	case has(Failed):
		r.Outcome = RecoveryFailed
	case r.Drill:
		r.Outcome = WouldRecover
	case has(Unverified):
		r.Outcome = Unconfirmed
	case wrote:
		r.Outcome = Recovered
	default:
		r.Outcome = NothingMissing
	}
}

// argumentErrors are codes of errors that the same command would meet again; their
// hints have other arguments.
var argumentErrors = []string{
	fault.ClusterNotFound, fault.PrincipalNotFound, fault.PrincipalAmbiguous, fault.PathUnknown, fault.NotRecoverable,
	fault.Refused, "PrincipalGone", "LastAdmin",
}

// Hints returns the next command if the recovery failed or is not confirmed.
func (r *Report) Hints() []string {
	switch r.Outcome {
	case RecoveryFailed, Refused:
		s := r.FirstWith(Failed)
		if s != nil && s.Error != nil && s.Error.Hint != "" && slices.Contains(argumentErrors, s.Error.Code) {
			return []string{s.Error.Hint}
		}
		return []string{"when the cause is fixed, run again: " + r.repeat}
	case Unconfirmed:
		if r.Proven() {
			return []string{"when the cause is fixed, run: " + r.kubeconfig}
		}
		return []string{"find the reason with: " + r.doctor}
	}
	return nil
}

// IsUnread reports whether EKS did not describe the cluster, so that nothing is
// known about it.
func (r *Report) IsUnread() bool { return !r.read }
