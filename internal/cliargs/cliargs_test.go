package cliargs

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree returns the commands of a small program.
func tree() *Command {
	file := Flag{Names: []string{"file", "f"}, Usage: "FILE to read", Values: Values{Files: true}}
	cluster := Flag{Names: []string{"cluster"}, Values: Values{Look: func(files []string) []Candidate {
		return []Candidate{{"prod", strings.Join(files, " ")}, {"staging", ""}}
	}}}
	format := Flag{Names: []string{"output", "o"}, Values: Values{OneOf: []string{"text", "json"}}}
	merge := &Command{Name: "merge", Usage: "join plans", Arguments: &Values{Files: true}, Flags: []Flag{format, Help}}
	return &Command{Name: "eksaccess", Flags: []Flag{Help}, Commands: []*Command{
		{
			Name: "plan", Aliases: []string{"diff"}, Usage: "show changes", Commands: []*Command{merge},
			Flags: []Flag{
				file, cluster, format,
				{Names: []string{"selector"}},
				{Names: []string{"quiet"}, Kind: Switch},
				{Names: []string{"secret"}, Hidden: true},
				{Names: []string{"concurrency"}, Kind: Number},
				{Names: []string{"timeout"}, Kind: Duration},
				Help,
			},
		},
		{Name: "who", Flags: []Flag{file, cluster, Help}},
		{Name: "import", Flags: []Flag{Help}, Commands: []*Command{{Name: "live", Flags: []Flag{file, Help}}}},
		{Name: "shell", Arguments: &Values{OneOf: []string{"bash", "fish"}}, Flags: []Flag{Help}},
	}}
}

func TestArrange(t *testing.T) {
	for _, test := range []struct{ typed, want string }{
		{"", ""},
		{"--help", "help of eksaccess: "},
		{"plan -f a.yaml", "plan -f a.yaml"},
		{"-f a.yaml plan", "plan -f a.yaml"},
		{"diff --output=json --file=a.yaml", "diff --output=json --file=a.yaml"},
		{"plan merge a.json -o text b.json", "plan merge -o text -- a.json b.json"},
		{"plan a.json merge --help", "help of eksaccess plan: plan -- a.json merge"},
		{"diff merge -h", "help of eksaccess plan merge: diff merge"},
		{"shell --help=false bash", "shell -- bash"},
		{"shell -- -x", "shell -- -x"},
		{"shell -", "shell -- -"},
		{"plan --quiet --timeout 5m --concurrency 0x10", "plan --quiet --timeout 5m --concurrency 0x10"},
		{"plan --quiet=false -f -", "plan --quiet=false -f -"},
		{"plan --cluster --quiet", "plan --cluster --quiet"},
	} {
		line, err := Arrange(tree(), strings.Fields(test.typed))
		got := strings.Join(line.Words, " ")
		if line.Help {
			got = "help of " + line.Called + ": " + got
		}
		if err != nil || got != test.want {
			t.Errorf("%q: %q, %v, want %q", test.typed, got, err, test.want)
		}
	}
}

func TestArrangeRefuses(t *testing.T) {
	for _, test := range []struct{ typed, message, hint string }{
		{"plna", `unknown command "plna"`, `did you mean "plan"?`},
		{"frobnicate -x", `unknown command "frobnicate"`, "eksaccess --help"},
		{"--bogus", `unknown flag "--bogus"`, "eksaccess --help"},
		{"plan -f", `flag "-f" needs a value`, "eksaccess plan --help"},
		{"import live --file", `flag "--file" needs a value`, "eksaccess import live --help"},
		{"plan --clutser dev", `unknown flag "--clutser"`, `did you mean "--cluster"?`},
		{"plan -y", `unknown flag "-y"`, "eksaccess plan --help"},
		{"who --quiet", `unknown flag "--quiet"`, "eksaccess who --help"},
		{"plan ---f x", "bad flag syntax: ---f", "eksaccess plan --help"},
		{"plan --=x", "bad flag syntax: --=x", "eksaccess plan --help"},
		{"plan --concurrency many", "--concurrency=many can't be read", "eksaccess plan --help"},
		{"plan --quiet=maybe", "--quiet=maybe can't be read", "eksaccess plan --help"},
		{"plan --timeout 5", "--timeout=5 can't be read", "a time has a unit: 90s, 30m, 1h"},
		{`plan --timeout "`, `--timeout=\" can't be read`, "a time has a unit: 90s, 30m, 1h"},
		{"plan a.yaml", `unexpected argument "a.yaml"`, "files are named with -f: eksaccess plan -f a.yaml"},
		{"plan merg", `unexpected argument "merg"`, `did you mean "eksaccess plan merge"?`},
		{"who dev", `unexpected argument "dev"`, "a cluster is named with --cluster: eksaccess who --cluster dev"},
		{"import lives", `import does not know "lives"`, `did you mean "eksaccess import live"?`},
		{"import x", `import does not know "x"`, "eksaccess import live"},
	} {
		got, err := Arrange(tree(), strings.Fields(test.typed))
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Message != test.message || wrong.Hints[0] != test.hint {
			t.Errorf("%q: %q, %#v, want %q and %q", test.typed, got.Words, err, test.message, test.hint)
		}
	}
}

func TestComplete(t *testing.T) {
	for _, test := range []struct {
		typed string // the last word is behind the last space
		want  string
		files bool
	}{
		{"", "plan who import shell", false},
		{"pl", "plan", false},
		{"plan ", "merge", false},
		{"plan --c", "--cluster --concurrency", false},
		{"plan --s", "--selector", false}, // and not the hidden one
		{"who --h", "--help", false},
		{"plan -f a -f b --cluster ", "prod:a b staging", false},
		{"plan --file=a --cluster=p", "--cluster=prod:a", false},
		{"-f a --cluster p", "prod:a", false},
		{"plan -o ", "text json", false},
		{"-o ", "", false}, // which depends on the command
		{"plan -f ", "", true},
		{"plan merge ", "", true},
		{"shell b", "bash", false},
		{"nonsense --x ", "plan who import shell", false},
		{"plan --nope=", "", false},
	} {
		list, files := Complete(tree(), strings.Split(test.typed, " "))
		var got []string
		for _, c := range list {
			if c.Meaning != "" && strings.Contains(test.want, ":") {
				c.Value += ":" + c.Meaning
			}
			got = append(got, c.Value)
		}
		if strings.Join(got, " ") != test.want || files != test.files {
			t.Errorf("%q: %q, %t, want %q, %t", test.typed, got, files, test.want, test.files)
		}
	}
	if list, _ := Complete(tree(), nil); len(list) != 4 {
		t.Errorf("without a word: %v", list)
	}
}

func TestCompleteExplains(t *testing.T) {
	got, _ := Complete(tree(), []string{"plan", "--f"})
	if diff := cmp.Diff([]Candidate{{"--file", "FILE to read"}}, got); diff != "" {
		t.Error(diff)
	}
	got, _ = Complete(tree(), []string{"diff", "m"})
	if !slices.Equal(got, []Candidate{{"merge", "join plans"}}) {
		t.Error(got)
	}
}
