package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func principal(name string) string { return "arn:aws:iam::111122223333:role/" + name }

func named(name string, mods ...string) *spec.Entry {
	e := entry(principal(name), mods...)
	return &e
}

func TestUndo(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	const hold = "hold:2026-11-24T00:00:00Z"
	admin := entry(principal("admin"), "policy:ClusterAdmin")
	for _, tt := range []struct {
		name     string
		past     plan.Past
		now      *spec.Entry
		gone     []string
		endHolds bool
		changes  []string
		changed  []string
		warns    string
		reason   string
	}{
		{name: "made", past: plan.Past{Now: []*spec.Entry{named("a")}}, now: named("a"),
			changes: []string{"delete a: revoke DeleteAccessEntry"}},
		{name: "deleted", past: plan.Past{Was: named("a", "group:g", "policy:View@x"), Now: []*spec.Entry{nil}},
			changes: []string{"create a: grant CreateAccessEntry groups[g]; grant AssociateAccessPolicy View@namespace[x]"}},
		{name: "changed by the run", past: plan.Past{Was: named("a", "tag:k=v"), Now: []*spec.Entry{named("a", "tag:l=v", "policy:View")}},
			now:     named("a", "tag:l=v", "policy:View"),
			changes: []string{"update a: grant UntagResource [l]; grant TagResource k=v; revoke DisassociateAccessPolicy View"},
			reason:  "tags that a file does not own are taken off too, since the run set them"},
		{name: "as it was already", past: plan.Past{Was: named("a"), Now: []*spec.Entry{nil}}, now: named("a"), changes: []string{},
			reason: "undo was run before, or somebody else put it right"},
		{name: "changed since", past: plan.Past{Was: named("a"), Now: []*spec.Entry{nil}}, now: named("a", "group:other"), changes: []string{},
			changed: []string{principal("a")}, warns: "changed since"},
		{name: "gone since", past: plan.Past{Was: named("a"), Now: []*spec.Entry{named("a", "group:g")}}, changes: []string{},
			changed: []string{principal("a")}, warns: "changed since"},
		{name: "either of two", past: plan.Past{Now: []*spec.Entry{nil, named("a")}}, now: named("a"),
			changes: []string{"delete a: revoke DeleteAccessEntry"}, reason: "the answer was lost, and it turned out to be made"},
		{name: "nobody to be", past: plan.Past{Was: named("a"), Now: []*spec.Entry{nil}}, gone: []string{"a"}, changes: []string{},
			warns: "IAM has no", reason: "EKS refuses an entry for a principal that does not exist"},
		{name: "dead", past: plan.Past{Was: named("a", "group:g", "policy:ClusterAdmin"), Now: []*spec.Entry{named("a", "group:h", "policy:View")}, Dead: true},
			now:     named("a", "group:h", "policy:View"),
			changes: []string{"update a: revoke UpdateAccessEntry groups[] username=derived; revoke DisassociateAccessPolicy View"},
			reason:  "what the dead entry had it gave nobody, so it is not given to the principal of today"},
		{name: "held by others", past: plan.Past{Was: named("a", hold), Now: []*spec.Entry{named("a", hold, "group:g")}},
			now: named("a", hold, "group:g"), changes: []string{}, warns: "--end-holds ends it"},
		{name: "held by others, ended", past: plan.Past{Was: named("a", hold), Now: []*spec.Entry{named("a", hold, "group:g")}},
			now: named("a", hold, "group:g"), endHolds: true, changes: []string{"update a: revoke UpdateAccessEntry groups[] username=derived"}},
		{name: "held by the run", past: plan.Past{Was: named("a"), Now: []*spec.Entry{named("a", hold)}}, now: named("a", hold),
			changes: []string{"update a: grant UntagResource [eksaccess:hold-until eksaccess:reason]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.past.Principal = principal("a")
			have := &spec.Live{Mode: "API", EntriesRead: true, Entries: []spec.LiveEntry{{Entry: admin}}, Identities: map[string]spec.Identity{}}
			if tt.now != nil {
				have.Entries = append(have.Entries, spec.LiveEntry{Entry: *tt.now})
			}
			for _, g := range tt.gone {
				have.Identities[principal(g)] = spec.Identity{Existence: spec.Gone}
			}
			got, changed := plan.Undo(plan.UndoInput{Run: "r", Past: []plan.Past{tt.past}, Have: have, Callers: []string{principal("admin")},
				Now: at, Options: plan.Options{Allow: plan.Allow{EndHolds: tt.endHolds}}})
			if diff := cmp.Diff(tt.changes, brief(got.Changes)); diff != "" {
				t.Errorf("changes (-want +got):\n%s\nbecause: %s", diff, tt.reason)
			}
			if strings.Join(changed, " ") != strings.Join(tt.changed, " ") {
				t.Errorf("changed since: %v", changed)
			}
			said := ""
			for _, w := range got.Warnings {
				said += w.Message
			}
			if !strings.Contains(said, tt.warns) || tt.warns == "" && strings.Contains(said, "not undone") {
				t.Errorf("warnings: %s", said)
			}
		})
	}
}

// A rekey whose old role is gone for good is left whole: to take the new entry
// away would leave the permission set with none.
func TestUndoOfRekey(t *testing.T) {
	fresh, old := named("new", "policy:View"), named("old", "policy:View")
	past := []plan.Past{{Principal: fresh.Principal, Now: []*spec.Entry{fresh}},
		{Principal: old.Principal, Was: old, Now: []*spec.Entry{nil}, Rekeyed: fresh.Principal}}
	for _, gone := range []bool{false, true} {
		have := &spec.Live{Mode: "API", EntriesRead: true, Entries: []spec.LiveEntry{{Entry: *fresh}}, Identities: map[string]spec.Identity{}}
		want := []string{"delete new: revoke DeleteAccessEntry", "create old: grant CreateAccessEntry groups[]; grant AssociateAccessPolicy View@cluster"}
		if gone {
			have.Identities[old.Principal] = spec.Identity{Existence: spec.Gone}
			want = []string{}
		}
		got, _ := plan.Undo(plan.UndoInput{Run: "r", Past: past, Have: have})
		if diff := cmp.Diff(want, brief(got.Changes)); diff != "" {
			t.Errorf("gone %v (-want +got):\n%s", gone, diff)
		}
	}
}

// What an earlier run was cut off at is finished, as far as the file goes along.
func TestFinishingCutOff(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	after := named("a", "group:g", "policy:View", "tag:eksaccess:owner=platform", "tag:theirs=kept")
	plain := named("a", "group:g", "tag:eksaccess:owner=platform", "tag:theirs=kept")
	wanted := named("a", "tag:eksaccess:owner=platform")
	for _, tt := range []struct {
		name    string
		want    *spec.Entry
		now     *spec.Entry
		left    []*spec.Entry
		cluster spec.Cluster
		changes []string
		reason  string
	}{
		{name: "declared and missing", want: wanted, left: []*spec.Entry{nil},
			changes: []string{"create a: grant CreateAccessEntry groups[] eksaccess:owner=platform theirs=kept"},
			reason:  "the file says what it may; other people's tags come back with it"},
		{name: "undeclared and missing", left: []*spec.Entry{nil}, cluster: spec.Cluster{Prune: spec.PruneNone},
			changes: []string{"create a: grant CreateAccessEntry groups[g] eksaccess:owner=platform theirs=kept; grant AssociateAccessPolicy View@cluster"}},
		{name: "undeclared and half made", left: []*spec.Entry{plain}, now: plain, cluster: spec.Cluster{Prune: spec.PruneNone},
			changes: []string{"update a: grant AssociateAccessPolicy View@cluster"}},
		{name: "undeclared, and would be pruned", left: []*spec.Entry{nil}, cluster: spec.Cluster{Prune: spec.PruneOwned, PruneHere: true}, changes: []string{},
			reason: "it is gone, which is what the file wants"},
		{name: "absent", left: []*spec.Entry{nil}, changes: []string{},
			cluster: spec.Cluster{Prune: spec.PruneNone, Absent: []spec.Absent{{Principal: spec.PrincipalRef{ARN: principal("a")}}}}},
		{name: "put right by somebody", left: []*spec.Entry{nil}, now: plain, cluster: spec.Cluster{Prune: spec.PruneNone}, changes: []string{},
			reason: "whoever changed it since had the last word"},
		{name: "done after all", left: []*spec.Entry{plain, after}, now: after, cluster: spec.Cluster{Prune: spec.PruneNone}, changes: []string{}},
		{name: "another owner's", left: []*spec.Entry{nil}, cluster: spec.Cluster{Prune: spec.PruneNone, Owner: "other"}, changes: []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.cluster.Owner == "" {
				tt.cluster.Owner = "platform"
			}
			tt.cluster.ID.Account = "111122223333"
			in := plan.Input{Want: &spec.Want{Cluster: &tt.cluster}, Have: &spec.Live{Mode: "API", EntriesRead: true}, Now: at,
				CutOff: []plan.CutOff{{Entry: *after, Left: tt.left, Owner: "platform", Journal: "j.jsonl"}}}
			if tt.want != nil {
				in.Want.Entries = []spec.WantEntry{{Entry: *tt.want}}
			}
			if tt.now != nil {
				in.Have.Entries = []spec.LiveEntry{{Entry: *tt.now}}
			}
			got := plan.Compute(in)
			if diff := cmp.Diff(tt.changes, brief(got.Changes)); diff != "" {
				t.Errorf("changes (-want +got):\n%s\nbecause: %s", diff, tt.reason)
			}
			for _, c := range got.Changes {
				if !strings.Contains(c.Reason, "finishing a replace that was cut off (journal j.jsonl)") {
					t.Errorf("reason %q", c.Reason)
				}
			}
		})
	}
}
