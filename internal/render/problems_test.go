package render

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/spec"
)

func TestProblems(t *testing.T) {
	problems := spec.Problems{
		Errors: []spec.Problem{
			{
				Pos:     spec.Pos{File: "access.yaml", Line: 14, Column: 16},
				Summary: `unknown key "gruops"`,
				Hint:    `did you mean "groups"?`,
			},
			{Pos: spec.Pos{File: "a\x1b[2J.yaml"}, Summary: "it is empty"},
			{
				Summary: "no file names a cluster",
				Hint:    "add one:\n  clusters:\n    - arn:aws:eks:eu-west-1:111122223333:cluster/dev\n",
			},
		},
		Warnings: []spec.Problem{
			{
				Pos:     spec.Pos{File: "access.yaml", Line: 9, Column: 1},
				Summary: "unknown access policy \"X\u202e\"",
				Hint:    "AWS may know it",
			},
		},
	}
	const want = `access.yaml:9:1: warning: unknown access policy "X\u202e"
  hint: AWS may know it
access.yaml:14:16: unknown key "gruops"
  hint: did you mean "groups"?
a\x1b[2J.yaml: it is empty
no file names a cluster
  hint: add one:
      clusters:
        - arn:aws:eks:eu-west-1:111122223333:cluster/dev
`
	var got bytes.Buffer
	if err := Problems(&got, problems, Options{}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	got.Reset()
	if err := Problems(&got, spec.Problems{}, Options{}); err != nil || got.Len() != 0 {
		t.Errorf("no problems: %q, %v", got.String(), err)
	}
}
