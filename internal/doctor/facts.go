package doctor

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// Facts are the input of a report. What was not read is a [snapshot.Fact] with the
// reason.
type Facts struct {
	Now         time.Time
	ToolVersion string
	Taken       *time.Time // of the snapshot that they are from; nil if the cluster was read now
	Reach       string     // flags that choose the cluster, for commands

	Principal string // ARN of a role or user; "" if it is not known
	Guess     bool   // the path of the role is not known, so the ARN may be wrong
	Self      bool   // the principal is the caller
	Caller    string // ARN of the caller in STS; "" offline

	// Cluster is what was read from EKS, IAM and the cluster. Of its entries and
	// principals, those that concern Principal are enough.
	Cluster snapshot.Cluster
	// Listed is known if Cluster.Entries has the entry of Principal, should there
	// be one.
	Listed snapshot.Fact

	// Declared are the items of the file of Reach that declare the principal in the
	// cluster.
	Declared []spec.Item

	Kubectl   Kubectl
	Clock     Clock
	Inside    Inside
	Questions []cani.Question // beside those for cluster admin
}

// A Kubectl is the principal and the endpoint that kubectl uses, by the kubeconfig.
type Kubectl struct {
	snapshot.Fact
	File        string   // that was read; "" for those that kubectl uses
	Context     string   // the one for the cluster; "" for none
	Contexts    []string // all for the cluster, if there are several
	Current     bool     // it is the current context
	Program     string   // that creates tokens: "eksaccess", "aws"; "" for none
	Profile     string
	Role        string
	EnvKeys     bool   // keys in the environment have precedence over the profile
	Elsewhere   string // server of the context if it is not the cluster's endpoint
	WrongCA     bool   // it lacks the certificate authority that the cluster uses
	TokenFor    string // cluster that the tokens are for if it is not this one
	Principal   string // ARN as in an entry; "" if it is not known
	PrincipalBy string // why it is not known

	// OldAuthorities are sentences about contexts for the cluster that lack one of
	// its certificate authorities.
	OldAuthorities []string
}

// A Clock is how far the clock of this machine is ahead of AWS's.
type Clock struct {
	snapshot.Fact
	Ahead time.Duration
}

// An Inside is what the cluster answered to a token of the caller.
type Inside struct {
	snapshot.Fact
	Refusal  *kubeerr.Error // nil if it answered
	Username string         // "" if the cluster does not report it, before Kubernetes 1.28
	Groups   []string
	Reviews  []Review
}

// A Review is the cluster's answer to one question.
type Review struct {
	Question cani.Question
	Allowed  bool
	Reason   string
	Error    string // of the authorization
	Refusal  *kubeerr.Error
}
