package doc

import (
	"strings"
)

// Fields are the values of one thing, before and after.
type Fields struct{ List []Field }

func (f Fields) text(w *textWriter, indent int) { w.fields(indent, f.List) }
func (f Fields) markdown(w *markdownWriter)     { w.para(w.spans(fieldsCell(f.List), false)) }

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

// FieldWidth is how wide the labels of fields are.
const FieldWidth = 10

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
