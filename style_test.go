package eksaccess_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	maxColumns = 120
	tabColumns = 4
)

// TestLineLength finds lines that are too long. Lines with a part of a raw
// string, or with a long word in quotes such as an ARN, cannot be broken.
func TestLineLength(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var fixed map[int]bool
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			columns := utf8.RuneCountInString(strings.TrimRight(line, "\n")) + strings.Count(line, "\t")*(tabColumns-1)
			if columns <= maxColumns {
				continue
			}
			if fixed == nil {
				fixed = unbreakable(text)
			}
			if !fixed[number] {
				t.Errorf("%s:%d: %d columns, more than %d", path, number, columns, maxColumns)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// unbreakable returns the numbers of the lines that cannot be broken.
func unbreakable(text []byte) map[int]bool {
	const longWord = 60
	file := token.NewFileSet().AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return lines
		}
		isWord := len(literal) > longWord && !strings.Contains(literal, " ")
		if tok != token.STRING || literal[0] != '`' && !isWord {
			continue
		}
		first := file.Line(pos)
		for n := range strings.Count(literal, "\n") + 1 {
			lines[first+n] = true
		}
	}
}
