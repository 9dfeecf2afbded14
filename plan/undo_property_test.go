package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// undone is what an undo plans for one entry, and what the entry is after it.
func undone(t *rapid.T, p RunChange, live *spec.Entry) (Cluster, *spec.Entry) {
	p.Principal = "arn:aws:iam::111122223333:role/a"
	have := &spec.Live{Mode: eksfacts.ModeAPI, EntriesRead: true, Identities: map[string]spec.Identity{}}
	if live != nil {
		have.Entries = []spec.LiveEntry{{Entry: live.Clone()}}
	}
	c := Undo(UndoInput{Run: "r", Changes: []RunChange{p}, Have: have})
	e := live
	for _, change := range c.Changes {
		for _, s := range change.Steps {
			if s.Operation != CreateAccessEntry && e == nil {
				t.Fatalf("%s of an entry that is not there", s.Operation)
			}
			e = s.On(e)
		}
	}
	return c, e
}

// accessOf lists what an entry gives, one line a permission.
func accessOf(e *spec.Entry) []string {
	if e == nil {
		return nil
	}
	if !eksfacts.TakesNames(e.Type) {
		return []string{"type " + e.Type}
	}
	out := []string{"type " + e.Type, "username " + e.Username}
	for _, g := range e.Groups {
		out = append(out, "group "+g)
	}
	for _, p := range e.Policies {
		if p.Scope == spec.ScopeCluster {
			out = append(out, p.ARN)
		}
		for _, n := range p.Namespaces {
			out = append(out, p.ARN+" in "+n)
		}
	}
	return out
}

// The entry that a run left, and that no one else touched, is what it was.
func TestUndoOfUntouchedRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, left := drawEntry(t, "was"), drawEntry(t, "left")
		if left != nil {
			delete(left.Tags, spec.TagExpires)
		}
		c, got := undone(t, RunChange{Was: was, Now: []*spec.Entry{left}}, left)
		if len(c.NotUndone) > 0 {
			t.Fatalf("not undone: %+v", c.NotUndone)
		}
		if !Alike(got, was) {
			t.Fatalf("(-want +got):\n%s", cmp.Diff(was, got))
		}
	})
}

// What others change in fields that the run did not change survives, and all
// that the run did is taken back.
func TestUndoKeepsOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, left := drawEntry(t, "was"), drawEntry(t, "left")
		if was == nil || left == nil || was.Type != eksfacts.Standard || left.Type != was.Type {
			t.Skip("not an entry that stays")
		}
		live := left.Clone()
		want := was.Clone()
		for _, e := range []*spec.Entry{&live, &want} {
			e.Tags["CreatedBy"] = "tagger"
			e.Groups = append(e.Groups, "of-others")
			e.Policies = append(e.Policies, spec.Policy{ARN: "of-others", Scope: spec.ScopeCluster})
		}
		removed := rapid.SampledFrom([]string{"g1", "g2", "g3"}).Draw(t, "removed")
		if slices.Contains(was.Groups, removed) && slices.Contains(left.Groups, removed) {
			for _, e := range []*spec.Entry{&live, &want} {
				e.Groups = slices.DeleteFunc(e.Groups, func(g string) bool { return g == removed })
			}
		}
		if was.Username == left.Username {
			live.Username, want.Username = "of-others", "of-others"
		}
		live, want = live.Canonical(), want.Canonical()
		c, got := undone(t, RunChange{Was: was, Now: []*spec.Entry{left}}, &live)
		if len(c.NotUndone) > 0 || !Alike(got, &want) {
			t.Fatalf("not undone %+v (-want +got):\n%s", c.NotUndone, cmp.Diff(&want, got))
		}
	})
}

// Whatever happened to an entry since, undo gives nothing that the principal
// had neither before the run nor has now; of an entry that was stale before
// the run, nothing that it does not have now. What differs from both what was
// and what is named as not undone is as it is now.
func TestUndoNeverGivesMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, live := drawEntry(t, "was"), drawEntry(t, "live")
		p := RunChange{Was: was, Now: []*spec.Entry{drawEntry(t, "left")}}
		p.Dead = was != nil && rapid.IntRange(0, 3).Draw(t, "stale") == 0
		if rapid.IntRange(0, 3).Draw(t, "unknown") == 0 {
			p.Now = append(p.Now, drawEntry(t, "or left"))
		}
		c, got := undone(t, p, live)
		may := accessOf(live)
		if !p.Dead {
			may = append(may, accessOf(was)...)
		}
		for _, a := range accessOf(got) {
			derived := "username " + eksfacts.DefaultUsername(eksfacts.Standard, got.Principal)
			if a != derived && !slices.Contains(may, a) && !coveredBy(may, a) {
				t.Fatalf("undo gives %q: %+v", a, c.Changes)
			}
		}
		// An undo that is run again has nothing more to do, and names the same.
		again, after := undone(t, p, got)
		if len(again.Changes) > 0 && c.NotUndone == nil {
			t.Fatalf("the second undo changes %+v (-first +second):\n%s", again.Changes, cmp.Diff(got, after))
		}
		if got != nil && was != nil && live != nil && c.NotUndone == nil && !p.Dead {
			for key, value := range sendableTags(maps.Clone(got.Tags)) {
				if was.Tags[key] != value && live.Tags[key] != value {
					t.Fatalf("tag %s=%s is new", key, value)
				}
			}
		}
	})
}

// coveredBy reports whether a policy in one namespace is among others for the
// whole cluster.
func coveredBy(access []string, a string) bool {
	return slices.ContainsFunc(access, func(b string) bool { return strings.HasPrefix(a, b+" ") })
}
