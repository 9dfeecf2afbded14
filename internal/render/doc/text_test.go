package doc

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestHang(t *testing.T) {
	for _, test := range []struct {
		name, prefix, text, want string
	}{
		{"short", "hint: ", "go on", "  hint: go on\n"},
		{"wraps where it began", "hint: ", "one two three four five six seven eight", "  hint: one two three four " +
			"five six\n        seven eight\n"},
		{"a long word stays whole", "x ", strings.Repeat("a", 50) + " b",
			"  x " + strings.Repeat("a", 50) + "\n    b\n"},
		{"a long prefix", strings.Repeat("p", 30), "one two three four five",
			"  " + strings.Repeat("p", 30) + "one two\n      three four five\n"},
		{"nothing", "hint:", "", "  hint:\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newTextWriter(Options{Width: 40})
			Line{Lead: Raw(test.prefix), Text: test.text}.text(p, 2)
			if d := cmp.Diff(test.want, p.String()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestWrapKeepsWords: wrapping changes nothing but where lines end.
func TestWrapKeepsWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[a-z日]{1,12}`), 1, 30).Draw(t, "words"), " ")
		first, rest := rapid.IntRange(-5, 60).Draw(t, "first"), rapid.IntRange(-5, 60).Draw(t, "rest")
		lines := Wrap(text, first, rest)
		if got := strings.Join(lines, " "); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
		for i, l := range lines {
			room := rest
			if i == 0 {
				room = first
			}
			if Width(l) > room && strings.Contains(l, " ") {
				t.Errorf("%q is wider than %d", l, room)
			}
		}
	})
}

func TestTable(t *testing.T) {
	tb := Table{Header: []string{"NAME", "EMPTY", "owner_of"}}
	tb.AddRaw("a | b", "", "x")
	tb.AddRaw("日本語", "", "")
	tb.AddRaw("", "", "only")
	want := []escaped{"NAME    owner_of", "a | b   x", "日本語", "        only"}
	if d := cmp.Diff(want, tb.lines()); d != "" {
		t.Errorf("headers as written, columns by what is seen, empty ones left out (-want +got):\n%s", d)
	}
	w := newTextWriter(Options{Width: 40})
	tb.AddRaw(strings.Repeat("x", 60), "", "")
	tb.Narrow = []Block{Line{Text: "too wide"}}
	tb.text(w, 0)
	if w.String() != "too wide\n" {
		t.Errorf("drawn although it does not fit:\n%s", w.String())
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		all  bool
		want string
	}{
		{false, "in sync: aaaaaaaa, bbbbbbbb, and 2 more\n"},
		{true, "in sync: aaaaaaaa, bbbbbbbb, cccccccc,\n         dddddddd\n"},
	} {
		p := newTextWriter(Options{Width: 40})
		Names{"in sync", []string{"aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"}, test.all}.text(p, 0)
		if p.String() != test.want {
			t.Errorf("got %q, want %q", p.String(), test.want)
		}
	}
}
