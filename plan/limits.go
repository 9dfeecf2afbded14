package plan

import (
	"fmt"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
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
		if !isSystem(&j.Have.Entries[i], j.Have) {
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
	if losing <= limit {
		v.pass("maxRemovals", "%s", detail)
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

// authMode: the step to API makes EKS ignore aws-auth for good.
func (j Judgement) authMode(v *verdict) {
	switch {
	case j.Mode.Before == j.Mode.After:
	case j.Mode.After != eksfacts.ModeAPI:
		v.pass("authMode", "to %s; EKS does not go back from it", j.Mode.After)
	case j.Allow.APIOnly:
		v.pass("authMode", "to %s, which ends aws-auth; allowed", j.Mode.After)
	default:
		v.refuse("authMode", "make sure that every row of aws-auth that is still needed has an entry, and pass --allow-api-only",
			"to %s, which ends aws-auth, and aws-auth was not read", j.Mode.After)
	}
}

// ownership: what another owner's entry says is for that owner to change.
func (j Judgement) ownership(v *verdict) {
	var others []string
	for _, c := range j.Changes {
		if c.Before == nil {
			continue
		}
		if o := j.Rules.foreignOwner(c.Before.Tags); o != "" {
			others = append(others, c.Before.Principal+" of "+o)
		}
	}
	switch {
	case len(others) == 0:
		v.pass("ownership", "touches no other owner's entry")
	case j.Allow.TakeOwnership:
		v.pass("ownership", "touches other owners' entries, allowed: %s", quoted(others))
	default:
		v.refuse("ownership", "leave them to their owner, or pass --take-ownership", "touches other owners' entries: %s", quoted(others))
	}
}

// uncover: without an entry, a principal's aws-auth row rules again
// (EKS user guide, migrating-access-entries).
func (j Judgement) uncover(v *verdict) {
	if j.Mode.After != eksfacts.ModeAPIAndConfigMap {
		return
	}
	deletes := 0
	for _, c := range j.Changes {
		if c.Action == Delete {
			deletes++
			v.warnings = append(v.warnings, Warning{Source: c.Source, Message: fmt.Sprintf(
				"aws-auth was not read: if it has a row for %s, that row rules once the entry is gone", c.Principal)})
		}
	}
	if deletes > 0 {
		v.open("uncover", "aws-auth was not read; it may have rows for what is deleted (%s)", count(deletes, "principal"))
	}
}
