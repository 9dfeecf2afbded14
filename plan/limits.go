package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// rulesOf keeps the guards of the files in the form a plan saves.
func rulesOf(w *spec.Cluster) Rules {
	r := Rules{Owner: w.Owner, Owners: append([]spec.OwnerTag{}, w.Owners...), RequiredAdmins: []string{}}
	if w.Guards == nil {
		return r
	}
	r.MinAdmins, r.MaxRemovals = w.Guards.MinAdmins, w.Guards.MaxRemovals.String()
	if w.Guards.MaxHold > 0 {
		r.MaxHold = w.Guards.MaxHold.String()
	}
	if w.Guards.MaxExpiry > 0 {
		r.MaxExpiry = w.Guards.MaxExpiry.String()
	}
	r.MustExpire, r.ReasonPatterns = string(w.Guards.MustExpire), w.Guards.ReasonPatterns
	for _, a := range w.Guards.RequiredAdmins {
		r.RequiredAdmins = append(r.RequiredAdmins, a.Principal.String())
	}
	return r
}

// MaxHold is the longest hold that is respected in the cluster.
func (c *Cluster) MaxHold() time.Duration { return c.Rules.maxHold() }

// maxHold is the longest hold that is respected.
func (r Rules) maxHold() time.Duration {
	d, err := time.ParseDuration(r.MaxHold)
	if err != nil || d <= 0 {
		return spec.DefaultMaxHold
	}
	return d
}

// maxRemovals counts the principals that lose a permission.
func (j Judgement) maxRemovals(v *verdict, e effects) {
	if j.Start != nil {
		return // it limits what a plan takes away, not what others did meanwhile
	}
	total := 0
	for _, a := range e.before.All() {
		if j.countsAsPrincipal(a) {
			total++
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
		limit, meaning = max(2, total/4), "25%, at least 2"
	case share.Percent:
		limit = total * share.Value / 100
	}
	losing := j.losing(e)
	detail := fmt.Sprintf(
		"%d of %s would lose a permission, at most %d may (%s)",
		len(losing),
		phrase.Count(total, "principal"),
		limit,
		meaning,
	)
	switch n := len(j.Have.Unread); {
	case len(losing) == 0:
		v.pass(GuardMaxRemovals, "no principal loses a permission")
	case len(losing) <= limit:
		v.pass(GuardMaxRemovals, "%s", detail)
	case n > 0 && (share.Percent || !share.Set):
		v.notChecked(GuardMaxRemovals, "%s; %d entries were not read, so the percentage is not known", detail, n)
	default:
		v.refuse(
			GuardMaxRemovals,
			fmt.Sprintf("if that is intended, pass --max-removals %d", len(losing)),
			"%s",
			detail,
		)
	}
}

// countsAsPrincipal reports whether an access is one of those of which only a
// share can lose a permission: all but AWS's own, nodes, and what no one can
// use.
func (j Judgement) countsAsPrincipal(a access.Access) bool {
	if a.Node || a.Unknown != "" || a.Life == access.Stale || a.Life == access.Orphaned {
		return false
	}
	e := j.Have.Entry(a.Principal)
	return e == nil || !j.Have.IsSystem(e)
}

// losing lists the principals that lose a permission that they can use. The
// former role of a permission set hands its access on; an entry whose own tag
// says that it expired is due. Rows that end with the step to API are allowed,
// or refused, by a guard of their own.
func (j Judgement) losing(e effects) []string {
	var losing []string
	for _, c := range access.Changes(e.before, e.after) {
		switch {
		case len(c.Lost) == 0, !j.countsAsPrincipal(c.Before), j.isFormerRole(c.Principal), j.isExpired(c.Principal):
		case c.Before.Via == access.ViaRow && c.After.Via == access.ViaNone && j.Mode.After == eksfacts.ModeAPI:
		default:
			losing = append(losing, c.Principal)
		}
	}
	return losing
}

func (j Judgement) isFormerRole(principal string) bool {
	return slices.ContainsFunc(
		j.Changes,
		func(c Change) bool { return c.PreviousPrincipal != nil && *c.PreviousPrincipal == principal },
	)
}

// isExpired reports whether an entry, as it is now, is to be deleted and
// carries an end that has passed.
func (j Judgement) isExpired(principal string) bool {
	e := j.Have.Entry(principal)
	if e == nil || !slices.ContainsFunc(j.deletions(), func(d deletion) bool { return d.principal == principal }) {
		return false
	}
	end, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
	return err == nil && expired(end, j.Now)
}

// ownership protects the entries of other owners, as they are now. Adding to an
// entry that EKS manages is allowed.
func (j Judgement) ownership(v *verdict) {
	var others []string
	for _, c := range j.Changes {
		for _, principal := range c.principals() {
			e := j.Have.Entry(principal)
			if e == nil || !slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Principal == principal }) {
				continue
			}
			owner := j.Rules.foreignOwner(e.Tags)
			if owner == "" && j.Have.IsManagedByEKS(e) && c.takesFrom(principal) {
				owner = OwnerEKS
			}
			if owner != "" {
				others = append(others, fmt.Sprintf("%q of %q", principal, owner))
			}
		}
	}
	switch {
	case len(others) == 0:
		v.pass(GuardOwnership, "no entry of another owner is changed")
	case j.Allow.TakeOwnership:
		v.pass(
			GuardOwnership,
			"entries of other owners are changed, allowed by --take-ownership: %s",
			strings.Join(others, ", "),
		)
	default:
		hint := "remove them from the file, or pass --take-ownership"
		if !j.Rules.mayTakeOwnership() {
			hint += ", which requires an owner in the file"
		}
		v.refuse(GuardOwnership, hint, "entries of other owners would be changed: %s", strings.Join(others, ", "))
	}
}

// OwnerEKS is the owner of entries that EKS manages.
const OwnerEKS = "EKS"

// holds protects entries that are on hold now from losing anything.
func (j Judgement) holds(v *verdict) {
	var held []string
	for _, c := range j.Changes {
		for _, principal := range c.principals() {
			e := j.Have.Entry(principal)
			recreates := c.After != nil && principal == c.Principal && e != nil && j.Have.IsDead(e)
			if e == nil || c.Emergency || recreates || !c.takesFrom(principal) {
				continue
			}
			if h, ok := e.Hold(j.Now, j.Rules.maxHold()); ok && h.Invalid == "" &&
				c.EndsHold != e.Tags[spec.TagHoldUntil] {
				held = append(held, fmt.Sprintf("%q until %s (%s)", principal, h.Until.Format(time.RFC3339), h.Reason))
			}
		}
	}
	switch {
	case len(held) == 0:
		v.pass(GuardHolds, "no entry on hold loses access")
	case j.Allow.EndHolds:
		v.pass(GuardHolds, "entries on hold lose access, allowed by --end-holds: %s", strings.Join(held, ", "))
	default:
		v.refuse(
			GuardHolds,
			"wait until the hold ends, or pass --end-holds",
			"entries on hold would lose access: %s",
			strings.Join(held, ", "),
		)
	}
}

// principals are those whose entries a change is about.
func (c Change) principals() []string {
	if c.PreviousPrincipal != nil {
		return []string{c.Principal, *c.PreviousPrincipal}
	}
	return []string{c.Principal}
}

// takesFrom reports whether a step of the change takes something from an entry.
func (c Change) takesFrom(principal string) bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool {
		return s.Principal == principal && (s.Phase == Revoke || s.Operation == DeleteAccessEntry)
	})
}
