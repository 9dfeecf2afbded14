package doctor

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// Facts are all that a report hangs on. What was not learned is a
// [snapshot.Fact] that says why.
type Facts struct {
	Now         time.Time
	ToolVersion string
	Taken       *time.Time // of the snapshot they are from; nil for a reading of now
	Reach       string     // flags that name the cluster again, for commands

	Principal string // ARN of a role or user; "" where not even that is known
	Guess     bool   // a role's path could not be told, so that the ARN may be wrong
	Self      bool   // it is who runs this
	Caller    string // who runs this, as STS says; "" offline

	// Cluster is what EKS, IAM and the cluster told. Of its entries and
	// principals, those that bear on Principal are enough.
	Cluster snapshot.Cluster
	// Listed: Cluster.Entries holds all that could be Principal's own, so that
	// one that is not there is not there. Where it is not known, Why says why.
	Listed snapshot.Fact

	// Declared are the items by which the file of Reach declares the principal in
	// the cluster.
	Declared []spec.Item

	Kubectl   Kubectl
	Clock     Clock
	Inside    Inside
	Questions []cani.Question // asked for beside the usual ones
}

// A Kubectl is who kubectl would be in the cluster, by the kubeconfig.
type Kubectl struct {
	snapshot.Fact
	File        string   // that was looked into; "" for those that kubectl uses
	Context     string   // the one for the cluster; "" for none
	Contexts    []string // all for the cluster, where there are several
	Current     bool     // it is the current context
	Program     string   // that makes tokens: "eksaccess", "aws"; "" where none does
	Profile     string
	Role        string
	EnvKeys     bool   // keys in the environment stand above that profile
	Elsewhere   string // server of the context where it is not the cluster's endpoint
	WrongCA     bool   // it does not have the certificate authority that the cluster uses
	TokenFor    string // cluster that the tokens name where it is not this one
	Principal   string // ARN as an entry has it; "" where it can't be told
	PrincipalBy string // why it can't be told

	// OldAuthorities are sentences about contexts for the cluster that lack one
	// of its certificate authorities.
	OldAuthorities []string
}

// A Clock is how far this machine's is ahead of AWS's.
type Clock struct {
	snapshot.Fact
	Ahead time.Duration
}

// An Inside is what the cluster itself said to a token of who runs this.
type Inside struct {
	snapshot.Fact
	Refusal  *kubeerr.Error // it told nothing at all
	Username string         // "" where the cluster does not tell, which is before Kubernetes 1.28
	Groups   []string
	Reviews  []Review
}

// A Review is the cluster's answer to one question.
type Review struct {
	Question cani.Question
	Allowed  bool
	Reason   string
	Error    string // what kept it from judging in full
	Refusal  *kubeerr.Error
}
