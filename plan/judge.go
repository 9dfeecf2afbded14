package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// Allow is what the command line of this very run permits. It is never part of
// a plan.
type Allow struct {
	MinAdmins     *int        // in place of the files'
	MaxRemovals   *spec.Share // in place of the files'
	MissingAdmins bool
	SelfLockout   bool
	APIOnly       bool
	NodeRemoval   bool
	Uncover       bool
	TakeOwnership bool
}

// A Judgement holds the guards up against the state that changes lead to.
type Judgement struct {
	Have    *spec.Live
	Changes []Change
	Mode    ModeChange
	Rules   Rules
	Callers []string
	Allow   Allow
}

// Judge returns every guard's word, in a fixed order, and warnings. It is
// asked before the first write, after each mode step, and before the first
// revocation, each time with a fresh reading and what remains to be done.
func (j Judgement) Judge() ([]Guard, []Warning) {
	before, after := j.now(), j.then()
	v := &verdict{}
	j.minAdmins(v, before, after)
	j.requiredAdmins(v, before, after)
	j.self(v, before, after)
	j.maxRemovals(v)
	j.authMode(v)
	j.nodes(v)
	j.ownership(v)
	j.uncover(v)
	j.awsAuth(v)
	return v.guards, v.warnings
}

// A verdict collects.
type verdict struct {
	guards   []Guard
	warnings []Warning
}

func (v *verdict) pass(name, format string, args ...any) {
	yes := true
	v.guards = append(v.guards, Guard{Name: name, OK: &yes, Detail: fmt.Sprintf(format, args...)})
}

func (v *verdict) refuse(name, hint, format string, args ...any) {
	no := false
	v.guards = append(v.guards, Guard{Name: name, OK: &no, Detail: fmt.Sprintf(format, args...), Hint: hint})
}

func (v *verdict) open(name, format string, args ...any) {
	v.guards = append(v.guards, Guard{Name: name, Detail: fmt.Sprintf(format, args...)})
}

func (v *verdict) warn(format string, args ...any) {
	v.warnings = append(v.warnings, Warning{Message: fmt.Sprintf(format, args...)})
}

// admins are the living cluster admins of a state: principal → whether that
// it lives could be checked.
type admins map[string]bool

// now is who is admin as the cluster was read.
func (j Judgement) now() admins {
	a := admins{}
	for i := range j.Have.Entries {
		e := &j.Have.Entries[i]
		if e.IsClusterAdmin() && !j.Have.IsDead(e) {
			j.count(a, e.Principal)
		}
	}
	return a
}

// then is who is admin once the changes are made.
func (j Judgement) then() admins {
	a := j.now()
	for _, c := range j.Changes {
		if c.PreviousPrincipal != nil && removes(c, *c.PreviousPrincipal) {
			delete(a, *c.PreviousPrincipal)
		}
		live := j.Have.Entry(c.Principal)
		delete(a, c.Principal)
		if after := j.outcome(c); after == nil || !after.IsClusterAdmin() {
			continue
		}
		if c.Action == Update && live != nil && j.Have.IsDead(live) {
			continue
		}
		j.count(a, c.Principal)
	}
	return a
}

// outcome is what the steps that are still to be sent make of the entry as it
// was read: what a change gave in an earlier step, somebody else may have taken
// since.
func (j Judgement) outcome(c Change) *spec.Entry {
	var e *spec.Entry
	if live := j.Have.Entry(c.Principal); live != nil {
		e = &live.Entry
	}
	for _, s := range c.Steps {
		if s.Principal == c.Principal {
			e = s.On(e)
		}
	}
	return e
}

// count adds an admin unless IAM says that there is no such principal.
func (j Judgement) count(a admins, principal string) {
	if id := j.Have.Identities[principal]; id.Existence != spec.Gone {
		a[principal] = id.Existence == spec.Exists
	}
}

func (a admins) unchecked() int {
	n := 0
	for _, checked := range a {
		if !checked {
			n++
		}
	}
	return n
}

func (j Judgement) minAdmins(v *verdict, before, after admins) {
	least := 1
	if j.Rules.MinAdmins > 0 {
		least = j.Rules.MinAdmins
	}
	if j.Allow.MinAdmins != nil {
		least = *j.Allow.MinAdmins
	}
	detail := fmt.Sprintf("%s after this plan, %d needed", count(len(after), "living admin"), least)
	if n := after.unchecked(); n > 0 {
		detail += fmt.Sprintf(", %d of them not checked with IAM", n)
	}
	switch {
	case len(after) >= least:
		v.pass("minAdmins", "%s", detail)
	case !j.Have.EntriesRead:
		v.open("minAdmins", "%s among the declared; judged again when the entries can be read", detail)
	case len(before) < least && len(after) >= len(before):
		v.pass("minAdmins", "%s; there were %d before, this plan does not make it worse", detail, len(before))
		v.warn("the cluster has %s, %d are wanted; declare more under admins", count(len(before), "living admin"), least)
	default:
		v.refuse("minAdmins", fmt.Sprintf("keep an admin in the file, or allow it with --min-admins=%d", len(after)), "%s", detail)
	}
}

func (j Judgement) requiredAdmins(v *verdict, before, after admins) {
	var missing, worse []string
	for _, written := range j.Rules.RequiredAdmins {
		ref, err := spec.ParsePrincipalFlag(written)
		if err != nil || after.holds(ref, j.Have.ID.Account) {
			continue
		}
		missing = append(missing, written)
		if before.holds(ref, j.Have.ID.Account) || !j.Have.EntriesRead {
			worse = append(worse, written)
		}
	}
	switch {
	case len(j.Rules.RequiredAdmins) == 0:
	case len(missing) == 0:
		v.pass("requiredAdmins", "%s, all living admins after this plan", count(len(j.Rules.RequiredAdmins), "required admin"))
	case j.Allow.MissingAdmins:
		v.pass("requiredAdmins", "missing after this plan, and allowed: %s", quoted(missing))
	case !j.Have.EntriesRead:
		v.open("requiredAdmins", "not among the declared: %s; judged again when the entries can be read", quoted(missing))
	case len(worse) == 0:
		v.pass("requiredAdmins", "missing before and after this plan: %s", quoted(missing))
		v.warn("required, and no living admin of the cluster: %s; declare them under admins", quoted(missing))
	default:
		v.refuse("requiredAdmins", "declare them under admins, or pass --allow-missing-admins", "no living admin after this plan: %s", quoted(worse))
	}
}

func (a admins) holds(ref spec.PrincipalRef, account string) bool {
	for principal := range a {
		if ref.Matches(principal, account) {
			return true
		}
	}
	return false
}

func (j Judgement) self(v *verdict, before, after admins) {
	if len(j.Callers) == 0 {
		v.open("self", "who runs this is not known")
		return
	}
	var lost []string
	for _, c := range j.Callers {
		_, was := before[c]
		if _, is := after[c]; was && !is && !slices.Contains(lost, c) {
			lost = append(lost, c)
		}
	}
	switch {
	case len(lost) == 0:
		v.pass("self", "takes no cluster admin from whoever runs it")
	case j.Allow.SelfLockout:
		v.pass("self", "takes cluster admin from %s, who runs it; allowed", quoted(lost))
	default:
		v.refuse("self", "keep it in the file, or pass --allow-self-lockout", "takes cluster admin from %s, who runs it", quoted(lost))
	}
}

// nodes: what a node loses, it loses for all pods on it.
func (j Judgement) nodes(v *verdict) {
	var lost []string
	for _, c := range j.Changes {
		if c.Before != nil && eksfacts.IsNode(c.Before.Type) && (c.After == nil || c.After.Type != c.Before.Type) {
			lost = append(lost, c.Principal)
		}
	}
	switch {
	case len(lost) == 0:
		v.pass("nodes", "no node entry is deleted or turned into another type")
	case j.Allow.NodeRemoval:
		v.pass("nodes", "cuts off the nodes of %s; allowed", quoted(lost))
	default:
		v.refuse("nodes", "keep the entry and its type in the file, or pass --allow-node-removal", "cuts off the nodes of %s", quoted(lost))
	}
}

// count is "1 admin", "2 admins".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return strings.Join(q, ", ")
}
