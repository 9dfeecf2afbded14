package render

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/cliargs"
)

func helpCommand() *cliargs.Command {
	return &cliargs.Command{
		Name:        "plan",
		Usage:       "what would change, and why; changes nothing, whatever flags",
		Examples:    "eksaccess plan -f clusters.yaml\neksaccess plan -f clusters.yaml --save plan.json   # review it",
		Description: "One paragraph, which is broken\nsomewhere else than it will be.",
		Flags: []cliargs.Flag{
			{Names: []string{"yes", "y"}, Usage: "do not ask", Kind: cliargs.Switch, Category: "AWS"},
			{
				Names: []string{"profile"}, Placeholder: "PROFILE", Category: "AWS", Default: "the file's",
				Usage: "AWS shared-config PROFILE, above what the file says",
			},
			{Names: []string{"add-only"}, Usage: "remove nothing", Kind: cliargs.Switch},
			{Names: []string{"secret"}, Usage: "not to be seen", Hidden: true},
			{
				Names: []string{"can"}, Placeholder: "'VERB RESOURCE -n NS'", Category: "Input",
				Usage: "ask too whether it may",
			},
		},
		Commands: []*cliargs.Command{{Name: "merge", Aliases: []string{"join"}, Usage: "join plans"}},
	}
}

func TestHelp(t *testing.T) {
	want := `NAME:
   eksaccess plan - what would change, and why;
      changes nothing, whatever flags

USAGE:
   eksaccess plan -f clusters.yaml
   # review it
   eksaccess plan -f clusters.yaml --save plan.json

DESCRIPTION:
   One paragraph, which is broken somewhere else
   than it will be.

COMMANDS:
   merge, join  join plans

OPTIONS:
   --add-only  remove nothing

   AWS

   --profile PROFILE  AWS shared-config PROFILE,
                      above what the file says
                      (default: the file's)
   --yes, -y          do not ask

   Input

   --can 'VERB RESOURCE -n NS'
        ask too whether it may

`
	if d := cmp.Diff(want, Help(helpCommand(), "eksaccess plan", 48)); d != "" {
		t.Error(d)
	}
	root := &cliargs.Command{Usage: "manages access", Examples: "eksaccess COMMAND",
		Flags: []cliargs.Flag{cliargs.Help}}
	want = `NAME:
   eksaccess - manages access

USAGE:
   eksaccess COMMAND

GLOBAL OPTIONS:
   --help, -h  show help
`
	if d := cmp.Diff(want, Help(root, "eksaccess", 80)); d != "" {
		t.Error(d)
	}
}

// A wide terminal does not make lines that nobody can follow, and no room at
// all loses no word.
func TestHelpKeepsWords(t *testing.T) {
	all := sorted(Help(helpCommand(), "eksaccess plan", 80))
	for _, columns := range []int{0, 10, 60, 80, 200} {
		got := Help(helpCommand(), "eksaccess plan", columns)
		if d := cmp.Diff(all, sorted(got)); d != "" {
			t.Errorf("%d columns: %s", columns, d)
		}
		for l := range strings.Lines(got) {
			if n := len(strings.TrimRight(l, "\n")); n > max(columns, 52) || n > widest {
				t.Errorf("%d columns: a line of %d: %s", columns, n, l)
			}
		}
	}
}

func sorted(text string) []string { return slices.Sorted(slices.Values(strings.Fields(text))) }
