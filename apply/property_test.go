package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A right is one thing an entry gives: to be a name, to be in a group, to have
// a policy in a place.
func rights(e spec.Entry) map[string]bool {
	r := map[string]bool{"user " + e.Username: true}
	for _, g := range e.Groups {
		r["group "+g] = true
	}
	for _, p := range e.Policies {
		if p.Scope == spec.ScopeCluster {
			r[p.ARN+" *everywhere*"] = true
		}
		for _, n := range p.Namespaces {
			r[p.ARN+" "+n] = true
		}
	}
	return r
}

// holds reports whether e gives the right: cluster scope gives every namespace.
func holds(e spec.Entry, right string) bool {
	r := rights(e)
	policy, _, _ := strings.Cut(right, " ")
	return r[right] || r[policy+" *everywhere*"]
}

func drawEntry(t *rapid.T, name string) spec.Entry {
	e := spec.Entry{Principal: role(name), Type: eksfacts.Standard}
	if rapid.IntRange(0, 5).Draw(t, name+" type") == 0 {
		return withType(e, eksfacts.EC2Linux)
	}
	var policies []string
	for _, p := range []string{"View", "Edit", "ClusterAdmin"} {
		switch rapid.SampledFrom([]string{"", "", "cluster", "namespaces"}).Draw(t, name+" "+p) {
		case "cluster":
			policies = append(policies, p)
		case "namespaces":
			ns := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 3, rapid.ID).
				Draw(t, name+" namespaces")
			policies = append(policies, p+":"+strings.Join(ns, ","))
		}
	}
	e = withGroups(
		entry(name, policies...),
		rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"g", "h", "i"}), 0, 2, rapid.ID).Draw(t, name+" groups")...)
	if rapid.IntRange(0, 3).Draw(t, name+" username") == 0 {
		e = withUsername(e, "team:"+rapid.SampledFrom([]string{"x", "y"}).Draw(t, name+" name"))
	}
	if rapid.Bool().Draw(t, name+" tagged") {
		e = withTags(e, "team", rapid.SampledFrom([]string{"1", "2"}).Draw(t, name+" tag"), spec.TagOwner, "platform")
	}
	return e
}

// A world is a cluster as it is and as it is wanted.
type world struct {
	before, after map[string]spec.Entry // by principal
	dead          map[string]bool
	replaced      map[string]bool
	changes       []plan.Change
	lost          *[]string // rights that somebody lacked in between, and when
}

func drawWorld(t *rapid.T) world {
	w := world{
		before:   map[string]spec.Entry{},
		after:    map[string]spec.Entry{},
		dead:     map[string]bool{},
		replaced: map[string]bool{},
		lost:     new([]string),
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "principals") {
		name := fmt.Sprintf("p%d", i)
		b, a := drawEntry(t, name), drawEntry(t, name)
		kind := rapid.SampledFrom([]string{"create", "delete", "both", "both", "both", "dead", "rekey", "leave"}).
			Draw(t, name)
		switch kind {
		case "create":
			w.after[a.Principal] = a
			w.changes = append(w.changes, create(a))
		case "delete":
			w.before[b.Principal] = b
			w.changes = append(w.changes, remove(b))
		case "rekey":
			n := drawEntry(t, name+"-new")
			w.before[b.Principal], w.after[n.Principal] = b, n
			w.changes = append(w.changes, rekey(b, n))
		case "leave":
			w.before[b.Principal], w.after[b.Principal] = b, b
		default:
			w.before[b.Principal], w.after[a.Principal] = b, a
			switch {
			case kind == "dead" || a.Type != b.Type:
				w.dead[b.Principal], w.replaced[b.Principal] = kind == "dead", true
				w.changes = append(w.changes, replaceOf(b, a, kind == "dead"))
			case len(plan.UpdateSteps(b, a)) > 0:
				// Tags that are not ours stay, as the plan has it.
				for k, v := range b.Tags {
					if _, ok := a.Tags[k]; !ok && !strings.HasPrefix(k, spec.TagPrefix) {
						a = withTags(a, k, v)
					}
				}
				w.after[a.Principal] = a
				if len(plan.UpdateSteps(b, a)) > 0 {
					w.changes = append(w.changes, update(b, a))
				}
			}
		}
	}
	return w
}

func (w world) fake() *fakeEKS {
	var entries []spec.Entry
	for _, e := range w.before {
		entries = append(entries, e)
	}
	f := newFake(entries...)
	f.clock.now = f.clock.now.Add(time.Hour)
	for p, dead := range w.dead {
		f.dead[p] = dead
	}
	return f
}

// watch notes when a principal lacks what it has before and after. A username
// is not kept as such: it changes in one call.
func (w world) watch(f *fakeEKS) {
	f.moved = func(f *fakeEKS) {
		for p, b := range w.before {
			a, ok := w.after[p]
			if !ok || w.replaced[p] {
				continue
			}
			e := f.entries[p].Entry
			for right := range rights(b) {
				if holds(a, right) && !holds(e, right) {
					*w.lost = append(
						*w.lost,
						fmt.Sprintf("%s lacks %q, which it has before and after:\n%s", p, right, f.callLines()),
					)
				}
			}
			for right := range rights(a) {
				if holds(b, right) && !holds(e, right) {
					*w.lost = append(
						*w.lost,
						fmt.Sprintf("%s lacks %q, which it has before and after:\n%s", p, right, f.callLines()),
					)
				}
			}
		}
	}
}

func (w world) check(t *rapid.T) {
	for _, l := range *w.lost {
		t.Fatal(l)
	}
}

// Whatever the world and whatever goes wrong, and however many entries are at
// work at a time.
func TestNoRightIsLostOnTheWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		f := w.fake()
		w.watch(f)
		failures := rapid.SliceOfN(rapid.IntRange(1, 40), 0, 3).Draw(t, "failing calls")
		kind := rapid.SampledFrom([]error{accessDenied(), invalidPrincipalErr(), noEntry(), inUse(),
			errors.New("connection reset")}).
			Draw(t, "error")
		lose := rapid.Bool().Draw(t, "lost answers")
		trouble := func(string) error {
			if slices.Contains(failures, len(f.calls)) {
				return kind
			}
			return nil
		}
		if lose {
			f.after = func(string) error {
				if slices.Contains(failures, len(f.calls)) {
					return errors.New("connection reset")
				}
				return nil
			}
		} else {
			f.before = trouble
		}
		f.lag = time.Duration(rapid.IntRange(0, 90).Draw(t, "lag")) * time.Second
		if rapid.Bool().Draw(t, "no lag") {
			f.lag = 0
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		o := f.options()
		o.Entries = rapid.IntRange(1, 4).Draw(t, "entries at a time")
		stop := rapid.IntRange(0, 60).Draw(t, "stopped at event")
		n := 0
		o.Events = func(Event) {
			if n++; n == stop {
				cancel()
			}
		}
		target := f.target("", w.changes...)
		if rapid.Bool().Draw(t, "caller known") {
			target.Callers = []string{role("p0")}
		}
		r := Run(ctx, target, o)

		w.check(t)
		if bad := misreportedSteps(target.Plan, r); bad != "" {
			t.Fatalf("not in exactly one list: %s\n%+v", bad, r)
		}
		grantFailed := slices.ContainsFunc(
			r.Failed,
			func(s StepResult) bool { return s.Phase == plan.Grant && s.Note == "" },
		)
		for _, s := range r.Done {
			if grantFailed && s.Phase == plan.Revoke {
				t.Fatalf("revoked after a failed grant: %s", line(s))
			}
		}
		if r.Converged {
			for p, want := range w.after {
				if have := f.entries[p]; !plan.Fulfilled(plan.Change{Principal: p, After: &want}, f.all()) {
					t.Fatalf("converged, but %+v is not %+v", have.Entry, want)
				}
			}
			if len(f.entries) != len(w.after) {
				t.Fatalf("converged with %d entries, want %d", len(f.entries), len(w.after))
			}
		}
		if (r.Status == Applied || r.Status == InSync) != r.Converged {
			t.Fatalf("status %s with converged %v", r.Status, r.Converged)
		}
		if (r.Status == Failed || r.Status == Interrupted) && r.Error == nil {
			t.Fatalf("status %s without an error", r.Status)
		}
	})
}

// all is a reading without a lag.
func (f *fakeEKS) all() *spec.Live {
	lag := f.lag
	f.lag = 0
	defer func() { f.lag = lag }()
	return f.live()
}

// Without trouble everything is reached, in one run.
func TestEveryWorldIsReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		f := w.fake()
		w.watch(f)
		f.lag = time.Duration(rapid.IntRange(0, 20).Draw(t, "lag")) * time.Second
		o := f.options()
		o.Entries = rapid.IntRange(1, 4).Draw(t, "entries at a time")
		r := Run(context.Background(), f.target("", w.changes...), o)
		w.check(t)
		if !r.Converged || len(r.Failed)+len(r.NotTried) > 0 {
			t.Fatalf("%s, %v\n%s\n%+v", r.Status, r.Error, f.callLines(), r.Warnings)
		}
	})
}

// However a run ends, the next one gets there from what is left.
func TestRunningItAgainGetsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		f := w.fake()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		failing, stop := rapid.IntRange(0, 30).
			Draw(t, "failing call"),
			rapid.IntRange(0, 40).
				Draw(t, "stopped at event")
		f.before = func(string) error {
			if len(f.calls) == failing {
				return accessDenied()
			}
			return nil
		}
		o := f.options()
		o.Entries = rapid.IntRange(1, 4).Draw(t, "entries at a time")
		n := 0
		o.Events = func(Event) {
			if n++; n == stop {
				cancel()
			}
		}
		Run(ctx, f.target("", w.changes...), o)
		f.before = nil
		again := f.replan(w.changes)
		if r := Run(context.Background(), f.target("", again...), f.options()); !r.Converged {
			t.Fatalf("%s, %v\n%s", r.Status, r.Error, f.callLines())
		}
	})
}
