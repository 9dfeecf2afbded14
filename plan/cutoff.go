package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/spec"
)

// A CutOff is a replace that an earlier run began and did not end: it deleted
// an entry, and was killed or refused before all of the new one was made.
type CutOff struct {
	Entry   spec.Entry    // as the replace would have left it
	Left    []*spec.Entry // as it may have left it; nil for no entry
	Owner   string        // of the file it was for
	Journal string        // that tells of it
	Run     string
}

// cutOffs are those that are still to be finished: where the cluster is as
// they left it. An entry that was changed since is left as it is.
func (d *draft) cutOffs() {
	for i := range d.in.CutOff {
		c := &d.in.CutOff[i]
		var now *spec.Entry
		if have := d.have[c.Entry.Principal]; have != nil {
			now = &have.Entry
		}
		switch {
		case !c.open(now):
		case c.Owner == "" && d.in.Want.Cluster.Owner != "" && d.onHold(c):
			d.out.warn(
				"",
				"the emergency replacement of the entry of %s was interrupted (journal %s); finish it with: "+
					"eksaccess recover --cluster "+
					"%s --principal %s",
				c.Entry.Principal,
				c.Journal,
				d.in.Want.Cluster.ID.ARN(),
				c.Entry.Principal,
			)
		case c.Owner != d.in.Want.Cluster.Owner:
			d.out.warn(
				"",
				"the replacement of the entry of %s for owner %q was interrupted (journal %s); apply that owner's "+
					"file to finish it",
				c.Entry.Principal,
				c.Owner,
				c.Journal,
			)
		default:
			d.cut[c.Entry.Principal] = c
		}
	}
}

// open reports whether an entry still is as the replace left it, and that is
// not what it was to lead to.
func (c *CutOff) open(now *spec.Entry) bool {
	asLeft := slices.ContainsFunc(c.Left, func(e *spec.Entry) bool { return Alike(e, now) })
	return asLeft && !Alike(&c.Entry, now)
}

func (c *CutOff) reason() string {
	return fmt.Sprintf("finishes an interrupted replacement (journal %s)", c.Journal)
}

// finishing is what a declared entry should be, where a replace of it is to be
// finished: what only the entry had that was deleted comes back with it.
func (d *draft) finishing(want, after spec.Entry) spec.Entry {
	c := d.cut[want.Principal]
	if c == nil {
		return after
	}
	after.Tags = mergedTags(notOurs(c.Entry.Tags), after.Tags)
	if d.onHold(c) {
		after = withGrants(after, c.Entry)
	}
	return after.Canonical()
}

func (d *draft) onHold(c *CutOff) bool {
	return !d.heldUntil(&spec.LiveEntry{Entry: c.Entry}).IsZero()
}

// because is why, and what of it is left of an earlier run.
func (d *draft) because(principal, why string) string {
	if c := d.cut[principal]; c != nil {
		return why + "; " + c.reason()
	}
	return why
}

// finishOthers finishes replaces of entries that are not declared any more,
// but for those that the file would have deleted.
func (d *draft) finishOthers() {
	for i := range d.in.CutOff {
		c := d.cut[d.in.CutOff[i].Entry.Principal]
		if c == nil || d.want[c.Entry.Principal] != nil || !d.stays(c) {
			continue
		}
		delete(d.cut, c.Entry.Principal) // not twice
		after := c.Entry.Canonical()
		change := Change{
			Action:    Create,
			Principal: after.Principal,
			After:     &after,
			Finishes:  true,
			Steps:     CreateSteps(after),
			Reason:    c.reason(),
		}
		if have := d.have[after.Principal]; have != nil {
			d.taken[after.Principal] = true
			before := have.Entry.Clone()
			after = withGrants(before, after)
			change.Action, change.Before, change.Steps = Update, &before, UpdateSteps(before, after)
		}
		if len(change.Steps) > 0 {
			d.out.Changes = append(d.out.Changes, change)
		}
	}
}

// stays reports whether the entry that a replace should have left would be
// left as it is.
func (d *draft) stays(c *CutOff) bool {
	e := &spec.LiveEntry{Entry: c.Entry}
	cluster := d.in.Want.Cluster
	ends, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
	switch {
	case d.absent(e.Principal) != nil:
		return false
	case d.onHold(c), d.in.Have.IsSystem(e), matchesAny(cluster.Ignore, e.Principal):
		return true
	case cluster.Owner != "" && e.Tags[spec.TagOwner] == cluster.Owner:
		return (err != nil || !expired(ends, d.in.Now)) && (cluster.Prune == spec.PruneNone || !d.mayPrune())
	}
	return cluster.Prune != spec.PruneAll || cluster.Owner == "" || !d.mayPrune()
}
