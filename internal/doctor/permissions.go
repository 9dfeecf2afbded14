package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// mastersGroup is the group that is allowed everything (Kubernetes documentation,
// "Using RBAC Authorization").
const mastersGroup = "system:masters"

// checkPermissions checks what the principal is allowed to do.
func (e *examination) checkPermissions() {
	e.checkPolicies()
	bound, known := e.checkGroups()
	e.checkExpiry()
	if e.granted != HasAccess {
		return
	}
	switch {
	case e.entry != nil && !e.stale && (len(e.entry.Policies) > 0 || e.entry.Type != eksfacts.Standard):
		return
	case len(bound) > 0, !known, e.isAllowedAnything():
		return
	case e.entry == nil && !e.Listed.Known(): // it may have one, with policies
		return
	}
	const why = "it is authenticated, but nothing is allowed: no access policy, and no RBAC binding of its groups"
	e.addGrantCause(noPermissions, why, e.openQuestions())
}

// isAllowedAnything reports whether the cluster allows the principal something.
func (e *examination) isAllowedAnything() bool {
	return e.isAuthenticated() && slices.ContainsFunc(e.Inside.Reviews, func(r Review) bool { return r.Allowed })
}

func (e *examination) checkPolicies() {
	if e.entry == nil {
		return
	}
	if !eksfacts.TakesPolicies(e.entry.Type) {
		e.addCheck(CheckPolicies, NotRelevant, "an entry of type "+e.entry.Type+" cannot have any")
		return
	}
	var lines []string
	for _, p := range e.entry.Policies {
		where := "for the whole cluster"
		if p.Scope != spec.ScopeCluster {
			where = "in " + strings.Join(p.Namespaces, ", ")
		}
		lines = append(lines, arn.PolicyName(p.ARN)+" "+where)
	}
	switch {
	case len(lines) == 0 && len(e.entry.Groups) == 0:
		e.addCheck(CheckPolicies, Failed, "none, and no groups")
	case len(lines) == 0:
		e.addCheck(CheckPolicies, OK, "none: RBAC decides")
	case e.entry.IsClusterAdmin():
		e.addCheck(CheckPolicies, OK, "cluster admin", lines...)
	default:
		e.addCheck(CheckPolicies, OK, "not cluster admin", lines...)
	}
}

// checkGroups returns the bindings of the principal's groups and username; known is
// false if there are groups and their bindings could not be read.
func (e *examination) checkGroups() (bound []string, known bool) {
	groups, username := e.subject()
	if e.granted != HasAccess {
		return nil, false
	}
	if slices.Contains(groups, mastersGroup) {
		e.addCheck(CheckGroups, OK, mastersGroup+": everything is allowed, without RBAC")
		return []string{mastersGroup}, true
	}
	rbac := e.Cluster.RBAC
	if !rbac.Known() {
		if len(groups) == 0 {
			e.addCheck(
				CheckGroups,
				OK,
				"none",
				"not known whether a binding has the username: "+brief(rbac.Fact),
			)
			return nil, true
		}
		e.addUnknown(
			CheckGroups,
			strings.Join(groups, ", ")+": their bindings could not be read",
			snapshot.UnknownFact(brief(rbac.Fact), rbac.Hint),
		)
		return nil, false
	}
	var unbound []string
	for _, g := range groups {
		found := bindings(rbac, func(b snapshot.Binding) bool { return slices.Contains(b.Groups, g) })
		if len(found) == 0 {
			unbound = append(unbound, g)
		}
		bound = append(bound, withPrefix("group "+g+": ", found)...)
	}
	bound = append(
		bound,
		withPrefix(
			"username: ",
			bindings(rbac, func(b snapshot.Binding) bool { return slices.Contains(b.Users, username) }),
		)...)
	evidence := append(slices.Clone(bound), withPrefix("no binding of group ", unbound)...)
	switch {
	case len(groups) == 0 && len(bound) == 0:
		e.addCheck(CheckGroups, OK, "none, and no binding of the username")
	case len(groups) == 0:
		e.addCheck(CheckGroups, OK, "none", evidence...)
	case len(unbound) == 0:
		e.addCheck(CheckGroups, OK, strings.Join(groups, ", "), evidence...)
	case len(bound) == 0 && (e.entry == nil || e.stale || len(e.entry.Policies) == 0):
		e.addCheck(CheckGroups, Failed, strings.Join(groups, ", ")+": no bindings", evidence...)
	default:
		e.addCheck(CheckGroups, Warned, strings.Join(groups, ", ")+": not all have bindings", evidence...)
	}
	return bound, true
}

// brief is the reason why a fact is not known, without the message of a refusal,
// which repeats the request.
func brief(f snapshot.Fact) string {
	if f.Code == kubeerr.Forbidden {
		return kubeerr.ForbiddenReason
	}
	return f.Why
}

// subject returns the groups and the username of the principal: as the cluster
// reports them to the caller, or as they were read.
func (e *examination) subject() (groups []string, username string) {
	if e.Self && e.Inside.Known() && e.Inside.Username != "" {
		return slices.DeleteFunc(
			slices.Clone(e.Inside.Groups),
			func(g string) bool { return g == "system:authenticated" },
		), e.Inside.Username
	}
	switch {
	case e.entry != nil && !e.stale:
		return e.entry.Groups, e.entry.Username
	case e.row != nil:
		return e.row.Groups, e.row.Username
	}
	return nil, ""
}

func bindings(rbac snapshot.RBAC, names func(snapshot.Binding) bool) []string {
	var out []string
	for _, b := range rbac.Bindings {
		if !names(b) {
			continue
		}
		kind, where := "ClusterRoleBinding", ""
		if b.Namespace != "" {
			kind, where = "RoleBinding", " in "+b.Namespace
		}
		out = append(out, fmt.Sprintf("%s %s%s to %s %s", kind, b.Name, where, b.RoleKind, b.Role))
	}
	return out
}

func (e *examination) checkExpiry() {
	if e.entry == nil || e.entry.Tags[spec.TagExpires] == "" {
		return
	}
	text := e.entry.Tags[spec.TagExpires]
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil:
		e.addCheck(CheckExpiry, Warned, fmt.Sprintf("%s=%s is not a time", spec.TagExpires, text))
	case at.After(e.Now):
		e.addCheck(
			CheckExpiry,
			OK,
			fmt.Sprintf("expires in %s, at %s", phrase.Duration(at.Sub(e.Now)), stamp(at)),
			"EKS does not delete it: the next apply or cleanup after that does",
		)
	default:
		e.addCheck(CheckExpiry, Warned, "expired at "+stamp(at)+", and works until the next apply or cleanup")
	}
}

// answerQuestions answers the questions of the user.
func (e *examination) answerQuestions() {
	for _, q := range e.Questions {
		a := e.answer(q)
		if a.Verdict == Yes && isEscalation(q) && !e.isClusterAdmin() {
			a.Reason = strings.TrimPrefix(a.Reason+"; "+mayBeRefused, "; ")
		}
		e.results = append(e.results, a)
		switch {
		case a.Verdict == Yes:
		case a.Verdict == No && e.granted == HasAccess:
			e.addGrantCause(notAllowed, "not allowed: "+a.Question, []cani.Question{q})
		case e.granted == HasAccess && len(e.causes) == 0 && !e.Self:
			e.addCause(
				notAllowed,
				"not known whether it is allowed: "+a.Question,
				"ask the cluster as the principal",
				e.command("doctor", "--can", awscli.Quote(a.Question)),
			)
		}
	}
}

func (e *examination) answer(q cani.Question) Answer {
	a := Answer{Question: q.String(), Verdict: NotSure, How: Derived}
	if e.Self && e.Inside.Known() {
		a.How = Asked
		if e.Inside.Refusal != nil {
			a.Reason = e.Inside.Refusal.Reason
			if e.Inside.Refusal.Code == kubeerr.Unauthorized {
				a.Verdict = No
			}
			return a
		}
		for _, r := range e.Inside.Reviews {
			if r.Question == q {
				return r.answer()
			}
		}
		a.Reason = "it was not asked"
		return a
	}
	switch {
	case e.granted == NoAccess:
		a.Verdict, a.Reason = No, "it has no access"
	case e.granted == NotKnown:
		a.Reason = "not known whether it has access"
	default:
		e.derive(&a, q)
	}
	return a
}

func (r Review) answer() Answer {
	a := Answer{Question: r.Question.String(), Verdict: No, How: Asked, Reason: policyReason(r.Reason)}
	switch {
	case r.Refusal != nil:
		a.Verdict, a.Reason = NotSure, r.Refusal.Reason
	case r.Allowed:
		a.Verdict = Yes
	}
	if r.Error != "" {
		a.Reason = strings.TrimPrefix(a.Reason+"; "+r.Error, "; ")
	}
	return a
}

// eksReason is the reason of EKS for a yes by an access policy, as in audit logs.
var eksReason = regexp.MustCompile(`^EKS Access Policy: allowed by .*:cluster-access-policy/([A-Za-z0-9]+)[/"]`)

// policyReason is the reason of a yes without ARNs.
func policyReason(reason string) string {
	if m := eksReason.FindStringSubmatch(reason); m != nil {
		return "EKS access policy " + m[1]
	}
	return reason
}

// derive answers a question from access policies.
func (e *examination) derive(a *Answer, q cani.Question) {
	groups, _ := e.subject()
	if slices.Contains(groups, mastersGroup) {
		a.Verdict, a.Reason = Yes, "group "+mastersGroup
		return
	}
	var grants []eksfacts.Grant
	if e.entry != nil && !e.stale {
		for _, p := range e.entry.Policies {
			grants = append(grants, eksfacts.Grant{Policy: p.ARN, Namespaces: p.Namespaces})
		}
	}
	j := eksfacts.Judge(q, grants, groups)
	switch j.Verdict {
	case eksfacts.Yes:
		a.Verdict, a.Reason = Yes, "by "+j.Policy+", as published by AWS"
	case eksfacts.NoByPolicies:
		a.Verdict, a.Reason = No, "its access policies do not allow it, as published by AWS; RBAC may, by a binding "+
			"of its username"
	default:
		var may []string
		if len(j.Groups) > 0 {
			may = append(may, "RBAC may allow it, by group "+strings.Join(j.Groups, ", "))
		}
		if len(j.Unread) > 0 {
			may = append(may, strings.Join(j.Unread, ", ")+" may allow it; AWS does not publish its rules")
		}
		a.Reason = strings.Join(may, "; ")
	}
}

// isClusterAdmin reports whether the principal is cluster admin by its entry or row,
// or as the cluster reports.
func (e *examination) isClusterAdmin() bool {
	for _, r := range e.Inside.Reviews {
		if e.isAuthenticated() && r.Question == cani.EveryGroup && r.Allowed {
			return true
		}
	}
	return e.state.For(e.Principal).ClusterAdmin
}
