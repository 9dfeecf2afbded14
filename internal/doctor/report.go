package doctor

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/fault"
)

// APIVersion and ReportKind are the first fields of every report.
const (
	APIVersion = "eksaccess/v1"
	ReportKind = "Doctor"
)

// A Report is the result of an examination. Lists are never nil.
type Report struct {
	APIVersion  string     `json:"apiVersion"`
	Kind        string     `json:"kind"`
	CreatedAt   time.Time  `json:"createdAt"`
	ToolVersion string     `json:"toolVersion"`
	SnapshotAt  *time.Time `json:"snapshotAt"` // null if the cluster was read now
	Cluster     Place      `json:"cluster"`
	Principal   *string    `json:"principal"` // null if it is not known
	Self        bool       `json:"self"`      // it is the caller
	Access      Access     `json:"access"`
	Why         string     `json:"why"` // of Access
	Checks      []Check    `json:"checks"`
	Answers     []Answer   `json:"answers"`
	Next        Next       `json:"next"`
	// Error is the reason why the cluster could not be read; null if it was read.
	Error *fault.Error `json:"error"`

	// Problem is what Next fixes; "" for none.
	Problem string `json:"-"`
}

// NoProblems is the next step if there is nothing to fix.
const NoProblems = "no problems found"

// A Place is where the cluster is.
type Place struct {
	Name    string `json:"name"`
	Region  string `json:"region"`
	Account string `json:"account"`
	ARN     string `json:"arn"`
}

// Access reports whether the principal has access.
type Access string

const (
	HasAccess Access = "in"
	NoAccess  Access = "out"
	NotKnown  Access = "unknown" // what decides could not be read
)

// A Status is the result of a check.
type Status string

const (
	OK          Status = "ok"
	Failed      Status = "fail"    // it prevents access of the principal, or of kubectl
	Warned      Status = "warning" // it does not prevent access, but may be unexpected
	Unchecked   Status = "unknown" // it could not be checked, for the reason in the evidence
	NotRelevant Status = "skipped" // it does not concern this principal or cluster
)

// A Check is one check. IDs are stable.
type Check struct {
	ID       string   `json:"id"`
	Status   Status   `json:"status"`
	Summary  string   `json:"summary"`
	Evidence []string `json:"evidence"`
	Hint     string   `json:"hint"` // how to find it out, or to fix it; may be empty
}

// IDs of checks, in their order.
const (
	CheckIdentity      = "identity"       // the principal, and the caller
	CheckCluster       = "cluster"        // it exists and is active
	CheckKubectl       = "kubectl"        // kubectl uses the same principal and this cluster
	CheckAuthority     = "authority"      // contexts have the certificate authorities of the cluster
	CheckMode          = "mode"           // authentication mode
	CheckEntry         = "entry"          // an access entry exists
	CheckAlive         = "alive"          // its principal was not recreated or deleted
	CheckPermissionSet = "permission-set" // its role has the current suffix
	CheckType          = "type"           // of the entry
	CheckUsername      = "username"       // of the entry
	CheckAWSAuth       = "aws-auth"       // its row
	CheckPolicies      = "policies"       // of the entry
	CheckGroups        = "groups"         // of the entry, and the bindings that name them
	CheckExpiry        = "expiry"         // of the entry
	CheckNodes         = "nodes"          // entries of node roles that no longer work
	CheckEndpoint      = "endpoint"       // of the cluster, and whether it can be reached
	CheckClock         = "clock"          // of this machine
	CheckToken         = "token"          // the cluster accepts it
	CheckAdmin         = "admin"          // access reviews that only a cluster admin passes
)

// An Answer is the answer to one question.
type Answer struct {
	Question string  `json:"question"`
	Verdict  Verdict `json:"verdict"`
	// How is "asked" if the cluster answered, and "derived" if the answer follows
	// from access policies as AWS has published them.
	How    string `json:"how"`
	Reason string `json:"reason"`
}

// A Verdict is yes, no or unknown.
type Verdict string

const (
	Yes     Verdict = "yes"
	No      Verdict = "no"
	NotSure Verdict = "unknown"
)

const (
	Asked   = "asked"
	Derived = "derived"
)

// Next is the next step. Command is empty if there is no command for it.
type Next struct {
	What    string `json:"what"`
	Command string `json:"command"`
}

// Missing reports whether the principal has no access, or none that is known, or
// whether a question was not answered with yes, or whether kubectl uses another
// principal or endpoint.
func (r *Report) Missing() bool {
	for _, c := range r.Checks {
		if c.ID == CheckKubectl && c.Status == Failed {
			return true
		}
	}
	for _, a := range r.Answers {
		if a.Verdict != Yes {
			return true
		}
	}
	return r.Access != HasAccess
}
