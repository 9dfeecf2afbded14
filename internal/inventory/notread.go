package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// notRead returns the gaps of a report: clusters that failed one by one, the
// other gaps by reason.
func notRead(in Input) []Gap {
	g := gapList{byReason: map[[2]string]*Gap{}, counted: map[string]bool{}}
	if len(in.Filtered) > 0 {
		g.add(WhatEntries, fmt.Sprintf("only entries with %s were read; groups, usernames and aws-auth can give the "+
			"same access", strings.Join(in.Filtered, ", ")), "", nil).IsFilter = true
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

type gapList struct {
	byReason map[[2]string]*Gap
	counted  map[string]bool // by what, reason and ARN of a principal
}

func (g *gapList) add(what, reason, hint string, c *snapshot.Cluster) *Gap {
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

// fact adds a part of a cluster that is not known.
func (g *gapList) fact(what string, f snapshot.Fact, c *snapshot.Cluster) {
	g.add(what, f.Why, f.Hint, c).NotAsked = f.NotAsked
}

func (g *gapList) cluster(c *snapshot.Cluster) {
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
		g.fact(WhatEntries, c.Entries.Fact, c)
	}
	if c.AuthenticationMode != eksfacts.ModeAPI && !c.AWSAuth.Known() {
		g.fact(WhatAWSAuth, c.AWSAuth.Fact, c)
	}
	if auth := c.AWSAuth.Parse(); c.AuthenticationMode != eksfacts.ModeAPI && auth != nil {
		for _, key := range auth.Unparsed {
			g.add(WhatAWSAuth, key+"; none of its rows has an effect: their principals and nodes have no access",
				"kubectl edit configmap aws-auth -n kube-system", c)
		}
	}
	if !c.RBAC.Known() {
		g.fact(WhatBindings, c.RBAC.Fact, c)
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
func (g *gapList) count(what, reason, principal string, c *snapshot.Cluster) {
	n := g.add(what, reason, "", c)
	if key := what + reason + "\x00" + principal; !g.counted[key] {
		g.counted[key] = true
		n.Count++
	}
}

// list returns the gaps, whole clusters first. A gap of all clusters that were
// read lists none of them.
func (g *gapList) list(read int) []Gap {
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

// notes returns access that cannot be listed.
func notes(in Input) []string {
	list := []string{}
	for i := range in.Snapshot.Clusters {
		c := &in.Snapshot.Clusters[i]
		for _, p := range c.Providers.Items {
			list = append(
				list,
				fmt.Sprintf(
					"cluster %s also accepts users of the OIDC identity provider %q, which are not IAM principals",
					c.ID().Path(),
					p.Name,
				),
			)
		}
	}
	return list
}
