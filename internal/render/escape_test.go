package render

import (
	"html"
	"strings"
	"testing"
)

func TestMarkdownText(t *testing.T) {
	for _, test := range []struct{ in, want, reason string }{
		{"EC2_LINUX", `EC2\_LINUX`, "no emphasis"},
		{"a|b", `a\|b`, "no new cell"},
		{"<b>&", "&lt;b&gt;&amp;", "no HTML"},
		{"@everyone", `\@<!-- -->everyone`, "notifies nobody"},
		{"#1", `\#<!-- -->1`, "links to no issue, and is no heading"},
		{"see http://x", `see http\://x`, "links nowhere"},
		{"www.x.y", `www\.x.y`, "links nowhere"},
		{"- x", `\- x`, "no list"},
		{"1. x", `1\. x`, "no list"},
		{"/approve", `\/approve`, "no command to a bot"},
		{"a\n# b", `a\\n\#<!-- --> b`, "one line"},
	} {
		if got := MarkdownText(test.in); got != test.want {
			t.Errorf("MarkdownText(%q) = %s, want %s: %s", test.in, got, test.want, test.reason)
		}
	}
}

func TestMarkdownCode(t *testing.T) {
	for _, test := range []struct{ in, want, reason string }{
		{"a", "`a`", "the usual case"},
		{"", "", "an empty span would be two backticks"},
		{"a`b", "``a`b``", "a longer fence"},
		{"`a", "`` `a ``", "a backtick at the end needs a space"},
		{" a ", "`  a  `", "outer spaces stay"},
		{"<b>@x#1", "`<b>@x#1`", "code is literal"},
	} {
		if got := MarkdownCode(test.in); got != test.want {
			t.Errorf("MarkdownCode(%q) = %s, want %s: %s", test.in, got, test.want, test.reason)
		}
	}
}

// FuzzMarkdownCells: whatever stands in the cells, a row has as many as it was
// given.
func FuzzMarkdownCells(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, hostile[len(hostile)-1-i])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var m markdown
		m.table(table{header: []string{"A", "", "C"}, rows: [][]string{
			{MarkdownCell("x" + a), MarkdownText(b), "x"},
			{"x", MarkdownCell(b+"x") + "<br>" + MarkdownText(a), MarkdownText("x" + b)},
		}})
		mustBeTables(t, m.String())
		for _, s := range []string{MarkdownText(a), MarkdownCode(a), MarkdownCell(a), HTML(a)} {
			mustBePlain(t, s)
		}
	})
}

func FuzzHTML(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := HTML(s)
		if strings.ContainsAny(out, `<>"'`) {
			t.Errorf("HTML(%q) = %q", s, out)
		}
		if got := html.UnescapeString(out); got != Safe(s) {
			t.Errorf("HTML(%q) is read as %q", s, got)
		}
	})
}

// mustBeTables fails where two rows of one table differ in their cells.
func mustBeTables(t interface{ Errorf(string, ...any) }, doc string) {
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
