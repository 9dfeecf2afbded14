package apply

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// refuseCreates refuses the first n creates of a principal.
func (f *fakeEKS) refuseCreates(name string, n int, err error) {
	f.before = func(call string) error {
		if call == "CreateAccessEntry role/"+name {
			if n--; n >= 0 {
				return err
			}
		}
		return nil
	}
}

func TestFailedReplaceIsPutBack(t *testing.T) {
	limit := &types.ResourceLimitExceededException{Message: aws.String("too many")}
	before := withTags(
		withUsername(withGroups(entry("a", "View", "Edit:x,y"), "g", "h"), "team:a"),
		"k",
		"v",
		spec.TagOwner,
		"platform",
	)
	for _, test := range []struct {
		name  string
		after spec.Entry
		dead  bool
		want  spec.Entry
	}{
		{name: "another type", after: withType(entry("a"), eksfacts.EC2Linux), want: before},
		{name: "dead, and all of it wanted again", after: before, dead: true, want: before},
		// The stale entry gave nothing. The recreated one gives access to the new
		// principal, which must not be more than the file says.
		{name: "dead, and less wanted", after: withGroups(entry("a", "Edit:x,y,z"), "h"), dead: true,
			want: withTags(withGroups(entry("a", "Edit:x,y"), "h"), "k", "v", spec.TagOwner, "platform")},
	} {
		t.Run(test.name, func(t *testing.T) {
			other := entry("z", "View")
			f := newFake(before, other)
			f.refuseCreates("a", 1, limit)
			r := f.apply(t, replaceOf(before, test.after, test.dead), remove(other))
			if d := cmp.Diff(test.want, f.entries[role("a")].Entry); d != "" {
				t.Errorf("put back (-want +got):\n%s", d)
			}
			if r.Status != Failed || r.Error.Code != "ResourceLimitExceededException" ||
				!has(r.Failed, plan.CreateAccessEntry, "a") {
				t.Errorf("%s, %v", r.Status, r.Error)
			}
			back := 0
			for _, s := range r.Done {
				if s.Note == "restores the former entry" {
					back++
				}
			}
			if back != 1+len(test.want.Policies) {
				t.Errorf("%d steps are reported as putting back", back)
			}
			if !has(r.NotTried, plan.DeleteAccessEntry, "z") {
				t.Error("revoked after a replace failed")
			}
		})
	}
}

func TestPutBackFails(t *testing.T) {
	before := entry("a", "View")
	f := newFake(before)
	f.refuseCreates("a", 2, accessDenied())
	r := f.apply(t, replaceOf(before, before, true))
	if len(r.Failed) != 2 || r.Failed[1].Note != "restores the former entry" || len(r.Warnings) != 1 ||
		!strings.Contains(r.Warnings[0].Message, role("a")) {
		t.Errorf("%+v", r)
	}
}

func TestReplaceWhoseDeleteFails(t *testing.T) {
	before := entry("a", "View")
	f := newFake(before)
	f.before = func(string) error { return accessDenied() }
	r := f.apply(t, replaceOf(before, before, true))
	if r.Status != Failed || len(f.calls) != 1 || len(r.NotTried) != 2 {
		t.Errorf("%+v", r)
	}
}

// The new entry is of the type wanted and stays, with the policies that could
// be associated; nothing more is revoked.
func TestReplaceWhoseAssociateFails(t *testing.T) {
	before, other := withType(entry("a"), eksfacts.EC2Linux), entry("z", "View")
	f := newFake(before, other)
	n := 0
	f.before = func(call string) error {
		if strings.HasPrefix(call, "Associate") {
			if n++; n == 1 {
				return accessDenied()
			}
		}
		return nil
	}
	r := f.apply(t, replaceOf(before, entry("a", "View", "Edit"), false), remove(other))
	if r.Status != Failed || len(f.entries[role("a")].Policies) != 1 || !has(r.NotTried, plan.DeleteAccessEntry, "z") {
		t.Errorf("%+v", r)
	}
}

// No answer is no news: what is there is read before anything is given up.
func TestReplaceWithLostAnswers(t *testing.T) {
	for _, lost := range []string{"DeleteAccessEntry role/a", "CreateAccessEntry role/a"} {
		t.Run(lost, func(t *testing.T) {
			before := withType(entry("a"), eksfacts.EC2Linux)
			f := newFake(before)
			once := false
			f.after = func(call string) error {
				if call == lost && !once {
					once = true
					return errors.New("connection reset by peer")
				}
				return nil
			}
			if r := f.apply(t, replaceOf(before, entry("a", "View"), false)); r.Status != Applied {
				t.Errorf("%s, %v, sent:\n%s", r.Status, r.Error, f.callLines())
			}
		})
	}
}

func TestReplaceDuringAnOutage(t *testing.T) {
	before := withType(entry("a"), eksfacts.EC2Linux)
	f := newFake(before)
	var back time.Time
	out := func() error {
		if !back.IsZero() && f.clock.Now().Before(back) {
			return errors.New("no route to host")
		}
		return nil
	}
	f.before = func(string) error { return out() }
	f.reads = func(string) error { return out() }
	f.after = func(call string) error {
		if strings.HasPrefix(call, "Delete") {
			back = f.clock.Now().Add(time.Minute)
		}
		return nil
	}
	if r := f.apply(t, replaceOf(before, entry("a", "View"), false)); r.Status != Applied {
		t.Errorf("%s, %v, sent:\n%s", r.Status, r.Error, f.callLines())
	}
}

// Between the delete and the create, waiting goes on too.
func TestReplaceIsFinishedWhenStopped(t *testing.T) {
	before := entry("a", "View")
	f := newFake(before)
	ctx, cancel := context.WithCancel(context.Background())
	f.after = func(call string) error {
		if strings.HasPrefix(call, "Delete") {
			cancel()
			f.until("CreateAccessEntry role/a", 15*time.Second, invalidPrincipalErr())
		}
		return nil
	}
	other := entry("b", "View")
	f.addEntry(other)
	r := f.run(t, ctx, f.target("", replaceOf(before, before, true), replaceOf(other, other, true)), f.options())
	if r.Status != Interrupted || len(f.entries[role("a")].Policies) != 1 ||
		!has(r.NotTried, plan.CreateAccessEntry, "b") {
		t.Errorf("%s, %v, sent:\n%s", r.Status, r.Error, f.callLines())
	}
}

// Right after a delete, EKS may still see the old entry; it is distinguished from a new
// one by its ARN.
func TestReplaceMeetsTheOldEntry(t *testing.T) {
	before := entry("a", "View")
	f := newFake(before)
	f.clock.Sleep(context.Background(), time.Hour)
	f.lag = 10 * time.Second
	f.before = func(call string) error {
		if strings.HasPrefix(call, "Create") && f.clock.Now().Sub(newClock().now) < time.Hour+5*time.Second {
			return inUse()
		}
		return nil
	}
	f.dead[role("a")] = true
	if r := f.apply(t, replaceOf(before, before, true)); r.Status != Applied || f.dead[role("a")] {
		t.Errorf("%s, %v, sent:\n%s", r.Status, r.Error, f.callLines())
	}
}
