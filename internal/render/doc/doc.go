// Package doc holds documents: what the program has to say, as sections,
// lines, tables, items and problems of raw text, and the writers that turn a
// document into bytes.
//
// A builder (package render) makes a [Document] of values as they were read.
// The writers escape every string for the form that they write, so that no
// name can drive a terminal, break a table or end a Markdown cell. Inside this
// package the type escaped holds text that may be written; outside, there is
// no way to write anything else.
package doc

import (
	"io"

	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// A Document is what is said about one subject. In a terminal its blocks stand
// in the order of the fields.
type Document struct {
	Top   []Block
	Head  []Block // what comes before the parts; in Markdown at most a quarter of a comment
	Parts []Part
	Tail  []Block
	// Whole says where all of it can be read. With it, Markdown is cut to fit
	// into a comment on a pull request.
	Whole Text
	// Continues: it is printed below something else, so an empty line at its
	// start stays.
	Continues bool
}

// A Part is one of many alike, as a cluster of a plan.
type Part struct {
	Name   string
	Weight int // the lower, the longer it stays in a comment that is too long
	Blocks []Block
}

// blocks are all of d in the order of its fields.
func (d *Document) blocks() []Block {
	all := append(append([]Block{}, d.Top...), d.Head...)
	for _, p := range d.Parts {
		all = append(all, p.Blocks...)
	}
	return append(all, d.Tail...)
}

// A Block is a piece of a document. Only this package has types of blocks,
// since only it may write.
type Block interface {
	text(w *textWriter, indent int)
	markdown(w *markdownWriter)
}

// Options say how a terminal is written to.
type Options struct {
	Color bool
	Width int // columns; 0 is 80, less than 40 is 40
}

// WriteText writes d for a terminal, in one Write, so that a failed drawing
// leaves nothing half said.
func (d *Document) WriteText(w io.Writer, opts Options) error {
	t := newTextWriter(opts)
	t.below = d.Continues
	t.blocks(0, d.blocks())
	_, err := w.Write(t.Bytes())
	return err
}

// WriteMarkdown writes d as GitHub-flavoured Markdown, in one Write.
func (d *Document) WriteMarkdown(w io.Writer) error {
	_, err := w.Write(d.fittedMarkdown())
	return err
}

// escaped is text that may be written as it is: the result of escaping, or a
// constant of a writer.
type escaped string

// safe is s for a terminal.
func safe(s string) escaped { return escaped(escape.Text(s)) }
