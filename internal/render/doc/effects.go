package doc

import "strings"

// Effects are what happens to each of several subjects, a row each. Where a row
// has more below it, an empty line sets it apart.
type Effects struct{ Rows []Effect }

// An Effect is one row: a sign, the subject, what happens to it, and the place
// in a file that asks for that.
type Effect struct {
	Sign    string
	Subject string
	Style   Style // of the text
	Text    string
	Place   string
	Below   []Block
}

const (
	widestSubject = 40 // wider ones have what happens to them on the next line
	placeEdge     = 100
	leastEffect   = 20 // columns; with fewer the effect has a line of its own
)

func (e Effects) text(w *textWriter, indent int) {
	edge := min(w.width-2, placeEdge)
	column := 0
	for _, r := range e.Rows {
		if n := width(safe(r.Subject)); r.Text != "" && n <= widestSubject {
			column = max(column, n)
		}
	}
	column += indent + 5
	apart := true
	for _, r := range e.Rows {
		if apart || len(r.Below) > 0 {
			w.blank()
		}
		r.text(w, indent, column, edge)
		apart = len(r.Below) > 0
	}
	if apart && len(e.Rows) > 0 {
		w.blank()
	}
}

func (r Effect) text(w *textWriter, indent, column, edge int) {
	sign, subject := pad(safe(r.Sign), 1), safe(r.Subject)
	line := w.paint(SignStyle(r.Sign), sign) + " " + w.paint(Strong, subject)
	used := indent + width(sign+" "+subject)
	rest := []escaped{}
	if effect := safe(r.Text); effect != "" {
		at := column
		if used+2 > column || edge-column < leastEffect {
			at = indent + 4
		}
		lines := wrap(effect, edge-at, edge-at)
		if at == column {
			line += escaped(strings.Repeat(" ", column-used)) + w.paint(r.Style, lines[0])
			used = column + width(lines[0])
			lines = lines[1:]
		}
		for _, l := range lines {
			rest = append(rest, escaped(strings.Repeat(" ", at-indent))+w.paint(r.Style, l))
		}
	}
	place := safe(r.Place)
	if gap := edge - used - width(place); place != "" && gap >= 2 {
		line += escaped(strings.Repeat(" ", gap)) + w.paint(Faint, place)
		place = ""
	}
	w.line(indent, line)
	for i, l := range rest {
		if gap := edge - indent - width(l) - width(place); i == len(rest)-1 && place != "" && gap >= 2 {
			l += escaped(strings.Repeat(" ", gap)) + w.paint(Faint, place)
			place = ""
		}
		w.line(indent, l)
	}
	if place != "" {
		w.line(max(indent+4, edge-width(place)), w.paint(Faint, place))
	}
	w.blocks(indent+4, r.Below)
}

func (e Effects) markdown(w *markdownWriter) {
	t := Table{Titles: []string{"", "Principal", "Effect", "Source"}}
	for _, r := range e.Rows {
		t.Add(Code(r.Sign), Raw(r.Subject), Raw(r.Text), Raw(r.Place))
	}
	t.markdown(w)
	for _, r := range e.Rows {
		w.blocks(r.Below)
	}
}
