package render

import (
	"fmt"
	"io"
	"strconv"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// SnapshotFormats are the formats of a snapshot.
var SnapshotFormats = FormatSet{Text, Markdown, Machine}

// Snapshot writes what was read as [Text], [Markdown] or [Machine]. The first two
// count what was read and list what is missing; the last one is complete.
func Snapshot(w io.Writer, s *snapshot.Snapshot, opts Options) error {
	switch opts.Format {
	case Text, Markdown, "":
		return writeDocument(w, snapshotDocument(s), opts)
	case Machine:
		return SnapshotJSON(w, s)
	}
	return fmt.Errorf("a snapshot has no form %q: want one of %s", string(opts.Format), SnapshotFormats)
}

// snapshotDocument is a row for each cluster, and what is missing.
func snapshotDocument(s *snapshot.Snapshot) *doc.Document {
	d := &doc.Document{Top: []doc.Block{snapshotTable(s)}}
	var unread []Failure
	var gaps []doc.Block
	for i := range s.Clusters {
		c := &s.Clusters[i]
		if c.Error != nil {
			unread = append(unread, Failure{c.Account, c.Region, c.Name, c.Error})
		} else {
			gaps = append(gaps, snapshotGaps(c)...)
		}
	}
	d.Top = append(d.Top, inTerminal(gaps...), inTerminal(failureSections(sameFailures(unread), "not read")...))
	d.Top = append(d.Top, unlistedLines(s.NotRead)...)
	d.Top = append(d.Top, doc.Space{}, doc.Line{Text: snapshotSummary(s)})
	return d
}

// snapshotTable has one row for each cluster.
func snapshotTable(s *snapshot.Snapshot) doc.Table {
	t := doc.Table{Header: []string{"CLUSTER", "ACCOUNT", "REGION", "MODE", "VERSION", "ENTRIES", "ADMINS", "ORPHANED"}}
	for i := range s.Clusters {
		row := snapshotRow(&s.Clusters[i])
		t.AddRaw(row...)
		line := doc.Line{Text: row[0], Style: doc.Strong, Whole: true, Indent: 2}
		for i, cell := range row {
			if i > 0 && cell != "" {
				line.Blocks = append(line.Blocks, doc.Line{Lead: doc.Styled(doc.Faint, t.Header[i]+" "), Text: cell})
			}
		}
		t.Narrow = append(t.Narrow, line)
	}
	return t
}

func snapshotRow(c *snapshot.Cluster) []string {
	if c.Error != nil {
		return []string{c.Name, c.Account, c.Region, "not read"}
	}
	entries, admins, orphaned := "?", "?", ""
	if c.Entries.Known() {
		n, lost := 0, 0
		for _, e := range c.Entries.Items {
			if e.IsClusterAdmin() {
				n++
			}
			if p := c.Principal(e.Principal); p != nil && p.Existence == spec.Gone {
				lost++
			}
		}
		entries, admins = strconv.Itoa(len(c.Entries.Items)), strconv.Itoa(n)
		if lost > 0 {
			orphaned = strconv.Itoa(lost)
		}
	}
	return []string{c.Name, c.Account, c.Region, c.AuthenticationMode, c.Version, entries, admins, orphaned}
}

// snapshotGaps lists the unknown parts of a cluster with their reasons.
func snapshotGaps(c *snapshot.Cluster) []doc.Block {
	s := doc.Section{Title: where(c.Name, c.Account, c.Region)}
	for _, gap := range c.Gaps() {
		s.Blocks = append(s.Blocks, doc.Line{Lead: doc.Styled(doc.Change, "! "),
			Text: phrase.Join("; ", gap.What+" unknown: "+gap.Why, gap.Hint)})
	}
	if len(s.Blocks) == 0 {
		return nil
	}
	return []doc.Block{s}
}

func snapshotSummary(s *snapshot.Snapshot) string {
	entries := 0
	for i := range s.Clusters {
		entries += len(s.Clusters[i].Entries.Items)
	}
	failed := ""
	if n := s.FailedClusters(); n > 0 {
		failed = fmt.Sprintf("%d not read", n)
	}
	return phrase.Join("; ",
		phrase.Count(len(s.Clusters), "cluster")+": "+phrase.Count(entries, "entry")+", read at "+stamp(s.CreatedAt),
		failed,
		unlistedSummary(s.NotRead),
	)
}
