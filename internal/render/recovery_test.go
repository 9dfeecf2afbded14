package render

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/render/escape"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
)

func recovery(text string) *rescue.Report {
	r := rescue.New(
		arn.Cluster{Name: "prod" + text, Region: "eu-west-1" + text, Account: "111122223333" + text},
		false,
		time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
		"v1",
	)
	journal := "/j" + text
	r.Principal, r.Journal, r.Undo = "arn:aws:iam::111122223333:role/oncall"+text, &journal, "eksaccess undo "+journal
	r.Steps = append(
		r.Steps,
		rescue.Step{Name: rescue.Entry, Status: rescue.Done, Detail: "created" + text},
		rescue.Step{
			Name:   rescue.Kubeconfig,
			Status: rescue.NotNeeded,
			Detail: "it has one" + text,
			Next:   strings.Repeat("kubectl ", 20) + text,
		},
		rescue.Step{
			Name:   rescue.Proof,
			Status: rescue.Unproven,
			Detail: "asking" + text,
			Error:  &plan.Error{Code: "Unauthorized" + text, Message: "no" + text, Hint: "wait" + text},
		},
	)
	r.Notes = []rescue.Note{{Message: "nodes" + text, Mend: []string{"aws eks" + text}}}
	return r
}

// Nothing of a recovery drives a terminal, in colour or without, however wide;
// what is to be copied stays on its line.
func TestRecovery(t *testing.T) {
	for _, hostile := range []string{"", "\x1b[2J\n\u202e\u009b|<b>"} {
		for _, width := range []int{0, 40, 200} {
			r := recovery(hostile)
			r.Judge(true)
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
	for outcome, want := range map[rescue.Outcome]string{
		rescue.Recovered: "as EKS tells", rescue.WasIn: "nothing is missing", rescue.Unconfirmed: "not confirmed: ", rescue.Refused: "refused: ",
		rescue.Broken: "failed: ", rescue.WouldWork: "would succeed", rescue.WouldFail: "would fail",
	} {
		r := recovery("")
		r.Outcome = outcome
		if got, _ := recoveryOutcome(r); !strings.Contains(got, want) {
			t.Errorf("%s: %s", outcome, got)
		}
	}
	r := recovery("")
	r.Steps[2].Status = rescue.Done
	for outcome, want := range map[rescue.Outcome]string{rescue.Recovered: "is back in prod", rescue.WasIn: "nothing was wrong", rescue.Unconfirmed: "gets into prod"} {
		r.Outcome = outcome
		if got, _ := recoveryOutcome(r); !strings.Contains(got, want) {
			t.Errorf("%s, proven: %s", outcome, got)
		}
	}
}
