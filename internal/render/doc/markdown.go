package doc

import (
	"bytes"

	"github.com/eksaccess/eksaccess/internal/phrase"
)

// A markdownWriter writes GitHub-flavoured Markdown.
type markdownWriter struct {
	bytes.Buffer
	rows int // the most a table or list shows; 0 for all
}

func (w *markdownWriter) blocks(blocks []Block) {
	for _, b := range blocks {
		b.markdown(w)
	}
}

// para writes a block with an empty line below, which Markdown needs between
// HTML and the rest.
func (w *markdownWriter) para(text escaped) { w.WriteString(string(text) + "\n\n") }

// spans is t on one line; cell says whether that is in a table.
func (w *markdownWriter) spans(t Text, cell bool) escaped {
	var out escaped
	before := ""
	for i := 0; i < len(t); i++ {
		s := t[i]
		switch {
		case s.Break:
			out += "<br>"
			before = ""
			continue
		case s.Code:
			// Two code spans side by side would be read as one with other fences.
			for i+1 < len(t) && t[i+1].Code {
				i++
				s.Text += t[i].Text
			}
			out += markdownCode(s.Text, cell)
		case s.Style == Strong && s.Text != "":
			out += "**" + markdownText(before, s.Text) + "**"
		default:
			out += markdownText(before, s.Text)
		}
		before = s.Text
	}
	return out
}

// cut is how many of n are not shown; left says so.
func (w *markdownWriter) cut(n int) int {
	if w.rows == 0 {
		return 0
	}
	return max(0, n-w.rows)
}

const notShown = " not shown here"

func (w *markdownWriter) noteCut(more int, noun escaped) {
	if more > 0 {
		w.para("… and " + count(more, "more "+noun) + notShown)
	}
}

func (w *markdownWriter) row(cells []escaped) {
	w.WriteByte('|')
	for _, c := range cells {
		if c != "" {
			c = " " + c
		}
		w.WriteString(string(c) + " |")
	}
	w.WriteByte('\n')
}

// open begins a folded part.
func (w *markdownWriter) open(title, text string, unfolded bool) {
	tag := escaped("<details>")
	if unfolded {
		tag = "<details open>"
	}
	summary := "<b>" + htmlText(title) + "</b>"
	if text != "" {
		summary += ": " + htmlText(text)
	}
	w.para(tag + "<summary>" + summary + "</summary>")
}

func (w *markdownWriter) close() { w.para("</details>") }

func count(n int, noun escaped) escaped { return escaped(phrase.Count(n, string(noun))) }
