package recover

import (
	"fmt"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

// formerRoles are notes on entries of earlier roles of the principal's permission
// set: Identity Center deletes the role with the last assignment in an account,
// and creates one with another suffix for the next assignment (Identity Center
// user guide, "Referencing permission sets"). That is why the principals of the
// set lost access.
func formerRoles(principal string, have *spec.Live, id arn.Cluster) []Note {
	p, err := arn.ParsePrincipal(principal)
	if err != nil {
		return nil
	}
	set, _, ok := p.PermissionSet()
	if !ok {
		return nil
	}
	var notes []Note
	for _, e := range have.Entries {
		if e.Principal == principal || !(spec.PrincipalRef{PermissionSet: set}).Matches(e.Principal, id.Account) {
			continue
		}
		old, _ := arn.ParsePrincipal(e.Principal)
		n := Note{
			Message: fmt.Sprintf(
				"%s is an earlier role of permission set %q; its entry was not changed",
				old.Name,
				set,
			),
			Fix: []string{
				fmt.Sprintf(
					"apply a file that declares permissionSet: %s, or run: eksaccess cleanup --orphaned --cluster %s",
					set,
					id.ARN(),
				),
			},
		}
		notes = append(notes, n)
	}
	return notes
}

// expiryNotes is the note on an emergency grant that expires: EKS does not delete
// it.
func expiryNotes(e *spec.LiveEntry, cleanup string) []Note {
	if e == nil || e.Tags[spec.TagOwner] != spec.OwnerBreakGlass || e.Tags[spec.TagExpires] == "" {
		return nil
	}
	return []Note{{
		Message:  "EKS does not delete the entry when it expires, at " + e.Tags[spec.TagExpires] + ": run a cleanup",
		Fix:      []string{cleanup},
		OfExpiry: true,
	}}
}

// isCovered reports whether all nodes have entries, so that aws-auth need not be
// read for them.
func isCovered(have *spec.Live, nodes []spec.NodeRole) bool {
	for _, n := range nodes {
		if have.Entry(n.Role) == nil {
			return false
		}
	}
	return true
}
