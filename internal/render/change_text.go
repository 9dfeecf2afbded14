package render

import (
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/plan"
)

// Where the parts of a change stand. Symbols end in one column, so that
// principals begin in one.
const (
	symbolEnd  = 5
	detailsAt  = symbolEnd + 3
	fieldWidth = 10
)

func (p *page) change(c plan.Change, made time.Time, verbose bool) {
	symbol := c.Action.Symbol()
	head := p.paint(signStyle(symbol), symbol) + " " + p.paint(strong, Safe(c.Principal))
	indent := symbolEnd - len(symbol)
	note := adminNote(c)
	st := change
	if note != "" && (c.After == nil || !c.After.IsClusterAdmin()) {
		st = loss
	}
	if note != "" && indent+width(head)+len(note)+4 <= p.width {
		head, note = head+"  "+p.paint(st, "("+note+")"), ""
	}
	p.line(indent, head)
	if note != "" {
		p.line(detailsAt, p.paint(st, note))
	}
	if c.PreviousPrincipal != nil {
		p.hang(detailsAt, p.paint(faint, pad("instead of", fieldWidth+1)), plain, Safe(*c.PreviousPrincipal))
	}
	switch source := Safe(c.Source); {
	case source != "" && c.Reason != "":
		p.hangAt(detailsAt, p.paint(faint, source+":")+" ", plain, Safe(c.Reason), detailsAt)
	case source+c.Reason != "":
		p.line(detailsAt, p.paint(faint, source)+Safe(c.Reason))
	}
	p.rows(detailsAt, rows(c, verbose))
	if end := ends(c, made); end != "" {
		p.hang(detailsAt, p.paint(faint, pad("ends", fieldWidth)), plain, end)
	}
	if verbose {
		for i, s := range c.Steps {
			label := ""
			if i == 0 {
				label = "steps"
			}
			p.hang(detailsAt, p.paint(faint, pad(label, fieldWidth)), faint, stepText(s, ""))
		}
	}
}

// rows writes fields under their names. Groups and tags of an entry that comes
// or goes share a line; all else has one each, with names in one column.
func (p *page) rows(indent int, list []row) {
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].field == list[0].field {
			n++
		}
		p.field(indent, list[:n])
		list = list[n:]
	}
}

func (p *page) field(indent int, list []row) {
	label := pad(list[0].field, fieldWidth)
	if joined, ok := oneLine(list); ok {
		p.hang(indent, p.paint(faint, label), plain, joined)
		return
	}
	names, signs := 0, 0
	for _, r := range list {
		names = max(names, width(r.name))
		signs = max(signs, 2*len(r.sign))
	}
	for _, r := range list {
		prefix := p.paint(faint, label) + p.paint(signStyle(r.sign), pad(r.sign, signs))
		switch value := r.value(); {
		case r.name == "":
			p.hangAt(indent, prefix, plain, value, indent+fieldWidth+signs+2)
		case value == "":
			p.hang(indent, prefix, plain, r.name)
		default:
			p.hang(indent, prefix+pad(r.name, names)+"  ", plain, value)
		}
		label = pad("", fieldWidth)
	}
}

// oneLine joins the groups or tags of an entry that comes or goes.
func oneLine(list []row) (string, bool) {
	if list[0].field != "groups" && list[0].field != "tags" {
		return "", false
	}
	var parts []string
	for _, r := range list {
		if r.sign != "" {
			return "", false
		}
		parts = append(parts, r.name+strings.Replace(r.after, "= ", "=", 1))
	}
	return strings.Join(parts, ", "), true
}
