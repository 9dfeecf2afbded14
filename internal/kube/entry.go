package kube

import (
	"errors"
	"fmt"

	"github.com/eksaccess/eksaccess/spec"
)

// EntryOptions are what a person may choose of a kubeconfig entry.
type EntryOptions struct {
	Context      string // its name; "" for one that is free
	AWS          bool   // the aws command makes the tokens, not this program
	Program      string // this program, as it is found on the PATH; "" for "eksaccess"
	KeepContext  bool   // do not make it the current context
	NoAssumeRole bool   // tokens without the role of the cluster
}

// NewEntry returns the entry for a cluster as EKS describes it: tokens are made
// with a profile ("" for the SDK's chain) and the role of the cluster. The
// error is an [ExternalIDError] where the aws command cannot assume that role.
func NewEntry(cluster *spec.Cluster, have *spec.Live, profile string, o EntryOptions) (Entry, error) {
	if have.Endpoint == "" || have.CA == nil {
		return Entry{}, fmt.Errorf("EKS reports no endpoint or certificate authority of cluster %q", cluster.ID.Name)
	}
	plugin := Plugin{
		ARN:        cluster.ID.ARN(),
		Region:     cluster.ID.Region,
		Name:       cluster.ID.Name,
		ID:         have.TokenID,
		Profile:    profile,
		Role:       cluster.AssumeRole,
		ExternalID: cluster.ExternalID,
		Program:    o.Program,
	}
	if o.NoAssumeRole {
		plugin.Role, plugin.ExternalID = "", ""
	}
	if o.AWS && plugin.ExternalID != "" {
		return Entry{}, &ExternalIDError{Role: plugin.Role}
	}
	return Entry{
		Cluster: cluster.ID,
		Context: o.Context,
		Server:  have.Endpoint,
		CA:      have.CA,
		Plugin:  plugin,
		AWS:     o.AWS,
		Select:  !o.KeepContext,
	}, nil
}

// An ExternalIDError says that the aws command cannot make the tokens.
type ExternalIDError struct{ Role string }

func (e *ExternalIDError) Error() string {
	return fmt.Sprintf("role %q requires an external id, which \"aws eks get-token\" cannot pass", e.Role)
}

// Hint returns what to do about an error with a kubeconfig or one of its
// entries; "" where that is not known.
func Hint(err error) string {
	var locked *LockedError
	var unread *LoadError
	var taken *TakenError
	var external *ExternalIDError
	switch {
	case errors.As(err, &locked):
		return fmt.Sprintf("another program is writing it; if there is none, remove %q", locked.Lock)
	case errors.As(err, &unread):
		return unread.Hint
	case errors.As(err, &taken):
		return "choose another name with --alias NAME"
	case errors.As(err, &external):
		return "leave out --exec aws, or put the role into a profile and pass --profile"
	}
	return ""
}
