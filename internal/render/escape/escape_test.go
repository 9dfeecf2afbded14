package escape

import (
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/render/rendertest"
)

func TestText(t *testing.T) {
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
			if got := Text(test.in); got != test.want {
				t.Errorf("Text(%q) = %q, want %q: %s", test.in, got, test.want, test.reason)
			}
		})
	}
}

// FuzzText: whatever goes in, what comes out is printed as it is, once and
// again.
func FuzzText(f *testing.F) {
	for _, s := range rendertest.Hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Text(s)
		rendertest.MustBePlain(t, out)
		for word := range strings.SplitSeq(out, " ") { // output wraps at spaces
			rendertest.MustBePlain(t, word)
		}
		if again := Text(out); again != out {
			t.Errorf("Text(%q) = %q, and of that %q", s, out, again)
		}
	})
}

func TestAfter(t *testing.T) {
	for _, test := range []struct {
		last     rune
		in, want string
	}{
		{'#', "#[error]x", `\x23[error]x`},
		{'#', "x#y", "x#y"},
		{'a', "#[error]x", "#[error]x"},
		{'a', ": x", ": x"},
		{'a', ":é", ":é"},
		{' ', ":x", `\x3ax`},
		{0, ":é", `\x3aé`},
		{0, "##", `#\x23`},
	} {
		if got := After(test.last, test.in); got != test.want {
			t.Errorf("After(%q, %q) = %s, want %s", test.last, test.in, got, test.want)
		}
	}
}
