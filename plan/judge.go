package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// Names of the guards, in the order in which they are checked.
const (
	GuardMinAdmins          = "minAdmins"
	GuardRequiredAdmins     = "requiredAdmins"
	GuardSelfLockout        = "selfLockout"
	GuardMaxRemovals        = "maxRemovals"
	GuardAuthenticationMode = "authenticationMode"
	GuardAWSAuthHidden      = "awsAuthHidden"
	GuardAWSAuthRestored    = "awsAuthRestored"
	GuardNodeAccess         = "nodeAccess"
	GuardOwnership          = "ownership"
	GuardHolds              = "holds"
	GuardMaxExpiry          = spec.RuleMaxExpiry
	GuardMustExpire         = spec.RuleMustExpire
	GuardReasonPattern      = spec.RuleReasonPattern
	GuardStalePlan          = "stalePlan"
)

// Allow is what the command line of this very run permits. It is never part of
// a plan.
type Allow struct {
	MinAdmins       *int        // in place of the files'
	MaxRemovals     *spec.Share // in place of the files'
	MissingAdmins   bool
	SelfLockout     bool
	APIOnly         bool
	AWSAuthHidden   bool
	AWSAuthRestored bool
	NodeRemoval     bool
	TakeOwnership   bool
	EndHolds        bool // treat holds as ended
}

// A Judgement checks the guards against the effective access that changes lead
// to. It uses the cluster as it was read last, and never what an entry was when
// the plan was made.
type Judgement struct {
	Have    *spec.Live
	Changes []Change // with the steps that are still to be sent
	Mode    ModeChange
	Rules   Rules
	Callers []string
	Allow   Allow
	Now     time.Time
	// Declared reports whether a file declares a principal; nil if no file does.
	Declared func(principal string) bool
	// Ends are the declared entries that the guards on temporary access check.
	Ends []DeclaredEnd
	// Start is the cluster as the run found it. It is set for the last reading
	// of a run: then the guards compare the cluster with what it was at first,
	// which includes changes by others.
	Start *spec.Live
}

// Judge returns the result of every guard, in a fixed order, and warnings. It
// is called before the first write, after each mode step, before the first
// revocation and on the last reading, each time with a fresh reading and the
// changes that remain to be made.
func (j Judgement) Judge() ([]Guard, []Warning) {
	v := &verdict{}
	e := j.effects()
	if j.Start != nil {
		e.before = access.NewState(j.Start)
	}
	before, after := e.before.LivingAdmins(j.Declared), e.after.LivingAdmins(j.Declared)
	j.minAdmins(v, before, after)
	j.requiredAdmins(v, before, after)
	j.selfLockout(v, e)
	j.maxRemovals(v, e)
	j.authenticationMode(v, e)
	j.awsAuthHidden(v, e)
	j.awsAuthRestored(v, e)
	j.nodeAccess(v, e)
	j.ownership(v)
	j.holds(v)
	j.ends(v)
	j.awsAuth(v, e)
	return v.guards, v.warnings
}

// A verdict collects the results of guards.
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

// notChecked records a guard that could not be checked.
func (v *verdict) notChecked(name, format string, args ...any) {
	v.guards = append(v.guards, Guard{Name: name, Detail: fmt.Sprintf(format, args...)})
}

func (v *verdict) warn(source, format string, args ...any) {
	v.warnings = append(v.warnings, Warning{Message: fmt.Sprintf(format, args...), Source: source})
}

func (j Judgement) minAdmins(v *verdict, before, after []access.Access) {
	least := 1
	if j.Rules.MinAdmins > 0 {
		least = j.Rules.MinAdmins
	}
	if j.Allow.MinAdmins != nil {
		least = *j.Allow.MinAdmins
	}
	detail := fmt.Sprintf("%s after this plan, %d required", phrase.Count(len(after), "cluster admin"), least)
	if n := countUnchecked(after); n > 0 {
		detail += fmt.Sprintf(" (%d not checked with IAM)", n)
	}
	switch {
	case len(after) >= least:
		v.pass(GuardMinAdmins, "%s", detail)
	case !j.Have.EntriesRead:
		v.notChecked(
			GuardMinAdmins,
			"%s among the declared principals; checked again when the entries can be read",
			detail,
		)
	case len(before) < least && len(after) >= len(before):
		v.pass(GuardMinAdmins, "%s; there were %d before this plan", detail, len(before))
		v.warn(
			"",
			"the cluster has %s, %d required: declare more under admins",
			phrase.Count(len(before), "cluster admin"),
			least,
		)
	default:
		if lost := missingFrom(before, after); len(lost) > 0 {
			detail += "; no longer cluster admin: " + phrase.QuotedList(lost)
		}
		v.refuse(
			GuardMinAdmins,
			fmt.Sprintf("keep an admin in the file, or allow it with --min-admins %d", len(after)),
			"%s",
			detail,
		)
	}
}

func countUnchecked(admins []access.Access) int {
	n := 0
	for _, a := range admins {
		if a.Life == access.Unchecked {
			n++
		}
	}
	return n
}

// missingFrom lists the principals of before that are not in after.
func missingFrom(before, after []access.Access) []string {
	var lost []string
	for _, b := range before {
		same := func(a access.Access) bool { return spec.AWSAuthKey(a.Principal) == spec.AWSAuthKey(b.Principal) }
		if !slices.ContainsFunc(after, same) {
			lost = append(lost, b.Principal)
		}
	}
	return lost
}

func (j Judgement) requiredAdmins(v *verdict, before, after []access.Access) {
	var missing, worse []string
	for _, written := range j.Rules.RequiredAdmins {
		ref, err := spec.ParsePrincipalFlag(written)
		if err != nil || j.hasAdmin(after, ref) {
			continue
		}
		missing = append(missing, written)
		if j.hasAdmin(before, ref) || !j.Have.EntriesRead {
			worse = append(worse, written)
		}
	}
	switch {
	case len(j.Rules.RequiredAdmins) == 0:
	case len(missing) == 0:
		v.pass(
			GuardRequiredAdmins,
			"%s, all cluster admins after this plan",
			phrase.Count(len(j.Rules.RequiredAdmins), "required admin"),
		)
	case j.Allow.MissingAdmins:
		v.pass(
			GuardRequiredAdmins,
			"missing after this plan, allowed by --allow-missing-admins: %s",
			phrase.QuotedList(missing),
		)
	case !j.Have.EntriesRead:
		v.notChecked(
			GuardRequiredAdmins,
			"not declared: %s; checked again when the entries can be read",
			phrase.QuotedList(missing),
		)
	case len(worse) == 0:
		v.pass(GuardRequiredAdmins, "missing before and after this plan: %s", phrase.QuotedList(missing))
		v.warn(
			"",
			"required admins that are not cluster admins: %s; declare them under admins",
			phrase.QuotedList(missing),
		)
	default:
		v.refuse(GuardRequiredAdmins, "declare them under admins, or pass --allow-missing-admins",
			"required admins that would not be cluster admins: %s", phrase.QuotedList(worse))
	}
}

// hasAdmin reports whether a principal is among admins. A row of aws-auth names
// a role without its path, so it is compared by account and name.
func (j Judgement) hasAdmin(admins []access.Access, ref spec.PrincipalRef) bool {
	return slices.ContainsFunc(admins, func(a access.Access) bool {
		if ref.Matches(a.Principal, j.Have.ID.Account) {
			return true
		}
		return a.Via == access.ViaRow && (ref.ARN != "" && spec.AWSAuthKey(ref.ARN) == spec.AWSAuthKey(a.Principal) ||
			ref.PermissionSet != "" && ref.Matches(withSSOPath(a.Principal), j.Have.ID.Account))
	})
}

// withSSOPath is the ARN of a permission set's role with the path that a row of
// aws-auth leaves out. Any path below that of Identity Center will do here.
func withSSOPath(row string) string {
	return strings.Replace(row, ":role/", ":role"+arn.SSOPathPrefix, 1)
}

func (j Judgement) selfLockout(v *verdict, e effects) {
	if len(j.Callers) == 0 {
		v.notChecked(GuardSelfLockout, "the caller is not known")
		return
	}
	var lost, unknown []string
	for _, c := range j.Callers {
		before, after := e.before.For(c), e.after.For(c)
		switch {
		case slices.Contains(lost, c) || slices.Contains(unknown, c):
		case before.ClusterAdmin && !after.ClusterAdmin:
			lost = append(lost, c)
		case e.before.RowsUnknown() != "" && j.creates(c) && !after.ClusterAdmin:
			unknown = append(unknown, c)
		}
	}
	switch {
	case len(lost)+len(unknown) == 0:
		v.pass(GuardSelfLockout, "the caller keeps cluster admin, or does not have it")
	case j.Allow.SelfLockout:
		v.pass(GuardSelfLockout, "the caller %s loses cluster admin or may lose it, allowed by --allow-self-lockout",
			phrase.QuotedList(append(lost, unknown...)))
	case len(lost) > 0:
		v.refuse(GuardSelfLockout, "keep it as an admin in the file, or pass --allow-self-lockout",
			"the caller %s would lose cluster admin", phrase.QuotedList(lost))
	default:
		v.refuse(GuardSelfLockout, "declare it under admins, read aws-auth with --kube, or pass --allow-self-lockout",
			"the caller %s may be cluster admin by aws-auth, which was not read (%s), and its new entry grants less",
			phrase.QuotedList(unknown), e.before.RowsUnknown())
	}
}

// creates reports whether the changes create an entry for a principal that has
// none.
func (j Judgement) creates(principal string) bool {
	return j.Have.Entry(principal) == nil && slices.ContainsFunc(j.Changes, func(c Change) bool {
		return slices.ContainsFunc(
			c.Steps,
			func(s Step) bool { return s.Operation == CreateAccessEntry && s.Principal == principal },
		)
	})
}

// createdChanges lists the changes that create an entry for a principal that has none.
func (j Judgement) createdChanges() []Change {
	return slices.DeleteFunc(slices.Clone(j.Changes), func(c Change) bool { return !j.creates(c.Principal) })
}

// A deletion is an entry that the changes delete and do not create again.
type deletion struct{ principal, source string }

func (j Judgement) deletions() []deletion {
	var out []deletion
	for _, c := range j.Changes {
		for _, s := range c.Steps {
			creates := func(t Step) bool { return t.Operation == CreateAccessEntry && t.Principal == s.Principal }
			if s.Operation == DeleteAccessEntry && !slices.ContainsFunc(c.Steps, creates) {
				out = append(out, deletion{s.Principal, c.Source})
			}
		}
	}
	return out
}

// nodeAccess: what a node loses, it loses for all pods on it.
func (j Judgement) nodeAccess(v *verdict, e effects) {
	var lost []string
	lose := func(principal string) {
		if !slices.Contains(lost, principal) {
			lost = append(lost, principal)
		}
	}
	outcome := j.outcome()
	have := j.Have
	if j.Start != nil {
		have = j.Start
	}
	for i := range have.Entries {
		old := &have.Entries[i]
		if !eksfacts.IsNode(old.Type) {
			continue
		}
		if now := outcome.Entry(old.Principal); now == nil || now.Type != old.Type {
			lose(old.Principal)
		}
	}
	for _, c := range access.Changes(e.before, e.after) {
		if c.Before.Via == access.ViaRow && c.Before.Node && c.After.Via == access.ViaEntry && !c.After.Node {
			lose(c.Principal)
		}
	}
	slices.Sort(lost)
	switch {
	case len(lost) == 0:
		v.pass(GuardNodeAccess, "no node loses its access")
	case j.Allow.NodeRemoval:
		v.pass(
			GuardNodeAccess,
			"the nodes of %s lose their access, allowed by --allow-node-removal",
			phrase.QuotedList(lost),
		)
	default:
		v.refuse(GuardNodeAccess, "declare it with its node type, or pass --allow-node-removal",
			"the nodes of %s would lose their access", phrase.QuotedList(lost))
	}
}
