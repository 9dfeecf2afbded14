package render

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/cliargs"
)

func helpCommand() *cliargs.Command {
	yes := cliargs.Bool("-y, --yes", "do not ask", new(bool))
	profile := cliargs.Value("--profile PROFILE", "AWS profile; overrides the profile of the file", new(string))
	return &cliargs.Command{
		Name:        "plan",
		Usage:       "show what would change, and why; changes nothing",
		Examples:    "eksaccess plan -f clusters.yaml\neksaccess plan -f clusters.yaml --save plan.json   # review it",
		Description: "One paragraph, which is broken where the line ends.",
		Flags: append(cliargs.In("AWS", yes, profile.WithDefault("the file's")),
			cliargs.Bool("--add-only", "remove nothing", new(bool)),
			cliargs.Value("--secret S", "not to be seen", new(string)).Hide(),
			cliargs.In("Input", cliargs.List("--can 'VERB RESOURCE -n NS'", "also check this permission",
				new([]string)))[0],
		),
		Commands: []*cliargs.Command{{Name: "merge", Aliases: []string{"join"}, Usage: "join plans"}},
	}
}

func TestHelp(t *testing.T) {
	want := `kubectl eksaccess plan - show what would change,
  and why; changes nothing

Usage:
  eksaccess plan -f clusters.yaml
  # review it
  eksaccess plan -f clusters.yaml --save plan.json

One paragraph, which is broken where the line
ends.

Commands:
  merge, join  join plans

AWS:
  -y, --yes  do not ask
      --profile PROFILE
        AWS profile; overrides the profile of
        the file (default the file's)

Flags:
      --add-only  remove nothing

Input:
      --can 'VERB RESOURCE -n NS'
        also check this permission

Global flags: see kubectl eksaccess --help
`
	got := Help(helpCommand(), "kubectl eksaccess plan", 48)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	root := &cliargs.Command{
		Usage:    "manages access",
		Examples: "eksaccess COMMAND",
		Flags:    []cliargs.Flag{cliargs.Help},
		Commands: []*cliargs.Command{
			{Name: "plan", Group: "Daily use", Usage: "show what would change"},
			{Name: "recover", Group: "Emergencies", Usage: "restore access"},
			{Name: "apply", Group: "Daily use", Usage: "change it"},
		},
	}
	want = `eksaccess - manages access

Usage:
  eksaccess COMMAND

Daily use:
  plan   show what would change
  apply  change it

Emergencies:
  recover  restore access

Global flags:
  -h, --help  print help
`
	if d := cmp.Diff(want, Help(root, "eksaccess", 80)); d != "" {
		t.Error(d)
	}
}

func TestManual(t *testing.T) {
	plan := helpCommand()
	plan.Flags = plan.Flags[:1]
	got := Manual(&cliargs.Command{
		Name:        "eksaccess",
		Usage:       "manages access",
		Examples:    "eksaccess COMMAND",
		Description: ".5 of all \\",
		Flags:       []cliargs.Flag{cliargs.Help},
		Commands:    []*cliargs.Command{plan},
	})
	want := `.TH eksaccess 1
.SH NAME
eksaccess \- manages access
.SH SYNOPSIS
.EX
eksaccess COMMAND
.EE
.SH DESCRIPTION
\&.5 of all \e
.SH FLAGS
.TP
\fB\-h, \-\-help\fP
print help
.SH COMMANDS
.SS plan
show what would change, and why; changes nothing
.PP
.EX
eksaccess plan \-f clusters.yaml
eksaccess plan \-f clusters.yaml \-\-save plan.json   # review it
.EE
.PP
One paragraph, which is broken where the line ends.
.PP
\fBCommands\fP
.TP
\fBmerge, join\fP
join plans
.PP
\fBAWS\fP
.TP
\fB\-y, \-\-yes\fP
do not ask
.SS plan merge, join
join plans
.PP
.EX

.EE
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A wide terminal does not make lines that are hard to read, and a narrow one
// loses no word.
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
