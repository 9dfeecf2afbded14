package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// everything is a plan with each kind of change in it, and the fake it is for.
func everything() (*fakeEKS, []plan.Change) {
	caller, admin := entry("caller", "ClusterAdmin", "View"), entry("admin-old", "ClusterAdmin")
	grown := withGroups(entry("b-grown", "View"), "x")
	swapped := withUsername(withGroups(entry("c-swapped", "Edit:a,b", "View"), "old", "stays"), "team:c")
	dead := entry("d-dead", "ClusterAdmin")
	node := withType(entry("e-retyped"), eksfacts.EC2Linux)
	former, gone := entry("f-former", "View"), entry("g-gone", "Edit")
	shrunk := entry("h-shrunk", "Edit:a,b")
	f := newFake(caller, admin, grown, swapped, dead, node, former, gone, shrunk, entry("stranger", "Admin"))
	f.dead[dead.Principal] = true
	return f, []plan.Change{
		create(withTags(entry("a-new", "View", "Edit:a"), "team", "a")),
		update(grown, withTags(withGroups(entry("b-grown", "View", "Edit"), "x", "y"), "team", "b")),
		update(swapped, withGroups(entry("c-swapped", "Edit:b,c", "Admin:a"), "stays", "new")),
		replaceOf(dead, entry("d-dead", "ClusterAdmin"), true),
		replaceOf(node, entry("e-retyped", "View"), false),
		rekey(former, entry("f-later", "View")),
		remove(gone),
		update(shrunk, entry("h-shrunk", "Edit:a")),
		update(caller, entry("caller", "ClusterAdmin")),
		remove(admin),
	}
}

func TestOrder(t *testing.T) {
	f, changes := everything()
	target := f.target(eksfacts.ModeAPI, changes...)
	target.Callers = []string{role("caller")}
	r := f.run(t, context.Background(), target, f.options())
	if r.Status != Applied {
		t.Fatalf("status %s, error %v", r.Status, r.Error)
	}
	want := strings.TrimSpace(`
CreateAccessEntry role/a-new
CreateAccessEntry role/f-later
DeleteAccessEntry role/d-dead
CreateAccessEntry role/d-dead
AssociateAccessPolicy role/d-dead
AssociateAccessPolicy role/a-new
AssociateAccessPolicy role/a-new
AssociateAccessPolicy role/b-grown
UpdateAccessEntry role/b-grown
AssociateAccessPolicy role/c-swapped
AssociateAccessPolicy role/c-swapped
UpdateAccessEntry role/c-swapped
AssociateAccessPolicy role/f-later
TagResource role/b-grown
UpdateClusterConfig API
DeleteAccessEntry role/e-retyped
CreateAccessEntry role/e-retyped
AssociateAccessPolicy role/e-retyped
UpdateAccessEntry role/c-swapped
AssociateAccessPolicy role/c-swapped
AssociateAccessPolicy role/h-shrunk
DisassociateAccessPolicy role/c-swapped
DeleteAccessEntry role/f-former
DeleteAccessEntry role/g-gone
DeleteAccessEntry role/admin-old
DisassociateAccessPolicy role/caller`)
	if d := cmp.Diff(want, f.callLines()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
	if len(r.Done) != strings.Count(want, "\n")+1 || len(r.Failed)+len(r.NotTried) > 0 {
		t.Errorf("%d done, %d failed, %d not tried", len(r.Done), len(r.Failed), len(r.NotTried))
	}
}

func TestNothingIsSent(t *testing.T) {
	no := false
	for _, test := range []struct {
		name   string
		change func(*plan.Cluster)
		status Status
	}{
		{"in sync", func(c *plan.Cluster) { c.Changes, c.Status = nil, plan.InSync }, InSync},
		{"refused by the plan", func(c *plan.Cluster) {
			c.Status, c.Guards = plan.Refused, []plan.Guard{{Name: "minAdmins", OK: &no}}
		}, Refused},
		{"failed to be read", func(c *plan.Cluster) {
			c.Status, c.Error = plan.Failed, &plan.Error{Code: "AccessDenied"}
		}, Failed},
		{"watched only", func(c *plan.Cluster) { c.Watch = true }, Watched},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, changes := everything()
			target := f.target("", changes...)
			test.change(&target.Plan)
			r := f.run(t, context.Background(), target, f.options())
			if r.Status != test.status {
				t.Errorf("status %s, want %s", r.Status, test.status)
			}
			if len(f.calls) > 0 {
				t.Errorf("sent:\n%s", f.callLines())
			}
			if d := cmp.Diff(target.Plan.Guards, r.Guards, cmp.Transformer("len", func(g []plan.Guard) int {
				return len(g)
			})); d != "" {
				t.Errorf("guards: %s", d)
			}
		})
	}
}

func TestFailedGrantKeepsAllRights(t *testing.T) {
	f, changes := everything()
	f.before = func(call string) error {
		if call == "AssociateAccessPolicy role/b-grown" {
			return accessDenied()
		}
		return nil
	}
	r := f.run(t, context.Background(), f.target(eksfacts.ModeAPI, changes...), f.options())
	if r.Status != Failed || r.Error == nil || r.Error.Code != "AccessDeniedException" ||
		r.Error.Action != "eks:AssociateAccessPolicy" {
		t.Errorf("status %s, error %#v", r.Status, r.Error)
	}
	if !has(r.Failed, plan.AssociateAccessPolicy, "b-grown") || len(r.Failed) != 1 {
		t.Errorf("failed: %v", r.Failed)
	}
	if !has(r.NotTried, plan.UpdateAccessEntry, "b-grown") || !has(r.NotTried, plan.TagResource, "b-grown") {
		t.Error("the further steps of a principal must not be tried after one failed")
	}
	if !has(r.Done, plan.AssociateAccessPolicy, "c-swapped") || !has(r.Done, plan.AssociateAccessPolicy, "f-later") {
		t.Error("other principals' grants must go on")
	}
	for _, s := range r.Done {
		if s.Phase == plan.Revoke || s.Mode != "" {
			t.Errorf("revoked after a failed grant: %s", line(s))
		}
	}
}

func TestFailedRevocationStopsItsPrincipalOnly(t *testing.T) {
	a, b := withUsername(entry("a", "View", "Edit"), "x:a"), entry("b", "View")
	f := newFake(a, b)
	f.before = func(call string) error {
		if call == "UpdateAccessEntry role/a" {
			return accessDenied()
		}
		return nil
	}
	r := f.apply(t, update(a, entry("a", "View")), remove(b))
	if r.Status != Failed || !has(r.NotTried, plan.DisassociateAccessPolicy, "a") ||
		!has(r.Done, plan.DeleteAccessEntry, "b") {
		t.Errorf("%+v", r)
	}
}

// A run is stopped at each of its calls in turn. That call is finished,
// a replace is finished, and nothing else is begun.
func TestCancelAtEveryCall(t *testing.T) {
	f, changes := everything()
	f.run(t, context.Background(), f.target(eksfacts.ModeAPI, changes...), f.options())
	for n := range f.calls {
		t.Run(fmt.Sprint(n+1, " ", f.calls[n]), func(t *testing.T) {
			f, changes := everything()
			ctx, cancel := context.WithCancelCause(context.Background())
			f.after = func(string) error {
				if len(f.calls) == n+1 {
					cancel(errors.New("interrupted by the user"))
				}
				return nil
			}
			r := f.run(t, ctx, f.target(eksfacts.ModeAPI, changes...), f.options())
			if r.Status != Interrupted || !strings.Contains(r.Error.Message, "interrupted by the user") {
				t.Errorf("status %s, error %v", r.Status, r.Error)
			}
			if len(r.Done)+len(r.InProgress) != len(f.calls) || len(r.Failed) > 0 {
				t.Errorf(
					"%d calls were made, %d are reported as done and %d as failed",
					len(f.calls),
					len(r.Done),
					len(r.Failed),
				)
			}
			extra := strings.Join(f.calls[n+1:], "\n")
			for _, replaced := range []string{"d-dead", "e-retyped"} {
				extra = strings.ReplaceAll(extra, "CreateAccessEntry role/"+replaced, "")
				extra = strings.ReplaceAll(extra, "AssociateAccessPolicy role/"+replaced, "")
			}
			if strings.TrimSpace(extra) != "" {
				t.Errorf("sent after the run was told to stop:\n%s", extra)
			}
			again := f.replan(changes)
			f.after = nil
			if r := f.apply(t, again...); !r.Converged {
				t.Errorf("running it again: %s, %v", r.Status, r.Error)
			}
		})
	}
}

// replan makes the changes again from what is there, as the next run would.
func (f *fakeEKS) replan(changes []plan.Change) []plan.Change {
	var again []plan.Change
	for _, c := range changes {
		have, ok := f.entries[c.Principal]
		switch {
		case c.After == nil && ok:
			again = append(again, remove(have.Entry))
		case c.After == nil:
		case !ok:
			again = append(again, create(*c.After))
		case have.Type != c.After.Type || f.dead[c.Principal]:
			again = append(again, replaceOf(have.Entry, *c.After, f.dead[c.Principal]))
		case len(plan.UpdateSteps(have.Entry, *c.After)) > 0:
			again = append(again, update(have.Entry, *c.After))
		}
		if c.PreviousPrincipal != nil {
			if old, ok := f.entries[*c.PreviousPrincipal]; ok {
				again = append(again, remove(old.Entry))
			}
		}
	}
	return again
}

func TestStoppedBeforeTheFirstCall(t *testing.T) {
	f, changes := everything()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := f.run(t, ctx, f.target("", changes...), f.options()); r.Status != Interrupted || len(f.calls) > 0 {
		t.Errorf("status %s, %d calls", r.Status, len(f.calls))
	}
}

func TestOnlyAdds(t *testing.T) {
	f, changes := everything()
	o := f.options()
	o.AddOnly = true
	r := f.run(t, context.Background(), f.target(eksfacts.ModeAPI, changes...), o)
	if r.Status != Applied {
		t.Errorf("status %s, %v", r.Status, r.Error)
	}
	for _, call := range f.calls {
		if strings.HasPrefix(call, "D") || strings.HasPrefix(call, "Untag") ||
			strings.HasPrefix(call, "UpdateCluster") {
			t.Errorf("sent %s", call)
		}
	}
	for _, s := range r.NotTried {
		if s.Note == "" {
			t.Errorf("%s is not tried, and nothing says why", line(s))
		}
	}
}

func TestReadsFirstWithoutAReading(t *testing.T) {
	f := newFake()
	target := f.target("", create(entry("a", "View")))
	target.Have = nil
	judged := false
	target.Judge = func(have *spec.Live, _ []plan.Change, start *spec.Live) []plan.Guard {
		judged = have != nil
		return nil
	}
	if r := f.run(t, context.Background(), target, f.options()); r.Status != Applied || !judged {
		t.Errorf("status %s, judged %v", r.Status, judged)
	}
}

func TestFleet(t *testing.T) {
	var targets []Target
	var fakes []*fakeEKS
	for i := range 30 {
		f := newFake()
		if i == 7 {
			f.before = func(string) error { return accessDenied() }
		}
		target := f.target("", create(entry("a", "View")))
		target.Plan.Name = fmt.Sprint("c", i)
		targets, fakes = append(targets, target), append(fakes, f)
	}
	shared := fakes[0]
	o := Options{Clusters: 4, Now: shared.clock.Now, Sleep: func(context.Context, time.Duration) error { return nil }}
	events := 0
	o.Events = func(Event) { events++ } // unguarded: the race detector sees whether two come at once
	results := Fleet(context.Background(), targets, o)
	for i, r := range results {
		want := Applied
		if i == 7 {
			want = Failed
		}
		if r.Name != fmt.Sprint("c", i) || r.Status != want {
			t.Errorf("result %d is of %s: %s", i, r.Name, r.Status)
		}
	}
	if s := Summarise(results); s.Clusters != 30 || s.Applied != 29 || s.Failed != 1 || s.StepsFailed != 1 ||
		s.Done != 58 ||
		s.NotTried != 1 {
		t.Errorf("%+v", s)
	}
	if events == 0 {
		t.Error("no events")
	}
}
