package apply

import (
	"context"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A Target is one cluster and all that is needed to apply its plan.
type Target struct {
	Plan plan.Cluster
	// Have is the reading the plan is judged on before the first write; nil
	// means that Run reads first.
	Have   *spec.Live
	Writer Writer
	Reader Reader
	// Journal is informed of every write; nil keeps none.
	Journal Journal
	// Judge checks the guards against what the remaining changes would make of
	// a reading. A change that is under way comes with the steps still to be
	// sent. start is nil but for the last reading of a run: then it is the
	// first one, with which the last is compared. A nil Judge checks nothing.
	Judge func(have *spec.Live, remaining []plan.Change, start *spec.Live) []plan.Guard
	// Callers are the principals that run this: the identity used and the one
	// it was assumed from. What is taken from them is taken last.
	Callers []string
}

// A Reader reads the cluster of a [Target]. Its errors may be *plan.Error
// values, which are then kept as they are.
type Reader interface {
	// Read returns the whole cluster, with fresh IAM facts if the guards are
	// to have them.
	Read(ctx context.Context) (*spec.Live, error)
	// ReadEntry returns one entry with its policies, nil where there is none.
	ReadEntry(ctx context.Context, principal string) (*spec.LiveEntry, error)
	// ReadAWSAuth returns the rows of aws-auth as they are now; last where they
	// are not read, or cannot be read any more.
	ReadAWSAuth(ctx context.Context, last *spec.AWSAuth) *spec.AWSAuth
	// Mode returns the authentication mode that DescribeCluster tells.
	Mode(ctx context.Context) (string, error)
	// Update returns how an update of the cluster stands.
	Update(ctx context.Context, id string) (Update, error)
}

// An Update is the state of an update of a cluster, as DescribeUpdate tells.
type Update struct {
	Status  string // InProgress, Failed, Cancelled, Successful
	Code    string // of the first error
	Message string // of the first error
}
