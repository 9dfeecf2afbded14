package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// fill gives a cluster what its document, its sets and its own lines say.
func (l *loader) fill(c *draft) {
	c.Owner = c.doc.owner
	c.Guards, c.Owners, c.Waivers = l.guardsFor(c.ID), l.owners, l.waivers
	for _, text := range c.doc.ignore {
		c.Ignore = append(c.Ignore, fill(text.Value, c.ID))
	}
	l.place(c, c.own, true)
	for _, s := range c.sets {
		l.place(c, s.access, false)
	}
	l.place(c, c.doc.top, false)
	var problems Problems
	c.Items, problems = c.applyAbsent(c.Items)
	l.add(problems)
	_, problems = c.unite(c.Items, PrincipalRef.String)
	l.add(problems)
}

// place adds the lines of one place to a cluster, with placeholders and
// policies as they are there.
func (l *loader) place(c *draft, a access, own bool) {
	for _, absent := range a.absent {
		absent.Principal.ARN = fill(absent.Principal.ARN, c.ID)
		c.Absent = append(c.Absent, absent)
	}
	for _, g := range a.grants {
		item := g.item
		item.Own = own
		item.Principal.ARN = fill(item.Principal.ARN, c.ID)
		item.Policies = nil
		for _, p := range g.policies {
			if policy, ok := l.policyFor(c, p); ok {
				item.Policies = append(item.Policies, policy)
			}
		}
		l.foreign(c, g.item.Principal.ARN, item)
		if (!item.Expires.IsZero() || item.Reason != "") && !c.doc.Owner.Given() && !c.doc.Flawed {
			key := "expires"
			if item.Expires.IsZero() {
				key = "reason"
			}
			l.spreadError(c, item.Pos, `write "owner: NAME" on top of the document that declares the cluster`,
				key+" requires an owner, because it is stored in tags")
		}
		c.Items = append(c.Items, item)
	}
}

func (l *loader) policyFor(c *draft, p policyDraft) (Policy, bool) {
	policy := Policy{ARN: p.written, Scope: ScopeCluster, Namespaces: []string{}}
	if len(p.namespaces) > 0 {
		policy.Scope, policy.Namespaces = ScopeNamespace, p.namespaces
	}
	if !strings.Contains(p.written, ":") {
		policy.ARN = arn.AccessPolicy(c.ID.Partition, p.written)
		return policy, true
	}
	policy.ARN = fill(p.written, c.ID)
	if want := arn.AccessPolicy(c.ID.Partition, arn.PolicyName(policy.ARN)); policy.ARN != want {
		l.spreadError(c, p.pos, "write only its name, "+arn.PolicyName(policy.ARN)+", or ${partition} in the ARN",
			fmt.Sprintf("access policy %q has another partition than the cluster", p.written))
		return policy, false
	}
	return policy, true
}

// foreign tells of principals that can't be meant for the cluster.
func (l *loader) foreign(c *draft, written string, item Item) {
	p, err := arn.ParsePrincipal(item.Principal.ARN)
	if err != nil {
		return // a name, which is looked for in the cluster's own account
	}
	switch {
	case p.Partition != c.ID.Partition:
		l.spreadError(
			c,
			item.Pos,
			"write ${partition} for the partition of the cluster",
			fmt.Sprintf("principal %q has another partition than the cluster", written),
		)
	case p.Account != c.ID.Account && !slices.Contains(l.guards.TrustedAccounts, p.Account):
		l.spreadError(
			c,
			item.Pos,
			fmt.Sprintf("to allow it, add %q to trustedAccounts under guards", p.Account),
			fmt.Sprintf(
				"principal %q has account %s, which is neither the cluster's nor trusted",
				written,
				p.Account,
			),
		)
	}
}

// A spreadProblem is one mistake that shows in several clusters; it is reported
// once, with the first of them.
type spreadProblem struct {
	Problem
	warning bool
	first   *draft
	more    int
}

type spreadKey struct {
	at      Pos
	summary string
}

// spreads gathers such problems.
type spreads map[spreadKey]*spreadProblem

func (s spreads) add(c *draft, p spreadProblem) {
	key := spreadKey{p.Pos, p.Summary}
	if known := s[key]; known != nil {
		known.more++
		return
	}
	p.first = c
	s[key] = &p
}

func (s spreads) report(r *report) {
	for _, p := range s {
		where := fmt.Sprintf(" (cluster %q)", p.first.ID.Path())
		if p.more > 0 {
			where = fmt.Sprintf(" (cluster %q and %d more)", p.first.ID.Path(), p.more)
		}
		p.Summary += where
		if p.warning {
			r.Warnings = append(r.Warnings, p.Problem)
		} else {
			r.Errors = append(r.Errors, p.Problem)
		}
	}
}

func (l *loader) spreadError(c *draft, at Pos, hint, summary string) {
	l.spread.add(c, spreadProblem{Problem: Problem{at, summary, hint}})
}
