package apply

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/plan"
)

func TestLaggingReadings(t *testing.T) {
	for _, test := range []struct {
		name   string
		lag    time.Duration
		status Status
		sent   int
	}{
		{"none", 0, Applied, 3},
		{"half a minute", 30 * time.Second, Applied, 3},
		{"longer than waited for: nothing is revoked", 5 * time.Minute, Failed, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(entry("z", "View"))
			f.clock.Sleep(context.Background(), time.Hour)
			f.lag = test.lag
			r := f.apply(t, create(entry("a", "View")), remove(entry("z", "View")))
			if r.Status != test.status || len(f.calls) != test.sent {
				t.Errorf("%s, %v, sent:\n%s", r.Status, r.Error, f.callLines())
			}
			if test.status == Failed &&
				(r.Error.Code != "NotConfirmed" || !has(r.NotTried, plan.DeleteAccessEntry, "z")) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestUnconfirmed(t *testing.T) {
	f := newFake()
	f.clock.Sleep(context.Background(), time.Hour)
	f.lag = 5 * time.Minute
	r := f.apply(t, create(entry("a", "View")))
	if r.Status != Unconfirmed || len(r.Warnings) != 1 || r.Error != nil {
		t.Errorf("%+v", r)
	}
	want := []plan.Unseen{{Principal: role("a"), Field: plan.FieldEntry, Want: "STANDARD"}}
	if diff := cmp.Diff(want, r.Unseen); diff != "" {
		t.Errorf("unseen (-want +got):\n%s", diff)
	}

	f = newFake()
	f.reads = func(string) error { return errors.New("no route to host") }
	r = f.apply(t, create(entry("a", "View")))
	if r.Status != Unconfirmed || len(r.Warnings) != 1 {
		t.Errorf("%+v", r)
	}
}

// Only what is missing is asked for again: a full reading of a large cluster
// is thousands of calls.
func TestReadsBackWhatIsMissing(t *testing.T) {
	f := newFake(entry("x"), entry("y"))
	f.clock.Sleep(context.Background(), time.Hour)
	f.lag = 20 * time.Second
	reads := map[string]int{}
	f.reads = func(what string) error { reads[what]++; return nil }
	if r := f.apply(t, create(entry("a", "View"))); r.Status != Applied || reads["Read"] != 1 ||
		reads["ReadEntry"] < 3 {
		t.Errorf("%s, %v", r.Status, reads)
	}
}

func TestReadingFailsBeforeRevocations(t *testing.T) {
	f := newFake(entry("z", "View"))
	f.reads = func(string) error { return errors.New("no route to host") }
	if r := f.apply(t, remove(entry("z", "View"))); r.Status != Failed || len(f.calls) > 0 {
		t.Errorf("%+v", r)
	}
}
