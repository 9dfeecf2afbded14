package render

import (
	"io"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/internal/transfer"
)

// Import tells what became of what an importer read: each cluster in a line,
// and below it what is not simply in the file now, with why and what to do.
func Import(w io.Writer, f *transfer.Import, opts Options) error {
	return writeDocument(w, importDocument(f), opts)
}

func importDocument(f *transfer.Import) *doc.Document {
	d := &doc.Document{}
	written, entries, left := 0, 0, 0
	unit := "cluster"
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.ID.Name == "" {
			unit = "set"
		}
		if c.LeftOut {
			left++
		} else {
			written++
			entries += len(c.Entries)
		}
		d.Top = append(d.Top, importCluster(c, f.AsSet))
	}
	d.Top = append(d.Top, importNotes(f.Notes)...)
	parts := []string{phrase.Count(written, unit) + ", " + phrase.Count(entries, "entry")}
	if left > 0 {
		parts = append(parts, phrase.Count(left, "cluster")+" left out")
	}
	summary := "imported from " + f.Source + ": " + strings.Join(parts, "; ")
	d.Tail = []doc.Block{doc.Line{Text: summary, Style: doc.Strong, Whole: true}}
	return d
}

// importCluster is one cluster, or the set that was made since no cluster was
// named.
func importCluster(c *transfer.Cluster, set string) doc.Block {
	name := where(c.ID.Name, c.ID.Account, c.ID.Region)
	if c.ID.Name == "" {
		name = "set " + set
	}
	line := doc.Line{
		Lead: doc.Join(doc.Styled(doc.Strong, name), doc.Raw(": ")),
		Text: phrase.Count(len(c.Entries), "entry"), Style: doc.Gain,
		Whole: true, Indent: 2, Blocks: importNotes(c.Notes),
	}
	if c.LeftOut {
		line.Text, line.Style = "left out", doc.Change
	}
	return line
}

func importNotes(notes []transfer.Note) []doc.Block {
	var lines []doc.Block
	for _, n := range notes {
		st := doc.Change
		switch n.Outcome {
		case transfer.Carried, transfer.Covered:
			st = doc.Gain
		case transfer.Left:
			st = doc.Alert
		}
		text := because(n.Source, n.Subject)
		if n.Why != "" {
			text += ": " + n.Why
		}
		lines = append(lines, doc.Line{Lead: doc.Styled(st, string(n.Outcome)+": "), Text: text, Hang: 4,
			Blocks: []doc.Block{doc.Hint{Text: n.Hint, Lines: true}}})
	}
	return lines
}
