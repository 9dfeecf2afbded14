package render

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
)

// What plans and results have in common, under a cluster's heading.

// modeChange is a change of the authentication mode, nothing where it stays;
// with remark, that it cannot be undone.
func modeChange(m *plan.ModeChange, st doc.Style, remark bool) []doc.Block {
	if !m.Moves() {
		return nil
	}
	t := doc.Transition{Label: "authentication mode", Before: m.Before, After: m.After, Style: st}
	if remark {
		t.Remark = oneWay(m)
	}
	return []doc.Block{t}
}

// problem is an error with all that AWS said of it, and what to do; nothing for
// none.
func problem(e *plan.Error) []doc.Block {
	if e == nil {
		return nil
	}
	return []doc.Block{doc.Problem{Code: e.Code, Message: e.Message, Hint: e.Hint, Details: []doc.Detail{
		{Label: "operation", Value: e.Operation}, {Label: "resource", Value: e.Resource},
		{Label: "missing", Value: e.Action}, {Label: "request", Value: e.RequestID},
	}}}
}

// refusals are guards that refuse, in full, for a page.
func refusals(guards []plan.Guard) []doc.Block {
	var list []doc.Block
	for _, g := range guards {
		if g.Refuses() {
			text := doc.Join(doc.Styled(doc.Strong, "refused by "+g.Name), doc.Raw(": "), doc.Raw(g.Detail))
			if g.Hint != "" {
				text = doc.Lines(text, doc.Join(doc.Raw("hint: "), doc.Raw(g.Hint)))
			}
			list = append(list, doc.Line{Lead: text})
		}
	}
	return list
}

// guards are, in a terminal, those that refuse and those that can't be judged,
// in full; those that passed fold into a line. On a page they are those that do
// not refuse, in a table.
func guards(list []plan.Guard, verbose bool) doc.Block {
	var e doc.Either
	var passed []string
	t := doc.Table{Titles: []string{"Guard", "", "Detail"}}
	line := func(st doc.Style, label, text, hint string) {
		e.Text = append(e.Text, doc.Line{Lead: doc.Styled(st, label+": "), Text: text, Hang: 4,
			Blocks: []doc.Block{doc.Hint{Text: hint}}})
	}
	for _, g := range list {
		switch {
		case g.Refuses():
			line(doc.Alert, "refused by "+g.Name, g.Detail, g.Hint)
		case g.OK == nil:
			line(doc.Change, "guard not judged", because(g.Name, g.Detail), g.Hint)
			t.Add(doc.Raw(g.Name), doc.Styled(doc.Strong, "not judged"), doc.Raw(phrase.Join("; ", g.Detail, g.Hint)))
		default:
			if verbose {
				line(doc.Faint, "guard passed", because(g.Name, g.Detail), "")
			} else {
				passed = append(passed, g.Name)
			}
			t.Add(doc.Raw(g.Name), doc.Raw("passed"), doc.Raw(g.Detail))
		}
	}
	if len(passed) > 0 {
		e.Text = append(e.Text, doc.Line{Lead: doc.Styled(doc.Faint, "guards passed: "),
			Text: strings.Join(passed, ", "), Style: doc.Faint})
	}
	e.Markdown = []doc.Block{t}
	return e
}

func warnings(list []plan.Warning) doc.Block {
	notes := doc.Notes{Label: "warning", Style: doc.Change}
	for _, w := range list {
		notes.Texts = append(notes.Texts, because(w.Source, w.Message))
	}
	return notes
}
