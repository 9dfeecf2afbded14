package cliargs

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A recorder has the values of the flags of a small program.
type recorder struct {
	files, clusters  []string
	format, progress string
	quiet            bool
	concurrency      int
	timeout          *time.Duration
}

// tree returns the commands of a small program, which fill r.
func tree(r *recorder) *Command {
	file := List("-f, --file FILE", "file to read", &r.files).With(Values{Files: true})
	cluster := List("--cluster GLOB", "", &r.clusters).With(Values{Look: func(files []string) []Candidate {
		return []Candidate{{"prod", strings.Join(files, " ")}, {"staging", ""}}
	}})
	format := Value("-o, --output FORMAT", "", &r.format).With(Values{
		OneOf: []string{"text", "json"},
		Explain: func(value string) string {
			if strings.Contains(value, ".") {
				return "> " + value
			}
			return ""
		},
	})
	var s string
	merge := &Command{Name: "merge", Usage: "join plans", Arguments: &Values{Files: true}, Flags: []Flag{format}}
	return &Command{
		Name: "eksaccess",
		Flags: []Flag{
			Help,
			Value("--progress MODE", "", &r.progress).With(Values{OneOf: []string{"auto", "none"}}),
		},
		Foreign: []Foreign{
			{Name: "out", For: "shell", Hint: "use >"},
			{Name: "name", For: "cluster", Hint: "use --cluster"},
		},
		Commands: []*Command{
			{
				Name: "plan", Aliases: []string{"diff"}, Usage: "show changes", Commands: []*Command{merge},
				Flags: []Flag{
					file, cluster, format,
					Value("--selector KEY=VALUE", "", &s),
					Bool("--quiet", "", &r.quiet),
					Value("--secret S", "", &s).Hide(),
					Value("--concurrency N", "", &r.concurrency),
					Optional("--timeout DURATION", "", &r.timeout),
					Value("--regions LIST", "", &s).With(Values{Known: []string{"eu-1", "eu-2", "us-1"}, List: true}),
				},
				Rules: append(Exclusive("file", "selector"), Rule{When: []string{"quiet"}, Needs: []string{"file"}}),
			},
			{Name: "who", Flags: []Flag{file, cluster}},
			{Name: "import", Commands: []*Command{{Name: "live", Flags: []Flag{file}}}},
			{Name: "shell", Arguments: &Values{OneOf: []string{"bash", "fish"}}},
		},
	}
}

func TestParse(t *testing.T) {
	fiveMinutes := 5 * time.Minute
	for _, test := range []struct {
		typed, want string // the command and its arguments
		set         recorder
	}{
		{typed: "", want: "eksaccess"},
		{typed: "--help", want: "help of eksaccess"},
		{typed: "help", want: "help of eksaccess"},
		{typed: "help plan merge", want: "help of eksaccess plan merge"},
		{typed: "import help", want: "help of eksaccess import"},
		{typed: "shell help", want: "eksaccess shell: help"},
		{typed: "plan -f a.yaml", want: "eksaccess plan", set: recorder{files: []string{"a.yaml"}}},
		{typed: "-f a.yaml plan", want: "eksaccess plan", set: recorder{files: []string{"a.yaml"}}},
		{
			typed: "diff --output=json --file=a.yaml -f -", want: "eksaccess plan",
			set: recorder{format: "json", files: []string{"a.yaml", "-"}},
		},
		{
			typed: "plan merge a.json -o text b.json", want: "eksaccess plan merge: a.json b.json",
			set: recorder{format: "text"},
		},
		{typed: "diff merge -h", want: "help of eksaccess plan merge"},
		{typed: "shell --help=false bash", want: "eksaccess shell: bash"},
		{typed: "shell -- -x", want: "eksaccess shell: -x"},
		{typed: "shell -", want: "eksaccess shell: -"},
		{typed: "who --progress none", want: "eksaccess who", set: recorder{progress: "none"}},
		{
			typed: "plan -f a --quiet --timeout 5m --concurrency 0x10", want: "eksaccess plan",
			set: recorder{files: []string{"a"}, quiet: true, concurrency: 16, timeout: &fiveMinutes},
		},
		{typed: "plan --quiet=false", want: "eksaccess plan"},
		{typed: "plan --cluster --quiet", want: "eksaccess plan", set: recorder{clusters: []string{"--quiet"}}},
	} {
		var r recorder
		line, err := Parse(tree(&r), strings.Fields(test.typed))
		got := line.Called
		if line.Help {
			got = "help of " + got
		} else if len(line.Arguments) > 0 {
			got += ": " + strings.Join(line.Arguments, " ")
		}
		if err != nil || got != test.want {
			t.Errorf("%q: %q, %v, want %q", test.typed, got, err, test.want)
		}
		if diff := cmp.Diff(test.set, r, cmp.AllowUnexported(recorder{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.typed, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ typed, message, hint string }{
		{"plna", `unknown command "plna"`, `did you mean "plan"?`},
		{"help plna", `unknown command "plna"`, `did you mean "plan"?`},
		{"frobnicate -x", `unknown command "frobnicate"`, "eksaccess --help"},
		{"--bogus", `unknown flag "--bogus"`, "eksaccess --help"},
		{"plan -f", `flag "-f" needs a value`, "eksaccess plan --help"},
		{"import live --file", `flag "--file" needs a value`, "eksaccess import live --help"},
		{"plan --clutser dev", `unknown flag "--clutser"`, `did you mean "--cluster"?`},
		{"plan --porgress none", `unknown flag "--porgress"`, `did you mean "--progress"?`},
		{"plan -y", `unknown flag "-y"`, "eksaccess plan --help"},
		{"who --quiet", `unknown flag "--quiet"`, "eksaccess who --help"},
		{"shell --out x", `unknown flag "--out"`, "use >"},
		{"plan --name x", `unknown flag "--name"`, "use --cluster"},
		{"import live --name x", `unknown flag "--name"`, "eksaccess import live --help"},
		{"plan ---f x", "invalid flag syntax: ---f", "eksaccess plan --help"},
		{"plan --=x", "invalid flag syntax: --=x", "eksaccess plan --help"},
		{"plan --concurrency many", `invalid value "many" of --concurrency: want a whole number`, "eksaccess plan --help"},
		{"plan --quiet=maybe", `invalid value "maybe" of --quiet: want true or false`, "eksaccess plan --help"},
		{
			"plan --timeout 5", `invalid value "5" of --timeout: want a number with a unit`,
			"write a duration like 90s, 30m or 4h",
		},
		{"plan -o jsno", `invalid value "jsno" of -o: want text or json`, `did you mean "json"?`},
		{"plan -o a.txt", `invalid value "a.txt" of -o: want text or json`, "> a.txt"},
		{"who --progress x", `invalid value "x" of --progress: want auto or none`, "eksaccess who --help"},
		{"plan a.yaml", `unexpected argument "a.yaml"`, "eksaccess plan -f a.yaml"},
		{"plan merg", `unexpected argument "merg"`, `did you mean "eksaccess plan merge"?`},
		{"who dev", `unexpected argument "dev"`, "eksaccess who --cluster dev"},
		{"import lives", `unknown command "import lives"`, `did you mean "eksaccess import live"?`},
		{"import x", `unknown command "import x"`, "eksaccess import live"},
		{"plan --selector a=b -f x", "--selector cannot be combined with -f", ""},
		{"plan --quiet", "--quiet requires -f", ""},
	} {
		var r recorder
		_, err := Parse(tree(&r), strings.Fields(test.typed))
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Message != test.message ||
			!strings.HasPrefix(strings.Join(wrong.Hints, "\n"), test.hint) {
			t.Errorf("%q: %#v, want %q and %q", test.typed, err, test.message, test.hint)
		}
	}
}

func TestRules(t *testing.T) {
	l := line{root: &Command{}, command: &Command{Flags: []Flag{List("-f, --file FILE", "", nil)}}}
	for _, test := range []struct {
		rule       Rule
		given      string
		want, hint string // "" for none
	}{
		{Rule{When: []string{"aa"}, Without: []string{"bb", "cc"}}, "aa", "", ""},
		{Rule{When: []string{"aa"}, Without: []string{"bb", "cc"}}, "bb cc", "", ""},
		{Rule{When: []string{"aa"}, Without: []string{"bb", "cc"}}, "aa cc", "--cc cannot be combined with --aa", ""},
		{Rule{When: []string{"file"}, Without: []string{"cc"}}, "file cc", "--cc cannot be combined with -f", ""},
		{Rule{When: []string{"aa", "bb"}, Needs: []string{"cc"}, Hint: "pass --cc"}, "bb", "--bb requires --cc",
			"pass --cc"},
		{Rule{When: []string{"aa"}, Needs: []string{"cc", "dd"}}, "aa", "--aa requires --cc or --dd", ""},
		{Rule{When: []string{"aa"}, Needs: []string{"cc", "dd"}}, "aa dd", "", ""},
		{Rule{Needs: []string{"aa", "bb"}, Message: "of what?"}, "", "of what?", ""},
		{Rule{Needs: []string{"aa", "bb"}, Message: "of what?"}, "bb", "", ""},
		{Rule{Without: []string{"aa"}, Message: "no {other} here", Hint: "omit {other}"}, "aa", "no --aa here",
			"omit --aa"},
	} {
		given := map[string]bool{}
		for _, name := range strings.Fields(test.given) {
			given[name] = true
		}
		message, hint := "", ""
		var wrong *Error
		if errors.As(test.rule.check(l, given), &wrong) {
			message, hint = wrong.Message, strings.Join(wrong.Hints, ", ")
		}
		if message != test.want || hint != test.hint {
			t.Errorf("%+v with %q: got %q and %q, want %q and %q", test.rule, test.given, message, hint, test.want,
				test.hint)
		}
	}
}

func TestComplete(t *testing.T) {
	for _, test := range []struct {
		typed string // the last word is behind the last space
		want  string
		files bool
	}{
		{"", "plan who import shell help", false},
		{"pl", "plan", false},
		{"help ", "plan who import shell", false},
		{"plan ", "merge", false},
		{"plan --c", "--cluster --concurrency", false},
		{"plan --s", "--selector", false}, // and not the hidden one
		{"who --h", "--help", false},
		{"who --p", "--progress", false},
		{"who --progress ", "auto none", false},
		{"plan -f a -f b --cluster ", "prod:a b staging", false},
		{"plan --file=a --cluster=p", "--cluster=prod:a", false},
		{"plan --regions eu-1,", "eu-1,eu-1 eu-1,eu-2 eu-1,us-1", false},
		{"plan --regions=eu-1,u", "--regions=eu-1,us-1", false},
		{"-f a --cluster p", "prod:a", false},
		{"plan -o ", "text json", false},
		{"-o ", "", false}, // which depends on the command
		{"plan -f ", "", true},
		{"plan merge ", "", true},
		{"shell b", "bash", false},
		{"nonsense --x ", "plan who import shell help", false},
		{"plan --nope=", "", false},
	} {
		list, files := Complete(tree(new(recorder)), strings.Split(test.typed, " "))
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
	if list, _ := Complete(tree(new(recorder)), nil); len(list) != 5 {
		t.Errorf("without a word: %v", list)
	}
}

func TestCompleteExplains(t *testing.T) {
	got, _ := Complete(tree(new(recorder)), []string{"plan", "--f"})
	if diff := cmp.Diff([]Candidate{{"--file", "file to read"}}, got); diff != "" {
		t.Error(diff)
	}
	got, _ = Complete(tree(new(recorder)), []string{"diff", "m"})
	if !slices.Equal(got, []Candidate{{"merge", "join plans"}}) {
		t.Error(got)
	}
}
