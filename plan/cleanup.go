package plan

import (
	"maps"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// A CleanupInput is all that cleaning up one cluster depends on.
type CleanupInput struct {
	Cluster  *spec.Cluster // as its file has it, or where it is and no more
	AnyOwner bool          // there is no file: an entry is judged by the owner it carries itself
	Expired  bool          // entries past their eksaccess:expires
	Orphaned bool          // entries whose principal IAM no longer has
	Have     *spec.Live
	Callers  []string
	Now      time.Time
	Options  Options
}

// Cleanup plans to delete entries that no one needs any more, and nothing
// else. The first that fits says what is done with one whose expiry has passed, or
// whose principal is gone:
//
//	ignored            nothing is reported
//	managed by EKS     left, and reported if its principal no longer exists
//	for nodes          likewise; deleted with --allow-node-removal
//	held               left, and shown as held
//	declared           left, and the line is named: its file rules
//	another owner's    left, and the owner is named, but for --take-ownership
//	anything else      deleted
//
// The time of an entry counts where it carries an owner too: the tag is then
// this program's, and not a tag of the same name that others chose. A principal is
// gone only where IAM says so; that it could not be asked is a warning.
func Cleanup(in CleanupInput) Cluster {
	c := empty(in.Cluster)
	c.Rules.AnyOwner = in.AnyOwner
	c.AuthenticationMode = &ModeChange{Before: in.Have.Mode, After: in.Have.Mode}
	c.Unmanaged, c.Held = []Unmanaged{}, []Held{}
	if !in.Have.EntriesRead {
		c.warn("", "the cluster is in mode %s, so it has no access entries yet", in.Have.Mode)
		return c
	}
	t := tidying{in: in, c: &c, unchecked: map[string]int{}}
	for i := range in.Have.Entries {
		t.addChange(&in.Have.Entries[i])
	}
	for _, why := range slices.Sorted(maps.Keys(t.unchecked)) {
		c.warn("", "not checked whether %s still in IAM: %s", phrase.CountOf(t.unchecked[why], "principal "+
			"is", "principals are"), why)
	}
	c.finish(Input{Have: in.Have, Callers: in.Callers, Now: in.Now, Options: in.Options})
	return c
}

type tidying struct {
	in        CleanupInput
	c         *Cluster
	unchecked map[string]int // why IAM did not tell of a principal → how many
}

func (t *tidying) addChange(e *spec.LiveEntry) {
	isSystem := t.in.Have.IsSystem(e)
	if arn.IsServiceLinked(e.Principal) || isSystem && !t.in.Orphaned || matchesAny(t.in.Cluster.Ignore, e.Principal) {
		return
	}
	var end time.Time
	if !isSystem {
		end = t.expiryOf(e)
	}
	id, asked := t.in.Have.Identities[e.Principal]
	gone := t.in.Orphaned && asked && id.Existence == spec.Gone
	if t.in.Orphaned && asked && id.Existence == spec.Unknown {
		t.unchecked[id.Why]++
	}
	reason := "the principal no longer exists in IAM"
	switch {
	case end.IsZero() && !gone:
		return
	case !end.IsZero() && gone:
		reason = "expired at " + end.UTC().Format(time.RFC3339) + ", and the principal no longer exists in IAM"
	case !end.IsZero():
		reason = "expired at " + end.UTC().Format(time.RFC3339)
	}
	until := heldUntil(e.Entry, t.in.Now, t.c.Rules, t.in.Options)
	line := t.declaring(e)
	owner := t.c.Rules.foreignOwner(e.Tags)
	isNode := eksfacts.IsNode(e.Type)
	if _, tagged := e.Tags[eksfacts.ManagedTag]; owner == "" && (tagged || !isNode && t.in.Have.IsManagedByEKS(e)) {
		owner = OwnerEKS
	}
	switch {
	case !until.IsZero():
		t.c.Held = append(t.c.Held, newHeld(e, until))
	case line != nil:
		t.c.warn(
			line.Pos.String(),
			"the entry of %s is kept, because a file declares it: %s; run apply, or remove the line",
			e.Principal,
			reason,
		)
	case owner != "" && !t.in.Options.Allow.TakeOwnership:
		if t.c.Rules.mayTakeOwnership() {
			reason += "; --take-ownership deletes it"
		}
		t.c.warn("", "the entry of %s is kept, because it belongs to %s: %s", e.Principal, owner, reason)
	case isNode && !t.in.Options.Allow.NodeRemoval:
		t.c.warn("", "the %s entry of %s is kept: %s; --allow-node-removal deletes it", e.Type, e.Principal, reason)
	default:
		before := e.Entry.Clone()
		t.c.Changes = append(
			t.c.Changes,
			Change{Action: Delete, Principal: e.Principal, Reason: reason, Expired: !end.IsZero(),
				Before: &before, Steps: []Step{deleteEntry(e.Principal)}},
		)
	}
}

// expiryOf is when the entry's time was over, or the zero time.
func (t *tidying) expiryOf(e *spec.LiveEntry) time.Time {
	tag, tagged := e.Tags[spec.TagExpires]
	if !t.in.Expired || !tagged || e.Tags[spec.TagOwner] == "" {
		return time.Time{}
	}
	end, err := time.Parse(time.RFC3339, tag)
	switch {
	case err != nil:
		t.c.warn("", "the tag %s of %s is not a time: %q", spec.TagExpires, e.Principal, tag)
	case expired(end, t.in.Now):
		return end
	}
	return time.Time{}
}

// declaring is a line that asks for the entry and has not ended, or nil.
func (t *tidying) declaring(e *spec.LiveEntry) *spec.Item {
	for i, item := range t.in.Cluster.Items {
		if item.Principal.Matches(e.Principal, t.in.Cluster.ID.Account) && !expired(item.Expires, t.in.Now) {
			return &t.in.Cluster.Items[i]
		}
	}
	return nil
}
