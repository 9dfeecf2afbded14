package doctor

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/fault"
)

// APIVersion and Kind open every report.
const (
	APIVersion = "eksaccess/v1"
	ReportKind = "Doctor"
)

// A Report is what was found. Lists are never nil.
type Report struct {
	APIVersion  string     `json:"apiVersion"`
	Kind        string     `json:"kind"`
	CreatedAt   time.Time  `json:"createdAt"`
	ToolVersion string     `json:"toolVersion"`
	SnapshotAt  *time.Time `json:"snapshotAt"` // null for a reading of now
	Cluster     Place      `json:"cluster"`
	Principal   *string    `json:"principal"` // null where it could not be told
	Self        bool       `json:"self"`      // it is who runs this
	Access      Access     `json:"access"`
	Why         string     `json:"why"` // of Access, in a sentence
	Checks      []Check    `json:"checks"`
	Answers     []Answer   `json:"answers"`
	Next        Next       `json:"next"`
	// Error is why the cluster could not be read; null where it could.
	Error *fault.Error `json:"error"`
}

// A Place is where the cluster is.
type Place struct {
	Name    string `json:"name"`
	Region  string `json:"region"`
	Account string `json:"account"`
	ARN     string `json:"arn"`
}

// Access says whether the principal is in.
type Access string

const (
	In      Access = "in"
	Out     Access = "out"
	Unknown Access = "unknown" // what decides it could not be learned
)

// A Status is how a check came out.
type Status string

const (
	OK          Status = "ok"
	Failed      Status = "fail"    // it keeps the principal out, or would keep kubectl from getting in
	Warned      Status = "warning" // it does not keep anybody out, and is not as one would think
	Unchecked   Status = "unknown" // it could not be checked; the evidence says why
	NotRelevant Status = "skipped" // it does not bear on this principal or cluster
)

// A Check is one thing that was looked at. IDs are stable.
type Check struct {
	ID       string   `json:"id"`
	Status   Status   `json:"status"`
	Summary  string   `json:"summary"`
	Evidence []string `json:"evidence"`
	Hint     string   `json:"hint"` // what would make it known, or better; may be empty
}

// IDs of checks, in the order they are made.
const (
	CheckIdentity      = "identity"       // whose access it is, and who runs this
	CheckCluster       = "cluster"        // there, and in a status in which it answers
	CheckKubectl       = "kubectl"        // kubectl would be the same, and speak to this cluster
	CheckAuthority     = "authority"      // contexts have the certificate authorities of the cluster
	CheckMode          = "mode"           // authentication mode
	CheckEntry         = "entry"          // there is an access entry
	CheckAlive         = "alive"          // its principal is the one it was made for
	CheckPermissionSet = "permission-set" // its suffix is the one of today
	CheckType          = "type"           // of the entry
	CheckUsername      = "username"       // of the entry
	CheckAWSAuth       = "aws-auth"       // its row
	CheckPolicies      = "policies"       // of the entry
	CheckGroups        = "groups"         // of the entry, and the bindings that name them
	CheckExpiry        = "expiry"         // of the entry
	CheckNodes         = "nodes"          // entries of node roles that no longer work
	CheckEndpoint      = "endpoint"       // of the cluster, and whether it answers here
	CheckClock         = "clock"          // of this machine
	CheckToken         = "token"          // the cluster takes it
	CheckAdmin         = "admin"          // access reviews that only an administrator passes
)

// An Answer is what is said to one question.
type Answer struct {
	Question string  `json:"question"`
	Verdict  Verdict `json:"verdict"`
	// How is "asked" where the cluster was, and "derived" where it follows from
	// access policies as AWS has published them.
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

// Next is the one thing to do. Command is empty where no command does it.
type Next struct {
	What    string `json:"what"`
	Command string `json:"command"`
}

// Missing reports whether access is not there, or not known to be: of the
// principal at all, or for anything that was asked; or whether kubectl would
// be somebody else than who runs this, or go elsewhere.
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
	return r.Access != In
}
