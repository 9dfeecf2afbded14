package plan

import (
	"fmt"
	"strings"

	"github.com/eksaccess/eksaccess/spec"
)

// rulesOf keeps the guards of the files in the form a plan saves.
func rulesOf(w *spec.Cluster) Rules {
	r := Rules{Owner: w.Owner, Owners: append([]spec.OwnerTag{}, w.Owners...), RequiredAdmins: []string{}}
	if w.Guards == nil {
		return r
	}
	r.MinAdmins, r.MaxRemovals = w.Guards.MinAdmins, w.Guards.MaxRemovals.String()
	for _, a := range w.Guards.RequiredAdmins {
		r.RequiredAdmins = append(r.RequiredAdmins, a.Principal.String())
	}
	return r
}

// maxRemovals counts the principals that lose a right. Rekeys, replaces,
// expired entries and principals that IAM says are gone lose nothing they
// could use.
func (j Judgement) maxRemovals(v *verdict) {
	entries := 0
	for i := range j.Have.Entries {
		if !j.Have.IsSystem(&j.Have.Entries[i]) {
			entries++
		}
	}
	share := spec.Share{}
	if j.Rules.MaxRemovals != "" {
		share, _ = spec.ParseShare(j.Rules.MaxRemovals)
	}
	if j.Allow.MaxRemovals != nil {
		share = *j.Allow.MaxRemovals
	}
	limit, meaning := share.Value, share.String()
	switch {
	case !share.Set:
		limit, meaning = max(2, entries/4), "25%, at least 2"
	case share.Percent:
		limit = entries * share.Value / 100
	}
	losing := 0
	for _, c := range j.Changes {
		if loses(c) && j.Have.Identities[c.Principal].Existence != spec.Gone {
			losing++
		}
	}
	detail := fmt.Sprintf("%s of %d may lose a right, and %d would (limit: %s)", count(limit, "principal"), entries, losing, meaning)
	if losing == 0 {
		v.pass("maxRemovals", "no principal loses a right it could use")
		return
	}
	if losing <= limit {
		v.pass("maxRemovals", "%s", detail)
		return
	}
	if n := len(j.Have.Unread); n > 0 && (share.Percent || !share.Set) {
		v.open("maxRemovals", "%s; entries not read: %d, so a share of all can't be told", detail, n)
		return
	}
	v.refuse("maxRemovals", fmt.Sprintf("if that many should, pass --max-removals=%d", losing), "%s", detail)
}

func loses(c Change) bool {
	switch {
	case c.Action == Delete:
		return !c.Expired
	case c.Action != Update:
		return false
	}
	for _, s := range c.Steps {
		if s.Phase == Revoke {
			return true
		}
	}
	return false
}

// ownership: what another owner's entry says is for that owner to change.
func (j Judgement) ownership(v *verdict) {
	var others []string
	for _, c := range j.Changes {
		if c.Before == nil {
			continue
		}
		if o := j.Rules.foreignOwner(c.Before.Tags); o != "" {
			others = append(others, fmt.Sprintf("%q of %q", c.Before.Principal, o))
		}
	}
	switch {
	case len(others) == 0:
		v.pass("ownership", "touches no other owner's entry")
	case j.Allow.TakeOwnership:
		v.pass("ownership", "touches other owners' entries, allowed: %s", strings.Join(others, ", "))
	default:
		v.refuse("ownership", "leave them to their owner, or pass --take-ownership", "touches other owners' entries: %s", strings.Join(others, ", "))
	}
}
