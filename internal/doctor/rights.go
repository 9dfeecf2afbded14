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
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// masters are those whom no authorizer is asked about (Kubernetes
// documentation, "Using RBAC Authorization").
const masters = "system:masters"

// rights: what the principal may, once it is in.
func (e *examination) rights() {
	e.policies()
	bound, known := e.groups()
	e.expiry()
	if e.mapped != In {
		return
	}
	switch {
	case e.entry != nil && !e.dead && (len(e.entry.Policies) > 0 || e.entry.Type != eksfacts.Standard):
		return
	case len(bound) > 0, !known, e.allowedSomething():
		return
	case e.entry == nil && !e.Listed.Known(): // it may have one, with policies
		return
	}
	e.remedied(noRights, "it gets in and may do nothing: no access policy, and nothing in RBAC for a group of it",
		e.open())
}

// allowedSomething: by the cluster's own word.
func (e *examination) allowedSomething() bool {
	return e.letIn() && slices.ContainsFunc(e.Inside.Reviews, func(r Review) bool { return r.Allowed })
}

func (e *examination) policies() {
	if e.entry == nil {
		return
	}
	if !eksfacts.TakesPolicies(e.entry.Type) {
		e.check(CheckPolicies, NotRelevant, "an entry of type "+e.entry.Type+" takes none")
		return
	}
	var lines []string
	for _, p := range e.entry.Policies {
		where := "in the cluster"
		if p.Scope != spec.ScopeCluster {
			where = "in " + strings.Join(p.Namespaces, ", ")
		}
		lines = append(lines, arn.PolicyName(p.ARN)+" "+where)
	}
	switch {
	case len(lines) == 0 && len(e.entry.Groups) == 0:
		e.check(CheckPolicies, Failed, "none, and no group")
	case len(lines) == 0:
		e.check(CheckPolicies, OK, "none: what it may is up to RBAC")
	case e.entry.IsClusterAdmin():
		e.check(CheckPolicies, OK, "an administrator of the cluster", lines...)
	default:
		e.check(CheckPolicies, OK, "not an administrator of the cluster", lines...)
	}
}

// groups returns the bindings of the principal's groups and username; known is
// false where there are groups and their bindings could not be read.
func (e *examination) groups() (bound []string, known bool) {
	groups, username := e.subject()
	if e.mapped != In {
		return nil, false
	}
	if slices.Contains(groups, masters) {
		e.check(CheckGroups, OK, masters+": everything, whatever RBAC says")
		return []string{masters}, true
	}
	rbac := e.Cluster.RBAC
	if !rbac.Known() {
		if len(groups) == 0 {
			e.check(
				CheckGroups,
				OK,
				"none",
				"whether a binding names the username could not be read: "+brief(rbac.Fact),
			)
			return nil, true
		}
		e.unknown(
			CheckGroups,
			strings.Join(groups, ", ")+": not known what they are bound to",
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
		bound = append(bound, prefixed("group "+g+": ", found)...)
	}
	bound = append(
		bound,
		prefixed(
			"username: ",
			bindings(rbac, func(b snapshot.Binding) bool { return slices.Contains(b.Users, username) }),
		)...)
	evidence := append(slices.Clone(bound), prefixed("no binding names ", unbound)...)
	switch {
	case len(groups) == 0 && len(bound) == 0:
		e.check(CheckGroups, OK, "none, and no binding names the username")
	case len(groups) == 0:
		e.check(CheckGroups, OK, "none", evidence...)
	case len(unbound) == 0:
		e.check(CheckGroups, OK, strings.Join(groups, ", "), evidence...)
	case len(bound) == 0 && (e.entry == nil || e.dead || len(e.entry.Policies) == 0):
		e.check(CheckGroups, Failed, strings.Join(groups, ", ")+": no binding names any of them", evidence...)
	default:
		e.check(CheckGroups, Warned, strings.Join(groups, ", ")+": not all are bound to anything", evidence...)
	}
	return bound, true
}

// brief is why a fact is not known, without the cluster's own message in a
// refusal, which repeats the request.
func brief(f snapshot.Fact) string {
	if f.Code == kubeerr.Forbidden {
		return kubeerr.ForbiddenReason
	}
	return f.Why
}

// subject is who the principal is to RBAC: by the cluster's own word for who
// asked, else by what was read.
func (e *examination) subject() (groups []string, username string) {
	if e.Self && e.Inside.Known() && e.Inside.Username != "" {
		return slices.DeleteFunc(
			slices.Clone(e.Inside.Groups),
			func(g string) bool { return g == "system:authenticated" },
		), e.Inside.Username
	}
	switch {
	case e.entry != nil && !e.dead:
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

func (e *examination) expiry() {
	if e.entry == nil || e.entry.Tags[spec.TagExpires] == "" {
		return
	}
	text := e.entry.Tags[spec.TagExpires]
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil:
		e.check(CheckExpiry, Warned, fmt.Sprintf("%s=%s is no time", spec.TagExpires, text))
	case at.After(e.Now):
		e.check(
			CheckExpiry,
			OK,
			fmt.Sprintf("ends in %s, at %s", left(at.Sub(e.Now)), stamp(at)),
			"EKS has no timer: the next apply or cleanup after that ends it",
		)
	default:
		e.check(CheckExpiry, Warned, "over since "+stamp(at)+": it holds until the next apply or cleanup")
	}
}

// answers to what was asked for.
func (e *examination) answers() {
	for _, q := range e.Questions {
		a := e.answer(q)
		if a.Verdict == Yes && isEscalation(q) && !e.isClusterAdmin() {
			a.Reason = strings.TrimPrefix(a.Reason+"; "+mayBeRefused, "; ")
		}
		e.asked = append(e.asked, a)
		switch {
		case a.Verdict == Yes:
		case a.Verdict == No && e.mapped == In:
			e.remedied(notAllowed, "it may not "+a.Question, []cani.Question{q})
		case e.mapped == In && len(e.causes) == 0 && !e.Self:
			e.because(
				notAllowed,
				"not known whether it may "+a.Question,
				"ask the cluster as the principal itself",
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
	case e.mapped == Out:
		a.Verdict, a.Reason = No, "it is not let in"
	case e.mapped == Unknown:
		a.Reason = "not known whether it is let in"
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

// eksReason is how EKS words a yes by an access policy, as seen in audit logs.
var eksReason = regexp.MustCompile(`^EKS Access Policy: allowed by .*:cluster-access-policy/([A-Za-z0-9]+)[/"]`)

// policyReason is the reason of a yes without the ARNs, which are long.
func policyReason(reason string) string {
	if m := eksReason.FindStringSubmatch(reason); m != nil {
		return "EKS access policy " + m[1]
	}
	return reason
}

// derive answers from access policies.
func (e *examination) derive(a *Answer, q cani.Question) {
	groups, _ := e.subject()
	if slices.Contains(groups, masters) {
		a.Verdict, a.Reason = Yes, "group "+masters
		return
	}
	var grants []eksfacts.Grant
	if e.entry != nil && !e.dead {
		for _, p := range e.entry.Policies {
			grants = append(grants, eksfacts.Grant{Policy: p.ARN, Namespaces: p.Namespaces})
		}
	}
	j := eksfacts.Judge(q, grants, groups)
	switch j.Verdict {
	case eksfacts.Yes:
		a.Verdict, a.Reason = Yes, "by "+j.Policy+", as AWS publishes it"
	case eksfacts.NoByPolicies:
		a.Verdict, a.Reason = No, "no access policy of it allows that, as AWS publishes them; RBAC may, if a binding "+
			"names its username"
	default:
		var may []string
		if len(j.Groups) > 0 {
			may = append(may, "RBAC may, by group "+strings.Join(j.Groups, ", "))
		}
		if len(j.Unread) > 0 {
			may = append(may, strings.Join(j.Unread, ", ")+" may, whose rules AWS does not publish as a list")
		}
		a.Reason = strings.Join(may, "; ")
	}
}

// isClusterAdmin: by its entry or row, or by the cluster's own word.
func (e *examination) isClusterAdmin() bool {
	for _, r := range e.Inside.Reviews {
		if e.letIn() && r.Question == cani.EveryGroup && r.Allowed {
			return true
		}
	}
	return e.state.For(e.Principal).ClusterAdmin
}

// left is a duration in hours and minutes, without those that are none.
func left(d time.Duration) string {
	s := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	if s == "" {
		return "less than a minute"
	}
	if hours, ok := strings.CutSuffix(s, "h0m"); ok {
		return hours + "h"
	}
	return s
}
