package render

import (
	"fmt"
	"strings"

	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// whoDocument is a report by power: who is that strong, where, and by what way.
func whoDocument(r *inventory.Report) *doc.Document {
	d := &doc.Document{}
	names := clusterNames(r)
	if asked := askedText(r.Asked); asked != "" {
		d.Top = append(d.Top, doc.Line{Lead: doc.Styled(doc.Faint, "only "), Text: asked})
	}
	for rest := r.Principals; len(rest) > 0; {
		n := 1
		for n < len(rest) && heading(&rest[n]) == heading(&rest[0]) {
			n++
		}
		level := doc.Line{Whole: true, Indent: 2, Lead: doc.Join(
			doc.Styled(headingStyle(&rest[0]), heading(&rest[0])), doc.Styled(doc.Faint, fmt.Sprintf(" (%d)", n)))}
		for i := range rest[:n] {
			level.Blocks = append(level.Blocks, whoPrincipalLine(&rest[i], names))
		}
		d.Top = append(d.Top, doc.Space{}, level)
		rest = rest[n:]
	}
	if len(r.Principals) == 0 {
		d.Top = append(d.Top, doc.Space{}, doc.Line{Text: "nobody: of what was read, nothing fits", Whole: true})
	}
	d.Tail = append(d.Tail, doc.Space{})
	d.Tail = append(d.Tail, failureSections(sameFailures(whoFailures(r)), "not read")...)
	d.Tail = append(d.Tail, unlisted(r.NotRead)...)
	d.Tail = append(d.Tail, whoGaps(r, names)...)
	for _, n := range r.Notes {
		d.Tail = append(d.Tail, doc.Line{Lead: doc.Styled(doc.Faint, "note: "), Text: n, Hang: 6})
	}
	d.Tail = append(d.Tail, doc.Space{},
		doc.Line{Text: phrase.Join("; ", whoSummary(r.Summary), unlistedSummary(r.NotRead)), Whole: true})
	return d
}

func whoFailures(r *inventory.Report) []Failure {
	var all []Failure
	for _, c := range r.Clusters {
		if c.Error != nil {
			all = append(all, Failure{c.Account, c.Region, c.Name, c.Error})
		}
	}
	return all
}

func heading(p *inventory.Principal) string {
	if !p.Works {
		return "lets nobody in"
	}
	return p.Power.Label()
}

func headingStyle(p *inventory.Principal) doc.Style {
	if p.Works && p.Power == inventory.ClusterAdmin {
		return doc.Alert
	}
	return doc.Strong
}

// whoPrincipalLine is one principal: what has the same rights in several
// clusters is said once.
func whoPrincipalLine(who *inventory.Principal, names map[string]string) doc.Block {
	title := deref(who.Principal)
	if title == "" {
		title = who.Name
	}
	set := ""
	if who.PermissionSet != nil {
		set = "permission set " + word(*who.PermissionSet)
	}
	line := doc.Line{Text: title, Whole: true}
	if about := phrase.Join("; ", set, lastUse(who)); about != "" {
		line.Blocks = append(line.Blocks, doc.Line{Text: about, Style: doc.Faint})
	}
	for _, g := range alike(who.Access) {
		var clusters []string
		for _, a := range g {
			clusters = append(clusters, names[a.Cluster])
		}
		line.Blocks = append(line.Blocks, whoAccessLine(g[0], strings.Join(clusters, ", ")))
	}
	return line
}

func whoAccessLine(a inventory.Access, clusters string) doc.Block {
	level := doc.Styled(powerStyle(a), a.Power.Label())
	line := doc.Line{Lead: doc.Join(level, doc.Raw(" in ")), Text: clusters, Hang: 4}
	for _, w := range a.Ways {
		if w.Hidden {
			line.Blocks = append(line.Blocks, doc.Line{Lead: doc.Styled(doc.Faint, "not in force: "), Text: wayText(w),
				Style: doc.Faint})
		} else {
			line.Blocks = append(line.Blocks, doc.Line{Text: wayText(w)})
		}
	}
	if state := stateText(a.State); state != "" {
		line.Blocks = append(line.Blocks, doc.Line{Text: state, Style: doc.Alert})
	}
	if about := accessText(a); about != "" {
		line.Blocks = append(line.Blocks, doc.Line{Text: about, Style: doc.Faint})
	}
	return line
}

func powerStyle(a inventory.Access) doc.Style {
	switch {
	case a.State == inventory.Gone || a.State == inventory.MadeAgain:
		return doc.Faint
	case a.Power == inventory.ClusterAdmin:
		return doc.Loss
	}
	return doc.Plain
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
		k := fmt.Sprintf("%q", key)
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

// whoGaps are what was not read, but for clusters that failed.
func whoGaps(r *inventory.Report, names map[string]string) []doc.Block {
	var lines []doc.Block
	for _, n := range r.Gaps {
		if n.What == inventory.WhatCluster {
			continue
		}
		text := n.Reason
		if n.Count > 0 {
			text += " (" + phrase.Count(n.Count, "principal") + ")"
		}
		if len(n.Clusters) > 0 {
			text += ", in " + gapClusters(n, names, 5)
		}
		lines = append(lines, doc.Line{Lead: doc.Styled(doc.Change, "not read: "), Text: whatText(n.What) + ": " + text,
			Hang: 6, Indent: 6, Blocks: []doc.Block{doc.Hint{Text: n.Hint}}})
	}
	return lines
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
