package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func principal(name string) string { return "arn:aws:iam::111122223333:role/" + name }

func namedEntry(name string, mods ...string) *spec.Entry {
	e := entry(principal(name), mods...)
	return &e
}

func entries(list ...*spec.Entry) []*spec.Entry { return list }

func TestUndo(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	const (
		hold  = "hold:2026-11-24T00:00:00Z"
		ends  = "tag:eksaccess:expires=2026-11-24T00:00:00Z"
		owner = "tag:eksaccess:owner=break-glass"

		heldByOthers = "hold: its entry is on hold until 2026-11-24T00:00:00Z by an emergency grant; --end-holds " +
			"ends the hold"
		recreated = "access: the principal was recreated in IAM after that entry, " +
			"so what only that entry had is not granted to it"
		deleted = "access entry: its access entry was deleted after the run, " +
			"so the access that the run revoked is not granted again"
	)
	admin := entry(principal("admin"), "policy:ClusterAdmin")
	for _, tt := range []struct {
		name      string
		was       *spec.Entry   // before the run
		run       []*spec.Entry // as the run may have left it
		stale     bool          // before the run
		since     time.Time     // of the run
		undone    []plan.Undone
		now       *spec.Entry
		gone      []string
		recreated time.Time
		endHolds  bool
		changes   []string
		left      []string // not undone, as "field: run, now, before" or "field: reason"
		reason    string
	}{
		{name: "created",
			run: entries(namedEntry("a")), now: namedEntry("a"),
			changes: []string{"delete a: revoke DeleteAccessEntry"}},
		{name: "deleted",
			was: namedEntry("a", "group:g", "policy:View@x"), run: entries(nil),
			changes: []string{"create a: grant CreateAccessEntry groups[g]; " +
				"grant AssociateAccessPolicy View@namespace[x]"}},
		{name: "changed by the run",
			was: namedEntry("a", "tag:k=v"), run: entries(namedEntry("a", "tag:l=v", "policy:View")),
			now: namedEntry("a", "tag:l=v", "policy:View"),
			changes: []string{"update a: grant UntagResource [l]; " +
				"grant TagResource k=v; revoke DisassociateAccessPolicy View"},
			reason: "tags that a file does not own are removed too, since the run set them"},
		{name: "as it was already",
			was: namedEntry("a"), run: entries(nil), now: namedEntry("a"),
			reason: "undo was run before, or somebody else put it right"},
		{name: "either of two",
			run: entries(nil, namedEntry("a")), now: namedEntry("a"),
			changes: []string{"delete a: revoke DeleteAccessEntry"},
			reason:  "the answer was lost, and it turned out to be created"},
		{name: "undone before, and tagged since",
			was: namedEntry("a"), run: entries(namedEntry("a", "group:g")), now: namedEntry("a", "tag:by=x"),
			undone: []plan.Undone{{Was: namedEntry("a", "group:g", "tag:by=x"), Now: entries(namedEntry("a",
				"tag:by=x"))}},
			reason: "what an earlier undo met and did not change is not its own"},
		{name: "undone in part",
			was: namedEntry("a", "group:g"), run: entries(namedEntry("a", "type:EC2_LINUX")),
			undone:  []plan.Undone{{Was: namedEntry("a", "type:EC2_LINUX"), Now: entries(nil)}},
			changes: []string{"create a: grant CreateAccessEntry groups[g]"},
			reason:  "the undo was killed after it deleted the entry"},
		{name: "principal deleted",
			was: namedEntry("a"), run: entries(nil),
			gone:   []string{"a"},
			left:   []string{": the principal no longer exists in IAM, so EKS refuses an entry for it"},
			reason: "EKS refuses an entry for a principal that does not exist"},
		{name: "tag of others",
			run:     entries(namedEntry("a", "policy:ClusterAdmin", "tag:eksaccess:owner=break-glass")),
			now:     namedEntry("a", "policy:ClusterAdmin", "tag:eksaccess:owner=break-glass", "tag:CreatedBy=tagger"),
			changes: []string{"delete a: revoke DeleteAccessEntry"},
			reason:  "tags of others do not keep an entry"},
		{name: "tag of others on an entry that was there",
			was: namedEntry("a", "policy:View"), run: entries(namedEntry("a", "policy:View", "policy:ClusterAdmin")),
			now:     namedEntry("a", "policy:View", "policy:ClusterAdmin", "tag:CreatedBy=tagger"),
			changes: []string{"update a: revoke DisassociateAccessPolicy ClusterAdmin"}},
		{name: "policy of others on a created entry",
			run: entries(namedEntry("a", "policy:ClusterAdmin", "tag:eksaccess:owner=platform")),
			now: namedEntry("a", "policy:ClusterAdmin", "policy:Edit@shop", "tag:eksaccess:owner=platform"),
			changes: []string{"update a: grant UntagResource [eksaccess:owner]; " +
				"revoke DisassociateAccessPolicy ClusterAdmin"}},
		{name: "group of others on a created entry",
			run: entries(namedEntry("a", "group:g")), now: namedEntry("a", "group:g", "group:h"),
			changes: []string{"update a: revoke UpdateAccessEntry groups[h] username=derived"}},
		{name: "access of others on an entry with an end",
			run:     entries(namedEntry("a", "policy:ClusterAdmin", ends, owner, "tag:k=v")),
			now:     namedEntry("a", "policy:ClusterAdmin", "policy:View", ends, owner, "tag:k=v"),
			changes: []string{"update a: grant UntagResource [k]; revoke DisassociateAccessPolicy ClusterAdmin"},
			reason:  "what others added was to end with the entry, and still does"},
		{name: "namespace of others",
			was: namedEntry("a", "policy:Edit@a,b"), run: entries(namedEntry("a", "policy:Edit@b,c")),
			now: namedEntry("a", "policy:Edit@b,c,d"),
			changes: []string{"update a: grant AssociateAccessPolicy Edit@namespace[a b c d]; " +
				"revoke AssociateAccessPolicy Edit@namespace[a b d]"}},
		{name: "scope changed by both",
			was: namedEntry("a", "policy:Edit@a", "group:g"), run: entries(namedEntry("a", "policy:Edit")),
			now:     namedEntry("a", "policy:Edit@b"),
			changes: []string{"update a: grant UpdateAccessEntry groups[g] username=derived"},
			left:    []string{"policy AmazonEKSEditPolicy: cluster scope, namespace b, namespace a"},
			reason:  "the field in conflict stays, the others do not"},
		{name: "username changed by both",
			was: namedEntry("a", "user:x:1", "policy:View"), run: entries(namedEntry("a", "user:x:2")),
			now:     namedEntry("a", "user:x:3"),
			changes: []string{"update a: grant AssociateAccessPolicy View@cluster"},
			left:    []string{`username: "x:2", "x:3", "x:1"`}},
		{name: "tag changed by both",
			was: namedEntry("a", "tag:k=1", "tag:l=1"), run: entries(namedEntry("a", "tag:k=2")), now: namedEntry("a",
				"tag:k=3"),
			changes: []string{"update a: grant TagResource l=1"},
			left:    []string{`tag "k": "2", "3", "1"`}},
		{name: "tag removed by others",
			was: namedEntry("a", "tag:k=1"), run: entries(namedEntry("a", "tag:k=2")), now: namedEntry("a"),
			left: []string{`tag "k": "2", none, "1"`}},
		{name: "created again by others",
			was: namedEntry("a", "group:g"), run: entries(nil), now: namedEntry("a", "group:other"),
			changes: []string{"update a: grant UpdateAccessEntry groups[g other] username=derived"}},
		{name: "deleted by others, only granted",
			was: namedEntry("a"), run: entries(namedEntry("a", "group:g")),
			reason: "what the run gave is gone, and that others deleted the entry stays"},
		{name: "deleted by others, revoked",
			was: namedEntry("a", "group:g"), run: entries(namedEntry("a")),
			left: []string{deleted}},
		{name: "retyped",
			was: namedEntry("a", "group:g"), run: entries(namedEntry("a", "type:EC2_LINUX")),
			now:     namedEntry("a", "type:EC2_LINUX", "group:system:nodes", "tag:k=v"),
			changes: []string{"replace a: revoke DeleteAccessEntry; revoke CreateAccessEntry groups[g] k=v"}},
		{name: "retyped, and access of others",
			was: namedEntry("a", "type:EC2_LINUX"), run: entries(namedEntry("a", "group:g")),
			now:  namedEntry("a", "group:g", "policy:View"),
			left: []string{"type: STANDARD, STANDARD with access that others added, EC2_LINUX"}},
		{name: "of another type",
			run: entries(namedEntry("a", "policy:View")), now: namedEntry("a", "type:EC2_LINUX"),
			left: []string{"type: STANDARD, EC2_LINUX, none"}},
		{name: "created for nodes",
			run: entries(namedEntry("a", "type:EC2_LINUX")), now: namedEntry("a", "type:EC2_LINUX",
				"group:system:nodes"),
			changes: []string{"delete a: revoke DeleteAccessEntry"},
			reason:  "EKS sets the groups of node types"},
		{name: "stale",
			was: namedEntry("a", "group:g", "policy:ClusterAdmin"), run: entries(namedEntry("a", "group:h",
				"policy:View")),
			stale: true,
			now:   namedEntry("a", "group:h", "policy:View"),
			changes: []string{"update a: revoke UpdateAccessEntry groups[] username=derived; " +
				"revoke DisassociateAccessPolicy View"},
			left:   []string{recreated},
			reason: "what the stale entry had it gave to no one, so the principal of today does not get it"},
		{name: "stale and cut off",
			was: namedEntry("a", "policy:ClusterAdmin"), run: entries(nil), stale: true,
			left: []string{recreated}},
		{name: "recreated since",
			was: namedEntry("a", "policy:ClusterAdmin"), run: entries(nil), since: at.Add(-time.Hour),
			recreated: at.Add(-time.Minute),
			left:      []string{recreated},
			reason:    "the principal of today never had it"},
		{name: "not recreated",
			was: namedEntry("a"), run: entries(nil), since: at.Add(-time.Minute),
			recreated: at.Add(-time.Hour),
			changes:   []string{"create a: grant CreateAccessEntry groups[]"}},
		{name: "held by others",
			was: namedEntry("a", hold), run: entries(namedEntry("a", hold, "group:g")), now: namedEntry("a", hold,
				"group:g"),
			left: []string{heldByOthers}},
		{name: "held by others, ended",
			was: namedEntry("a", hold), run: entries(namedEntry("a", hold, "group:g")), now: namedEntry("a", hold,
				"group:g"),
			endHolds: true,
			changes:  []string{"update a: revoke UpdateAccessEntry groups[] username=derived"}},
		{name: "held by others since",
			run: entries(namedEntry("a", "policy:View")), now: namedEntry("a", "policy:View", hold),
			left: []string{heldByOthers}},
		{name: "held by the run",
			was: namedEntry("a"), run: entries(namedEntry("a", hold)), now: namedEntry("a", hold),
			changes: []string{"update a: grant UntagResource [eksaccess:hold-until eksaccess:reason]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			past := plan.RunChange{Principal: principal("a"), Was: tt.was, Now: tt.run, Dead: tt.stale, Since: tt.since,
				Undone: tt.undone}
			have := &spec.Live{Mode: "API", EntriesRead: true, Entries: []spec.LiveEntry{{Entry: admin}},
				Identities: map[string]spec.Identity{}}
			if tt.now != nil {
				have.Entries = append(have.Entries, spec.LiveEntry{Entry: *tt.now})
			}
			if !tt.recreated.IsZero() {
				have.Identities[principal("a")] = spec.Identity{Existence: spec.Exists, CreatedAt: tt.recreated}
			}
			for _, g := range tt.gone {
				have.Identities[principal(g)] = spec.Identity{Existence: spec.Gone}
			}
			allow := plan.Allow{EndHolds: tt.endHolds, TakeOwnership: true, NodeRemoval: true}
			got := plan.Undo(plan.UndoInput{Run: "r", Changes: []plan.RunChange{past}, Have: have,
				Callers: []string{principal("admin")}, Now: at, Options: plan.Options{Allow: allow}})
			if diff := cmp.Diff(append([]string{}, tt.changes...), brief(got.Changes)); diff != "" {
				t.Errorf("changes (-want +got):\n%s\nbecause: %s", diff, tt.reason)
			}
			var left []string
			for _, n := range got.NotUndone {
				text := n.Field + ": " + n.Reason
				if n.Run != "" {
					text = fmt.Sprintf("%s: %s, %s, %s", n.Field, n.Run, n.Now, n.Before)
				}
				left = append(left, text)
				if !slices.ContainsFunc(got.Warnings, func(w plan.Warning) bool { return w.Message == n.Warning() }) {
					t.Errorf("no warning of %+v", n)
				}
			}
			if diff := cmp.Diff(tt.left, left); diff != "" {
				t.Errorf("not undone (-want +got):\n%s\nbecause: %s", diff, tt.reason)
			}
			want := map[bool]plan.Status{true: plan.Left, false: plan.InSync}[len(tt.left) > 0]
			if len(tt.changes) > 0 {
				want = plan.Changed
			}
			if got.Status != want {
				t.Errorf("status %s, want %s", got.Status, want)
			}
		})
	}
}

// A rekey whose old role is gone for good is left whole: to take the new entry
// away would leave the permission set with none.
func TestUndoOfRekey(t *testing.T) {
	fresh, old := namedEntry("new", "policy:View"), namedEntry("old", "policy:View")
	past := []plan.RunChange{{Principal: fresh.Principal, Now: []*spec.Entry{fresh}},
		{Principal: old.Principal, Was: old, Now: []*spec.Entry{nil}, Rekeyed: fresh.Principal}}
	for _, gone := range []bool{false, true} {
		have := &spec.Live{
			Mode:        "API",
			EntriesRead: true,
			Entries:     []spec.LiveEntry{{Entry: *fresh}},
			Identities:  map[string]spec.Identity{},
		}
		want := []string{
			"delete new: revoke DeleteAccessEntry",
			"create old: grant CreateAccessEntry groups[]; grant AssociateAccessPolicy View@cluster",
		}
		if gone {
			have.Identities[old.Principal] = spec.Identity{Existence: spec.Gone}
			want = []string{}
		}
		got := plan.Undo(plan.UndoInput{Run: "r", Changes: past, Have: have})
		if diff := cmp.Diff(want, brief(got.Changes)); diff != "" {
			t.Errorf("gone %v (-want +got):\n%s", gone, diff)
		}
	}
}

// What an earlier run was cut off at is finished, as far as the file goes along.
func TestFinishingCutOff(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	after := namedEntry("a", "group:g", "policy:View", "tag:eksaccess:owner=platform", "tag:theirs=kept")
	plain := namedEntry("a", "group:g", "tag:eksaccess:owner=platform", "tag:theirs=kept")
	wanted := namedEntry("a", "tag:eksaccess:owner=platform")
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
			changes: []string{"create a: grant CreateAccessEntry groups[g] eksaccess:owner=platform theirs=kept; " +
				"grant AssociateAccessPolicy View@cluster"}},
		{name: "undeclared and half made", left: []*spec.Entry{plain}, now: plain,
			cluster: spec.Cluster{Prune: spec.PruneNone},
			changes: []string{"update a: grant AssociateAccessPolicy View@cluster"}},
		{name: "undeclared, and would be pruned", left: []*spec.Entry{nil},
			cluster: spec.Cluster{Prune: spec.PruneOwned, PruneHere: true}, changes: []string{},
			reason: "it is gone, which is what the file wants"},
		{name: "absent", left: []*spec.Entry{nil}, changes: []string{},
			cluster: spec.Cluster{Prune: spec.PruneNone,
				Absent: []spec.Absent{{Principal: spec.PrincipalRef{ARN: principal("a")}}}}},
		{name: "put right by somebody", left: []*spec.Entry{nil}, now: plain,
			cluster: spec.Cluster{Prune: spec.PruneNone}, changes: []string{},
			reason: "whoever changed it since had the last word"},
		{name: "done after all", left: []*spec.Entry{plain, after}, now: after,
			cluster: spec.Cluster{Prune: spec.PruneNone}, changes: []string{}},
		{name: "another owner's", left: []*spec.Entry{nil},
			cluster: spec.Cluster{Prune: spec.PruneNone, Owner: "other"}, changes: []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.cluster.Owner == "" {
				tt.cluster.Owner = "platform"
			}
			tt.cluster.ID.Account = "111122223333"
			in := plan.Input{
				Want:   &spec.Want{Cluster: &tt.cluster},
				Have:   &spec.Live{Mode: "API", EntriesRead: true},
				Now:    at,
				CutOff: []plan.CutOff{{Entry: *after, Left: tt.left, Owner: "platform", Journal: "j.jsonl"}},
			}
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
				if !strings.Contains(c.Reason, "finishes an interrupted replacement (journal j.jsonl)") {
					t.Errorf("reason %q", c.Reason)
				}
			}
		})
	}
}
