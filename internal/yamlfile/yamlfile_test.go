package yamlfile_test

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

func parse(t *testing.T, text string) *yaml.Node {
	t.Helper()
	roots, problem := yamlfile.Parse("f", []byte(text))
	if problem != nil || len(roots) != 1 {
		t.Fatalf("%d documents, %v", len(roots), problem)
	}
	return roots[0]
}

// An edit leaves every byte that is there: comments, empty lines, line ends,
// spaces that mean nothing.
func TestEdit(t *testing.T) {
	for _, tt := range []struct{ name, before, after string }{
		{
			name:   "block",
			before: "# top\n\nlist:   # aside\n  - a:   1\n\n  # below\n\n\nnext: x   \n",
			after:  "# top\n\nlist:   # aside\n  - a:   1\n  - new\n\n  # below\n\n\nnext: x   \n",
		},
		{
			name:   "line ends of Windows",
			before: "list:\r\n- a # x\r\n",
			after:  "list:\r\n- a # x\r\n- new\r\n",
		},
		{
			name:   "no line end",
			before: "list:\n- a",
			after:  "list:\n- a\n- new",
		},
		{
			name:   "flow",
			before: "list: [ 'a]', \"b\", c:d ] # ]\n",
			after:  "list: [ 'a]', \"b\", c:d , new] # ]\n",
		},
		{
			name:   "flow over lines",
			before: "list: [\n  a, # ]\n]\n",
			after:  "list: [\n  a, # ]\nnew]\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := parse(t, tt.before)
			e := yamlfile.NewEdit([]byte(tt.before), []*yaml.Node{root})
			_, list := yamlfile.Value(root, "list")
			if yamlfile.IsFlow(list) {
				if !e.InsertInFlow(list, "", "new") {
					t.Fatal("the end of the list was not found")
				}
			} else {
				e.InsertBelow(list, strings.Repeat(" ", list.Column-1)+"- new\n")
			}
			if got := string(e.Bytes()); got != tt.after {
				t.Errorf("got  %q\nwant %q", got, tt.after)
			}
		})
	}
}

// Text is what every reader of YAML takes for text.
func TestReaderText(t *testing.T) {
	for _, tt := range []struct{ written, want, problem string }{
		{"plain", "plain", ""},
		{`"no"`, "no", ""},
		{"a:b", "a:b", ""},
		{"no", "", "k no would be read as the boolean false"},
		{"012345670123", "", "k 012345670123 would be read as the number 1402433619"},
		{"2026-12-01", "", "k 2026-12-01 would be read as a time"},
		{"[a]", "", "k must be text, not a list"},
		{`"a\nb"`, "", `k "a\nb" holds a line break or another control character`},
	} {
		text := "k: " + tt.written + "\n"
		r := yamlfile.NewReader("f", []byte(text))
		_, value := yamlfile.Value(parse(t, text), "k")
		got, ok := r.Text("k", value)
		problem := ""
		if len(r.Problems) > 0 {
			problem = r.Problems[0].Summary
		}
		if got != tt.want || problem != tt.problem || ok != (tt.problem == "") {
			t.Errorf("%s: %q, %t, %q; want %q, %q", tt.written, got, ok, problem, tt.want, tt.problem)
		}
	}
}

// A mapping has each key once, its own before those it merges.
func TestReaderPairs(t *testing.T) {
	const text = "base: &b {x: 1, y: 2}\nm: {<<: *b, y: 3, z: 4, z: 5}\n"
	r := yamlfile.NewReader("f", []byte(text))
	_, m := yamlfile.Value(parse(t, text), "m")
	var got []string
	for _, p := range r.Pairs("m", m) {
		got = append(got, p.Key.Value+p.Value.Value)
	}
	if strings.Join(got, " ") != "y3 z4 x1" {
		t.Errorf("%v", got)
	}
	if len(r.Problems) != 1 || r.Problems[0].Pos.String() != "f:2:25" ||
		r.Problems[0].Summary != `key "z" is given twice in m, first at f:2:19` {
		t.Errorf("%+v", r.Problems)
	}
}

func TestReaderBoundsAliases(t *testing.T) {
	text := "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
	for from := 'a'; from < 'g'; from++ {
		item := "*" + string(from)
		text += string(from+1) + ": &" + string(from+1) + " [" + strings.Repeat(item+", ", 8) + item + "]\n"
	}
	r := yamlfile.NewReader("f", []byte(text))
	r.ShareHint = "share otherwise"
	var count func(n *yaml.Node) bool
	count = func(n *yaml.Node) bool {
		at := r.Pos(n)
		if n.Kind == yaml.AliasNode {
			target, ok := r.Follow(n)
			if !ok {
				return false
			}
			defer r.Leave(target)
			n = target
		}
		if r.IsFull(at) || !r.Count(at) {
			return false
		}
		for _, c := range n.Content {
			if !count(c) {
				return false
			}
		}
		return true
	}
	if count(parse(t, text)) || len(r.Problems) != 1 || r.Problems[0].Hint != "share otherwise" || !r.Lost {
		t.Errorf("%t, %+v", r.Lost, r.Problems)
	}
}
