package doctor

import (
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/spec"
)

// decide says by which way the principal is in, if any, and what is to do if by
// none.
func (e *examination) decide() {
	reads := eksfacts.ReadsEntries(e.Cluster.AuthenticationMode)
	switch {
	case e.letIn(), e.entry != nil && !e.dead, e.row != nil:
		e.mapped = In
		e.amend(CheckEntry, NotRelevant, "there is none, and it gets in all the same")
		if e.dead && e.letIn() {
			e.amend(
				CheckAlive,
				Warned,
				"the principal was made again after its entry, and the cluster lets it in all the same: by its row "+
					"in aws-auth, then",
			)
		}
		switch {
		case e.row != nil:
		case !e.Listed.Known():
			e.amend(CheckAWSAuth, OK, "there is no row for it, and it gets in all the same: by an entry, then")
		default:
			e.amend(
				CheckAWSAuth,
				Warned,
				"there is no row for it, and the cluster lets it in all the same: as whoever made a cluster is, "+
					"unseen, or by a row that is written otherwise",
			)
		}
		return
	case e.turnedAway(): // so that what could not be read does not let it in
		e.mapped = Out
	case reads && e.entry == nil && !e.Listed.Known(),
		e.auth != nil && !e.auth.Read,
		e.auth == nil && e.Cluster.AuthenticationMode != eksfacts.ModeAPI:
		e.mapped = Unknown
	default:
		e.mapped = Out
	}
	set := slices.ContainsFunc(e.checks, func(c Check) bool { return c.ID == CheckPermissionSet && c.Status == Failed })
	switch {
	case !reads && e.mapped == Out:
		r := e.remedy(e.open())
		e.because(
			wrongMode,
			"the cluster is in mode CONFIG_MAP, and aws-auth does not let it in",
			"an access entry needs the step to API_AND_CONFIG_MAP, which cannot be undone and needs no working "+
				"kubectl: "+r.what,
			r.command,
		)
	case e.entry != nil && e.dead && eksfacts.IsNode(e.entry.Type):
		e.because(noEntry, "its node entry is stale: the role was recreated, so its nodes cannot join", fmt.Sprintf(
			"recreate the entry: declare {principal: %s, type: %s} and apply that, or run",
			spec.YAMLText(e.Principal),
			e.entry.Type,
		),
			e.nodeWayOut(e.entry.Type, e.Principal, false))
	case e.entry != nil && e.dead && e.declares(nil):
		e.remedied(noEntry, "its entry is that of a principal that was deleted, under the same name", nil)
	case e.entry != nil && e.dead:
		e.because(
			noEntry,
			"its entry is that of a principal that was deleted, under the same name",
			"make the entry again with everything it had",
			e.again(e.entry),
		)
	case reads && e.entry == nil && e.Listed.Known() && set:
		const why = "its entry is that of the role its permission set had before"
		flags, known := e.before()
		if !known || e.declares(nil) {
			e.remedied(noEntry, why, e.open())
			return
		}
		e.because(noEntry, why, "give the role of today what the one before has", e.recover(flags...))
	case reads && e.entry == nil && e.mapped == Out:
		e.remedied(noEntry, "it has no access entry"+e.norRow(), e.open())
	}
}

// before are the flags by which recover gives what the permission set's role
// of before has, none where that is cluster admin; false where it has no policy.
func (e *examination) before() ([]string, bool) {
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

// letIn: the cluster itself took the principal for somebody.
func (e *examination) letIn() bool { return e.Self && e.Inside.Known() && e.Inside.Refusal == nil }

// turnedAway: the cluster itself took the principal for nobody.
func (e *examination) turnedAway() bool {
	return e.Self && e.Inside.Known() && e.Inside.Refusal != nil && e.Inside.Refusal.Code == kubeerr.Unauthorized
}

func (e *examination) norRow() string {
	if e.Cluster.AuthenticationMode != eksfacts.ModeAPI {
		return ", and aws-auth does not let it in"
	}
	return ""
}
