package plan

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// addUndeclared goes through the live entries and does what their class asks for.
// The classes are tried in the order of the product's table: absent, held,
// declared, system, ignored, owned, unmanaged. Declared ones were dealt with
// before; what is absent is so whatever else it is. Of a partial reading nothing
// is said of what is not declared: to say it of some would look like all.
func (d *draft) addUndeclared() {
	for i := range d.in.Have.Entries {
		e := &d.in.Have.Entries[i]
		if a := d.absent(e.Principal); a != nil {
			d.remove(e, "listed under absent", a.Pos.String())
			continue
		}
		if d.taken[e.Principal] || d.in.Have.Partial && d.want[e.Principal] == nil {
			continue
		}
		d.class(e)
	}
}

func (d *draft) class(e *spec.LiveEntry) {
	c := d.in.Want.Cluster
	_, declared := d.want[e.Principal]
	until := d.heldUntil(e)
	d.noteHold(e)
	switch {
	case !until.IsZero():
		d.out.Held = append(d.out.Held, newHeld(e, until))
	case declared: // its line has expired
	case d.in.Have.IsSystem(e):
		d.out.Counts.System++
		d.noteUnusable(e)
	case matchesAny(c.Ignore, e.Principal):
		d.out.Counts.Ignored++
	case c.Owner != "" && e.Tags[spec.TagOwner] == c.Owner:
		d.addOwned(e)
	case c.Prune == spec.PruneAll && c.Owner != "" && d.mayPrune():
		d.remove(e, "unmanaged, and prune is all", "")
	default:
		u := Unmanaged{
			Principal: e.Principal, Type: e.Type, Owner: d.ownerOf(e), Policies: e.Policies, Groups: e.Groups,
		}
		if u.Owner == "" && !c.Watch {
			u.ClusterSource = c.Pos.String()
		}
		d.out.Unmanaged = append(d.out.Unmanaged, u)
	}
}

func (d *draft) addOwned(e *spec.LiveEntry) {
	c := d.in.Want.Cluster
	ends, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
	switch {
	case err == nil && expired(ends, d.in.Now):
		d.expire(e, ends, "")
	case c.Prune != spec.PruneNone && d.mayPrune():
		d.remove(e, fmt.Sprintf("owned by %q and no longer declared", c.Owner), "")
	default:
		d.out.Unmanaged = append(d.out.Unmanaged, Unmanaged{Principal: e.Principal, Type: e.Type, Owner: c.Owner,
			Policies: e.Policies, Groups: e.Groups})
	}
}

// mayPrune: a cluster that declares nothing looks like a mistake, so it prunes
// only where prune stands on that very cluster.
func (d *draft) mayPrune() bool { return len(d.in.Want.Entries) > 0 || d.in.Want.Cluster.PruneHere }

// remove plans a deletion, unless nothing may be removed in this run.
func (d *draft) remove(e *spec.LiveEntry, reason, source string) {
	d.taken[e.Principal] = true
	if d.in.Options.AddOnly {
		d.left++
		return
	}
	if slices.ContainsFunc(
		d.out.Changes,
		func(c Change) bool { return c.Action == Delete && c.Principal == e.Principal },
	) {
		return
	}
	before := e.Entry.Clone()
	d.out.Changes = append(d.out.Changes, Change{Action: Delete, Principal: e.Principal, Reason: reason, Source: source,
		Before: &before, Steps: []Step{deleteEntry(e.Principal)}})
}

func (d *draft) expire(e *spec.LiveEntry, end time.Time, source string) {
	n := len(d.out.Changes)
	d.remove(e, "expired at "+end.UTC().Format(time.RFC3339), source)
	for i := range d.out.Changes[n:] {
		d.out.Changes[n+i].Expired = true
	}
}

// ownerOf names who made an entry that no file declares, as far as its tags
// and policies tell.
func (d *draft) ownerOf(e *spec.LiveEntry) string {
	if owner := spec.OwnerOf(e.Tags, d.in.Want.Cluster.Owners); owner != "" {
		return owner
	}
	if d.in.Have.IsManagedByEKS(e) {
		return OwnerEKS
	}
	return ""
}

// noteHold warns of a hold that has no effect.
func (d *draft) noteHold(e *spec.LiveEntry) {
	if h, ok := e.Hold(d.in.Now, d.out.Rules.maxHold()); ok && h.Invalid != "" {
		d.out.warn("", "the hold on the entry of %s has no effect: %s", e.Principal, h.Invalid)
	}
}

// noteUnusable warns of an entry of AWS's own that no longer works: EKS does
// not delete the entries of deleted principals (EKS user guide,
// creating-access-entries).
func (d *draft) noteUnusable(e *spec.LiveEntry) {
	id := d.in.Have.Identities[e.Principal]
	switch {
	case id.Existence == spec.Gone:
		d.out.warn("", "the %s entry of %s is orphaned: its role no longer exists; delete it with: "+
			"eksaccess cleanup --orphaned --allow-node-removal --cluster %s", e.Type, e.Principal,
			d.in.Want.Cluster.ID.ARN())
	case d.isDead(e):
		d.out.warn(
			"",
			"the %s entry of %s is stale: the role was recreated at %s, after its entry (%s), so its nodes cannot "+
				"join; to recreate the entry, declare {principal: %s, type: %s}",
			e.Type,
			e.Principal,
			id.CreatedAt.UTC().Format(time.RFC3339),
			e.CreatedAt.UTC().Format(time.RFC3339),
			e.Principal,
			e.Type,
		)
	}
}

// heldUntil is the end of a hold that is still on, or the zero time.
func (d *draft) heldUntil(e *spec.LiveEntry) time.Time {
	return heldUntil(e.Entry, d.in.Now, d.out.Rules, d.in.Options)
}

func heldUntil(e spec.Entry, now time.Time, r Rules, o Options) time.Time {
	h, ok := e.Hold(now, r.maxHold())
	if !ok || h.Invalid != "" || o.Allow.EndHolds {
		return time.Time{}
	}
	return h.Until
}

func newHeld(e *spec.LiveEntry, until time.Time) Held {
	return Held{Principal: e.Principal, Until: until.UTC(), Reason: e.Tags[spec.TagReason]}
}

// foreignOwner names the owner of an entry that belongs to another writer.
func (r Rules) foreignOwner(tags map[string]string) string {
	o := spec.OwnerOf(tags, r.Owners)
	if r.AnyOwner && tags[spec.TagOwner] != "" {
		return ""
	}
	if _, emergency := tags[spec.TagHoldUntil]; o == spec.OwnerBreakGlass && emergency {
		return "" // recover's: under the hold grants may be added, after it the file rules again
	}
	if o != r.Owner {
		return o
	}
	return ""
}

// mayTakeOwnership reports whether --take-ownership has a meaning: a file
// without an owner cannot take ownership, and the flag is refused for it.
func (r Rules) mayTakeOwnership() bool { return r.Owner != "" || r.AnyOwner }

func matchesAny(globs []string, principal string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return arn.Match(g, principal) })
}

// addWarnings turns what was noticed on the way into one warning each.
func (d *draft) addWarnings() {
	for _, owner := range slices.Sorted(maps.Keys(d.owners)) {
		d.out.warn("", "%s already as declared, owned by %s", phrase.Count(d.owners[owner], "entry"), owner)
	}
	for _, why := range slices.Sorted(maps.Keys(d.unchecked)) {
		d.out.warn(
			"",
			"not checked whether %s recreated after its entry: %s",
			phrase.CountOf(d.unchecked[why], "declared principal was", "declared principals were"),
			why,
		)
	}
	if d.in.Options.AddOnly && endsAWSAuth(d.in) {
		d.out.warn("", "skipped because of --add-only: the change to mode %s, which disables "+
			"aws-auth", eksfacts.ModeAPI)
		d.out.LeftOut++
	}
	d.out.LeftOut += d.left
	if d.left > 0 {
		d.out.warn(
			"",
			"skipped because of --add-only: %s that would narrow, remove or replace",
			phrase.Count(d.left, "change"),
		)
	}
}
