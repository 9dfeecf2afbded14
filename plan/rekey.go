package plan

import (
	"fmt"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

// formerRoles are the live entries of roles that a declared permission set had
// before: same account, same set, another suffix. Identity Center makes a new
// suffix when all assignments in an account were removed and one comes back
// (Identity Center user guide, referencing permission sets).
func (d *draft) formerRoles(w *spec.WantEntry) []*spec.LiveEntry {
	if w.Ref.PermissionSet == "" {
		return nil
	}
	var old []*spec.LiveEntry
	for i := range d.in.Have.Entries {
		e := &d.in.Have.Entries[i]
		if _, declared := d.want[e.Principal]; declared || d.taken[e.Principal] || d.absent(e.Principal) != nil {
			continue
		}
		if !w.Ref.Matches(e.Principal, d.in.Want.Cluster.ID.Account) || !d.heldUntil(e).IsZero() {
			continue
		}
		old = append(old, e)
	}
	return old
}

// mayDeleteFormer: the entry of a former role goes if it is ours, or if IAM
// says that no one can be that role any more, unless it is another owner's.
func (d *draft) mayDeleteFormer(e *spec.LiveEntry) bool {
	owner := d.in.Want.Cluster.Owner
	if owner != "" && e.Tags[spec.TagOwner] == owner {
		return true
	}
	if d.out.Rules.foreignOwner(e.Tags) != "" && !d.in.Options.Allow.TakeOwnership {
		return false
	}
	return d.in.Have.Identities[e.Principal].Existence == spec.Gone
}

func (d *draft) deleteFormer(w *spec.WantEntry, e *spec.LiveEntry) {
	if d.mayDeleteFormer(e) {
		d.remove(e, fmt.Sprintf("an earlier role of permission set %q", w.Ref.PermissionSet), w.Pos.String())
		return
	}
	why := "it does not belong to this file, and its role may still exist"
	if owner := d.out.Rules.foreignOwner(e.Tags); owner != "" {
		why = fmt.Sprintf("it belongs to %s", owner)
		if d.in.Have.Identities[e.Principal].Existence == spec.Gone && d.out.Rules.mayTakeOwnership() {
			why += "; --take-ownership would delete it"
		}
	}
	p, _ := arn.ParsePrincipal(e.Principal)
	d.out.warn(
		w.Pos.String(),
		"%s is an earlier role of permission set %q; its entry is kept, because %s",
		p.Name,
		w.Ref.PermissionSet,
		why,
	)
}
