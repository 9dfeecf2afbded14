package doctor

import (
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/spec"
)

// decideAccess finds out by what the principal has access, if by anything, and
// adds the cause if it has none.
func (e *examination) decideAccess() {
	reads := eksfacts.ReadsEntries(e.Cluster.AuthenticationMode)
	switch {
	case e.isAuthenticated(), e.entry != nil && !e.stale, e.row != nil:
		e.granted = HasAccess
		e.correct(CheckEntry, NotRelevant, "no access entry; the principal has access without one")
		if e.stale && e.isAuthenticated() {
			e.correct(
				CheckAlive,
				Warned,
				"the principal was recreated after its entry, but the cluster authenticates it: probably by its row "+
					"in aws-auth",
			)
		}
		switch {
		case e.row != nil:
		case !e.Listed.Known():
			e.correct(CheckAWSAuth, OK, "no row; the principal probably has access by an entry")
		default:
			e.correct(
				CheckAWSAuth,
				Warned,
				"no row, but the cluster authenticates the principal: it is probably the creator of the cluster, who "+
					"is a hidden admin",
			)
		}
		return
	case e.isRejected(): // also by what could not be read
		e.granted = NoAccess
	case reads && e.entry == nil && !e.Listed.Known(),
		e.auth != nil && !e.auth.Read,
		e.auth == nil && e.Cluster.AuthenticationMode != eksfacts.ModeAPI:
		e.granted = NotKnown
	default:
		e.granted = NoAccess
	}
	set := slices.ContainsFunc(e.checks, func(c Check) bool { return c.ID == CheckPermissionSet && c.Status == Failed })
	switch {
	case !reads && e.granted == NoAccess:
		r := e.grantStep(e.openQuestions())
		e.addCause(
			wrongMode,
			"the cluster is in mode CONFIG_MAP, and aws-auth has no row for it",
			"an access entry requires mode API_AND_CONFIG_MAP, which cannot be undone and needs no working kubectl: "+
				r.what,
			r.command,
		)
	case e.entry != nil && e.stale && eksfacts.IsNode(e.entry.Type):
		e.addCause(noEntry, "its node entry is stale: the role was recreated, so its nodes cannot join", fmt.Sprintf(
			"recreate the entry: declare {principal: %s, type: %s} and apply that, or run",
			spec.YAMLText(e.Principal),
			e.entry.Type,
		),
			e.nodeFix(e.entry.Type, e.Principal, false))
	case e.entry != nil && e.stale && e.isDeclared(nil):
		e.addGrantCause(noEntry, staleEntry, nil)
	case e.entry != nil && e.stale:
		e.addCause(
			noEntry,
			staleEntry,
			"recreate the entry with the same access",
			e.recreateCommand(e.entry),
		)
	case reads && e.entry == nil && e.Listed.Known() && set:
		const why = "its permission set has a new role; the entry is for the former role"
		flags, known := e.formerPolicyFlags()
		if !known || e.isDeclared(nil) {
			e.addGrantCause(noEntry, why, e.openQuestions())
			return
		}
		e.addCause(noEntry, why, "give the new role the access of the former role", e.recoverCommand(flags...))
	case reads && e.entry == nil && e.granted == NoAccess:
		e.addGrantCause(noEntry, "no access entry"+e.noRowText(), e.openQuestions())
	}
}

const staleEntry = "its access entry is stale: the principal was recreated"

// formerPolicyFlags are the flags of recover for the access of the former role of
// the permission set, none for cluster admin; false if that role has no policy.
func (e *examination) formerPolicyFlags() ([]string, bool) {
	p, err := arn.ParsePrincipal(e.Principal)
	if err != nil {
		return nil, false
	}
	for i := range e.Cluster.Entries.Items {
		item := &e.Cluster.Entries.Items[i]
		if q, err := arn.ParsePrincipal(item.Principal); err == nil && item.Principal != e.Principal && sameSet(p, q) &&
			len(item.Policies) > 0 {
			return policyFlags(item), true
		}
	}
	return nil, false
}

// isAuthenticated reports whether the cluster accepted the token of the principal.
func (e *examination) isAuthenticated() bool {
	return e.Self && e.Inside.Known() && e.Inside.Refusal == nil
}

// isRejected reports whether the cluster rejected the token of the principal.
func (e *examination) isRejected() bool {
	return e.Self && e.Inside.Known() && e.Inside.Refusal != nil && e.Inside.Refusal.Code == kubeerr.Unauthorized
}

func (e *examination) noRowText() string {
	if e.Cluster.AuthenticationMode != eksfacts.ModeAPI {
		return " and no row in aws-auth"
	}
	return ""
}
