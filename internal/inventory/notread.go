package inventory

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// notRead is what the report can't tell: clusters that failed one by one, the
// rest gathered by its reason.
func notRead(in Input) []Gap {
	g := gatherer{byReason: map[[2]string]*Gap{}, counted: map[string]bool{}}
	if len(in.Filtered) > 0 {
		g.add(
			WhatEntries,
			fmt.Sprintf(
				"EKS was asked for entries with %s only; groups, usernames and aws-auth may give the same",
				words(in.Filtered),
			),
			"",
			nil,
		)
	}
	read := 0
	for i := range in.Snapshot.Clusters {
		c := &in.Snapshot.Clusters[i]
		if c.Error == nil {
			read++
		}
		g.cluster(c)
	}
	return g.list(read)
}

func words(list []string) string {
	s := ""
	for i, w := range list {
		if i > 0 {
			s += ", "
		}
		s += w
	}
	return s
}

type gatherer struct {
	byReason map[[2]string]*Gap
	counted  map[string]bool // principals told of, by what and ARN
}

func (g *gatherer) add(what, reason, hint string, c *snapshot.Cluster) *Gap {
	key := [2]string{what, reason}
	n := g.byReason[key]
	if n == nil {
		n = &Gap{What: what, Reason: reason, Hint: hint, Clusters: []string{}}
		g.byReason[key] = n
	}
	if c != nil && (len(n.Clusters) == 0 || n.Clusters[len(n.Clusters)-1] != c.ARN) {
		n.Clusters = append(n.Clusters, c.ARN)
	}
	return n
}

func (g *gatherer) cluster(c *snapshot.Cluster) {
	if e := c.Error; e != nil {
		reason := e.Message
		if e.Code != "" {
			reason = e.Code + ": " + reason
		}
		g.byReason[[2]string{WhatCluster, c.ARN}] = &Gap{
			What:     WhatCluster,
			Reason:   reason,
			Hint:     e.Hint,
			Clusters: []string{c.ARN},
		}
		return
	}
	if c.AuthenticationMode != eksfacts.ModeConfigMap && !c.Entries.Known() {
		g.add(WhatEntries, c.Entries.Why, c.Entries.Hint, c)
	}
	if c.AuthenticationMode != eksfacts.ModeAPI && !c.AWSAuth.Known() {
		g.add(WhatAWSAuth, c.AWSAuth.Why, c.AWSAuth.Hint, c)
	}
	if auth := c.AWSAuth.Parsed(); c.AuthenticationMode != eksfacts.ModeAPI && auth != nil {
		for _, key := range auth.Unparsed {
			g.add(WhatAWSAuth, key+"; all its rows have no effect: their principals are locked out, nodes too",
				"kubectl edit configmap aws-auth -n kube-system", c)
		}
	}
	if !c.RBAC.Known() {
		g.add(WhatBindings, c.RBAC.Why, c.RBAC.Hint, c)
	}
	for i := range c.Principals {
		p := &c.Principals[i]
		switch {
		case p.Existence == spec.Unknown:
			g.count(WhatIAM, p.Why, p.ARN, c)
		case p.Existence == spec.Exists && !p.LastUsed.Known():
			g.count(WhatLastUsed, p.LastUsed.Why, p.ARN, c)
		}
	}
}

// count adds a principal, once over all clusters.
func (g *gatherer) count(what, reason, principal string, c *snapshot.Cluster) {
	n := g.add(what, reason, "", c)
	if key := what + reason + "\x00" + principal; !g.counted[key] {
		g.counted[key] = true
		n.Count++
	}
}

// list sorts by weight: whole clusters first. What is about all that were read
// names none of them.
func (g *gatherer) list(read int) []Gap {
	order := []string{WhatCluster, WhatEntries, WhatAWSAuth, WhatBindings, WhatIAM, WhatLastUsed}
	list := []Gap{}
	for _, n := range g.byReason {
		if n.What != WhatCluster && len(n.Clusters) == read {
			n.Clusters = []string{}
		}
		list = append(list, *n)
	}
	slices.SortFunc(list, func(a, b Gap) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.What), slices.Index(order, b.What)),
			slices.Compare(a.Clusters, b.Clusters),
			cmp.Compare(a.Reason, b.Reason),
		)
	})
	return list
}

// notes are what no reading can tell.
func notes(in Input) []string {
	list := []string{
		"IAM principals are named, not the people behind them: IAM says who may assume a role, IAM Identity Center " +
			"to whom a permission set is assigned",
	}
	for i := range in.Snapshot.Clusters {
		c := &in.Snapshot.Clusters[i]
		for _, p := range c.Providers.Items {
			list = append(
				list,
				fmt.Sprintf(
					"cluster %s also lets in users of the OIDC identity provider %q, who are no IAM principals",
					c.ID().Path(),
					p.Name,
				),
			)
		}
	}
	return list
}
