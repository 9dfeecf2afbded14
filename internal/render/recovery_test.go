package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/recover"
	"github.com/eksaccess/eksaccess/internal/render/escape"
	"github.com/eksaccess/eksaccess/plan"
)

func recovery(text string) *recover.Report {
	r := &recover.Report{
		Name:    "prod" + text,
		Region:  "eu-west-1" + text,
		Account: "111122223333" + text,
		Outcome: recover.Unconfirmed,
	}
	journal := "/j" + text
	r.Principal, r.Journal, r.Undo = "arn:aws:iam::111122223333:role/oncall"+text, &journal, "eksaccess undo "+journal
	r.Steps = append(
		r.Steps,
		recover.Step{Name: recover.Entry, Status: recover.Done, Detail: "created" + text},
		recover.Step{
			Name:   recover.Kubeconfig,
			Status: recover.NotNeeded,
			Detail: "it has one" + text,
			Next:   strings.Repeat("kubectl ", 20) + text,
		},
		recover.Step{
			Name:   recover.Proof,
			Status: recover.Unproven,
			Detail: "asking" + text,
			Error:  &plan.Error{Code: "Unauthorized" + text, Message: "no" + text, Hint: "wait" + text},
		},
	)
	r.Notes = []recover.Note{{Message: "nodes" + text, Mend: []string{"aws eks" + text}}}
	return r
}

// Nothing of a recovery drives a terminal, in colour or without, however wide;
// what is to be copied stays on its line.
func TestRecovery(t *testing.T) {
	for _, hostile := range []string{"", "\x1b[2J\n\u202e\u009b|<b>"} {
		for _, width := range []int{0, 40, 200} {
			r := recovery(hostile)
			var b bytes.Buffer
			for _, s := range r.Steps {
				if err := RecoveryStep(&b, s, Options{Width: width}); err != nil {
					t.Fatal(err)
				}
			}
			if err := RecoveryEnd(&b, r, Options{Width: width}); err != nil {
				t.Fatal(err)
			}
			for _, c := range b.String() {
				if c != '\n' && !escape.Printable(c) {
					t.Fatalf("%q comes through at width %d", c, width)
				}
			}
			if !strings.Contains(b.String(), strings.Repeat("kubectl ", 20)[:150]) {
				t.Errorf("the command is broken at width %d:\n%s", width, b.String())
			}
		}
	}
}

func TestRecoveryOutcome(t *testing.T) {
	for outcome, want := range map[recover.Outcome]string{
		recover.Recovered: "as EKS tells", recover.WasIn: "nothing is missing", recover.Unconfirmed: "not confirmed: ", recover.Refused: "refused: ",
		recover.Broken: "failed: ", recover.WouldWork: "would succeed", recover.WouldFail: "would fail",
	} {
		r := recovery("")
		r.Outcome = outcome
		if got, _ := recoveryOutcome(r); !strings.Contains(got, want) {
			t.Errorf("%s: %s", outcome, got)
		}
	}
	r := recovery("")
	r.Steps[2].Status = recover.Done
	for outcome, want := range map[recover.Outcome]string{recover.Recovered: "is back in prod", recover.WasIn: "nothing was wrong", recover.Unconfirmed: "gets into prod"} {
		r.Outcome = outcome
		if got, _ := recoveryOutcome(r); !strings.Contains(got, want) {
			t.Errorf("%s, proven: %s", outcome, got)
		}
	}
}
