package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Each field that a reading does not show is named, as a plan would show it.
func TestUnfulfilled(t *testing.T) {
	for _, tt := range []struct {
		name      string
		have      *spec.Entry
		want      *spec.Entry
		all       []string // all that differs
		ofGrants  []string // what of the grants is missing
		isRevoked bool     // the change only revokes
	}{
		{name: "as wanted", have: namedEntry("a", "group:g", "tag:theirs=x"), want: namedEntry("a", "group:g")},
		{name: "no entry", want: namedEntry("a"), all: []string{"entry + STANDARD"},
			ofGrants: []string{"entry + STANDARD"}},
		{name: "still there", have: namedEntry("a"), all: []string{"entry - there"}, isRevoked: true},
		{name: "type", have: namedEntry("a"), want: namedEntry("a", "type:EC2_LINUX"),
			all: []string{"type ~ STANDARD -> EC2_LINUX"}, ofGrants: []string{"type ~ STANDARD -> EC2_LINUX"}},
		{name: "username", have: namedEntry("a", "user:x:1"), want: namedEntry("a", "user:x:2"),
			all: []string{"username ~ x:1 -> x:2"}},
		{name: "groups", have: namedEntry("a", "group:g"), want: namedEntry("a", "group:h"),
			all: []string{"groups - g", "groups + h"}, ofGrants: []string{"groups + h"}},
		{name: "policies", have: namedEntry("a", "policy:View", "policy:Edit@x"),
			want: namedEntry("a", "policy:Edit@x,y", "policy:Admin"),
			all: []string{"policies + AmazonEKSAdminPolicy cluster scope",
				"policies ~ AmazonEKSEditPolicy namespace x -> namespaces x, y",
				"policies - AmazonEKSViewPolicy cluster scope"},
			ofGrants: []string{"policies + AmazonEKSAdminPolicy cluster scope",
				"policies ~ AmazonEKSEditPolicy namespace x -> namespaces x, y"}},
		{name: "wider", have: namedEntry("a", "policy:Edit"), want: namedEntry("a", "policy:Edit@x"),
			all: []string{"policies ~ AmazonEKSEditPolicy cluster scope -> namespace x"}},
		{name: "tags", have: namedEntry("a", "tag:k=1", "tag:eksaccess:reason=old", "tag:aws:x=y"),
			want:     namedEntry("a", "tag:k=two words", "tag:l=", "tag:aws:z=y"),
			all:      []string{"tags - eksaccess:reason = old", `tags ~ k = 1 -> "two words"`, `tags + l = ""`},
			ofGrants: []string{`tags ~ k = 1 -> "two words"`, `tags + l = ""`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			steps := []plan.Step{{Principal: principal("a"), Phase: plan.Grant}}
			c := plan.Change{Principal: principal("a"), After: tt.want, Steps: steps}
			have := &spec.Live{}
			if tt.have != nil {
				have.Entries = []spec.LiveEntry{{Entry: *tt.have}}
			}
			if tt.isRevoked {
				c.Steps[0].Phase = plan.Revoke
			}
			for _, got := range []struct {
				of   string
				want []string
				list []plan.Unseen
			}{
				{"all", tt.all, plan.UnfulfilledFields(c, have)},
				{"grants", tt.ofGrants, plan.UngrantedFields(c, have)},
			} {
				var texts []string
				for _, u := range got.list {
					texts = append(texts, u.String())
				}
				if diff := cmp.Diff(got.want, texts); diff != "" {
					t.Errorf("%s (-want +got):\n%s", got.of, diff)
				}
			}
		})
	}
}

// What is not seen is exactly what the steps from the reading to the wanted
// entry would change.
func TestUnseenIsWhatAPlanChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := drawEntry(t, principals[0]), drawEntry(t, principals[0])
		have.Tags, want.Tags = drawTags(t), drawTags(t)
		if have.Type != want.Type {
			t.Skip("a replace")
		}
		live := &spec.Live{Entries: []spec.LiveEntry{{Entry: have}}}
		unseen := plan.UnfulfilledFields(plan.Change{Principal: want.Principal, After: &want}, live)
		if steps := plan.UpdateSteps(have, want); (len(unseen) == 0) != (len(steps) == 0) {
			t.Fatalf("unseen %v, and the steps are %+v", unseen, steps)
		}
	})
}

func TestDifference(t *testing.T) {
	want := *namedEntry("a", "policy:Edit@x", "group:g", "tag:k=1")
	for _, tt := range []struct {
		have    *spec.Entry
		addOnly bool
		want    string
	}{
		{&want, false, ""},
		{nil, false, "it no longer has an entry"},
		{namedEntry("a", "type:EC2_LINUX"), false, "its type is EC2_LINUX, not STANDARD"},
		{namedEntry("a", "group:g", "tag:k=1"), false, "it lost edit in x"},
		{namedEntry("a", "policy:Edit@x", "group:g", "tag:k=2"), false, "not as declared: tags ~ k = 2 -> 1"},
		{namedEntry("a", "policy:Edit@x", "group:g", "tag:k=2"), true, ""},
	} {
		var live *spec.LiveEntry
		if tt.have != nil {
			live = &spec.LiveEntry{Entry: *tt.have}
		}
		if got := plan.Difference(want, live, tt.addOnly); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.have, got, tt.want)
		}
	}
}
