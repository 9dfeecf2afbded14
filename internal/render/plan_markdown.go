package render

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
)

// planMarkdown is the plan for a pull request: the summary, then who becomes
// or stops being cluster admin, then each cluster folded. What failed or is
// refused is unfolded. It fits into a comment, see comment.go.
func planMarkdown(pl *plan.Plan) []byte {
	c := comment{
		title:   "### eksaccess plan",
		summary: planSummary(pl.Summary),
		whole:   "keep the plan with `--save plan.json`, then `eksaccess show plan.json`",
	}
	c.head = func(m *markdown) {
		if note := onlyDeclared(pl.Summary); note != "" {
			m.para(note)
		}
		m.admins(pl)
	}
	groups, grouped := repeated(planFailures(pl))
	for _, g := range groups {
		c.parts = append(c.parts, part{g[0].name(), 0, func(m *markdown) { m.failures([][]Failure{g}, "failed") }})
	}
	for i := range pl.Clusters {
		cl := &pl.Clusters[i]
		name := [3]string{cl.Account, cl.Region, cl.Name}
		if grouped[name] {
			continue
		}
		if quiet(cl) {
			c.inSync = append(c.inSync, name)
			continue
		}
		c.parts = append(c.parts, part{name, planWeight(cl), func(m *markdown) { m.planCluster(cl) }})
	}
	return c.bytes()
}

// planWeight says which clusters a comment that is too long keeps.
func planWeight(c *plan.Cluster) int {
	switch {
	case c.Status == plan.Failed || c.Status == plan.Refused:
		return 0
	case slices.ContainsFunc(c.Changes, func(ch plan.Change) bool { return adminNote(ch) != "" }):
		return 1
	case c.Status == plan.Changed:
		return 2
	case c.Status == plan.Drifted || c.Status == plan.Left:
		return 3
	}
	return 4
}

// admins lists the changes of cluster admins of all clusters.
func (m *markdown) admins(pl *plan.Plan) {
	t := table{header: []string{"Cluster", "", "Principal", "", "Why"}}
	for _, c := range pl.Clusters {
		for _, ch := range c.Changes {
			if note := adminNote(ch); note != "" {
				t.add(MarkdownText(where(c.Name, c.Account, c.Region)), MarkdownCell(ch.Action.Symbol()),
					principalCell(ch), MarkdownText(note), MarkdownText(because(ch.Source, ch.Reason)))
			}
		}
	}
	if len(t.rows) > 0 {
		m.para("#### Cluster admins that change")
		m.table(t)
	}
}

func (m *markdown) planCluster(c *plan.Cluster) {
	text, _ := status(c)
	m.open(where(c.Name, c.Account, c.Region), text, c.Status == plan.Failed || c.Status == plan.Refused)
	if c.Watch {
		m.para("Only watched: nothing of this is ever written.")
	}
	m.failure(c.Error)
	m.refusals(c.Guards)
	m.mode(c.AuthenticationMode)
	m.changes(c.Changes)
	if len(c.Held) > 0 {
		t := table{header: []string{"Held", "Until", "Reason"}}
		for _, h := range c.Held {
			t.add(MarkdownCell(h.Principal), stamp(h.Until), MarkdownText(h.Reason))
		}
		m.table(t)
	}
	if len(c.Ending) > 0 {
		t := table{header: []string{"Ends", "At", "Reason"}}
		for _, h := range c.Ending {
			t.add(MarkdownCell(h.Principal), stamp(h.Until), MarkdownText(h.Reason))
		}
		m.table(t)
	}
	if len(c.Unmanaged) > 0 {
		t := table{header: []string{"Unmanaged", "Owner", "Type", "Policies", "Groups"}}
		for _, u := range c.Unmanaged {
			t.add(MarkdownCell(u.Principal), MarkdownText(u.Owner), MarkdownText(u.Type),
				MarkdownText(policyList(u.Policies)), MarkdownText(words(u.Groups)))
		}
		m.table(t)
	}
	m.authRows(c.AWSAuth)
	m.guards(c.Guards)
	m.warnings(c.Warnings)
	m.close()
}

func (m *markdown) changes(changes []plan.Change) {
	if len(changes) == 0 {
		return
	}
	t := table{header: []string{"", "Principal", "What", "Why"}}
	for _, c := range changes {
		t.add(
			MarkdownCell(c.Action.Symbol()),
			principalCell(c),
			rowsCell(rows(c, false)),
			MarkdownText(because(c.Source, c.Reason)),
		)
	}
	m.table(t)
}

func principalCell(c plan.Change) string {
	cell := MarkdownCell(c.Principal)
	if c.PreviousPrincipal != nil {
		cell += "<br>instead of " + MarkdownCell(*c.PreviousPrincipal)
	}
	return cell
}

// rowsCell writes the fields of a change into one cell, a line each.
func rowsCell(list []row) string {
	var lines []string
	last := ""
	for _, r := range list {
		// With its sign a line is code, so that "-" and "+" stand in one column.
		text := phrase.Join(" ", r.sign, r.name, r.value())
		line := MarkdownCell(text)
		if r.field != last {
			line = "**" + r.field + "** " + line
			last = r.field
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "<br>")
}
