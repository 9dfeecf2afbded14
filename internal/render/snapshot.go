package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// SnapshotFormats are those of a snapshot.
var SnapshotFormats = FormatSet{Text, Markdown, Machine}

// Snapshot draws what was read: as [Text], [Markdown] or [Machine]. The first
// two tell how much of it there is and what is missing; only the last has it
// all.
func Snapshot(w io.Writer, s *snapshot.Snapshot, opts Options) error {
	switch opts.Format {
	case Text, "":
		return write(w, snapshotText(s, opts))
	case Markdown:
		m := &markdown{}
		m.table(snapshotTable(s, MarkdownText))
		for _, n := range ofPlaces(s.NotRead) {
			m.para("**not read** " + MarkdownText(n.Place()) + ": " + MarkdownText(n.Reason))
		}
		m.para(snapshotSummary(s))
		return write(w, m.Bytes())
	case Machine:
		return SnapshotJSON(w, s)
	}
	return fmt.Errorf(
		"a snapshot has no form %q: it is drawn as %s, %s or %s",
		string(opts.Format),
		Text,
		Markdown,
		Machine,
	)
}

// SnapshotJSON writes s as [JSON] would, cluster by cluster: a fleet does not
// fit twice in memory.
func SnapshotJSON(w io.Writer, s *snapshot.Snapshot) error {
	head := *s
	head.Clusters = []snapshot.Cluster{}
	var b bytes.Buffer
	if err := JSON(&b, head); err != nil {
		return err
	}
	open, end, _ := bytes.Cut(bytes.Clone(b.Bytes()), []byte("[]")) // the first list is that of clusters
	if err := write(w, append(open, '[')); err != nil {
		return err
	}
	for i := range s.Clusters {
		b.Reset()
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("    ", "  ")
		if err := enc.Encode(&s.Clusters[i]); err != nil {
			return fmt.Errorf("encoding JSON: %w", err)
		}
		if err := write(w, escapeJSON(bytes.TrimRight(b.Bytes(), "\n"))); err != nil {
			return err
		}
	}
	closing := "]"
	if len(s.Clusters) > 0 {
		closing = "\n  ]"
	}
	return write(w, append([]byte(closing), end...))
}

func snapshotText(s *snapshot.Snapshot, opts Options) []byte {
	p := newPage(opts)
	t := snapshotTable(s, Safe)
	if !p.table(0, t) {
		for _, row := range t.rows {
			p.line(0, p.paint(strong, row[0]))
			for i, cell := range row {
				if i > 0 && cell != "" {
					p.hang(2, p.paint(faint, t.header[i]+" "), plain, cell)
				}
			}
		}
	}
	var unread []Failure
	for i := range s.Clusters {
		c := &s.Clusters[i]
		if c.Error != nil {
			unread = append(unread, Failure{c.Account, c.Region, c.Name, c.Error})
		} else {
			p.snapshotGaps(c)
		}
	}
	p.failureGroups(sameFailures(unread), "not read")
	p.unlisted(s.NotRead)
	p.blank()
	p.hang(0, "", plain, snapshotSummary(s))
	return p.Bytes()
}

// snapshotTable is one row a cluster that was read.
func snapshotTable(s *snapshot.Snapshot, safe func(string) string) table {
	t := table{header: []string{"CLUSTER", "ACCOUNT", "REGION", "MODE", "VERSION", "ENTRIES", "ADMINS", "GONE"}}
	for i := range s.Clusters {
		c := &s.Clusters[i]
		if c.Error != nil {
			t.add(safe(c.Name), safe(c.Account), safe(c.Region), "not read")
			continue
		}
		entries, admins, gone := "?", "?", ""
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
				gone = strconv.Itoa(lost)
			}
		}
		t.add(
			safe(c.Name),
			safe(c.Account),
			safe(c.Region),
			safe(c.AuthenticationMode),
			safe(c.Version),
			entries,
			admins,
			gone,
		)
	}
	return t
}

// snapshotGaps tells what of a cluster is unknown, and why.
func (p *page) snapshotGaps(c *snapshot.Cluster) {
	begun := false
	for _, gap := range c.Gaps() {
		if !begun {
			p.blank()
			p.line(0, p.paint(strong, where(c.Name, c.Account, c.Region)))
			begun = true
		}
		p.hang(2, p.paint(change, "! "), plain, phrase.Join("; ", gap.What+" unknown: "+Safe(gap.Why), Safe(gap.Hint)))
	}
}

func snapshotSummary(s *snapshot.Snapshot) string {
	entries := 0
	for i := range s.Clusters {
		entries += len(s.Clusters[i].Entries.Items)
	}
	failed := ""
	if n := s.Failed(); n > 0 {
		failed = fmt.Sprintf("%d not read", n)
	}
	return phrase.Join("; ",
		phrase.Count(len(s.Clusters), "cluster")+": "+phrase.Count(entries, "entry")+", read at "+stamp(s.CreatedAt),
		failed,
		unlistedSummary(s.NotRead),
	)
}
