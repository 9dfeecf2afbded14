package render

import (
	"bytes"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
)

// A markdown is a GitHub-flavoured document under way. What it is given is
// escaped already, unless said otherwise.
type markdown struct {
	bytes.Buffer
	rows int // the most a table or list shows; 0 for all
}

// para writes a block with an empty line below, which Markdown needs between
// HTML and the rest.
func (m *markdown) para(text string) { m.WriteString(text + "\n\n") }

// table writes t without its empty columns. tablewriter's Markdown would not
// escape pipes and is of no more help than these lines.
func (m *markdown) table(t table) {
	t = t.packed()
	more := m.cut(len(t.rows))
	t.rows = t.rows[:len(t.rows)-more]
	m.row(t.header)
	rule := make([]string, len(t.header))
	for i := range rule {
		rule[i] = "---"
	}
	m.row(rule)
	for _, r := range t.rows {
		m.row(r)
	}
	m.WriteByte('\n')
	m.left(more, "row")
}

// cut is how many of n are not shown; left says so.
func (m *markdown) cut(n int) int {
	if m.rows == 0 {
		return 0
	}
	return max(0, n-m.rows)
}

const notShown = " not shown here"

func (m *markdown) left(more int, noun string) {
	if more > 0 {
		m.para("… and " + phrase.Count(more, "more "+noun) + notShown)
	}
}

func (m *markdown) row(cells []string) {
	m.WriteByte('|')
	for _, c := range cells {
		if c != "" {
			c = " " + c
		}
		m.WriteString(c + " |")
	}
	m.WriteByte('\n')
}

// open begins a folded part; title and text are escaped here.
func (m *markdown) open(title, text string, unfolded bool) {
	tag := "<details>"
	if unfolded {
		tag = "<details open>"
	}
	summary := "<b>" + noMention(HTML(title)) + "</b>"
	if text != "" {
		summary += ": " + noMention(HTML(text))
	}
	m.para(tag + "<summary>" + summary + "</summary>")
}

func (m *markdown) close() { m.para("</details>") }

// noMention keeps GitHub from finding names and issue numbers in text.
func noMention(s string) string {
	return strings.NewReplacer("@", "@<!-- -->", "#", "#<!-- -->").Replace(s)
}

func (m *markdown) failure(e *plan.Error) {
	if e == nil {
		return
	}
	text := "**error** " + MarkdownText(e.Message)
	if e.Code != "" {
		text = "**" + MarkdownText(e.Code) + "** " + MarkdownText(e.Message)
	}
	m.para(text)
	var lines []string
	for _, f := range []struct{ label, value string }{
		{"operation", e.Operation}, {"resource", e.Resource}, {"missing", e.Action}, {"request", e.RequestID},
	} {
		if f.value != "" {
			lines = append(lines, "- "+f.label+" "+MarkdownCode(f.value))
		}
	}
	if e.Hint != "" {
		lines = append(lines, "- hint: "+MarkdownText(e.Hint))
	}
	if len(lines) > 0 {
		m.para(strings.Join(lines, "\n"))
	}
}

func (m *markdown) mode(c *plan.ModeChange) {
	if c.Moves() {
		m.para(
			"authentication mode: " + MarkdownCode(
				c.Before,
			) + " → " + MarkdownCode(
				c.After,
			) + ", " + MarkdownText(
				oneWay(c),
			),
		)
	}
}

// refusals are guards that say no, in full.
func (m *markdown) refusals(guards []plan.Guard) {
	for _, g := range guards {
		if g.Refuses() {
			text := "**refused by " + MarkdownText(g.Name) + "**: " + MarkdownText(g.Detail)
			if g.Hint != "" {
				text += "<br>hint: " + MarkdownText(g.Hint)
			}
			m.para(text)
		}
	}
}

// guards are those that do not refuse, in a table.
func (m *markdown) guards(guards []plan.Guard) {
	t := table{header: []string{"Guard", "", "Detail"}}
	for _, g := range guards {
		switch {
		case g.Refuses():
		case g.OK == nil:
			t.add(MarkdownText(g.Name), "**not judged**", MarkdownText(phrase.Join("; ", g.Detail, g.Hint)))
		default:
			t.add(MarkdownText(g.Name), "passed", MarkdownText(g.Detail))
		}
	}
	if len(t.rows) > 0 {
		m.table(t)
	}
}

func (m *markdown) warnings(warnings []plan.Warning) {
	var lines []string
	more := m.cut(len(warnings))
	for _, w := range warnings[:len(warnings)-more] {
		lines = append(lines, "- warning: "+MarkdownText(because(w.Source, w.Message)))
	}
	if len(lines) > 0 {
		m.para(strings.Join(lines, "\n"))
	}
	m.left(more, "warning")
}
