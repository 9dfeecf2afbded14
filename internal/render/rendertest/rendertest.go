// Package rendertest has what tests of everything that is printed share:
// hostile text, and what no output may hold.
package rendertest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A T is where failures are reported.
type T interface{ Errorf(string, ...any) }

// Hostile are strings that have broken programs.
var Hostile = []string{
	"", " ", "|", `\`, `\|`, `\\|`, "`", "``", "a`b``c", "a|b|c", "| a | b |",
	"\n", "a\nb", "\r\n| x |", "\x00", "\x1b[31m",
	"\x1b]0;owned\x07", "\u009b31m", "\u202e", "\u2066\u2069", "\u200b\ufeff", "\u2028", "\x7f", "\xff\xfe",
	"\U000e0041",
	"<script>alert(1)</script>", "</details>", "&lt;", "@everyone", "#1", "https://evil.example", "www.evil.example",
	"[x](http://evil)", "```", "~~~", "---", "+ x", "- x", "1. x", "# x",
	"::error::x", "  ::error::x", "a ::error::x", ":", "##[error]x", "###[error]x", "##vso[x]", "#", "%0A", "{{x}}",
	"日本|語", "é\u0301",
	strings.Repeat("x", 300), strings.Repeat("a b ", 100),
}

// MustBePlain fails on anything that is not a visible character or a space.
// It judges by Unicode's categories, not by the tables of the escapes. Nor may the
// line be a workflow command.
func MustBePlain(t T, s string) {
	if !utf8.ValidString(s) {
		t.Errorf("not UTF-8: %q", s)
	}
	if strings.Contains(s, "##[") || strings.Contains(s, "##vso[") ||
		strings.HasPrefix(strings.TrimLeft(s, " "), "::") {
		t.Errorf("a workflow command in %q", s)
	}
	for _, r := range s {
		if unicode.In(
			r,
			unicode.C,
			unicode.Zl,
			unicode.Zp,
			unicode.Other_Default_Ignorable_Code_Point,
			unicode.Variation_Selector,
		) ||
			r != ' ' && unicode.Is(unicode.Zs, r) {
			t.Errorf("%U in %q", r, s)
			return
		}
	}
}

// MustBeTables fails where two rows of one table differ in their cells.
func MustBeTables(t T, doc string) {
	columns := 0
	for _, l := range strings.Split(doc, "\n") {
		if !strings.HasPrefix(l, "|") {
			columns = 0
			continue
		}
		n := cells(l)
		if columns != 0 && n != columns {
			t.Errorf("%d cells and not %d: %s", n, columns, l)
		}
		columns = n
	}
}

// cells counts as GFM does: a pipe ends a cell, in code too, unless a
// backslash stands before it.
func cells(line string) int {
	n := 0
	for i, r := range line {
		if r == '|' && (i == 0 || line[i-1] != '\\') {
			n++
		}
	}
	return n - 1
}
