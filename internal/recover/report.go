package recover

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/plan"
)

// Kind opens the JSON form of a [Report].
const Kind = "Recovery"

// The steps, in their order.
const (
	Identity    = "identity"    // who is to get in
	Reach       = "reach"       // EKS answers, the cluster is there
	Permissions = "permissions" // of a drill: what IAM says of the calls to come
	Mode        = "mode"
	Entry       = "entry"
	Policy      = "policy"
	Kubeconfig  = "kubeconfig"
	Proof       = "proof"
)

// A Status is how a step ended.
type Status string

const (
	Done      Status = "done"
	NotNeeded Status = "not-needed"
	Failed    Status = "failed"
	Unproven  Status = "unconfirmed" // done, as far as can be told from here
	NotTried  Status = "not-tried"   // a step before it failed, or it was not asked for
	Would     Status = "would"       // a drill's: it would be done
	Unknown   Status = "not-checked" // a drill's: it can't be told
)

// A Step is one of them.
type Step struct {
	Name   string      `json:"name"`
	Status Status      `json:"status"`
	Detail string      `json:"detail"`
	Next   string      `json:"next"`  // a command, to be copied; "" for none
	Error  *plan.Error `json:"error"` // of what failed or could not be confirmed, with what to do
}

// failedStep is a step that failed, or would fail.
func failedStep(name, detail string, err plan.Error) Step {
	return Step{Name: name, Status: Failed, Detail: detail, Error: &err}
}

// unprovenStep is a step that does not stop the rest, but is not as it should
// be.
func unprovenStep(name, detail string, err plan.Error) Step {
	return Step{Name: name, Status: Unproven, Detail: detail, Error: &err}
}

// A Note is something else that is broken, or will be, and what mends it.
type Note struct {
	Message string   `json:"message"`
	Mend    []string `json:"mend"` // lines, to be copied
}

// An Outcome is what it all came to.
type Outcome string

const (
	Recovered   Outcome = "recovered"
	WasIn       Outcome = "not-needed"  // nothing was wrong
	Unconfirmed Outcome = "unconfirmed" // applied, and not seen or not proven
	Refused     Outcome = "refused"     // by a guard, or by whoever was asked
	Broken      Outcome = "failed"
	WouldWork   Outcome = "would-recover" // of a drill
	WouldFail   Outcome = "would-fail"    // of a drill
)

// A Report is the whole of it.
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
	Principal   string    `json:"principal"` // "" where it could not be told
	Outcome     Outcome   `json:"outcome"`
	Steps       []Step    `json:"steps"`
	Notes       []Note    `json:"notes"`
	// Journal is the path of the journal; null where nothing was written.
	Journal *string `json:"journal"`
	// Undo is the command that undoes what was written.
	Undo string `json:"undo,omitempty"`
	// Result is what was written; null where nothing was to be.
	Result *apply.ClusterResult `json:"result"`

	read bool // EKS showed the cluster
}

// newReport begins a report.
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

// place names the cluster, once its account is known.
func (r *Report) place(id arn.Cluster) { r.Account, r.ARN = id.Account, id.ARN() }

// Step returns a step by its name, or nil.
func (r *Report) Step(name string) *Step {
	for i := range r.Steps {
		if r.Steps[i].Name == name {
			return &r.Steps[i]
		}
	}
	return nil
}

// Proven reports whether the cluster itself said yes.
func (r *Report) Proven() bool {
	s := r.Step(Proof)
	return s != nil && s.Status == Done
}

// judge says what the steps came to. wrote: something was changed in AWS.
func (r *Report) judge(wrote bool) {
	has := map[Status]bool{}
	for _, s := range r.Steps {
		has[s.Status] = true
	}
	switch {
	case has[Failed] && r.Drill:
		r.Outcome = WouldFail
	case has[Failed]:
		r.Outcome = Broken
	case r.Drill:
		r.Outcome = WouldWork
	case has[Unproven]:
		r.Outcome = Unconfirmed
	case wrote:
		r.Outcome = Recovered
	default:
		r.Outcome = WasIn
	}
}

// IsUnread reports whether EKS did not show the cluster, so that nothing is
// known of it.
func (r *Report) IsUnread() bool { return !r.read }

// Failure says what was not reached and why, by the first step that shows it; ""
// where all was reached, or would be.
func (r *Report) Failure() string {
	switch {
	case r.Outcome == Broken:
		return r.failure("could not give", Failed)
	case r.Outcome == Refused:
		return r.failure("did not give", Failed)
	case r.Outcome == Unconfirmed:
		return r.failure("could not confirm that it gave", Unproven)
	case r.Outcome == WouldFail && !r.read:
		return r.failure("could not find out how to give", Failed)
	}
	return ""
}

func (r *Report) failure(what string, status Status) string {
	text := fmt.Sprintf("%s %s access to %s", what, cmp.Or(r.Principal, "the principal"), r.Name)
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Status == status })
	if i < 0 {
		return text
	}
	s := r.Steps[i]
	text += ": " + s.Name
	switch {
	case s.Error != nil:
		text += ": " + s.Error.Message
	case s.Detail != "":
		text += ": " + s.Detail
	}
	return text
}
