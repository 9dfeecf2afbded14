package recover

import (
	"fmt"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

// formerRoles are notes on entries of roles that the principal's permission set had
// before: with the last assignment in an account the role goes, and with the
// next comes one with another suffix (Identity Center user guide, "Referencing
// permission sets"). That is why the principal was locked out, and why others
// of the set are.
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
				"%s is an earlier role of permission set %q, and its entry is left as it was",
				old.Name,
				set,
			),
			Mend: []string{
				fmt.Sprintf(
					"a file that declares permissionSet: %s moves it; or: eksaccess cleanup --orphaned --cluster %s",
					set,
					id.ARN(),
				),
			},
		}
		notes = append(notes, n)
	}
	return notes
}

// endNotes is the note on an emergency's entry that is to end: EKS has no timer.
func endNotes(e *spec.LiveEntry, id arn.Cluster) []Note {
	if e == nil || e.Tags[spec.TagOwner] != spec.OwnerBreakGlass || e.Tags[spec.TagExpires] == "" {
		return nil
	}
	return []Note{
		{Message: "the entry ends when something deletes it after " + e.Tags[spec.TagExpires] + ": EKS has no timer",
			Mend: []string{"eksaccess cleanup --expired --cluster " + id.ARN()}},
	}
}

// isCovered reports whether entries alone let in all of the nodes, so that
// aws-auth need not be read for them.
func isCovered(have *spec.Live, nodes []spec.NodeRole) bool {
	for _, n := range nodes {
		if have.Entry(n.Role) == nil {
			return false
		}
	}
	return true
}
