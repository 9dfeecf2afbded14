package render

import (
	"fmt"
	"strings"

	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/phrase"
)

// whoText is a report by power: who is that strong, where, and by what way.
func whoText(r *inventory.Report, opts Options) []byte {
	p := newPage(opts)
	names := clusterNames(r)
	if asked := askedText(r.Asked); asked != "" {
		p.hang(0, p.paint(faint, "only "), plain, asked)
	}
	for i := range r.Principals {
		who := &r.Principals[i]
		if i == 0 || heading(who) != heading(&r.Principals[i-1]) {
			p.blank()
			n := 0
			for j := i; j < len(r.Principals) && heading(&r.Principals[j]) == heading(who); j++ {
				n++
			}
			p.line(0, p.paint(headingStyle(who), heading(who))+p.paint(faint, fmt.Sprintf(" (%d)", n)))
		}
		p.who(who, names)
	}
	if len(r.Principals) == 0 {
		p.blank()
		p.line(0, "nobody: of what was read, nothing fits")
	}
	p.blank()
	var unread []Failure
	for _, c := range r.Clusters {
		if c.Error != nil {
			unread = append(unread, Failure{c.Account, c.Region, c.Name, c.Error})
		}
	}
	p.failureGroups(sameFailures(unread), "not read")
	p.unlisted(r.NotRead)
	p.gaps(r, names)
	for _, n := range r.Notes {
		p.hangAt(0, p.paint(faint, "note: "), plain, Safe(n), 6)
	}
	p.blank()
	p.line(0, phrase.Join("; ", whoSummary(r.Summary), unlistedSummary(r.NotRead)))
	return p.Bytes()
}

func heading(p *inventory.Principal) string {
	if !p.Works {
		return "lets nobody in"
	}
	return p.Power.Label()
}

func headingStyle(p *inventory.Principal) style {
	if p.Works && p.Power == inventory.ClusterAdmin {
		return alert
	}
	return strong
}

// who writes one principal: what has the same rights in several clusters is
// said once.
func (p *page) who(who *inventory.Principal, names map[string]string) {
	title := deref(who.Principal)
	if title == "" {
		title = who.Name
	}
	p.line(2, Safe(title))
	set := ""
	if who.PermissionSet != nil {
		set = "permission set " + word(*who.PermissionSet)
	}
	if about := phrase.Join("; ", set, lastUse(who)); about != "" {
		p.hang(6, "", faint, about)
	}
	for _, g := range alike(who.Access) {
		var clusters []string
		for _, a := range g {
			clusters = append(clusters, names[a.Cluster])
		}
		a := g[0]
		p.hangAt(6, p.paint(powerStyle(a), a.Power.Label())+" in ", plain, strings.Join(clusters, ", "), 10)
		for _, w := range a.Ways {
			if w.Hidden {
				p.hang(10, p.paint(faint, "not in force: "), faint, wayText(w))
			} else {
				p.hang(10, "", plain, wayText(w))
			}
		}
		if state := stateText(a.State); state != "" {
			p.hang(10, "", alert, state)
		}
		if about := accessText(a); about != "" {
			p.hang(10, "", faint, about)
		}
	}
}

func powerStyle(a inventory.Access) style {
	switch {
	case a.State == inventory.Gone || a.State == inventory.MadeAgain:
		return faint
	case a.Power == inventory.ClusterAdmin:
		return loss
	}
	return plain
}

// accessText is what the tags of an entry tell.
func accessText(a inventory.Access) string {
	var parts []string
	if a.Owner != "" {
		parts = append(parts, "owner "+word(a.Owner))
	}
	if a.Expires != nil {
		parts = append(parts, "expires "+stamp(*a.Expires))
	}
	if a.HeldUntil != nil {
		parts = append(parts, "held until "+stamp(*a.HeldUntil))
	}
	if a.Reason != "" {
		parts = append(parts, "reason "+word(a.Reason))
	}
	return strings.Join(parts, "; ")
}

// alike gathers the clusters in which a principal has the same by the same
// ways, in the order of the first of each.
func alike(list []inventory.Access) [][]inventory.Access {
	var groups [][]inventory.Access
	place := map[string]int{}
	for _, a := range list {
		key := []string{string(a.Power), string(a.State), accessText(a)}
		for _, w := range a.Ways {
			key = append(key, fmt.Sprint(w.Hidden), wayText(w))
		}
		k := strings.Join(key, "\n") // no text has a line break
		i, ok := place[k]
		if !ok {
			i = len(groups)
			place[k] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], a)
	}
	return groups
}

// gaps writes what was not read, but for clusters that failed.
func (p *page) gaps(r *inventory.Report, names map[string]string) {
	for _, n := range r.Gaps {
		if n.What == inventory.WhatCluster {
			continue
		}
		text := Safe(n.Reason)
		if n.Count > 0 {
			text += " (" + phrase.Count(n.Count, "principal") + ")"
		}
		if len(n.Clusters) > 0 {
			text += ", in " + gapClusters(n, names, 5)
		}
		p.hangAt(0, p.paint(change, "not read: "), plain, whatText(n.What)+": "+text, 6)
		p.hint(6, n.Hint)
	}
}

// whoSummary is the last line:
//
//	3 clusters: 7 principals, 2 of them cluster admin; 1 dead, 2 with groups not resolved; 1 cluster not read
func whoSummary(s inventory.Summary) string {
	found := phrase.Count(s.Principals, "principal")
	if s.Admins > 0 {
		found += ", " + counts(counted{s.Admins, "of them cluster admin"})
	}
	bad := ""
	if s.Failed > 0 {
		bad = phrase.Count(s.Failed, "cluster") + " not read"
	}
	return phrase.Count(
		s.Clusters,
		"cluster",
	) + ": " + phrase.Join("; ",
		found,
		counts(counted{s.Dead, "dead"}, counted{s.Unresolved, "with groups not resolved"}),
		bad,
	)
}
