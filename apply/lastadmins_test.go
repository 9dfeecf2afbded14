package apply

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Two admins, of whom the plan takes one. Another writer takes the other.
func TestLastAdmin(t *testing.T) {
	boss := entry("boss", "ClusterAdmin")
	goes := withTags(withGroups(entry("goes", "ClusterAdmin", "View:a"), "g"), "team", "x")
	for _, test := range []struct {
		name   string
		change plan.Change
		when   string // the other is taken at this moment
		status Status
		sent   []string
		after  *spec.Entry // what is left of goes
	}{
		{name: "nobody else", change: remove(goes), status: Applied, sent: []string{"DeleteAccessEntry role/goes"}},
		{name: "before it was sent", change: remove(goes), when: "before", status: Refused, sent: []string{},
			after: &goes},
		{name: "while it was sent", change: remove(goes), when: "after", status: Refused, after: &goes,
			sent: []string{"DeleteAccessEntry role/goes", "CreateAccessEntry role/goes", "AssociateAccessPolicy " +
				"role/goes", "AssociateAccessPolicy role/goes"}},
		{name: "while it was narrowed", change: update(goes,
			withTags(withGroups(entry("goes", "View:a"), "g"), "team", "x")), when: "after", status: Refused,
			after: &goes,
			sent:  []string{"DisassociateAccessPolicy role/goes", "AssociateAccessPolicy role/goes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(boss, goes)
			target := f.target("", test.change)
			asked := 0
			target.Judge = func(have *spec.Live, remaining []plan.Change, start *spec.Live) []plan.Guard {
				if asked++; asked == 2 && test.when == "before" { // on the reading before the first revocation
					delete(f.entries, boss.Principal)
				}
				guards, _ := plan.Judgement{Have: have, Changes: remaining}.Judge()
				return guards
			}
			f.after = func(string) error {
				if test.when == "after" {
					delete(f.entries, boss.Principal)
				}
				return nil
			}
			r := f.run(t, context.Background(), target, f.options())
			if r.Status != test.status {
				t.Errorf("%s: %+v", r.Status, r)
			}
			if diff := cmp.Diff(test.sent, append([]string{}, f.calls...)); diff != "" {
				t.Errorf("sent (-want +got)\n%s", diff)
			}
			var left *spec.Entry
			if e, ok := f.entries[goes.Principal]; ok {
				left = &e.Entry
			}
			if !plan.Alike(test.after, left) {
				t.Errorf("left is %+v", left)
			}
		})
	}
}

// Where it can't be told who is left, it is no success.
func TestLastAdminUnread(t *testing.T) {
	f := newFake(entry("boss", "ClusterAdmin"), entry("goes", "ClusterAdmin"))
	target := f.target("", remove(entry("goes", "ClusterAdmin")))
	target.Judge = func(*spec.Live, []plan.Change, *spec.Live) []plan.Guard { return nil }
	f.after = func(string) error {
		f.reads = func(string) error { return errors.New("unread") }
		return nil
	}
	if r := f.run(t, context.Background(), target, f.options()); r.Status != Failed || r.Converged {
		t.Errorf("%s: %+v", r.Status, r)
	}
}
