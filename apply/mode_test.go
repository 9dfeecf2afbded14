package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func TestModeIsWaitedFor(t *testing.T) {
	f := newFake()
	f.mode, f.polls = eksfacts.ModeConfigMap, 8
	var pauses []time.Duration
	o := f.options()
	o.Sleep = func(ctx context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return f.clock.Sleep(ctx, d)
	}
	var waits int
	o.Events = func(e Event) {
		if e.Kind == Waiting && e.Step.Mode != "" && e.Elapsed > 0 {
			waits++
		}
	}
	f.onMode = func(f *fakeEKS) { f.addEntry(entry("creator", "ClusterAdmin")) }
	r := f.run(t, context.Background(), f.target(eksfacts.ModeAPIAndConfigMap, create(entry("a", "View"))), o)
	if r.Status != Applied || r.Done[0].Operation != plan.UpdateClusterConfig ||
		r.Done[0].Mode != eksfacts.ModeAPIAndConfigMap {
		t.Errorf("%+v", r)
	}
	want := []time.Duration{1, 2, 4, 8, 10, 10, 10, 10}
	for i := range want {
		want[i] *= time.Second
	}
	if !slices.Equal(pauses, want) || waits != 7 {
		t.Errorf("asked after %v, told of %d", pauses, waits)
	}
	if _, ok := f.entries[role("creator")]; !ok {
		t.Error("an entry first seen after the switch is not to be pruned")
	}
}

// The step to API takes from everybody who is only in aws-auth what they have;
// it comes when the entries that replace it are seen.
func TestStepToAPIComesAfterTheGrants(t *testing.T) {
	f := newFake()
	f.mode = eksfacts.ModeConfigMap
	r := f.run(t, context.Background(), f.target(eksfacts.ModeAPI, create(entry("a", "View"))), f.options())
	want := "UpdateClusterConfig API_AND_CONFIG_MAP\nCreateAccessEntry role/a\nAssociateAccessPolicy " +
		"role/a\nUpdateClusterConfig API"
	if r.Status != Applied || f.callLines() != want {
		t.Errorf("%s, sent:\n%s", r.Status, f.callLines())
	}
	f = newFake()
	f.mode = eksfacts.ModeConfigMap
	f.before = func(call string) error {
		if strings.HasPrefix(call, "Associate") {
			return accessDenied()
		}
		return nil
	}
	r = f.run(t, context.Background(), f.target(eksfacts.ModeAPI, create(entry("a", "View"))), f.options())
	if r.Status != Failed || !has(r.NotTried, plan.UpdateClusterConfig, eksfacts.ModeAPI) {
		t.Errorf("%s, sent:\n%s", r.Status, f.callLines())
	}
}

func TestModeUpdateFails(t *testing.T) {
	for _, status := range []string{"Failed", "Cancelled"} {
		f := newFake()
		f.mode, f.ends = eksfacts.ModeConfigMap, Update{
			Status:  status,
			Code:    "OperationNotPermitted",
			Message: "not now",
		}
		r := f.run(
			t,
			context.Background(),
			f.target(eksfacts.ModeAPIAndConfigMap, create(entry("a", "View"))),
			f.options(),
		)
		if r.Status != Failed || r.Error.Code != "OperationNotPermitted" ||
			!strings.Contains(r.Error.Message, "not now") ||
			len(f.calls) != 1 {
			t.Errorf("%s: %s, %v", status, r.Status, r.Error)
		}
	}
}

func TestModeIsThereAlready(t *testing.T) {
	f := newFake()
	target := f.target(eksfacts.ModeAPI, create(entry("a", "View")))
	f.mode = eksfacts.ModeAPI
	target.Have = f.live()
	r := f.run(t, context.Background(), target, f.options())
	if r.Status != Applied || strings.Contains(f.callLines(), "UpdateClusterConfig") {
		t.Errorf("%s, sent:\n%s", r.Status, f.callLines())
	}
}

func TestAnotherUpdateIsInTheWay(t *testing.T) {
	f := newFake()
	f.updates["other"] = &fakeUpdate{mode: f.mode}
	target := f.target(eksfacts.ModeAPI)
	o := f.options()
	o.Sleep = func(ctx context.Context, d time.Duration) error {
		if f.clock.Now().Sub(newClock().now) > time.Minute {
			f.updates["other"].over = true
		}
		return f.clock.Sleep(ctx, d)
	}
	if r := f.run(t, context.Background(), target, o); r.Status != Applied || strings.Count(f.callLines(), "\n") < 5 {
		t.Errorf("%s, %v, sent:\n%s", r.Status, r.Error, f.callLines())
	}
}

// The update was taken and its answer lost: the second sending meets our own.
func TestModeAnswerLost(t *testing.T) {
	f := newFake()
	lost := false
	f.after = func(call string) error {
		if strings.HasPrefix(call, "UpdateClusterConfig") && !lost {
			lost = true
			for _, u := range f.updates {
				f.end(u)
			}
			return errors.New("connection reset")
		}
		return nil
	}
	if r := f.run(t, context.Background(), f.target(eksfacts.ModeAPI), f.options()); r.Status != Applied ||
		len(f.calls) != 1 {
		t.Errorf("%s, %v, sent:\n%s", r.Status, r.Error, f.callLines())
	}
}

func TestStoppedDuringAModeUpdate(t *testing.T) {
	f := newFake()
	f.mode, f.polls = eksfacts.ModeConfigMap, 100
	ctx, cancel := context.WithCancel(context.Background())
	o := f.options()
	o.Events = func(e Event) {
		if e.Kind == Waiting && e.Elapsed > 30*time.Second {
			cancel()
		}
	}
	r := f.run(t, ctx, f.target(eksfacts.ModeAPI, create(entry("a", "View"))), o)
	if r.Status != Interrupted || len(r.Done) != 0 || len(r.InProgress) != 1 ||
		!strings.Contains(r.InProgress[0].Note, "update-1 was sent") ||
		len(r.NotTried) != 3 {
		t.Errorf("%+v", r)
	}
}

func TestModeIsConfirmed(t *testing.T) {
	f := newFake()
	f.slow = 3
	began := f.clock.Now()
	if r := f.run(t, context.Background(), f.target(eksfacts.ModeAPI), f.options()); r.Status != Applied ||
		f.clock.Now().Sub(began) < 7*time.Second {
		t.Errorf("%s, %v, after %s", r.Status, r.Error, f.clock.Now().Sub(began))
	}
	f = newFake()
	f.slow = 1000
	if r := f.run(t, context.Background(), f.target(eksfacts.ModeAPI), f.options()); r.Status != Failed ||
		r.Error.Code != "NotConfirmed" {
		t.Errorf("%s, %v", r.Status, r.Error)
	}
}

func TestUpdateCannotBeRead(t *testing.T) {
	f := newFake()
	f.reads = func(what string) error {
		if what == "Update" {
			return accessDenied()
		}
		return nil
	}
	r := f.run(t, context.Background(), f.target(eksfacts.ModeAPI), f.options())
	if r.Status != Failed || r.Error.Operation != "DescribeUpdate" || r.Error.Action != "eks:DescribeUpdate" {
		t.Errorf("%s, %#v", r.Status, r.Error)
	}
}

func TestGuards(t *testing.T) {
	// The judge is asked at four moments of this plan. It refuses at each.
	moments := []struct {
		name string
		sent string
	}{
		{"before the first write", ""},
		{"after the mode step", "UpdateClusterConfig API_AND_CONFIG_MAP"},
		{
			"before the first revocation",
			"UpdateClusterConfig API_AND_CONFIG_MAP\nCreateAccessEntry role/a\nAssociateAccessPolicy role/a",
		},
		{
			"after the step to API",
			"UpdateClusterConfig API_AND_CONFIG_MAP\nCreateAccessEntry role/a\nAssociateAccessPolicy " +
				"role/a\nUpdateClusterConfig API",
		},
	}
	for n, moment := range moments {
		t.Run(moment.name, func(t *testing.T) {
			f := newFake(entry("z", "View"))
			f.mode = eksfacts.ModeConfigMap
			target := f.target(eksfacts.ModeAPI, create(entry("a", "View")), remove(entry("z", "View")))
			asked := 0
			target.Judge = func(have *spec.Live, remaining []plan.Change, start *spec.Live) []plan.Guard {
				asked++
				ok := asked != n+1
				if asked > 2 && (len(remaining) != 1 || remaining[0].Principal != role("z")) {
					t.Errorf("asked about %+v", remaining)
				}
				if asked > 2 && have.Entry(role("a")) == nil {
					t.Error("judged on a reading from before the grants")
				}
				return []plan.Guard{{Name: "minAdmins", OK: &ok}}
			}
			r := f.run(t, context.Background(), target, f.options())
			if r.Status != Refused || f.callLines() != moment.sent || len(r.Guards) != 1 || len(r.Failed) > 0 {
				t.Errorf("%s, sent:\n%s", r.Status, f.callLines())
			}
		})
	}
}

// An emergency's entry meets one that EKS made at the switch: it is added to,
// and gets neither the emergency's owner nor its end, or expiry would delete
// what was there before.
func TestEmergencyMeetsEntry(t *testing.T) {
	f := newFake()
	f.mode = eksfacts.ModeConfigMap
	f.onMode = func(f *fakeEKS) { f.addEntry(entry("a", "ClusterAdmin")) }
	wanted := entry("a", "View")
	wanted.Tags = map[string]string{
		spec.TagOwner:     spec.OwnerBreakGlass,
		spec.TagExpires:   "2026-11-23T16:00:00Z",
		spec.TagHoldUntil: "2026-11-23T16:00:00Z",
	}
	c := create(wanted)
	c.Emergency = true
	r := f.run(t, context.Background(), f.target(eksfacts.ModeAPIAndConfigMap, c), f.options())
	if r.Status != Applied || !r.Converged {
		t.Errorf("%s: %+v", r.Status, r)
	}
	tags := f.entries[role("a")].Tags
	if tags[spec.TagOwner] != "" || tags[spec.TagExpires] != "" || tags[spec.TagHoldUntil] == "" {
		t.Errorf("tags %v", tags)
	}
	if got := len(f.entries[role("a")].Policies); got != 2 {
		t.Errorf("%d policies, sent:\n%s", got, f.callLines())
	}
}
