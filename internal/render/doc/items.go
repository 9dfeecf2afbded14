package doc

import (
	"strings"
)

// Items are things of which each changes, with a sign that says how. In
// Markdown they are a table.
type Items struct {
	Titles []string // of the columns in Markdown: sign, subject, fields, why
	Items  []Item
}

// An Item is one thing that changes.
type Item struct {
	Sign     string
	Subject  string
	Previous string // what had the place of the subject before
	Note     string
	Style    Style // of the note
	Source   string
	Reason   string
	Fields   []Field
	Details  []Block // in a terminal only, below the fields
}

// A Field is a value of an item, before and after.
type Field struct {
	Label  string
	Sign   string // "+", "~", "-"; "" where it stays, or where the whole item comes or goes
	Name   string // of one of several values with the label
	Before string
	After  string
}

// Value is what is said after the name.
func (f Field) Value() string {
	switch {
	case f.Sign == "~" && f.Before != "":
		return f.Before + " -> " + f.After
	case f.After != "":
		return f.After
	}
	return f.Before
}

// Why is the reason of a change after the place in the file that asks for it,
// in the form that editors and terminals follow.
func (i Item) Why() string {
	if i.Source == "" || i.Reason == "" {
		return i.Source + i.Reason
	}
	return i.Source + ": " + i.Reason
}

// Cell is the subject for a cell of a table.
func (i Item) Cell() Text {
	if i.Previous == "" {
		return Code(i.Subject)
	}
	return Lines(Code(i.Subject), Join(Raw("instead of "), Code(i.Previous)))
}

// Where the parts of an item stand. Signs end in one column, so that subjects
// begin in one.
const (
	signEnd   = 3 // from the indent of the list
	detailsAt = signEnd + 3
	// FieldWidth is how wide the labels of fields are.
	FieldWidth = 10
)

func (l Items) text(w *textWriter, indent int) {
	for _, i := range l.Items {
		w.blank()
		i.text(w, indent)
	}
	if len(l.Items) > 0 {
		w.blank()
	}
}

func (i Item) text(w *textWriter, indent int) {
	sign := safe(i.Sign)
	head := w.paint(SignStyle(i.Sign), sign) + " " + w.paint(Strong, safe(i.Subject))
	at := indent + max(0, signEnd-width(sign))
	indent += detailsAt
	note := safe(i.Note)
	if note != "" && at+width(head)+width(note)+4 <= w.width {
		head, note = head+"  "+w.paint(i.Style, "("+note+")"), ""
	}
	w.line(at, head)
	if note != "" {
		w.line(indent, w.paint(i.Style, note))
	}
	if i.Previous != "" {
		label := w.paint(Faint, pad("instead of", FieldWidth+1))
		w.hang(indent, label, Plain, safe(i.Previous), indent+width(label))
	}
	switch source, reason := safe(i.Source), safe(i.Reason); {
	case source != "" && reason != "":
		w.hang(indent, w.paint(Faint, source+":")+" ", Plain, reason, indent)
	case source+reason != "":
		w.line(indent, w.paint(Faint, source)+reason)
	}
	w.fields(indent, i.Fields)
	w.blocks(indent, i.Details)
}

// fields writes them under their labels. Groups and tags of an item that comes
// or goes share a line; all else has one each, with names in one column.
func (w *textWriter) fields(indent int, list []Field) {
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Label == list[0].Label {
			n++
		}
		w.field(indent, list[:n])
		list = list[n:]
	}
}

func (w *textWriter) field(indent int, list []Field) {
	label := pad(safe(list[0].Label), FieldWidth)
	if joined, ok := oneLine(list); ok {
		w.hang(indent, w.paint(Faint, label), Plain, safe(joined), indent+width(label))
		return
	}
	names, signs := 0, 0
	for _, f := range list {
		names = max(names, width(safe(f.Name)))
		signs = max(signs, 2*len(f.Sign))
	}
	for _, f := range list {
		prefix := w.paint(Faint, label) + w.paint(SignStyle(f.Sign), pad(safe(f.Sign), signs))
		name, value := safe(f.Name), safe(f.Value())
		switch {
		case name == "":
			w.hang(indent, prefix, Plain, value, indent+FieldWidth+signs+2)
		case value == "":
			w.hang(indent, prefix, Plain, name, indent+width(prefix))
		default:
			prefix += pad(name, names) + "  "
			w.hang(indent, prefix, Plain, value, indent+width(prefix))
		}
		label = pad("", FieldWidth)
	}
}

// oneLine joins the groups or tags of an item that comes or goes.
func oneLine(list []Field) (string, bool) {
	if list[0].Label != "groups" && list[0].Label != "tags" {
		return "", false
	}
	var parts []string
	for _, f := range list {
		if f.Sign != "" {
			return "", false
		}
		parts = append(parts, f.Name+strings.Replace(f.After, "= ", "=", 1))
	}
	return strings.Join(parts, ", "), true
}

func (l Items) markdown(w *markdownWriter) {
	t := Table{Titles: l.Titles}
	for _, i := range l.Items {
		t.Add(Code(i.Sign), i.Cell(), fieldsCell(i.Fields), Raw(i.Why()))
	}
	t.markdown(w)
}

// fieldsCell is fields in one cell, a line each.
func fieldsCell(list []Field) Text {
	lines := make([]Text, len(list))
	label := ""
	for i, f := range list {
		// With its sign a line is code, so that "-" and "+" stand in one column.
		lines[i] = Code(strings.Join(nonEmpty(f.Sign, f.Name, f.Value()), " "))
		if f.Label != label {
			label = f.Label
			lines[i] = Join(Styled(Strong, label), Raw(" "), lines[i])
		}
	}
	return Lines(lines...)
}

func nonEmpty(list ...string) []string {
	var kept []string
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}
