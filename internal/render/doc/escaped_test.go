package doc

import (
	"html"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/render/escape"
	"github.com/eksaccess/eksaccess/internal/render/rendertest"
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
		if got := string(markdownText("", test.in)); got != test.want {
			t.Errorf("markdownText(%q) = %s, want %s: %s", test.in, got, test.want, test.reason)
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
		if got := string(markdownCode(test.in, false)); got != test.want {
			t.Errorf("markdownCode(%q) = %s, want %s: %s", test.in, got, test.want, test.reason)
		}
	}
}

// FuzzMarkdownCells: whatever stands in the cells, a row has as many as it was
// given.
func FuzzMarkdownCells(f *testing.F) {
	for i, s := range rendertest.Hostile {
		f.Add(s, rendertest.Hostile[len(rendertest.Hostile)-1-i])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var w markdownWriter
		table := Table{Header: []string{"A", "", "C"}}
		table.Add(Code("x"+a), Raw(b), Raw("x"))
		table.Add(Raw("x"), Lines(Code(b+"x"), Raw(a)), Raw("x"+b))
		table.markdown(&w)
		rendertest.MustBeTables(t, w.String())
		for _, s := range []escaped{markdownText("", a), markdownCode(a, false), markdownCode(a, true), htmlText(a)} {
			rendertest.MustBePlain(t, string(s))
		}
	})
}

func FuzzHTMLText(f *testing.F) {
	for _, s := range rendertest.Hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := string(htmlText(s))
		if strings.ContainsAny(strings.ReplaceAll(out, "<!-- -->", ""), `<>"'`) {
			t.Errorf("htmlText(%q) = %q", s, out)
		}
		if got := html.UnescapeString(strings.ReplaceAll(out, "<!-- -->", "")); got != escape.Text(s) {
			t.Errorf("htmlText(%q) is read as %q", s, got)
		}
	})
}
