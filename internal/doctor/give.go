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

// A remedy is the next step that gives a principal access. It gives nothing but
// what a file declares for it, what was asked for, or what it held before;
// cluster admin only to the caller, and says so.
type remedy struct{ what, command string }

// remedy returns the next step for a principal that lacks access. Of questions,
// those that were asked and not answered with yes count.
func (e *examination) remedy(questions []cani.Question) remedy {
	p, err := arn.ParsePrincipal(e.Principal)
	switch {
	case err == nil && p.Kind == arn.Root:
		return remedy{"use a role or user: the root of an account cannot be limited, and needs no access to clusters",
			e.command("doctor", "--principal", "role=NAME")}
	case arn.IsServiceLinked(e.Principal):
		return remedy{"use a role or user of your own: EKS manages the access of service-linked roles",
			e.command("doctor", "--principal", "role=NAME")}
	case e.declares(questions):
		return remedy{"apply the file that declares its access", e.command("apply")}
	case len(questions) > 0:
		return e.answerTo(questions)
	case e.Self:
		return remedy{"make yourself cluster admin for some hours", e.recover()}
	}
	if kind := e.nodeType(); kind != "" {
		return remedy{
			fmt.Sprintf(
				"its trust policy is that of a node role: if nodes use it, declare {principal: %s, type: %s} and "+
					"apply that; "+
					"if people use it, give it an access policy, and fill in which and where",
				spec.YAMLText(e.Principal),
				kind,
			),
			e.fillIn(),
		}
	}
	if groups := e.rowGroups(); len(groups) > 0 {
		return e.keepingGroups("POLICY", "NAMESPACE", groups)
	}
	return remedy{"give it an access policy, and fill in which and where", e.fillIn()}
}

// rowGroups are the groups that the principal has by its row of aws-auth, as
// the row says, or the cluster itself where aws-auth was not read. An entry
// would hide them.
func (e *examination) rowGroups() []string {
	if e.entry != nil || e.Cluster.AuthenticationMode == eksfacts.ModeAPI {
		return nil
	}
	var groups []string
	if row, ok := e.state.Row(e.Principal); ok {
		groups = row.Groups
	} else if e.letIn() && e.isDenied() && e.state.RowsUnknown() != "" {
		groups = e.Inside.Groups
	}
	return slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return eksfacts.ReservedPrefix(g) != "" })
}

// isDenied reports whether the cluster itself denied the caller something, so
// that the caller is not cluster admin.
func (e *examination) isDenied() bool {
	return slices.ContainsFunc(e.Inside.Reviews, func(r Review) bool {
		return !r.Allowed && r.Refusal == nil && r.Error == ""
	})
}

// keepingGroups gives a policy, and the groups of the row that the entry hides:
// recover gives no groups, and the guards refuse an entry that gives less.
func (e *examination) keepingGroups(policy, namespace string, groups []string) remedy {
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
	what := "declare " + item + " under access, and apply that"
	if e.state.RowsUnknown() != "" {
		what += " with --allow-self-lockout" // the cluster itself said that the caller is not cluster admin
	}
	return remedy{what + ": an entry hides the row of aws-auth that gives it these groups now", ""}
}

// fillIn is the command that gives a policy, with words for the reader to fill
// in.
func (e *examination) fillIn() string {
	return e.recover("--policy", "POLICY", "--namespace", "NAMESPACE")
}

// declares reports whether the file declares access of the principal that is
// enough for the questions.
func (e *examination) declares(questions []cani.Question) bool {
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

// answerTo gives what questions need: the least access policy, in their
// namespaces. What no policy but cluster admin allows, and what Kubernetes
// checks for privilege escalation, is for RBAC.
func (e *examination) answerTo(questions []cani.Question) remedy {
	q := questions[0]
	all := q == cani.Everything || q == cani.EveryGroup || q == cani.EveryPath
	policy := eksfacts.Least(q)
	switch {
	case all && e.Self:
		return remedy{"make yourself cluster admin for some hours", e.recover()}
	case all:
		return remedy{"that is cluster admin: declare it under admins of a file, if that is meant, and apply that", ""}
	case isEscalation(q):
		return remedy{
			fmt.Sprintf(
				"declare a group for it and bind that in RBAC to a role that allows to %s: Kubernetes checks this "+
					"for privilege escalation, "+
					"and does not count access policies",
				q.String(),
			),
			"",
		}
	case policy == "" || policy == eksfacts.ClusterAdminPolicy || isCustom(q):
		return remedy{
			fmt.Sprintf(
				"declare a group for it and bind that in RBAC to a role that allows to %s: no access policy allows "+
					"that and little else",
				q.String(),
			),
			"",
		}
	}
	if groups := e.rowGroups(); len(groups) > 0 {
		return e.keepingGroups(policy, q.Namespace, groups)
	}
	flags := []string{"--policy", policy}
	if q.Namespace != "" {
		flags = append(flags, "--namespace", awscli.Quote(q.Namespace))
	}
	if e.turnedAway() && e.entry == nil && e.Cluster.AuthenticationMode != eksfacts.ModeAPI &&
		!e.Cluster.AWSAuth.Known() {
		// The cluster itself says that no row lets the caller in.
		flags = append(flags, "--allow-aws-auth-hidden", "--allow-self-lockout")
	}
	return remedy{"give it " + policy, e.recover(flags...)}
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
const mayBeRefused = "allowed by policy, may be refused by Kubernetes' escalation check"

// nodeType is the entry type for which a role looks made by its trust policy;
// "" for none.
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

// open are the questions that were not answered with yes so far.
func (e *examination) open() []cani.Question {
	var open []cani.Question
	for _, q := range e.Questions {
		if e.answer(q).Verdict != Yes {
			open = append(open, q)
		}
	}
	return open
}

// nodes: entries of node roles that no longer work concern everyone who uses
// the cluster.
func (e *examination) nodes() {
	var lines []string
	for _, n := range e.state.UnusableNodes() {
		if n.Principal == e.Principal {
			continue // it has checks of its own
		}
		state := "is stale, since the role was recreated, so its nodes cannot join"
		if n.IsOrphaned() {
			state = "is orphaned, since IAM no longer has the role"
		}
		lines = append(lines, fmt.Sprintf("the %s entry of %s %s", n.Type, n.Principal, state),
			"way out: "+e.nodeWayOut(n.Type, n.Principal, n.IsOrphaned()))
	}
	if len(lines) > 0 {
		e.check(CheckNodes, Warned, "entries of nodes no longer work", lines...)
	}
}

// nodeWayOut is the command that puts the entry of a node role right.
func (e *examination) nodeWayOut(kind, role string, orphaned bool) string {
	if orphaned {
		return "eksaccess cleanup --orphaned --allow-node-removal --cluster " + awscli.Quote(e.Cluster.ARN)
	}
	return awscli.RecreateNodeEntry(awscli.Options{Cluster: e.Cluster.Name, Region: e.Cluster.Region}, role, kind)
}
