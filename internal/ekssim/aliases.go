package ekssim

import (
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
	"github.com/eksaccess/eksaccess/internal/ekssim/seed"
)

// Types of sub-packages that are part of worlds and edits.
type (
	// Kubernetes is what a cluster has in Kubernetes besides aws-auth.
	Kubernetes = kubeapi.Objects
	// An AuthRow is a row of aws-auth, of a role or a user.
	AuthRow = authenticator.Row
	// A Principal is an IAM role or user. As text it is "path/name".
	Principal = iam.Principal
	// A Credential is an access key and who it belongs to.
	Credential = iam.Credential
	// A PolicyDocument is an identity-based IAM policy.
	PolicyDocument = iam.PolicyDocument
	// A Statement is one of a policy.
	Statement = iam.Statement
	// Words is a list of text, or one.
	Words = iam.Words
	// A Duration is written as text, "50ms".
	Duration = seed.Duration
)
