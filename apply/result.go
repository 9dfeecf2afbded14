package apply

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
)

// Kind opens the JSON form of a [Result].
const Kind = "Result"

// A Result says what a run did, cluster by cluster. Lists are never nil.
type Result struct {
	APIVersion  string          `json:"apiVersion"` // plan.APIVersion
	Kind        string          `json:"kind"`
	CreatedAt   time.Time       `json:"createdAt"`
	ToolVersion string          `json:"toolVersion"`
	Summary     Summary         `json:"summary"`
	Clusters    []ClusterResult `json:"clusters"`
	// Seconds is how long it took, from the first write to the last reading.
	Seconds int `json:"seconds,omitempty"`
}

// A Summary counts clusters by outcome, and steps.
type Summary struct {
	Clusters    int `json:"clusters"`
	InSync      int `json:"inSync"`
	Drifted     int `json:"drifted,omitempty"` // nothing to do, and undeclared entries
	Applied     int `json:"applied"`
	Unconfirmed int `json:"unconfirmed"`
	Refused     int `json:"refused"`
	Failed      int `json:"failed"`
	Interrupted int `json:"interrupted"`
	Watched     int `json:"watched"`
	Incomplete  int `json:"incomplete,omitempty"`
	Skipped     int `json:"skipped,omitempty"`
	Done        int `json:"done"`        // steps
	StepsFailed int `json:"stepsFailed"` // steps
	NotTried    int `json:"notTried"`    // steps
	InProgress  int `json:"inProgress,omitempty"`
}

// A Status is how applying to a cluster ended.
type Status string

const (
	InSync      Status = "in-sync"     // there was nothing to do
	Applied     Status = "applied"     // all done and verified
	Unconfirmed Status = "unconfirmed" // all done, but not (yet) seen when reading back
	Incomplete  Status = "incomplete"  // something was left, since it changed since the plan or was not part of it
	Refused     Status = "refused"     // a guard said no
	Failed      Status = "failed"      // a step failed, or the cluster could not be read
	Interrupted Status = "interrupted" // the run was told to stop
	Watched     Status = "watched"     // planned and never written
	Skipped     Status = "skipped"     // not begun, since too many others had failed
)

// A ClusterResult is what was done to one cluster.
type ClusterResult struct {
	Name               string           `json:"name"`
	Region             string           `json:"region"`
	Account            string           `json:"account"`
	ARN                string           `json:"arn"`
	Status             Status           `json:"status"`
	Error              *plan.Error      `json:"error"` // the first
	AuthenticationMode *plan.ModeChange `json:"authenticationMode"`
	Done               []StepResult     `json:"done"` // in turns, and within one in the order of the plan
	Failed             []StepResult     `json:"failed"`
	NotTried           []StepResult     `json:"notTried"`
	InProgress         []StepResult     `json:"inProgress,omitempty"` // sent, and the end was not seen
	Changes            []ChangeResult   `json:"changes,omitempty"`    // in the order of the plan
	Left               []Left           `json:"left,omitempty"`       // entries that are not as wanted, by principal
	Unseen             []plan.Unseen    `json:"unseen,omitempty"`     // not as planned in the last reading
	// Undeclared counts the entries that no file declares, of a cluster in which
	// there was nothing to do: it has drifted.
	Undeclared int            `json:"undeclared,omitempty"`
	Guards     []plan.Guard   `json:"guards"` // the last judgement
	Warnings   []plan.Warning `json:"warnings"`
	Converged  bool           `json:"converged"` // the last reading was as planned
}

// A Left is an entry that the run left as it is, or found changed at the end,
// and why. Of a mode step that is not undone, Principal is empty.
type Left struct {
	Principal string `json:"principal"`
	Reason    string `json:"reason"`
}

// A StepResult is one step and its answer. Mode steps come as operation
// UpdateClusterConfig with the mode in Mode.
type StepResult struct {
	plan.Step
	Mode      string      `json:"mode,omitempty"`
	RequestID string      `json:"requestId"`
	Note      string      `json:"note,omitempty"`    // "already deleted"
	Seconds   int         `json:"seconds,omitempty"` // of a mode step: how long EKS worked on it
	Error     *plan.Error `json:"error,omitempty"`
	// Adopted reports that a create met an entry that was there already and went
	// on from it; Note says so to people.
	Adopted bool `json:"-"`
}

// Steps is how many calls a plan has, those of the mode among them.
func Steps(c *plan.Cluster) int {
	n := 0
	if m := c.AuthenticationMode; m.Moves() {
		n = len(eksfacts.ModeSteps(m.Before, m.After))
	}
	for _, ch := range c.Changes {
		n += len(ch.Steps)
	}
	return n
}
