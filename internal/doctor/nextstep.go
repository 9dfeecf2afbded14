package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

// A step is a next step that gives a principal access. It gives only what a file
// declares for it, what the questions need, or what it had before. It gives
// cluster admin to the caller only, and says so.
type step struct{ what, command string }

// grantStep returns the next step for a principal that lacks access. The questions
// are those that were not answered with yes.
func (e *examination) grantStep(questions []cani.Question) step {
	p, err := arn.ParsePrincipal(e.Principal)
	switch {
	case err == nil && p.Kind == arn.Root:
		return step{"use a role or user: the root user of an account cannot be restricted",
			e.command("doctor", "--principal", "role=NAME")}
	case arn.IsServiceLinked(e.Principal):
		return step{"use a role or user of your own: EKS manages the access of service-linked roles",
			e.command("doctor", "--principal", "role=NAME")}
	case e.isDeclared(questions):
		return step{"apply the file that declares its access", e.command("apply")}
	case len(questions) > 0:
		return e.policyStep(questions)
	case e.Self:
		return step{"make yourself cluster admin", e.recoverCommand()}
	}
	if kind := e.nodeType(); kind != "" {
		return step{
			fmt.Sprintf(
				"it has the trust policy of a node role: if nodes use it, declare {principal: %s, type: %s} and "+
					"apply the file; if people use it, give it an access policy (replace POLICY and NAMESPACE)",
				spec.YAMLText(e.Principal),
				kind,
			),
			e.templateCommand(),
		}
	}
	if groups := e.rowGroups(); len(groups) > 0 {
		return e.groupsStep("POLICY", "NAMESPACE", groups)
	}
	return step{"give it an access policy (replace POLICY and NAMESPACE)", e.templateCommand()}
}

// rowGroups are the groups that the principal has by its row of aws-auth; if
// aws-auth was not read, those that the cluster reports. An entry would hide them.
func (e *examination) rowGroups() []string {
	if e.entry != nil || e.Cluster.AuthenticationMode == eksfacts.ModeAPI {
		return nil
	}
	var groups []string
	if row, ok := e.state.Row(e.Principal); ok {
		groups = row.Groups
	} else if e.isAuthenticated() && e.isDenied() && e.state.RowsUnknown() != "" {
		groups = e.Inside.Groups
	}
	return slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return eksfacts.ReservedPrefix(g) != "" })
}

// isDenied reports whether the cluster denied the caller something, so the caller
// is not cluster admin.
func (e *examination) isDenied() bool {
	return slices.ContainsFunc(e.Inside.Reviews, func(r Review) bool {
		return !r.Allowed && r.Refusal == nil && r.Error == ""
	})
}

// groupsStep gives a policy, and the groups of the row that the entry hides:
// recover gives no groups, and guards refuse an entry that gives less than the
// row.
func (e *examination) groupsStep(policy, namespace string, groups []string) step {
	item := "{principal: " + spec.YAMLText(e.Principal) + ", policy: " + policy
	if namespace != "" {
		item += ", namespaces: [" + spec.YAMLText(namespace) + "]"
	}
	if row, ok := e.state.Row(e.Principal); ok && row.Username != "" && eksfacts.ReservedPrefix(row.Username) == "" {
		item += ", username: " + spec.YAMLText(row.Username)
	}
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = spec.YAMLText(g)
	}
	item += ", groups: [" + strings.Join(names, ", ") + "]}"
	what := "declare " + item + " under access, and apply the file"
	if e.state.RowsUnknown() != "" {
		what += " with --allow-self-lockout" // the cluster denied the caller something
	}
	return step{what + ": an entry hides the row in aws-auth that gives these groups now", ""}
}

// templateCommand is the command that gives a policy, with words to replace.
func (e *examination) templateCommand() string {
	return e.recoverCommand("--policy", "POLICY", "--namespace", "NAMESPACE")
}

// isDeclared reports whether the file declares access of the principal that is
// enough for the questions.
func (e *examination) isDeclared(questions []cani.Question) bool {
	var grants []eksfacts.Grant
	gives := false
	for _, i := range e.Declared {
		gives = gives || len(i.Policies)+len(i.Groups) > 0 || i.Type != "" && i.Type != eksfacts.Standard
		for _, p := range i.Policies {
			grants = append(grants, eksfacts.Grant{Policy: p.ARN, Namespaces: p.Namespaces})
		}
	}
	return gives && !slices.ContainsFunc(questions, func(q cani.Question) bool {
		return eksfacts.Judge(q, grants,
			nil).Verdict != eksfacts.Yes
	})
}

// policyStep gives what questions need: the least access policy, in their
// namespaces. RBAC is needed for what only cluster admin allows, and for what
// Kubernetes checks for privilege escalation.
func (e *examination) policyStep(questions []cani.Question) step {
	q := questions[0]
	all := q == cani.Everything || q == cani.EveryGroup || q == cani.EveryPath
	policy := eksfacts.Least(q)
	switch {
	case all && e.Self:
		return step{"make yourself cluster admin", e.recoverCommand()}
	case all:
		return step{"this requires cluster admin: declare it under admins in a file, and apply the file", ""}
	case isEscalation(q):
		return step{
			fmt.Sprintf(
				"declare a group for it, and bind the group in RBAC to a role that allows %s: Kubernetes checks this "+
					"for privilege escalation, which ignores access policies",
				q.String(),
			),
			"",
		}
	case policy == "" || policy == eksfacts.ClusterAdminPolicy || isCustom(q):
		return step{
			fmt.Sprintf(
				"declare a group for it, and bind the group in RBAC to a role that allows %s: only cluster admin "+
					"among the access policies allows this",
				q.String(),
			),
			"",
		}
	}
	if groups := e.rowGroups(); len(groups) > 0 {
		return e.groupsStep(policy, q.Namespace, groups)
	}
	flags := []string{"--policy", policy}
	if q.Namespace != "" {
		flags = append(flags, "--namespace", awscli.Quote(q.Namespace))
	}
	if e.isRejected() && e.entry == nil && e.Cluster.AuthenticationMode != eksfacts.ModeAPI &&
		!e.Cluster.AWSAuth.Known() {
		// The cluster rejects the caller, so no row gives it access.
		flags = append(flags, "--allow-aws-auth-hidden", "--allow-self-lockout")
	}
	return step{"give it " + policy, e.recoverCommand(flags...)}
}

// isCustom reports whether a question is about custom resources, whose groups
// are domain names outside k8s.io (Kubernetes documentation, "Extend the
// Kubernetes API with CustomResourceDefinitions"): the access policies that
// reach them reach every resource.
func isCustom(q cani.Question) bool {
	return strings.Contains(q.Group, ".") && !strings.HasSuffix(q.Group, ".k8s.io")
}

// isEscalation reports whether Kubernetes answers a question with a check of
// its own, which looks at RBAC only: an access policy that allows it is not
// enough, unless it allows "bind" and "escalate" as cluster admin does
// (aws/containers-roadmap #2682; Kubernetes documentation, "Privilege escalation
// prevention and bootstrapping").
func isEscalation(q cani.Question) bool {
	roles := q.Group == "rbac.authorization.k8s.io" &&
		slices.Contains([]string{"roles", "rolebindings", "clusterroles", "clusterrolebindings"}, q.Resource)
	return roles && slices.Contains([]string{"create", "update", "patch", "bind", "escalate"}, q.Verb)
}

// mayBeRefused is added to a yes that such a check may turn into a refusal.
const mayBeRefused = "allowed by policy, but Kubernetes' check for privilege escalation may refuse it"

// nodeType is the entry type that the trust policy of the role suggests; "" for
// none.
func (e *examination) nodeType() string {
	p := e.Cluster.Principal(e.Principal)
	if p == nil || p.Trust == nil || p.Trust.Class() == trust.People {
		return ""
	}
	switch services := p.Trust.Services(); {
	case slices.Contains(services, "eks-fargate-pods"):
		return eksfacts.FargateLinux
	case slices.Contains(services, "ec2"):
		return eksfacts.EC2Linux
	}
	return ""
}

// openQuestions are the questions that were not answered with yes.
func (e *examination) openQuestions() []cani.Question {
	var open []cani.Question
	for _, q := range e.Questions {
		if e.answer(q).Verdict != Yes {
			open = append(open, q)
		}
	}
	return open
}

// checkNodes reports entries of node roles that no longer work, which concern all
// users of the cluster.
func (e *examination) checkNodes() {
	var lines []string
	for _, n := range e.state.UnusableNodes() {
		if n.Principal == e.Principal {
			continue // the other checks report it
		}
		state := "is stale: the role was recreated, so its nodes cannot join"
		if n.IsOrphaned() {
			state = "is orphaned: IAM no longer has the role"
		}
		lines = append(lines, fmt.Sprintf("the %s entry of %s %s", n.Type, n.Principal, state),
			"fix: "+e.nodeFix(n.Type, n.Principal, n.IsOrphaned()))
	}
	if len(lines) > 0 {
		e.addCheck(CheckNodes, Warned, "entries of nodes no longer work", lines...)
	}
}

// nodeFix is the command that fixes the entry of a node role.
func (e *examination) nodeFix(kind, role string, orphaned bool) string {
	if orphaned {
		return "eksaccess cleanup --orphaned --allow-node-removal --cluster " + awscli.Quote(e.Cluster.ARN)
	}
	return awscli.RecreateNodeEntry(awscli.Options{Cluster: e.Cluster.Name, Region: e.Cluster.Region}, role, kind)
}
