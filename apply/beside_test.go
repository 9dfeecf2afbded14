package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/plan"
)

// crowd is a fake with many entries to make, to give a policy and to delete,
// and the most calls that were under way at a time.
func crowd(n int) (*fakeEKS, []plan.Change) {
	f := newFake()
	var changes []plan.Change
	for i := range n {
		changes = append(changes, create(entry(fmt.Sprintf("new%02d", i), "View")))
		old := entry(fmt.Sprintf("old%02d", i), "View")
		f.addEntry(old)
		changes = append(changes, remove(old))
	}
	f.keep()
	return f, changes
}

// A slowWriter counts calls that are under way.
type slowWriter struct {
	*fakeEKS
	now, most atomic.Int32
}

func (w *slowWriter) slow() func() {
	w.most.Store(max(w.most.Load(), w.now.Add(1)))
	time.Sleep(2 * time.Millisecond)
	return func() { w.now.Add(-1) }
}

func (w *slowWriter) CreateAccessEntry(
	ctx context.Context,
	in *eks.CreateAccessEntryInput,
	o ...func(*eks.Options),
) (*eks.CreateAccessEntryOutput, error) {
	defer w.slow()()
	return w.fakeEKS.CreateAccessEntry(ctx, in, o...)
}

func (w *slowWriter) AssociateAccessPolicy(
	ctx context.Context,
	in *eks.AssociateAccessPolicyInput,
	o ...func(*eks.Options),
) (*eks.AssociateAccessPolicyOutput, error) {
	defer w.slow()()
	return w.fakeEKS.AssociateAccessPolicy(ctx, in, o...)
}

func (w *slowWriter) DeleteAccessEntry(
	ctx context.Context,
	in *eks.DeleteAccessEntryInput,
	o ...func(*eks.Options),
) (*eks.DeleteAccessEntryOutput, error) {
	defer w.slow()()
	return w.fakeEKS.DeleteAccessEntry(ctx, in, o...)
}

// Entries are at work side by side, no more than allowed, and in turns: all are
// made before the first has its policy, and all is granted before the first is
// deleted. The account of the run is in the order of the plan.
func TestSideBySide(t *testing.T) {
	f, changes := crowd(20)
	w := &slowWriter{fakeEKS: f}
	target := f.target("", changes...)
	target.Writer = w
	o := f.options()
	o.Entries = 7
	r := f.run(t, context.Background(), target, o)
	if r.Status != Applied {
		t.Fatalf("%s, %v", r.Status, r.Error)
	}
	if most := w.most.Load(); most > 7 || most < 2 {
		t.Errorf("%d calls at a time, 7 allowed", most)
	}
	var kinds []string
	for _, call := range f.calls {
		kind, _, _ := strings.Cut(call, " ")
		kinds = append(kinds, kind)
	}
	if diff := cmp.Diff([]string{plan.CreateAccessEntry, plan.AssociateAccessPolicy, plan.DeleteAccessEntry},
		slices.Compact(kinds)); diff != "" {
		t.Errorf("turns (-want +got)\n%s", diff)
	}
	alone, again := crowd(20)
	one := alone.run(t, context.Background(), alone.target("", again...), alone.options())
	if diff := cmp.Diff(lines(one.Done), lines(r.Done)); diff != "" {
		t.Errorf("told of one at a time and of many (-one +many)\n%s", diff)
	}
}

func lines(steps []StepResult) []string {
	var all []string
	for _, s := range steps {
		all = append(all, line(s))
	}
	return all
}

// When told to stop, what is under way is finished and nothing is begun; what
// was done and what was not adds up.
func TestStoppedSideBySide(t *testing.T) {
	f, changes := crowd(20)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var once sync.Once
	f.after = func(string) error {
		if len(f.calls) > 5 {
			once.Do(cancel)
		}
		return nil
	}
	o := f.options()
	o.Entries = 4
	r := f.run(t, ctx, f.target("", changes...), o)
	if r.Status != Interrupted || len(r.Done) != len(f.calls) || len(r.Done) > 5+4 || len(r.Failed) > 0 {
		t.Errorf("%s, %d done, %d sent, %d failed", r.Status, len(r.Done), len(f.calls), len(r.Failed))
	}
}

// One that fails stops no other of its phase, and all revocations.
func TestFailureSideBySide(t *testing.T) {
	f, changes := crowd(20)
	f.before = func(call string) error {
		if call == "AssociateAccessPolicy role/new11" {
			return accessDenied()
		}
		return nil
	}
	o := f.options()
	o.Entries = 4
	r := f.run(t, context.Background(), f.target("", changes...), o)
	if r.Status != Failed || len(r.Failed) != 1 || len(r.Done) != 39 || len(r.NotTried) != 20 ||
		r.Error.Code != "AccessDeniedException" {
		t.Errorf(
			"%s, %d failed, %d done, %d not tried, %v",
			r.Status,
			len(r.Failed),
			len(r.Done),
			len(r.NotTried),
			r.Error,
		)
	}
}

// A journal that can't be written stops all of them.
func TestJournalFullSideBySide(t *testing.T) {
	f, changes := crowd(20)
	n := &notebook{f: f, t: t}
	n.full = func(Write) bool { return len(n.writes) >= 10 }
	target := f.target("", changes...)
	target.Journal = n
	o := f.options()
	o.Entries = 4
	r := f.run(t, context.Background(), target, o)
	if r.Status != Failed || len(f.calls) != 10 || r.Error.Code != "JournalNotWritten" || len(r.Failed) > 4 {
		t.Errorf("%s, %d sent, %d failed, %v", r.Status, len(f.calls), len(r.Failed), r.Error)
	}
}
