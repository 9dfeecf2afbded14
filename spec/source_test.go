package spec

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

const minimal = "apiVersion: eksaccess/v1\nclusters: [arn:aws:eks:eu-west-1:111122223333:cluster/prod]\n"

func utf16Bytes(s string, bigEndian bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if bigEndian {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestBytes(t *testing.T) {
	for _, test := range []struct {
		name   string
		data   []byte
		want   string // the one error; "" where the file is fine
		reason string
	}{
		{"plain", []byte(minimal), "", "the common case"},
		{"byte order mark", []byte("\xef\xbb\xbf" + minimal), "", "Windows editors write one"},
		{"Windows line ends", []byte(strings.ReplaceAll(minimal, "\n", "\r\n")), "", "so do they"},
		{"no line end at the end", []byte(strings.TrimSpace(minimal)), "", "YAML needs none"},
		{"umlaut in a comment", []byte("# ä€𝄞\n" + minimal), "", "UTF-8 is wider than ASCII"},
		{"nothing", nil, `f.yaml: the file is empty`, "an empty file is a mistake, see product.md"},
		{"only a mark", []byte("\xef\xbb\xbf"), `f.yaml: the file is empty`, ""},
		{"UTF-16 with mark", append([]byte{0xff, 0xfe}, utf16Bytes(minimal, false)...),
			`f.yaml: the file is UTF-16 (little endian), not UTF-8`, "PowerShell's > writes it"},
		{"UTF-16 big endian with mark", append([]byte{0xfe, 0xff}, utf16Bytes(minimal, true)...),
			`f.yaml: the file is UTF-16 (big endian), not UTF-8`, ""},
		{"UTF-16 without mark", utf16Bytes(minimal, false), `f.yaml: the file is UTF-16 (little endian), not UTF-8`,
			"told by its zeros"},
		{"UTF-16 big endian without mark", utf16Bytes(minimal, true),
			`f.yaml: the file is UTF-16 (big endian), not UTF-8`, ""},
		{"UTF-32", []byte("\xff\xfe\x00\x00a\x00\x00\x00"), `f.yaml: the file is UTF-32 (little endian), not UTF-8`,
			"its mark begins with UTF-16's"},
		{"UTF-32 big endian", []byte("\x00\x00\xfe\xff\x00\x00\x00a"),
			`f.yaml: the file is UTF-32 (big endian), not UTF-8`, ""},
		{"Latin-1", []byte("# ok\n# \xe4\n" + minimal), `f.yaml:2:3: the file is not UTF-8: byte 0xe4`, ""},
		{"cut within a character", []byte(minimal + "# \xe2\x82"), `f.yaml:3:3: the file is not UTF-8: byte 0xe2`, ""},
		{"gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"), `f.yaml: the file is a gzip archive, not YAML text`, ""},
		{"zip", []byte("PK\x03\x04xxxx"), `f.yaml: the file is a zip archive, not YAML text`, ""},
		{"program", []byte("\x7fELF\x02\x01\x01\x00"), `f.yaml: the file is a program, not YAML text`, ""},
		{"zeros", []byte("abc\x00def"), `f.yaml: the file is binary, not YAML text`, ""},
		{"escape character", []byte("apiVersion: eksaccess/v1\n# ä\x1b[31m\n"),
			`f.yaml:2:4: the file holds the control character U+001B`,
			"it would drive the terminal that shows the line"},
		{"C1 control", []byte("# \u009b31m\n" + minimal), `f.yaml:1:3: the file holds the control character U+009B`,
			"the same in one character"},
		{"mark in the middle", []byte(minimal + "---\n\ufeff" + minimal),
			`f.yaml:4:1: a byte order mark in the middle of the file`, "cat a.yaml b.yaml"},
		{"too large", bytes.Repeat([]byte("# padding\n"), 1<<20), `f.yaml: the file is larger than 8 MiB`, ""},
		{"conflict, first line", []byte("<<<<<<< HEAD\n" + minimal), `f.yaml:1:1: git conflict marker "<<<<<<< HEAD"`,
			""},
		{"conflict, half resolved", []byte(minimal + ">>>>>>> theirs\r\n"),
			`f.yaml:3:1: git conflict marker ">>>>>>> theirs"`, "the first marker may be gone already"},
		{"conflict, middle line", []byte(minimal + "=======\n"), `f.yaml:3:1: git conflict marker "======="`,
			"YAML would take it for text"},
		{"no conflict", []byte("# <<<<<<< HEAD\n" + minimal), "", "a comment about one"},
		{"a rule in a comment", []byte("#=======\n" + minimal), "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, problems := Load([]Source{{"f.yaml", test.data}})
			got := problems.Error()
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, test.reason)
			}
		})
	}
}

// A file within the limit may still be made to cost more than it looks. None
// of these may take long, or much memory.
func TestHostile(t *testing.T) {
	var laughs strings.Builder
	laughs.WriteString("apiVersion: eksaccess/v1\naccess: &a0 [{role: x}]\nsets:\n")
	for i := range 40 {
		fmt.Fprintf(&laughs, "  s%d: {access: &a%d [%s]}\n", i, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9))
	}
	shared := "apiVersion: eksaccess/v1\nclusters:\n  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/a0\n    " +
		"access: &all\n" +
		strings.Repeat(
			"      - {role: x, groups: [a, b, c, d, e, f, g]}\n",
			1000,
		)
	for i := range 1000 {
		shared += fmt.Sprintf("  - {arn: \"arn:aws:eks:eu-west-1:111122223333:cluster/c%d\", access: *all}\n", i)
	}
	merges := "apiVersion: eksaccess/v1\nsets:\n  m0: &m0 {access: []}\n"
	for i := range 64 {
		merges += fmt.Sprintf("  m%d: &m%d {<<: [%s]}\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*m%d, ", i), 16))
	}
	for _, test := range []struct{ name, data, want string }{
		{"laughs", laughs.String(), "an item of access must be a mapping or text, not a list"},
		{"one list in a thousand clusters", shared, "the aliases of this file repeat more than 250000 values"},
		{"merges of merges", merges, "the aliases of this file repeat more than 250000 values"},
		{"deep flow", strings.Repeat("[", 1<<20), "not valid YAML: exceeded max depth"},
		{"deep block", strings.Repeat("- ", 1<<20), "not valid YAML: exceeded max depth"},
		{"deep mapping", strings.Repeat("{a: ", 1<<20), "not valid YAML: exceeded max depth"},
		{"many keys", "apiVersion: eksaccess/v1\n" + strings.Repeat("a: 1\n", 1<<17), "is given twice"},
		{"many unknown keys", "apiVersion: eksaccess/v1\ndefaults:\n" + numberedLines("  ownr%d: 1\n", 50_000),
			"the file " +
				"has more than 1000 errors"},
		{"many documents", strings.Repeat("---\n", 1<<16), "empty document"},
		{"one long line", "apiVersion: eksaccess/v1\nowner: " + strings.Repeat("x", 4<<20), "is not a valid owner"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, problems := Load([]Source{{"f.yaml", []byte(test.data)}})
			if !strings.Contains(problems.Error(), test.want) {
				t.Errorf("want %q among the errors, got %.1000s", test.want, problems.Error())
			}
		})
	}
}

func numberedLines(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
