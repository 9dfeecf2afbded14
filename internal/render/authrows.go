package render

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
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
		return "entry: " + phrase.Join("; ", a.Type, policyList(a.Policies), groups)
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

// authRows shows what each principal of aws-auth has before and after, if that
// changes; with all, also where it does not.
func authRows(rows []plan.AuthRow, l Labels, all bool) []doc.Block {
	if len(rows) == 0 {
		return nil
	}
	t := doc.Table{
		Header: []string{"ROW", "BEFORE", "AFTER"},
		Titles: []string{"Row of aws-auth", "Before", "After"},
	}
	for _, r := range rows {
		if !all && r.Before.Same(r.After) {
			continue
		}
		name, before, after := l.Of(r.ARN), rowAccessText(r.Before), later(r)
		t.Add(doc.Raw(name), doc.Raw(before), doc.Raw(after))
		t.Narrow = append(t.Narrow, doc.Line{Text: name, Whole: true, Indent: 2, Blocks: []doc.Block{
			doc.Line{Lead: doc.Raw("before  "), Text: before, Style: doc.Faint},
			doc.Line{Lead: doc.Raw("after   "), Text: after, Style: doc.Faint},
		}})
	}
	line := doc.Line{Lead: doc.Styled(doc.Change, "aws-auth: "), Text: authSummary(rows), Blocks: []doc.Block{t}}
	return []doc.Block{doc.Either{Text: []doc.Block{line}, Markdown: []doc.Block{t}}}
}

// authSummary counts the rows by what gives their principals access after the
// plan.
func authSummary(rows []plan.AuthRow) string {
	n := map[string]int{}
	for _, r := range rows {
		n[r.After.By]++
	}
	rest := counts(
		counted{n[plan.ByEntry], "hidden by an entry after this plan"},
		counted{n[plan.ByRow], "still needed"},
		counted{n[plan.ByNobody], "without an entry, and then nothing"},
	)
	return phrase.Join(": ", phrase.Count(len(rows), "row"), rest)
}
