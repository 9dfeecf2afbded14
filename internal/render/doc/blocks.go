package doc

import (
	"fmt"
	"strings"

	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// A Line is running text, with what belongs to it below.
type Line struct {
	Lead   Text // a label, which does not wrap
	Text   string
	Style  Style
	Hang   int  // where the lines after the first begin, from the first; 0 is under the text
	Whole  bool // never wrapped, to be copied
	Blocks []Block
	Indent int // of the blocks; 0 is 4
}

func (l Line) text(w *textWriter, indent int) {
	lead := w.spans(l.Lead)
	body := escaped(escape.After(lastRune(string(bare(l.Lead))), l.Text))
	switch {
	case l.Whole:
		w.line(indent, lead+w.paint(l.Style, body))
	case l.Hang > 0:
		w.hang(indent, lead, l.Style, body, indent+l.Hang)
	default:
		w.hang(indent, lead, l.Style, body, indent+width(lead))
	}
	w.blocks(indent+or(l.Indent, 4), l.Blocks)
}

func (l Line) markdown(w *markdownWriter) {
	w.para(w.spans(append(append(Text{}, l.Lead...), Span{Text: l.Text}), false))
	w.blocks(l.Blocks)
}

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// A Space is an empty line in a terminal, unless nothing or another one stands
// above it.
type Space struct{}

func (Space) text(w *textWriter, _ int) { w.blank() }
func (Space) markdown(*markdownWriter)  {}

// An Inset is blocks that stand two columns further in, in a terminal.
type Inset struct{ Blocks []Block }

func (i Inset) text(w *textWriter, indent int) { w.blocks(indent+2, i.Blocks) }
func (i Inset) markdown(w *markdownWriter)     { w.blocks(i.Blocks) }

// An Either is said in one way in a terminal and in another in Markdown.
type Either struct{ Text, Markdown []Block }

func (e Either) text(w *textWriter, indent int) { w.blocks(indent, e.Text) }
func (e Either) markdown(w *markdownWriter)     { w.blocks(e.Markdown) }

// A Title is the heading of a document or a part of it, which only Markdown has.
type Title struct {
	Level int
	Text  string
}

func (Title) text(*textWriter, int) {}
func (t Title) markdown(w *markdownWriter) {
	w.para(escaped(strings.Repeat("#", t.Level)) + " " + markdownText("", t.Text))
}

// A Section is a heading with a status, and what belongs to it. In Markdown it
// can be folded.
type Section struct {
	Title  string
	Status string
	Style  Style  // of the status
	Fold   string // what stands beside the title in Markdown; "" is the status
	Open   bool   // not folded at first
	Aside  bool   // in a terminal the status stands beside the title, without a colon
	Blocks []Block
}

func (s Section) text(w *textWriter, indent int) {
	w.blank()
	switch {
	case s.Status == "":
		w.line(indent, w.paint(Strong, safe(s.Title)))
	case s.Aside:
		w.line(indent, w.paint(Strong, safe(s.Title))+"    "+w.paint(s.Style, safe(s.Status)))
	default:
		lead := w.paint(Strong, safe(s.Title)+": ")
		w.hang(indent, lead, s.Style, safe(s.Status), indent+width(lead))
	}
	w.blocks(indent+2, s.Blocks)
}

func (s Section) markdown(w *markdownWriter) {
	text := s.Fold
	if text == "" {
		text = s.Status
	}
	w.open(s.Title, text, s.Open)
	w.blocks(s.Blocks)
	w.close()
}

// A Problem is an error with all that is known of it.
type Problem struct {
	Code    string
	Message string
	Details []Detail
	Hint    string
}

// A Detail is a value and what it is.
type Detail struct{ Label, Value string }

func (p Problem) text(w *textWriter, indent int) {
	message := safe(p.Message)
	if p.Code != "" {
		message = safe(p.Code) + ": " + message
	}
	w.hang(indent, w.paint(Alert, "error: "), Plain, message, indent+4)
	for _, d := range p.Details {
		if d.Value != "" {
			label := w.paint(Faint, pad(safe(d.Label), 11))
			w.hang(indent+4, label, Plain, safe(d.Value), indent+4+width(label))
		}
	}
	Hint{Text: p.Hint}.text(w, indent+4)
}

func (p Problem) markdown(w *markdownWriter) {
	code := p.Code
	if code == "" {
		code = "error"
	}
	w.para("**" + markdownText("", code) + "** " + markdownText("", p.Message))
	var lines []string
	for _, d := range p.Details {
		if d.Value != "" {
			lines = append(lines, string("- "+markdownText("", d.Label)+" "+markdownCode(d.Value, false)))
		}
	}
	if p.Hint != "" {
		lines = append(lines, string("- hint: "+markdownText("", p.Hint)))
	}
	if len(lines) > 0 {
		w.para(escaped(strings.Join(lines, "\n")))
	}
}

// A Hint is what to do next. It is not wrapped: it may hold a command, to be
// copied. Without text it is nothing.
type Hint struct {
	Text  string
	Lines bool // the text may have several lines
}

func (h Hint) text(w *textWriter, indent int) {
	lines := []string{h.Text}
	if h.Lines {
		lines = strings.Split(strings.TrimRight(h.Text, "\n"), "\n")
	}
	for i, l := range lines {
		switch {
		case i > 0:
			w.line(indent+2, safe(l))
		case l != "":
			w.line(indent, w.paint(Strong, "hint:")+" "+safe(l))
		}
	}
}

func (h Hint) markdown(w *markdownWriter) {
	if h.Text != "" {
		w.para("hint: " + markdownText("", h.Text))
	}
}

// A Command is a line to be copied.
type Command struct{ Text string }

func (c Command) text(w *textWriter, indent int) { w.line(indent, safe(c.Text)) }
func (c Command) markdown(w *markdownWriter)     { w.para(markdownCode(c.Text, false)) }

// Notes are lines of one kind, as warnings.
type Notes struct {
	Label string // "warning"
	Style Style
	Texts []string
}

func (n Notes) text(w *textWriter, indent int) {
	for _, t := range n.Texts {
		w.hang(indent, w.paint(n.Style, safe(n.Label)+": "), Plain, safe(t), indent+4)
	}
}

func (n Notes) markdown(w *markdownWriter) {
	var lines []string
	more := w.cut(len(n.Texts))
	for _, t := range n.Texts[:len(n.Texts)-more] {
		lines = append(lines, string("- "+markdownText("", n.Label)+": "+markdownText("", t)))
	}
	if len(lines) > 0 {
		w.para(escaped(strings.Join(lines, "\n")))
	}
	w.noteCut(more, markdownText("", n.Label))
}

// Names are clusters about which there is nothing else to say.
type Names struct {
	Title string // "3 clusters in sync"
	Names []string
	All   bool // in a terminal, more than a line of them
}

func (n Names) text(w *textWriter, _ int) {
	if len(n.Names) == 0 {
		return
	}
	label := safe(n.Title) + ": "
	text := safe(n.Names[0])
	for i, name := range n.Names[1:] {
		next, more := ", "+safe(name), escaped("")
		if left := len(n.Names) - i - 2; left > 0 {
			more = ", and " + number(left) + " more"
		}
		if !n.All && width(label+text+next+more) > w.width {
			text += ", and " + number(len(n.Names)-i-1) + " more"
			break
		}
		text += next
	}
	w.hang(0, w.paint(Gain, label), Plain, text, width(label))
}

func (n Names) markdown(w *markdownWriter) {
	names := markdownText("", list(n.Names))
	switch {
	case len(n.Names) == 0:
	case len(n.Names) <= 10:
		w.para(markdownText("", n.Title) + ": " + names)
	default:
		w.open(n.Title, "", false)
		w.para(names)
		w.close()
	}
}

func number(n int) escaped { return escaped(fmt.Sprint(n)) }

// A Transition is a setting that goes from one value to another.
type Transition struct {
	Label, Before, After string
	Style                Style
	Aside                string // beside the values
}

func (t Transition) text(w *textWriter, indent int) {
	line := w.paint(t.Style, safe(t.Label)+": "+safe(t.Before)+" -> "+safe(t.After))
	if t.Aside != "" {
		line += " (" + safe(t.Aside) + ")"
	}
	w.line(indent, line)
}

func (t Transition) markdown(w *markdownWriter) {
	text := markdownText("", t.Label) + ": " + markdownCode(t.Before, false) + " → " + markdownCode(t.After, false)
	if t.Aside != "" {
		text += " (" + markdownText("", t.Aside) + ")"
	}
	w.para(text)
}

// A Markup is Markdown of the program's own documentation. Its marks stay;
// what could drive a terminal is escaped all the same.
type Markup struct{ Text string }

func (m Markup) text(w *textWriter, indent int) {
	for l := range strings.SplitSeq(m.Text, "\n") {
		w.line(indent, safe(l))
	}
}

func (m Markup) markdown(w *markdownWriter) {
	var lines []string
	for l := range strings.SplitSeq(m.Text, "\n") {
		lines = append(lines, string(safe(l)))
	}
	w.para(escaped(strings.Join(lines, "\n")))
}
