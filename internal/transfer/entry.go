package transfer

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// Fill brings an entry that a file declares into the form EKS answers in: with
// the type and the username it gets where none is named, and canonical. Groups
// and username of a type that takes none are EKS's own, and are left out: a
// Terraform state has them. A known type is taken in any case: EKS answers in
// upper case, and its guide has written EC2_Linux.
func Fill(e spec.Entry) spec.Entry {
	if e.Type == "" {
		e.Type = eksfacts.Standard
	}
	if upper := strings.ToUpper(e.Type); eksfacts.IsKnownType(upper) {
		e.Type = upper
	}
	if !eksfacts.TakesNames(e.Type) {
		e.Groups, e.Username = nil, ""
	}
	if e.Username == "" {
		e.Username = eksfacts.DefaultUsername(e.Type, e.Principal)
	}
	return e.Canonical()
}

// OwnUsername is the username to write for an entry: "" where it is the one
// EKS derives, or where the type takes none.
func (e Entry) OwnUsername() string {
	if !eksfacts.TakesNames(e.Type) || e.Username == eksfacts.DefaultUsername(e.Type, e.Principal) {
		return ""
	}
	return e.Username
}

// OwnGroups are the groups to write for an entry: none where the type takes
// none, since those it has are EKS's.
func (e Entry) OwnGroups() []string {
	if !eksfacts.TakesNames(e.Type) {
		return nil
	}
	return e.Groups
}

// OwnType is the type to write for an entry: "" for the one it gets where none
// is named.
func (e Entry) OwnType() string {
	if e.Type == eksfacts.Standard {
		return ""
	}
	return e.Type
}

// Name is what people call a principal: the name of the role or user, or of
// the permission set.
func (e Entry) Name() string {
	p, err := arn.ParsePrincipal(e.Principal)
	if err != nil {
		return e.Principal
	}
	if set, _, ok := p.PermissionSet(); ok {
		return set
	}
	if p.Name == "" {
		return p.Account
	}
	return p.Name
}
