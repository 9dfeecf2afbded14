package render

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
		{"a long word stays whole", "x ", strings.Repeat("a", 50) + " b", "  x " + strings.Repeat("a", 50) + "\n    b\n"},
		{"a long prefix", strings.Repeat("p", 30), "one two three four five", "  " + strings.Repeat("p", 30) + "one two\n      three four five\n"},
		{"nothing", "hint:", "", "  hint:\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPage(Options{Width: 40})
			p.hang(2, test.prefix, plain, test.text)
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
		lines := wrap(text, first, rest)
		if got := strings.Join(lines, " "); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
		for i, l := range lines {
			room := rest
			if i == 0 {
				room = first
			}
			if width(l) > room && strings.Contains(l, " ") {
				t.Errorf("%q is wider than %d", l, room)
			}
		}
	})
}

func TestTable(t *testing.T) {
	tb := table{header: []string{"NAME", "EMPTY", "owner_of"}}
	tb.add("a | b", "", "x")
	tb.add("日本語", "", "")
	tb.add("", "", "only")
	want := []string{"NAME    owner_of", "a | b   x", "日本語", "        only"}
	if d := cmp.Diff(want, tb.draw()); d != "" {
		t.Errorf("headers as written, columns by what is seen, empty ones left out (-want +got):\n%s", d)
	}
	p := newPage(Options{Width: 40})
	tb.add(strings.Repeat("x", 60), "", "")
	if p.table(0, tb) || p.Len() > 0 {
		t.Errorf("drawn although it does not fit:\n%s", p.String())
	}
}

func TestNames(t *testing.T) {
	list := [][3]string{{"1", "r", "dev"}, {"2", "r", "dev"}, {"1", "r", "prod"}}
	if d := cmp.Diff([]string{"1/r/dev", "2/r/dev", "prod"}, shortNames(list)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, test := range []struct {
		all  bool
		want string
	}{
		{false, "in sync: aaaaaaaa, bbbbbbbb, and 2 more\n"},
		{true, "in sync: aaaaaaaa, bbbbbbbb, cccccccc,\n         dddddddd\n"},
	} {
		p := newPage(Options{Width: 40})
		p.names("in sync: ", []string{"aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"}, test.all)
		if p.String() != test.want {
			t.Errorf("got %q, want %q", p.String(), test.want)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range Formats {
		if got, err := Formats.Parse(string(f)); got != f || err != nil {
			t.Errorf("Formats.Parse(%q) = %q, %v", f, got, err)
		}
	}
	if got, err := Formats.Parse(""); got != Text || err != nil {
		t.Errorf("the default is %q, %v", got, err)
	}
	_, err := Formats.Parse("plan.json")
	if want := `unknown output format "plan.json": it is one of text, diff, markdown, json, github`; err == nil ||
		err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSplitSource(t *testing.T) {
	for _, test := range []struct{ in, file, line, column string }{
		{"a.yaml:3:4", "a.yaml", "3", "4"},
		{`C:\x\a.yaml:3:4`, `C:\x\a.yaml`, "3", "4"},
		{"a.yaml:3", "a.yaml", "3", ""},
		{"a.yaml", "a.yaml", "", ""},
		{"", "", "", ""},
	} {
		file, line, column := splitSource(test.in)
		if file != test.file || line != test.line || column != test.column {
			t.Errorf("splitSource(%q) = %q, %q, %q", test.in, file, line, column)
		}
	}
}
