package iampolicy

import (
	"fmt"
	"slices"
	"strconv"

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

// Purposes are all there are.
var Purposes = []Purpose{Plan, Apply, Audit, Recover}

// ParsePurpose reads --for.
func ParsePurpose(s string) (Purpose, error) {
	if p := Purpose(s); slices.Contains(Purposes, p) {
		return p, nil
	}
	return "", fmt.Errorf("%q is none of plan, apply, audit, recover", s)
}

// For returns the smallest policies for a purpose and the clusters, in as few
// documents as IAM's limit allows.
func For(purpose Purpose, clusters []*spec.Cluster) []Document {
	all := make([]declared, len(clusters))
	for i, c := range clusters {
		all[i] = declaredIn(c)
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
	w.statements = append(w.statements, Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources, Condition: when})
}

// eachGroup writes a statement for each group, numbered where there are several.
func (w *writer) eachGroup(sid string, groups [][]declared, write func(sid string, group []declared)) {
	for i, g := range groups {
		name := sid
		if len(groups) > 1 {
			name += strconv.Itoa(i + 1)
		}
		write(name, g)
	}
}

// assume is needed by whoever runs the command; the rest by the role that is
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
	w.allow("ReadPrincipals", append(accountARNs(all, "role/*"), accountARNs(all, "user/*")...), nil, "iam:GetRole", "iam:GetUser")
	w.allow("ListRoles", []string{"*"}, nil, "iam:ListRoles")
}

func (w *writer) apply(all []declared) {
	w.eachGroup("CreateEntries", grouped(all, func(c declared) []string { return append(slices.Clone(c.principals), c.types...) }),
		func(sid string, g []declared) {
			w.allow(sid, clusterARNs(g), condition{
				"ArnLike":      {"eks:principalArn": g[0].principals},
				"StringEquals": {"eks:accessEntryType": g[0].types},
			}, "eks:CreateAccessEntry")
		})
	w.eachGroup("GrantPolicies", grouped(all, func(c declared) []string { return c.policies }),
		func(sid string, g []declared) {
			w.allow(sid, entryARNs(g), condition{"ArnEquals": {"eks:policyArn": g[0].policies}}, "eks:AssociateAccessPolicy")
		})
	w.allow("ChangeEntries", entryARNs(all), nil, "eks:UpdateAccessEntry", "eks:DeleteAccessEntry", "eks:DisassociateAccessPolicy")
	if tagged := slices.DeleteFunc(slices.Clone(all), func(c declared) bool { return !c.tags }); len(tagged) > 0 {
		w.allow("TagEntries", entryARNs(tagged), nil, "eks:TagResource", "eks:UntagResource")
	}
	w.eachGroup("PassNodeRoles", grouped(all, func(c declared) []string { return c.nodes }),
		func(sid string, g []declared) {
			// Service Authorization Reference, CreateAccessEntry: dependent actions.
			w.allow(sid, g[0].nodes, condition{"StringEquals": {"iam:PassedToService": {"ec2.amazonaws.com"}}}, "iam:PassRole")
		})
	w.modes(all, func(c declared) string { return c.mode })
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
	w.eachGroup("ChangeMode", grouped(all, steps), func(sid string, g []declared) {
		w.allow(sid, clusterARNs(g), condition{"StringEquals": {"eks:authenticationMode": steps(g[0])}}, "eks:UpdateClusterConfig")
		w.allow(sid+"Watch", clusterARNs(g), nil, "eks:DescribeUpdate")
	})
}
