package render

import (
	"io"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/transfer"
)

// Import tells what became of what an importer read: each cluster in a line,
// and below it what is not simply in the file now, with why and what to do.
func Import(w io.Writer, f *transfer.Import, opts Options) error {
	p := newPage(opts)
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
		p.importCluster(c, f.AsSet)
	}
	p.importNotes(0, f.Notes)
	parts := []string{phrase.Count(written, unit) + ", " + phrase.Count(entries, "entry")}
	if left > 0 {
		parts = append(parts, phrase.Count(left, "cluster")+" left out")
	}
	p.line(0, p.paint(strong, "imported from "+Safe(f.Source)+": "+strings.Join(parts, "; ")))
	return write(w, p.Bytes())
}

// importCluster writes one cluster, or the set that was made since no cluster
// was named.
func (p *page) importCluster(c *transfer.Cluster, set string) {
	text, st := phrase.Count(len(c.Entries), "entry"), gain
	if c.LeftOut {
		text, st = "left out", change
	}
	name := where(c.ID.Name, c.ID.Account, c.ID.Region)
	if c.ID.Name == "" {
		name = "set " + Safe(set)
	}
	p.line(0, p.paint(strong, name)+": "+p.paint(st, text))
	p.importNotes(2, c.Notes)
}

func (p *page) importNotes(indent int, notes []transfer.Note) {
	for _, n := range notes {
		st := change
		switch n.Outcome {
		case transfer.Carried, transfer.Covered:
			st = gain
		case transfer.Left:
			st = alert
		}
		text := because(n.Source, n.Subject)
		if n.Why != "" {
			text += ": " + Safe(n.Why)
		}
		p.hangAt(indent, p.paint(st, string(n.Outcome)+": "), plain, text, indent+4)
		for i, l := range strings.Split(strings.TrimRight(n.Hint, "\n"), "\n") {
			switch {
			case l == "":
			case i == 0:
				p.line(indent+4, p.paint(strong, "hint:")+" "+Safe(l))
			default:
				p.line(indent+6, Safe(l))
			}
		}
	}
}
