package iampolicy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A Purpose is the command a policy is for.
type Purpose string

const (
	Plan    Purpose = "plan"
	Apply   Purpose = "apply"
	Audit   Purpose = "audit"
	Recover Purpose = "recover"
)

// Purposes are the values of --for.
var Purposes = []Purpose{Plan, Apply, Audit, Recover}

// For returns the smallest policies for a purpose and the clusters, in as few
// documents as IAM's limit allows. What clusters were declared as before, if
// anything is given for that, is allowed too: a change of namespaces sends the
// old and the new ones together, so that no principal is without access in between,
// and undo puts the old state back.
func For(purpose Purpose, clusters []*spec.Cluster, before ...*spec.Cluster) []Document {
	all := make([]declared, len(clusters))
	for i, c := range clusters {
		all[i] = declaredIn(c, before...)
	}
	var w writer
	w.assume(all)
	w.read(all)
	switch purpose {
	case Apply:
		w.apply(all)
	case Audit:
		w.audit(all)
	case Recover:
		w.recover(all)
	}
	return pack(w.statements, MaxManaged)
}

// A writer gathers statements that allow.
type writer struct{ statements []Statement }

type condition = map[string]map[string][]string

func (w *writer) allow(sid string, resources []string, when condition, actions ...string) {
	w.statements = append(
		w.statements,
		Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources, Condition: when},
	)
}

// eachGroup writes a statement for each group, numbered where there are several.
func (w *writer) eachGroup(sid string, groups [][]declared, write func(sid string, group []declared)) {
	for i, g := range groups {
		write(statementID(sid, i, len(groups)), g)
	}
}

// assume is needed by the caller; the rest by the role that is
// assumed, where there is one.
func (w *writer) assume(all []declared) {
	var roles []string
	for _, c := range all {
		if c.assume != "" {
			roles = append(roles, c.assume)
		}
	}
	slices.Sort(roles)
	if roles = slices.Compact(roles); len(roles) > 0 {
		w.allow("AssumeRoles", roles, nil, "sts:AssumeRole")
	}
}

// read is what every command needs to see. IAM is asked about every principal
// that has an entry, so it can't be narrowed to those declared; listing roles
// is authorised on all or nothing (Service Authorization Reference, AWS IAM).
func (w *writer) read(all []declared) {
	w.allow("ReadClusters", clusterARNs(all), nil, "eks:DescribeCluster", "eks:ListAccessEntries")
	w.allow("ReadEntries", entryARNs(all), nil, "eks:DescribeAccessEntry", "eks:ListAssociatedAccessPolicies")
	w.allow(
		"ReadPrincipals",
		append(accountARNs(all, "role/*"), accountARNs(all, "user/*")...),
		nil,
		"iam:GetRole",
		"iam:GetUser",
	)
	w.allow("ListRoles", []string{"*"}, nil, "iam:ListRoles")
}

func (w *writer) apply(all []declared) {
	w.creates(all)
	w.grants(all)
	w.allow(
		"ChangeEntries",
		entryARNs(all),
		nil,
		"eks:UpdateAccessEntry",
		"eks:DeleteAccessEntry",
		"eks:DisassociateAccessPolicy",
	)
	if tagged := slices.DeleteFunc(slices.Clone(all), func(c declared) bool { return !c.tags }); len(tagged) > 0 {
		w.allow("TagEntries", entryARNs(tagged), nil, "eks:TagResource", "eks:UntagResource")
	}
	w.eachGroup("PassNodeRoles", groupClusters(all, func(c declared) []string { return c.nodes }),
		func(sid string, g []declared) {
			// Service Authorization Reference, CreateAccessEntry: dependent actions.
			w.allow(
				sid,
				g[0].nodes,
				condition{"StringEquals": {"iam:PassedToService": {"ec2.amazonaws.com"}}},
				"iam:PassRole",
			)
		})
	w.modes(all, func(c declared) string { return c.mode })
}

// byKey gathers what clusters have in common, in the order of the first of each.
func byKey[T interface{ key() string }](all []declared, of func(declared) []T) (list []T,
	clusters map[string][]declared) {
	clusters = map[string][]declared{}
	for _, c := range all {
		for _, v := range of(c) {
			if clusters[v.key()] == nil {
				list = append(list, v)
			}
			clusters[v.key()] = append(clusters[v.key()], c)
		}
	}
	return list, clusters
}

// statementID is the id of a statement, with its number if there are several.
func statementID(sid string, i, of int) string {
	if of > 1 {
		sid += strconv.Itoa(i + 1)
	}
	return sid
}

// creates allows entries, each principal only of its type.
func (w *writer) creates(all []declared) {
	list, clusters := byKey(all, func(c declared) []entries { return c.entries })
	for i, e := range list {
		w.allow(statementID("CreateEntries", i, len(list)), clusterARNs(clusters[e.key()]), condition{
			"ArnLike":      {"eks:principalArn": e.principals},
			"StringEquals": {"eks:accessEntryType": {e.entryType}},
		}, "eks:CreateAccessEntry")
	}
}

// maxNamespaces is how many characters of namespaces a statement lists. Their
// list cannot be spread over statements: a call has to fit one.
const maxNamespaces = 3000

// grants allows the associations of access policies, each only for its
// principals, policies and scope (Service Authorization Reference, Amazon EKS,
// condition keys of AssociateAccessPolicy).
func (w *writer) grants(all []declared) {
	grants, clusters := byKey(all, func(c declared) []grant { return c.grants })
	for i, g := range grants {
		when := condition{
			"ArnLike":      {"eks:principalArn": g.principals},
			"ArnEquals":    {"eks:policyArn": g.policies},
			"StringEquals": {"eks:accessScope": {g.scope}},
		}
		if n := len(strings.Join(g.namespaces, "")); n > 0 && n <= maxNamespaces {
			// True of a call without namespaces, too, which EKS refuses for this scope.
			when[forAll] = map[string][]string{"eks:namespaces": g.namespaces}
		}
		w.allow(statementID("GrantPolicies", i, len(grants)), entryARNs(clusters[g.key()]), when,
			"eks:AssociateAccessPolicy")
	}
}

// modes allows the steps to the mode that each cluster should have at least.
func (w *writer) modes(all []declared, least func(declared) string) {
	steps := func(c declared) []string {
		n := eksfacts.ModeRank(least(c))
		if n < 1 {
			return nil
		}
		return eksfacts.Modes[1 : n+1]
	}
	w.eachGroup("ChangeMode", groupClusters(all, steps), func(sid string, g []declared) {
		w.allow(
			sid,
			clusterARNs(g),
			condition{"StringEquals": {"eks:authenticationMode": steps(g[0])}},
			"eks:UpdateClusterConfig",
		)
		w.allow(sid+"Watch", clusterARNs(g), nil, "eks:DescribeUpdate")
	})
}
