package ekssim

import (
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
)

// Types of sub-packages that are part of worlds and edits.
type (
	// Kubernetes is what a cluster has in Kubernetes besides aws-auth.
	Kubernetes = kubeapi.Objects
	// An AuthRow is a row of aws-auth, of a role or a user.
	AuthRow = authenticator.Row
)
