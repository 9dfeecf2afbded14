package render

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
)

// rowsRule reports whether aws-auth gives anybody anything, before or after.
func rowsRule(rows []plan.AuthRow) bool {
	return slices.ContainsFunc(
		rows,
		func(r plan.AuthRow) bool { return r.Before.By == plan.ByRow || r.After.By == plan.ByRow },
	)
}

// rowAccessText is what a principal has in a line of running text.
func rowAccessText(a plan.Access) string {
	if a.By == plan.ByNobody {
		return "nothing"
	}
	groups := ""
	if len(a.Groups) > 0 {
		groups = "groups " + words(a.Groups)
	}
	if a.By == plan.ByEntry {
		return "entry: " + phrase.Join("; ", Safe(a.Type), policyList(a.Policies), groups)
	}
	if groups == "" {
		groups = "no groups"
	}
	return "row: " + groups
}

// later is what there is after the plan, in a word where nothing changes.
func later(r plan.AuthRow) string {
	if r.Before.Same(r.After) {
		return "the same"
	}
	return rowAccessText(r.After)
}

// authRows shows what each principal of aws-auth has before and after.
func (p *page) authRows(rows []plan.AuthRow) {
	if len(rows) == 0 {
		return
	}
	p.hang(2, p.paint(change, "aws-auth: "), plain, authSummary(rows))
	t := table{header: []string{"ROW", "BEFORE", "AFTER"}}
	for _, r := range rows {
		t.add(Safe(r.ARN), rowAccessText(r.Before), later(r))
	}
	if p.table(6, t) {
		return
	}
	for _, r := range rows {
		p.line(6, Safe(r.ARN))
		p.hang(8, "before  ", faint, rowAccessText(r.Before))
		p.hang(8, "after   ", faint, later(r))
	}
}

func (m *markdown) authRows(rows []plan.AuthRow) {
	if len(rows) == 0 {
		return
	}
	t := table{header: []string{"Row of aws-auth", "Before", "After"}}
	for _, r := range rows {
		t.add(MarkdownCell(r.ARN), MarkdownText(rowAccessText(r.Before)), MarkdownText(later(r)))
	}
	m.table(t)
}

// authSummary counts the rows by what gives their principals access after the
// plan.
func authSummary(rows []plan.AuthRow) string {
	n := map[string]int{}
	for _, r := range rows {
		n[r.After.By]++
	}
	parts := []string{phrase.Count(len(rows), "row")}
	if rest := counts(counted{n[plan.ByEntry], "hidden by an entry after this plan"}, counted{n[plan.ByRow], "still needed"},
		counted{n[plan.ByNobody], "without an entry, and then nothing"}); rest != "" {
		parts = append(parts, rest)
	}
	return strings.Join(parts, ": ")
}
