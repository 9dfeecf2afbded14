package spec

import (
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// lineBreak is what YAML 1.1 takes for the end of a line.
var lineBreak = regexp.MustCompile("\r\n|[\r\n\u0085\u2028\u2029]")

// Whatever the bytes: nothing panics, the same bytes give the same answer,
// each error has a place that is in the file, and nothing that is printed
// could drive a terminal.
func FuzzDecode(f *testing.F) {
	for _, glob := range []string{"testdata/valid/*.yaml", "testdata/invalid/*.yaml"} {
		paths, _ := filepath.Glob(glob)
		for _, path := range paths {
			f.Add(mustRead(f, path))
		}
	}
	for _, s := range []string{"", "\xff\xfea\x00", "a: &a [*a]\n", "? a\n: b\n", "{{x}}", "- - - -", "\"\\x1b\"",
		"--- !!binary |\n aGk=\n", "%YAML 1.2\n---\n", "a: |+\n\n\n"} {
		f.Add([]byte(s))
		f.Add([]byte(minimal + "access:\n  - " + s + "\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		src := Source{"f.yaml", data}
		docs, problems := Decode(src)
		docs2, problems2 := Decode(src)
		if !reflect.DeepEqual(docs, docs2) || !reflect.DeepEqual(problems, problems2) {
			t.Error("two readings differ")
		}
		fleet, all := Load([]Source{src})
		_, again := Load([]Source{src})
		if !reflect.DeepEqual(all, again) {
			t.Errorf("two loadings differ:\n%s", cmp.Diff(all, again))
		}
		if (fleet == nil) != all.Failed() {
			t.Errorf("fleet is %v, errors are %v", fleet, all.Errors)
		}
		if problems.Failed() && !all.Failed() {
			t.Errorf("Decode refuses what Load takes: %v", problems)
		}
		for _, doc := range docs {
			if out := Encode(doc); !problems.Failed() && len(out) <= MaxFileSize {
				sameRead(t, doc, out)
			}
		}
		lines := lineBreak.Split(strings.TrimPrefix(string(data), "\ufeff"), -1)
		found := append(all.Errors, all.Warnings...)
		if fleet != nil {
			ends := fleet.CheckEnds(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
			found = append(append(found, ends.Errors...), ends.Warnings...)
		}
		for _, p := range found {
			if p.Pos.File != "f.yaml" || p.Pos.Line < 0 || p.Pos.Line > len(lines) {
				t.Errorf("%v is at no line of the file, which has %d", p, len(lines))
			} else if p.Pos.Line > 0 && (p.Pos.Column < 1 ||
				p.Pos.Column > utf8.RuneCountInString(lines[p.Pos.Line-1])+1) {
				t.Errorf("%v is at no column of %q", p, lines[p.Pos.Line-1])
			}
			for _, s := range []string{p.Summary, p.Hint} {
				if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(s) {
					t.Errorf("%q would be printed", s)
				}
			}
		}
		if fleet == nil {
			return
		}
		for _, c := range fleet.Clusters {
			want, problems := c.Resolve(iam(c))
			if (want == nil) != problems.Failed() {
				t.Errorf("want is %v, errors are %v", want, problems.Errors)
			}
		}
	})
}
