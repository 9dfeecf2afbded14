package render

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSafe(t *testing.T) {
	for _, test := range []struct{ name, in, want, reason string }{
		{"plain", "arn:aws:iam::111122223333:role/team/x", "arn:aws:iam::111122223333:role/team/x", "nothing to " +
			"escape"},
		{"scripts", "Größe 日本語 Ελλάς", "Größe 日本語 Ελλάς", "letters of any script are text"},
		{"escape", "a\x1b[2Jb", `a\x1b[2Jb`, "ESC begins control sequences"},
		{"c1", "a\u009b2Jb", `a\u009b2Jb`, "so does CSI, one character"},
		{"bare c1 byte", "a\x9bb", `a\x9bb`, "and as a byte that is not UTF-8"},
		{"line ends", "a\r\nb\tc", `a\r\nb\tc`, "a value is one line"},
		{"bell and delete", "\a\x7f", `\x07\x7f`, "control characters at both ends of ASCII"},
		{"override", "\u202eevil\u2066", `\u202eevil\u2066`, "text direction: the eye reads another name " +
			"(CVE-2021-42574)"},
		{"zero width", "ro\u200bot\ufeff", `ro\u200bot\ufeff`, "two names that look the same"},
		{"separators", "a\u2028b\u2029", `a\u2028b\u2029`, "line ends for some readers"},
		{"space", "a\u00a0b\u3000", `a\u00a0b\u3000`, "spaces that are no spaces"},
		{"filler", "a\u3164b", `a\u3164b`, "a letter that is drawn as nothing"},
		{"tags", "a\U000e0041", `a\U000e0041`, "invisible, beyond the first plane"},
		{"selector", "a\ufe0f", `a\ufe0f`, "invisible, and changes the width"},
		{"backslash", `a\x1b`, `a\x1b`, "made for the eye, not to be undone"},
		{"command", "::error::x", `\x3a:error::x`, "a command to GitHub's runner at the start of a line"},
		{"command after space", "a ::error::x", `a \x3a:error::x`, "a line may be wrapped at any space"},
		{"command after a line end", "a\n::error::x", `a\n::error::x`, "the escape is text before it"},
		{"old command", "a##[error]x", `a#\x23[error]x`, "a command to GitHub's runner anywhere"},
		{"many number signs", "###vso[x]", `#\x23#vso[x]`, "a command to Azure's"},
		{"colons", "arn:aws:iam::1:role/x: a", "arn:aws:iam::1:role/x: a", "within and after a word they stay"},
		{"number signs", "#1 a#b", "#1 a#b", "alone they stay"},
		{"command in another script", "日本 ::error::x", `日本 \x3a:error::x`, "as in ASCII"},
		{"replacement", "\ufffd", "\ufffd", "a character like any other"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Safe(test.in); got != test.want {
				t.Errorf("Safe(%q) = %q, want %q: %s", test.in, got, test.want, test.reason)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for _, test := range []struct {
		in   []string
		want string
	}{
		{[]string{"a", "b"}, "a, b"},
		{[]string{"a, b"}, `"a, b"`},
		{[]string{"", " x"}, `"", " x"`},
		{[]string{`a"b`}, `"a\"b"`},
	} {
		if got := words(test.in); got != test.want {
			t.Errorf("words(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

// FuzzSafe: whatever goes in, what comes out is printed as it is, once and
// again.
func FuzzSafe(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Safe(s)
		mustBePlain(t, out)
		for word := range strings.SplitSeq(out, " ") { // output wraps at spaces
			mustBePlain(t, word)
		}
		if again := Safe(out); again != out {
			t.Errorf("Safe(%q) = %q, and of that %q", s, out, again)
		}
	})
}

// mustBePlain fails on anything that is not a visible character or a space.
// It judges by Unicode's categories, not by the tables of Safe. Nor may the
// line be a workflow command.
func mustBePlain(t interface{ Errorf(string, ...any) }, s string) {
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

// hostile are strings that have broken programs.
var hostile = []string{
	"", " ", "|", `\`, `\|`, `\\|`, "`", "``", "a`b``c", "a|b|c", "| a | b |", "\n", "a\nb", "\r\n| x |", "\x00", "\x1b[31m",
	"\x1b]0;owned\x07", "\u009b31m", "\u202e", "\u2066\u2069", "\u200b\ufeff", "\u2028", "\x7f", "\xff\xfe", "\U000e0041",
	"<script>alert(1)</script>", "</details>", "&lt;", "@everyone", "#1", "https://evil.example", "www.evil.example",
	"[x](http://evil)", "```", "~~~", "---", "+ x", "- x", "1. x", "# x", "::error::x", "  ::error::x", "a ::error::x", ":", "##[error]x", "###[error]x", "##vso[x]", "#", "%0A", "{{x}}", "日本|語", "é\u0301",
	strings.Repeat("x", 300), strings.Repeat("a b ", 100),
}
