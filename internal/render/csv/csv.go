// Package csv writes comma-separated values for spreadsheets.
package csv

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"

	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// Write writes a header and rows of raw cells, in one Write.
func Write(w io.Writer, header []string, rows [][]string) error {
	var buf bytes.Buffer
	out := csv.NewWriter(&buf)
	for _, row := range append([][]string{header}, rows...) {
		line := make([]string, len(row))
		for i, c := range row {
			line[i] = cell(c)
		}
		_ = out.Write(line) // into a buffer
	}
	out.Flush()
	_, err := w.Write(buf.Bytes())
	return err
}

// cell is s escaped, and no formula: a spreadsheet would reckon what begins so.
func cell(s string) string {
	s = escape.Text(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
