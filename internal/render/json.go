package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/eksaccess/eksaccess/internal/render/escape"
	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// JSON writes v, indented by two spaces, with a newline at the end. It is the
// one encoder of the program: a document that is saved, read and shown again
// has the same bytes.
//
// What escape.Text would escape is escaped here as \uXXXX, which any reader decodes
// to the same text. encoding/json does so only below U+0020 and would let
// U+009B, which starts a control sequence, and U+202E through. No line of JSON
// starts with a colon, so of workflow commands only "##[name]" has to be
// broken.
func JSON(w io.Writer, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // "<" and "&" are no danger in a terminal, and hard to read escaped
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encoding JSON: %w", err)
	}
	_, err := w.Write(escape.JSON(buf.Bytes()))
	return err
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
	if _, err := w.Write(append(open, '[')); err != nil {
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
		if _, err := w.Write(escape.JSON(bytes.TrimRight(b.Bytes(), "\n"))); err != nil {
			return err
		}
	}
	closing := "]"
	if len(s.Clusters) > 0 {
		closing = "\n  ]"
	}
	_, err := w.Write(append([]byte(closing), end...))
	return err
}
