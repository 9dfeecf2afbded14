package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A draft is a cluster's plan while it is being made: first what the file
// declares is looked up among the live entries, then those that no file
// declared are classed.
type draft struct {
	in   Input
	out  *Cluster
	want map[string]*spec.WantEntry // by principal
	have map[string]*spec.LiveEntry // by principal

	cut       map[string]*CutOff // replaces to be finished, by principal
	taken     map[string]bool    // live entries a change deals with already
	owners    map[string]int     // other owners of declared entries that need no change → how many
	unchecked map[string]int     // why IAM did not tell of a declared principal → how many
	left      int                // changes left out by add-only
}

func newDraft(in Input, out *Cluster) *draft {
	d := &draft{in: in, out: out, want: map[string]*spec.WantEntry{}, have: map[string]*spec.LiveEntry{},
		taken: map[string]bool{}, owners: map[string]int{}, cut: map[string]*CutOff{}, unchecked: map[string]int{}}
	for i := range in.Want.Entries {
		d.want[in.Want.Entries[i].Principal] = &in.Want.Entries[i]
	}
	for i := range in.Have.Entries {
		d.have[in.Have.Entries[i].Principal] = &in.Have.Entries[i]
	}
	return d
}

func (d *draft) addDeclared() {
	for _, i := range d.in.Ended {
		d.lineEnded(i.Principal.String(), i.Expires, i.Pos)
	}
	for i := range d.in.Want.Entries {
		w := &d.in.Want.Entries[i]
		d.suggestNodeType(w)
		if expired(w.Expires, d.in.Now) {
			d.expiredLine(w)
			continue
		}
		have := d.have[w.Principal]
		old := d.formerRoles(w)
		switch {
		case have == nil:
			d.create(w, old)
		default:
			d.update(w, have)
			for _, o := range old {
				d.deleteFormer(w, o)
			}
		}
	}
}

func (d *draft) lineEnded(who string, at time.Time, pos spec.Pos) {
	d.out.warn(pos.String(), "the access of %s expired at %s; remove the line", who, at.UTC().Format(time.RFC3339))
}

// expiredLine: what a line asks for has ended. Its entry goes, the line stays
// for a person to take out.
func (d *draft) expiredLine(w *spec.WantEntry) {
	d.lineEnded(w.Principal, w.Expires, w.Pos)
	have := d.have[w.Principal]
	switch {
	case have == nil || !d.heldUntil(have).IsZero():
	case d.in.Have.IsManagedByEKS(have) && !d.in.Options.Allow.TakeOwnership:
		d.taken[w.Principal] = true
		d.out.warn(
			w.Pos.String(),
			"EKS manages the entry of %s, so it is not deleted; remove the expired access manually",
			w.Principal,
		)
	default:
		d.expire(have, w.Expires, w.Pos.String())
	}
}

// suggestNodeType warns of a declared role that looks like a node role: with
// type STANDARD its nodes cannot join (karpenter-provider-aws #5369). What
// instances and Fargate pods may assume is known from the role's trust policy.
func (d *draft) suggestNodeType(w *spec.WantEntry) {
	policy := d.in.Have.Identities[w.Principal].Trust
	if w.Type != eksfacts.Standard || policy == nil || len(w.Groups)+len(w.Policies) == 0 {
		return
	}
	nodeType := ""
	switch services := policy.Services(); {
	case slices.Contains(services, "eks-fargate-pods"):
		nodeType = eksfacts.FargateLinux
	case slices.Contains(services, "ec2"):
		nodeType = eksfacts.EC2Linux
	default:
		return
	}
	d.out.warn(
		w.Pos.String(),
		"%s has the trust policy of a node role, and nodes cannot join with type STANDARD; for a node role, write "+
			"type: %s, and no groups or policies",
		w.Principal,
		nodeType,
	)
}

func (d *draft) create(w *spec.WantEntry, old []*spec.LiveEntry) {
	id, asked := d.in.Have.Identities[w.Principal]
	switch {
	case id.ARN != "":
		d.out.warn(
			w.Pos.String(),
			"%s does not exist in IAM, so EKS will refuse its entry: %s",
			w.Principal,
			id.Elsewhere(),
		)
	case asked && id.Existence == spec.Gone:
		d.out.warn(w.Pos.String(), "%s does not exist in IAM; EKS will refuse its entry until it exists", w.Principal)
	}
	for _, p := range append(slices.Sorted(maps.Keys(d.have)), d.in.Have.Unread...) {
		if strings.EqualFold(p, w.Principal) {
			d.out.warn(
				w.Pos.String(),
				"the cluster has an entry for %s, which differs from %s in case only",
				p,
				w.Principal,
			)
		}
	}
	after := d.finishing(w.Entry, w.Entry.Canonical())
	c := Change{Action: Create, Principal: w.Principal, Source: w.Pos.String(), After: &after,
		Finishes: d.cut[w.Principal] != nil, Reason: d.because(w.Principal, "declared, and has no entry")}
	d.setEnd(w, &c)
	c.Steps = CreateSteps(after)
	for i, o := range old {
		switch {
		case i == 0 && !d.in.Options.AddOnly && d.mayDeleteFormer(o):
			before := o.Entry.Clone()
			c.Action, c.Before, c.PreviousPrincipal = Rekey, &before, &before.Principal
			c.Reason = fmt.Sprintf("the role of permission set %q has a new suffix", w.Ref.PermissionSet)
			c.Steps = append(c.Steps, deleteEntry(o.Principal))
			d.taken[o.Principal] = true
		default:
			d.deleteFormer(w, o)
		}
	}
	d.out.Changes = append(d.out.Changes, c)
}

func (d *draft) update(w *spec.WantEntry, have *spec.LiveEntry) {
	before, after := have.Entry.Clone(), d.finishing(w.Entry, desiredEntry(w.Entry, have.Entry))
	d.taken[w.Principal] = true
	owner := d.out.Rules.foreignOwner(have.Tags)
	switch {
	case d.in.Have.IsManagedByEKS(have):
		// EKS stays its owner: it gets no tag of ours, and loses nothing.
		after.Tags = ourTagsFrom(after.Tags, have.Tags)
		if !d.in.Options.Allow.TakeOwnership && before.Type == after.Type {
			after = withGrants(before, after)
		}
		owner = OwnerEKS
	case owner != "" && !d.in.Options.Allow.TakeOwnership:
		// Marking it as ours is no reason to touch another owner's entry.
		after.Tags = ourTagsFrom(after.Tags, have.Tags)
	}
	d.extendEnd(w, have, &after)
	if owner != "" && same(before, after) && !d.isDead(have) {
		d.owners[owner]++
	}
	d.noteHold(have)
	until := d.heldUntil(have)
	if !until.IsZero() {
		d.out.Held = append(d.out.Held, newHeld(have, until))
	}
	retype := before.Type != after.Type
	switch {
	case (d.isDead(have) || retype) && d.in.Options.AddOnly:
		d.left++
	case retype && !until.IsZero():
		d.out.warn(
			w.Pos.String(),
			"the entry of %s is on hold, so its type stays %s until %s",
			w.Principal,
			before.Type,
			until.UTC().Format(time.RFC3339),
		)
	case d.isDead(have) || retype:
		if !until.IsZero() {
			after = withGrants(before, after)
		}
		c := Change{Action: Replace, Principal: w.Principal, Source: w.Pos.String(), Before: &before, After: &after,
			Steps: ReplaceSteps(
				after,
				d.isDead(have),
			), Reason: fmt.Sprintf("EKS cannot change the type from %s to %s in place", before.Type, after.Type)}
		if d.isDead(have) {
			c.Reason = fmt.Sprintf(
				"the principal was recreated at %s, after its entry (%s), so EKS refuses its calls",
				d.in.Have.Identities[w.Principal].CreatedAt.UTC().
					Format(time.RFC3339),
				have.CreatedAt.UTC().Format(time.RFC3339),
			)
		}
		d.out.Changes = append(d.out.Changes, c)
	default:
		d.inPlace(w, before, after, !until.IsZero())
	}
}

// inPlace updates what may be updated: all of it, or only the grants where
// nothing may be taken.
func (d *draft) inPlace(w *spec.WantEntry, before, after spec.Entry, isHeld bool) {
	d.noteUnchecked(w.Principal)
	if isHeld || d.in.Options.AddOnly {
		grown := withGrants(before, after)
		if !isHeld && !same(grown, after) {
			d.left++
		}
		if isHeld {
			grown.Tags = before.Tags // a hold is not ended by tagging round it
		}
		after = grown
	}
	steps := UpdateSteps(before, after)
	if len(steps) == 0 {
		if !isHeld {
			d.out.Counts.Unchanged++
			d.out.Unchanged = append(d.out.Unchanged, after)
		}
		return
	}
	d.out.Changes = append(d.out.Changes, Change{Action: Update, Principal: w.Principal, Source: w.Pos.String(),
		Before: &before, After: &after, Steps: steps, Finishes: d.cut[w.Principal] != nil,
		Reason: d.because(w.Principal, d.whyUpdate(before, after))})
}

// whyUpdate says what differs, and whether the entry becomes ours with it.
func (d *draft) whyUpdate(before, after spec.Entry) string {
	parts := differingFields(before, after)
	verb := " differ"
	if len(parts) == 1 && parts[0] == "username" {
		verb = " differs"
	}
	why := strings.Join(parts, ", ") + verb
	owner := d.in.Want.Cluster.Owner
	switch had := before.Tags[spec.TagOwner]; {
	case owner == "" || after.Tags[spec.TagOwner] != owner || had == owner:
		return why
	case had != "":
		return fmt.Sprintf("ownership taken from %q: %s", had, why)
	default:
		return "adopts the existing entry: " + why
	}
}

// absent returns what names the principal as one that must have no access. A
// glob is not meant for the roles of AWS's services, which EKS lets no one
// delete (see arn.IsServiceLinked).
func (d *draft) absent(principal string) *spec.Absent {
	if arn.IsServiceLinked(principal) {
		return nil
	}
	for i, a := range d.in.Want.Cluster.Absent {
		if a.Principal.Matches(principal, d.in.Want.Cluster.ID.Account) {
			return &d.in.Want.Cluster.Absent[i]
		}
	}
	return nil
}

func expired(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

// desiredEntry is what the entry should be: as declared, with the tags it has that
// are not ours to take, and with what EKS derives where nothing may be set.
func desiredEntry(want, have spec.Entry) spec.Entry {
	e := want.Clone()
	if e.Type == have.Type && !eksfacts.TakesNames(e.Type) {
		e.Username, e.Groups = have.Username, have.Groups
	}
	if e.Type == have.Type && e.Username == "" {
		e.Username = have.Username
	}
	e.Tags = mergedTags(notOurs(have.Tags), want.Tags)
	return e.Canonical()
}

func notOurs(tags map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range tags {
		if !strings.HasPrefix(k, spec.TagPrefix) {
			out[k] = v
		}
	}
	return out
}

// ourTagsFrom is tags with the keys of this program as they are in live.
func ourTagsFrom(tags, live map[string]string) map[string]string {
	out := notOurs(tags)
	for k, v := range live {
		if strings.HasPrefix(k, spec.TagPrefix) {
			out[k] = v
		}
	}
	return out
}

// isDead reports whether the principal was deleted and recreated after its
// entry: the entry is bound to the id of the one that is gone
// (EKS user guide, creating-access-entries).
func (d *draft) isDead(have *spec.LiveEntry) bool { return d.in.Have.IsDead(have) }

func (d *draft) noteUnchecked(principal string) {
	if arn.IsServiceLinked(principal) {
		return
	}
	if id, ok := d.in.Have.Identities[principal]; ok && id.Existence == spec.Unknown {
		d.unchecked[id.Why]++
	}
}
