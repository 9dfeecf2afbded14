//go:build acceptance

package acceptance

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eks"
)

// undo takes back what a run did. It begins and ends with View in the
// namespace.
func (s *suite) undo(t *testing.T) {
	before := s.standing(t)
	journal := s.program.path("undo.jsonl")
	f := s.file(
		t,
		"policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: ["+namespace+"]}]",
		"groups: ['eksaccess-acceptance:a']",
	)
	if len(s.plan(t, "-f", f)) != 1 {
		t.Fatal("there is nothing to be taken back")
	}
	s.run(t, []int{0}, "apply", "-f", f, "--yes", "--journal", journal)
	if out := s.run(t, []int{0}, "show", journal); !strings.Contains(out, "AssociateAccessPolicy") {
		t.Errorf("the journal is shown as\n%s", out)
	}
	s.run(t, []int{0}, "undo", journal, "--yes", "--journal", s.program.path("undone.jsonl"))
	s.holds(t, before)
}

func (s *suite) standing(t *testing.T) *access {
	t.Helper()
	a, err := s.read(s.ctx, s.principal)
	if err != nil || a == nil {
		t.Fatalf("it has %+v, error %v", a, err)
	}
	return a
}

// A saved plan is applied as it is, refused where what it is about moved, and
// refused once it was applied.
func (s *suite) savedPlan(t *testing.T) {
	f, saved := s.file(t, "policies: [AmazonEKSViewPolicy]"), s.program.path("plan.json")
	if len(s.plan(t, "-f", f, "--save", saved)) != 1 {
		t.Fatal("the plan is not about one entry")
	}
	if err := s.associate(s.ctx, "AmazonEKSEditPolicy", namespace); err != nil {
		t.Fatal(err)
	}
	want := s.standing(t)
	want.Policies["AmazonEKSEditPolicy"] = []string{namespace}
	s.holds(t, want)
	s.run(t, []int{3}, "apply", "--plan", saved, "--yes")
	s.holds(t, want)

	if len(s.plan(t, "-f", f, "--save", saved)) != 1 {
		t.Fatal("the plan is not about one entry")
	}
	s.run(t, []int{0}, "apply", "--plan", saved, "--yes")
	want.Policies = map[string][]string{"AmazonEKSViewPolicy": nil}
	s.holds(t, want)
	s.run(t, []int{3}, "apply", "--plan", saved, "--yes")
}

// An entry that a user made by hand is adopted with what it has, and goes
// when the file no longer has it.
func (s *suite) adoption(t *testing.T) {
	if err := s.create(s.ctx, eks.CreateAccessEntryInput{Tags: map[string]string{"by": "hand"},
		KubernetesGroups: []string{"eksaccess-acceptance:a"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.associate(s.ctx, "AmazonEKSViewPolicy", namespace); err != nil {
		t.Fatal(err)
	}
	f := s.file(t, viewInNamespace)
	s.holds(
		t,
		&access{
			Type:     "STANDARD",
			Username: s.derivedUsername(),
			Groups:   []string{"eksaccess-acceptance:a"},
			Tags:     map[string]string{"by": "hand"},
			Policies: map[string][]string{"AmazonEKSViewPolicy": {namespace}},
		},
	)
	if out := s.run(t, []int{0}, "plan", "-f", f); !strings.Contains(out, "adopts the existing entry") {
		t.Errorf("the plan does not report the adoption:\n%s", out)
	}
	s.becomes(t, f, "update", "TagResource", "UpdateAccessEntry")
	want := s.standard(map[string][]string{"AmazonEKSViewPolicy": {namespace}})
	want.Tags["by"] = "hand"
	s.holds(t, want)
	s.becomes(t, s.file(t), "delete", "DeleteAccessEntry")
	s.holds(t, nil)
}
