package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// masters are rows of aws-auth that make roles a00, a01, … cluster admins.
func masters(n int) *spec.AWSAuth {
	auth := &spec.AWSAuth{Read: true}
	for i := range n {
		auth.Rows = append(
			auth.Rows,
			spec.AWSAuthRow{ARN: role(fmt.Sprintf("a%02d", i)), Username: "a", Groups: []string{"system:masters"}},
		)
	}
	return auth
}

func adminCreates(n int) (changes []plan.Change) {
	for i := range n {
		changes = append(changes, create(entry(fmt.Sprintf("a%02d", i), "ClusterAdmin")))
	}
	return changes
}

// While rows are hidden by entries, only a quarter of the admins lacks access at
// a time: the first alone until it is read back, the caller last.
func TestUnitsLeaveAdmins(t *testing.T) {
	const admins = 12
	f := newFake()
	f.awsAuth = masters(admins)
	var mu sync.Mutex
	gap, most := map[string]bool{}, 0
	var order []string
	var firstSeen bool
	f.reads = func(what string) error {
		mu.Lock()
		defer mu.Unlock()
		firstSeen = firstSeen || what == "ReadEntry"
		return nil
	}
	f.before = func(call string) error {
		mu.Lock()
		defer mu.Unlock()
		operation, principal, _ := strings.Cut(call, " ")
		switch operation {
		case plan.CreateAccessEntry:
			if len(order) == 1 && !firstSeen {
				t.Error("a second entry is created before the first was read back")
			}
			order = append(order, principal)
			gap[principal] = true
			most = max(most, len(gap))
		case plan.AssociateAccessPolicy:
			delete(gap, strings.Fields(principal)[0])
		}
		return nil
	}
	target := f.target("", adminCreates(admins)...)
	target.Callers = []string{role("a00")}
	r := f.run(t, context.Background(), target, f.options())
	if r.Status != Applied {
		t.Fatalf("%s, %v", r.Status, r.Error)
	}
	if most > admins/4 {
		t.Errorf("%d of %d admins lacked access at once", most, admins)
	}
	if order[0] != "role/a01" || order[len(order)-1] != "role/a00" {
		t.Errorf("order %v: want the caller a00 last", order)
	}
}

// A unit whose policy is refused takes its entry back and stops the rest; what
// hides no row is not held up by it.
func TestFailedUnitIsTakenBack(t *testing.T) {
	f := newFake()
	f.awsAuth = masters(4)
	f.before = func(call string) error {
		if strings.HasPrefix(call, plan.AssociateAccessPolicy+" role/a") {
			return accessDenied()
		}
		return nil
	}
	r := f.run(
		t,
		context.Background(),
		f.target("", append(adminCreates(4), create(entry("other", "View")))...),
		f.options(),
	)
	if r.Status != Failed {
		t.Errorf("%s, %v", r.Status, r.Error)
	}
	for i := range 4 {
		if _, ok := f.entries[role(fmt.Sprintf("a%02d", i))]; ok {
			t.Errorf("the row of a%02d is still hidden", i)
		}
	}
	if e, ok := f.entries[role("other")]; !ok || len(e.Policies) != 1 {
		t.Error("an entry that hides no row was not created")
	}
	if n := strings.Count(f.callLines(), plan.CreateAccessEntry+" role/a"); n != 1 {
		t.Errorf("%d units were begun, sent:\n%s", n, f.callLines())
	}
	taken := func(s StepResult) bool { return s.Operation == plan.DeleteAccessEntry && s.Note == revertsUnit }
	if !slices.ContainsFunc(r.Done, taken) {
		t.Errorf("done %v: the delete is not reported", r.Done)
	}
}

// Units that fail side by side and cannot be taken back each have their warning,
// in the order of the plan.
func TestUnitsThatCannotBeTakenBack(t *testing.T) {
	const atOnce = 4
	f := newFake()
	f.awsAuth = masters(4 * atOnce)
	var failing sync.WaitGroup
	failing.Add(atOnce)
	f.arrive = func(_ context.Context, call string) error {
		switch operation, principal, _ := strings.Cut(call, " "); {
		case operation == plan.AssociateAccessPolicy && !strings.HasPrefix(principal, "role/a00"):
			failing.Done()
			failing.Wait()
			return accessDenied()
		case operation == plan.DeleteAccessEntry:
			return accessDenied()
		}
		return nil
	}
	r := f.run(t, context.Background(), f.target("", adminCreates(4*atOnce)...), f.options())
	var got, want []string
	for _, w := range r.Warnings {
		if strings.Contains(w.Message, "could not be deleted again") {
			got = append(got, w.Message)
		}
	}
	for i := 1; i <= atOnce; i++ {
		want = append(want, fmt.Sprintf("the entry of %s was created without all of its policies and could not be "+
			"deleted again; run the command again", role(fmt.Sprintf("a%02d", i))))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("warnings (-want +got):\n%s", d)
	}
}

// Where aws-auth was not read, each entry still gets its policies right after
// its create, and admins are moved a quarter at a time.
func TestUnitsWithoutRows(t *testing.T) {
	f := newFake()
	f.awsAuth = &spec.AWSAuth{Why: "no route to host"}
	r := f.run(t, context.Background(), f.target("", adminCreates(3)...), f.options())
	if r.Status != Applied {
		t.Fatalf("%s, %v", r.Status, r.Error)
	}
	want := strings.Join([]string{
		"CreateAccessEntry role/a00", "AssociateAccessPolicy role/a00", "CreateAccessEntry role/a01",
		"AssociateAccessPolicy role/a01",
		"CreateAccessEntry role/a02", "AssociateAccessPolicy role/a02"}, "\n")
	if f.callLines() != want {
		t.Errorf("sent:\n%s", f.callLines())
	}
}

// A unit that was begun is finished when the run is stopped.
func TestUnitIsFinishedWhenStopped(t *testing.T) {
	f := newFake()
	f.awsAuth = masters(3)
	ctx, stop := context.WithCancelCause(context.Background())
	f.before = func(call string) error {
		if strings.HasPrefix(call, plan.CreateAccessEntry) {
			stop(fmt.Errorf("interrupt"))
		}
		return nil
	}
	r := f.run(t, ctx, f.target("", adminCreates(3)...), f.options())
	e, ok := f.entries[role("a00")]
	if r.Status != Interrupted || !ok || len(e.Policies) != 1 || len(f.entries) != 1 {
		t.Errorf("%s, entries %v, sent:\n%s", r.Status, f.entries, f.callLines())
	}
}

// An update replaces groups: what others added since the plan is not
// taken away by a grant.
func TestGrantsLeaveWhatChanged(t *testing.T) {
	before := withGroups(entry("a", "View"), "g")
	for name, now := range map[string]spec.Entry{
		"a group more":  withGroups(entry("a", "View"), "g", "theirs"),
		"a wider scope": withGroups(entry("a", "View", "Edit"), "g"),
		"another owner": withTags(withGroups(entry("a", "View"), "g"), spec.TagOwner, "other"),
		"an emergency's hold": withTags(withGroups(entry("a", "View"), "g"), spec.TagHoldUntil, "2026-11-23T16:00:00Z",
			spec.TagReason, "INC-1"),
		"another type of node": withType(entry("a"), "EC2_LINUX"),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(before)
			target := f.target("", update(before, withGroups(entry("a", "View", "Edit:x"), "g", "h")))
			f.addEntry(now)
			f.keep()
			r := f.run(t, context.Background(), target, f.options())
			if r.Status != Incomplete || len(r.Left) != 1 || len(f.calls) > 0 {
				t.Errorf("%s, left %v, sent:\n%s", r.Status, r.Left, f.callLines())
			}
		})
	}
}
