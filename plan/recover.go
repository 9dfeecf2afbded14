package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/spec"
)

// A RecoverInput is all that getting one principal back into one cluster hangs
// on.
type RecoverInput struct {
	Cluster   *spec.Cluster // where it is, and how it is reached
	Principal string        // ARN of a role or user
	Policy    spec.Policy   // that it is to have
	Lasts     time.Duration // of the grant, and of the hold on it
	Longer    bool          // Lasts was asked for: a hold that is on may be made longer
	Reason    string        // fit for a tag
	// Recreate recreates the entry though IAM does not say that the principal
	// was recreated.
	Recreate bool
	// Refused: the cluster was asked by the principal itself and did not let it
	// in, so its entry gives nothing.
	Refused bool
	Have    *spec.Live
	CutOff  []CutOff // by earlier runs
	Callers []string
	Now     time.Time
	Options Options
}

// Recover plans what gives a principal a policy, touches no other entry, and
// takes nothing from anybody:
//
//	no entry          create, owned by break-glass, with an end and a reason
//	entry, alive      update: what it has stays, the policy is added or widened
//	entry, dead       replace: recreated with all it had, and the policy
//	another type      an error: EKS would have to take it away
//
// An entry that exists keeps its owner and its end. Whatever is changed is
// held, so that no apply of a file takes it back before the emergency is over.
// In mode CONFIG_MAP the step that EKS needs for it comes first.
func Recover(in RecoverInput) Cluster {
	c := empty(in.Cluster)
	c.Rules.AnyOwner = true
	c.AuthenticationMode = &ModeChange{Before: in.Have.Mode, After: in.Have.Mode}
	if !in.Have.EntriesRead {
		c.AuthenticationMode.After = eksfacts.ModeAPIAndConfigMap
	}
	c.Unmanaged, c.Held = []Unmanaged{}, []Held{}
	if err := in.refusal(); err != nil {
		c.fail(*err)
		return c
	}
	if change := in.change(); change != nil {
		change.Emergency = true
		c.Changes = append(c.Changes, *change)
	}
	if e := in.Have.Entry(in.Principal); e != nil {
		if owner := c.Rules.foreignOwner(e.Tags); owner != "" && len(c.Changes) > 0 {
			c.warn("", "the entry belongs to %s, whose next run may revoke this access", owner)
		}
	}
	if id := in.Have.Identities[in.Principal]; id.Existence == spec.Unknown {
		c.warn("", "not checked whether the principal was recreated after its entry: %s", id.Why)
	}
	c.finish(Input{Have: in.Have, Callers: in.Callers, Now: in.Now, Options: in.Options})
	return c
}

// refusal says why nothing can be done for the principal.
func (in RecoverInput) refusal() *Error {
	e := in.Have.Entry(in.Principal)
	err := &Error{Code: fault.NotRecoverable, Operation: CreateAccessEntry, Resource: in.Principal}
	switch {
	case arn.IsServiceLinked(in.Principal):
		err.Message = fmt.Sprintf("%q is a service-linked role, and EKS refuses entries for these", in.Principal)
		err.Hint = "pass another role or user with --principal"
	case in.Have.Identities[in.Principal].Existence == spec.Gone:
		err.Code = "PrincipalGone"
		err.Message = fmt.Sprintf("%s does not exist in IAM, so EKS refuses an entry for it", in.Principal)
		err.Hint = "pass an existing principal: an ARN with its path, role=NAME, user=NAME or permissionSet=NAME"
		if id := in.Have.Identities[in.Principal]; id.ARN != "" {
			err.Message += ": " + id.Elsewhere()
			err.Hint = "pass --principal " + id.ARN
		}
	case e != nil && e.Type != eksfacts.Standard:
		err.Message = fmt.Sprintf(
			"the entry of %s has type %s, which cannot have this policy, and EKS cannot change the type in place",
			in.Principal,
			e.Type,
		)
		err.Hint = "pass another role or user with --principal; deleting this entry would disconnect nodes"
	case e != nil && in.recreates(e) && !in.Refused && in.lastAdmin(e):
		err.Code = "LastAdmin"
		err.Message = fmt.Sprintf(
			"%s may be the only cluster admin, so its entry is not recreated",
			in.Principal,
		)
		err.Hint = "remove --recreate, or give another principal access first, with --principal"
	default:
		return nil
	}
	return err
}

// recreates reports whether only --recreate is the reason to recreate the entry.
func (in RecoverInput) recreates(e *spec.LiveEntry) bool { return in.Recreate && !in.Have.IsDead(e) }

func (in RecoverInput) lastAdmin(e *spec.LiveEntry) bool {
	if !e.IsClusterAdmin() {
		return false
	}
	admins := access.NewState(in.Have).LivingAdmins(nil)
	return !slices.ContainsFunc(admins, func(a access.Access) bool { return a.Principal != e.Principal })
}

func (in RecoverInput) change() *Change {
	have := in.Have.Entry(in.Principal)
	grant := in.grant()
	cut := in.cutOff()
	switch {
	case have == nil && cut != nil:
		after := emergency(cut.Entry, grant)
		return &Change{
			Action:    Create,
			Principal: in.Principal,
			After:     &after,
			Finishes:  true,
			Steps:     CreateSteps(after),
			Reason:    cut.reason(),
		}
	case have == nil:
		return &Change{
			Action:    Create,
			Principal: in.Principal,
			After:     &grant,
			Steps:     CreateSteps(grant),
			Reason:    "the principal has no entry",
		}
	}
	before := have.Entry.Clone()
	after := emergency(before, grant)
	if in.Have.IsDead(have) || in.Recreate {
		reason := "recreated with the same access (--recreate)"
		if in.Have.IsDead(have) {
			reason = fmt.Sprintf(
				"the principal was recreated at %s, after its entry (%s), so EKS refuses its calls",
				in.Have.Identities[in.Principal].CreatedAt.UTC().
					Format(time.RFC3339),
				have.CreatedAt.UTC().Format(time.RFC3339),
			)
		}
		return &Change{
			Action:    Replace,
			Principal: in.Principal,
			Before:    &before,
			After:     &after,
			Steps:     ReplaceSteps(after, true),
			Reason:    reason,
		}
	}
	reason := "the entry works, but lacks access"
	if cut != nil {
		after = withGrants(after, cut.Entry)
		reason = cut.reason()
	}
	if !in.needed(before, after) {
		return nil
	}
	steps := UpdateSteps(before, after)
	if len(steps) == 0 {
		return nil
	}
	return &Change{
		Action:    Update,
		Principal: in.Principal,
		Before:    &before,
		After:     &after,
		Steps:     steps,
		Finishes:  cut != nil,
		Reason:    reason,
	}
}

// needed: an entry that has all it should is not touched for its marks alone,
// unless it is an emergency's and would end.
func (in RecoverInput) needed(before, after spec.Entry) bool {
	bare := after.Clone()
	bare.Tags = before.Tags
	if len(UpdateSteps(before, bare)) > 0 {
		return true
	}
	until, err := time.Parse(time.RFC3339, before.Tags[spec.TagHoldUntil])
	if err != nil {
		return false
	}
	if expired(until, in.Now) {
		return before.Tags[spec.TagOwner] == spec.OwnerBreakGlass
	}
	return in.Longer && after.Tags[spec.TagHoldUntil] != before.Tags[spec.TagHoldUntil]
}

// grant is the entry as it is made where there is none.
func (in RecoverInput) grant() spec.Entry {
	end := in.Now.Add(in.Lasts).UTC().Format(time.RFC3339)
	return spec.Entry{
		Principal: in.Principal, Type: eksfacts.Standard,
		Username: eksfacts.DefaultUsername(eksfacts.Standard, in.Principal),
		Policies: []spec.Policy{in.Policy},
		Tags: map[string]string{spec.TagOwner: spec.OwnerBreakGlass, spec.TagExpires: end,
			spec.TagReason: in.Reason, spec.TagHoldUntil: end},
	}.Canonical()
}

// cutOff is the replace of the principal's entry that an earlier run, of any caller
// it was, did not end.
func (in RecoverInput) cutOff() *CutOff {
	var now *spec.Entry
	if have := in.Have.Entry(in.Principal); have != nil {
		now = &have.Entry
	}
	for i := range in.CutOff {
		if c := &in.CutOff[i]; c.Entry.Principal == in.Principal && c.open(now) {
			return c
		}
	}
	return nil
}

// emergency is what an entry becomes by an emergency's grant: all it has, what
// is given, and the marks that hold both. Its owner and its end stay, and a
// hold is never made shorter.
func emergency(have, grant spec.Entry) spec.Entry {
	tags := mergedTags(have.Tags, map[string]string{spec.TagReason: grant.Tags[spec.TagReason]})
	until, err := time.Parse(time.RFC3339, have.Tags[spec.TagHoldUntil])
	ends, grantErr := time.Parse(time.RFC3339, grant.Tags[spec.TagHoldUntil])
	if err != nil || grantErr == nil && until.Before(ends) {
		tags[spec.TagHoldUntil] = grant.Tags[spec.TagHoldUntil]
	}
	after := withGrants(have, grant)
	after.Tags = tags
	return after.Canonical()
}

// Meeting is the change where, in place of the entry that it was to make, one
// turned up. An emergency's adds to that and leaves its owner and its end:
// expiry must not delete what was there before. The end of --expires is for
// created entries only, too.
func (c Change) Meeting(live spec.Entry) Change {
	if c.EndByRun && c.Action == Create && c.After != nil {
		after := c.After.Clone()
		for _, key := range []string{spec.TagExpires, spec.TagReason} {
			delete(after.Tags, key)
			if value, ok := live.Tags[key]; ok {
				after.Tags[key] = value
			}
		}
		c.After = &after
	}
	if c.Emergency && c.Action == Create && c.After != nil {
		after := emergency(live, *c.After)
		c.After = &after
	}
	return c
}
