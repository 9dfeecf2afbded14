package render

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const helpText = `NAME:
   eksaccess plan - what would change, and why; changes nothing, whatever flags

USAGE:
   eksaccess plan -f clusters.yaml
   eksaccess plan -f clusters.yaml --save plan.json   # review it

DESCRIPTION:
   One paragraph, which is broken
   somewhere else than it will be.

OPTIONS:
   AWS

   --profile PROFILE  AWS shared-config PROFILE, above what the file says
   --can 'VERB RESOURCE -n NS'  ask too whether it may
   --yes              do not ask
`

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

OPTIONS:
   AWS

   --profile PROFILE  AWS shared-config PROFILE,
                      above what the file says
   --can 'VERB RESOURCE -n NS'
        ask too whether it may
   --yes              do not ask
`
	if d := cmp.Diff(want, Help(helpText, 48)); d != "" {
		t.Error(d)
	}
}

// A wide terminal does not make lines that nobody can follow, and no room at
// all loses no word.
func TestHelpKeepsWords(t *testing.T) {
	for _, columns := range []int{0, 10, 60, 80, 200} {
		got := Help(helpText, columns)
		if d := cmp.Diff(sorted(helpText), sorted(got)); d != "" && columns >= 60 {
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
