package doc

import "strings"

// An Outcome is how something ended, in a row: its name, what was done, how
// much of it, and the end. Below is what remains to be said.
type Outcome struct {
	Name, Text, Count, End string
	Style                  Style // of the end
	Below                  []Block
}

// Outcomes are several of them, with their columns aligned.
type Outcomes struct{ Rows []Outcome }

func (o Outcomes) text(w *textWriter, indent int) {
	edge := min(w.width-2, placeEdge)
	name, count, end := 0, 0, 0
	for _, r := range o.Rows {
		name = max(name, min(width(safe(r.Name)), widestSubject))
		count = max(count, width(safe(r.Count)))
		end = max(end, width(safe(r.End)))
	}
	at := indent + name + 3
	right := edge - count - end - 2 // where the counts begin
	for i, r := range o.Rows {
		if len(r.Below) > 0 && i > 0 {
			w.blank()
		}
		r.text(w, indent, at, right, count)
		if len(r.Below) > 0 && i < len(o.Rows)-1 {
			w.blank()
		}
	}
}

func (r Outcome) text(w *textWriter, indent, at, right, count int) {
	name := safe(r.Name)
	line := w.paint(Strong, name)
	used := indent + width(name)
	if used+2 > at {
		w.line(indent, line)
		line, used = "", indent
	}
	line += escaped(strings.Repeat(" ", at-used))
	lines := wrap(safe(r.Text), max(right-at-2, leastEffect), max(right-at-2, leastEffect))
	last := len(lines) - 1
	for i, l := range lines {
		line += l
		if i == last {
			line += escaped(strings.Repeat(" ", max(2, right-at-width(l))))
			line += escaped(strings.Repeat(" ", count-width(safe(r.Count)))) + safe(r.Count)
			line += "  " + w.paint(r.Style, safe(r.End))
		}
		w.line(indent, line)
		line = escaped(strings.Repeat(" ", at-indent))
	}
	w.blocks(indent+2, r.Below)
}

func (o Outcomes) markdown(w *markdownWriter) {
	t := Table{Titles: []string{"Cluster", "Done", "", "Result"}}
	for _, r := range o.Rows {
		t.AddRaw(r.Name, r.Text, r.Count, r.End)
	}
	t.markdown(w)
	for _, r := range o.Rows {
		if len(r.Below) > 0 {
			w.open(r.Name, r.End, true)
			w.blocks(r.Below)
			w.close()
		}
	}
}
