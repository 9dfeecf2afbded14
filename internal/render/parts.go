package render

import (
	"fmt"
	"regexp"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
)

// What plans and results have in common, under a cluster's heading.

// modeChange is a change of the authentication mode, nothing where it stays.
func modeChange(m *plan.ModeChange) []doc.Block {
	if !m.Moves() {
		return nil
	}
	return []doc.Block{doc.Transition{Label: "authentication mode", Before: m.Before, After: m.After,
		Aside: "cannot be undone", Style: doc.Change}}
}

// problem is an error with all that AWS said of it, and what to do; nothing for
// none.
func problem(e *plan.Error) []doc.Block {
	if e == nil {
		return nil
	}
	return []doc.Block{doc.Problem{Code: e.Code, Message: e.Message, Hint: e.Hint, Details: errorDetails(e)}}
}

// missingAction is the label of the IAM action that a call lacked.
const missingAction = "missing"

// errorDetails are what AWS said of an error beside its message.
func errorDetails(e *plan.Error) []doc.Detail {
	return []doc.Detail{
		{Label: "operation", Value: e.Operation}, {Label: "resource", Value: e.Resource},
		{Label: missingAction, Value: e.Action}, {Label: "request", Value: e.RequestID},
	}
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

// guardTable are the guards that do not refuse, for a page.
func guardTable(list []plan.Guard) doc.Block {
	t := doc.Table{Titles: []string{"Guard", "", "Detail"}}
	for _, g := range list {
		switch {
		case g.Refuses():
		case g.OK == nil:
			t.Add(doc.Raw(g.Name), doc.Styled(doc.Strong, "not checked"), doc.Raw(phrase.Join("; ", g.Detail, g.Hint)))
		default:
			t.Add(doc.Raw(g.Name), doc.Raw("passed"), doc.Raw(g.Detail))
		}
	}
	return onPage(t)
}

// warnings are all warnings of a cluster.
func warnings(list []plan.Warning) doc.Block {
	notes := doc.Notes{Label: "warning", Style: doc.Change}
	for _, w := range list {
		notes.Texts = append(notes.Texts, because(w.Source, w.Message))
	}
	return notes
}

var varying = regexp.MustCompile(`arn:aws[^ ,;"]*|[0-9TZ:.-]{8,}`)

// warningNotes are warnings for a terminal: of those that differ only in
// principal, time or place the first, with their count. verbose shows all.
func warningNotes(list []plan.Warning, l Labels, verbose bool) doc.Block {
	notes := doc.Notes{Label: "warning", Style: doc.Change}
	count, at := map[string]int{}, map[string]int{}
	for _, w := range list {
		kind := varying.ReplaceAllString(w.Message, "")
		if count[kind]++; count[kind] > 1 && !verbose {
			continue
		}
		at[kind] = len(notes.Texts)
		notes.Texts = append(notes.Texts, because(w.Source, l.In(w.Message)))
	}
	for kind, n := range count {
		if n > 1 && !verbose {
			notes.Texts[at[kind]] += fmt.Sprintf(" (and %d more like this: --verbose lists them)", n-1)
		}
	}
	return notes
}
