// Package patch writes unified diffs. What is no difference but must not be
// left out stands between them in lines that begin with "#", which patch(1)
// skips.
package patch

import (
	"bytes"
	"io"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// A Patch is remarks and differences, in order.
type Patch struct{ parts []part }

type part struct {
	remark           string
	oldName, newName string
	before, after    []byte
}

// Remark adds a line about a cluster or a change: its parts with colons
// between.
func (p *Patch) Remark(parts ...string) {
	p.parts = append(p.parts, part{remark: strings.Join(parts, ": ")})
}

// Diff adds the difference of two texts.
func (p *Patch) Diff(oldName, newName string, before, after []byte) {
	p.parts = append(p.parts, part{"", oldName, newName, before, after})
}

// Write writes p, in one Write.
func (p *Patch) Write(w io.Writer, color bool) error {
	b := writer{color: color}
	for _, x := range p.parts {
		if x.oldName == "" {
			b.line(doc.Faint, "# "+escape.Text(x.remark))
		} else {
			b.diff(x)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

type writer struct {
	bytes.Buffer
	color bool
}

// line writes a line in a style. The text is escaped here, since what differs
// is escaped line by line.
func (w *writer) line(st doc.Style, text string) {
	text = escape.Text(text)
	if w.color {
		text = st.Paint(text)
	}
	w.WriteString(strings.TrimRight(text, " ") + "\n")
}

// diff writes one unified diff, without the "diff" line that programs put
// before the two file names.
func (w *writer) diff(x part) {
	text := string(diff.Diff("live/"+escape.Text(x.oldName), x.before, "want/"+escape.Text(x.newName), x.after))
	_, text, _ = strings.Cut(text, "\n")
	for i, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		st := doc.Plain
		switch {
		case i < 2:
			st = doc.Strong
		case strings.HasPrefix(l, "@@"):
			st = doc.Faint
		case strings.HasPrefix(l, "+"):
			st = doc.Gain
		case strings.HasPrefix(l, "-"):
			st = doc.Loss
		}
		w.line(st, l)
	}
}
