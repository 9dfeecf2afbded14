package apply

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A notebook is a journal in memory. It follows each write on its own, so it
// can tell what the cluster should be by now.
type notebook struct {
	f        *fakeEKS
	t        *testing.T
	writes   []Write
	answers  []*Answer // by write; nil for none
	finished []Status
	full     func(Write) bool // refuses a write
	sent     int              // calls the fake had when the last write began
}

func (n *notebook) Begin(w Write) (Record, error) {
	n.f.mu.Lock()
	defer n.f.mu.Unlock()
	n.sent = len(n.f.calls)
	if n.full != nil && n.full(w) {
		return nil, errors.New("no space left on device")
	}
	n.writes, n.answers = append(n.writes, w), append(n.answers, nil)
	at := page{n, len(n.writes) - 1}
	if w.Step.Principal == "" {
		return at, nil
	}
	var now *spec.Entry
	if e, ok := n.f.entries[w.Step.Principal]; ok {
		now = &e.Entry
	}
	if !plan.Alike(now, w.Before) {
		n.t.Errorf(
			"%s of %s is recorded as of %+v, and it is of %+v",
			w.Step.Operation,
			w.Step.Principal,
			w.Before,
			now,
		)
	}
	return at, nil
}

// A page is the record of one write.
type page struct {
	n  *notebook
	at int
}

func (p page) End(a Answer) {
	p.n.f.mu.Lock()
	defer p.n.f.mu.Unlock()
	p.n.answers[p.at] = &a
}
func (p page) Found(spec.LiveEntry) {}

func (n *notebook) Finish(s Status) { n.finished = append(n.finished, s) }

func (n *notebook) lines() string {
	var all []string
	for i, w := range n.writes {
		outcome := "-"
		if n.answers[i] != nil {
			outcome = string(n.answers[i].Outcome)
		}
		all = append(all, strings.TrimSpace(w.Step.Operation+" "+short(w.Step.Principal))+" "+outcome)
	}
	return strings.Join(all, "\n")
}

func (f *fakeEKS) applyWithJournal(
	t *testing.T,
	mode string,
	full func(Write) bool,
	changes ...plan.Change,
) (ClusterResult, *notebook) {
	t.Helper()
	n := &notebook{f: f, t: t, full: full}
	target := f.target(mode, changes...)
	target.Journal = n
	r := f.run(t, context.Background(), target, f.options())
	if len(n.finished) != 1 || n.finished[0] != r.Status {
		t.Errorf("finished as %v, with status %s", n.finished, r.Status)
	}
	return r, n
}

// Each write is recorded with what is there at that moment, whatever readings
// lag behind: steps of one entry follow each other.
func TestJournalKnowsWhatIsThere(t *testing.T) {
	old, node := entry("a", "Edit:n1,n2", "View"), withGroups(entry("b"), "g")
	f := newFake(old, node, entry("c"))
	r, n := f.applyWithJournal(t, eksfacts.ModeAPI, nil,
		update(old, withTags(withGroups(entry("a", "Edit:n2,n3"), "g"), "k", "v")),
		replaceOf(node, withType(entry("b"), eksfacts.EC2Linux), false),
		remove(entry("c")), create(entry("d", "Admin")))
	if r.Status != Applied {
		t.Fatalf("%s: %+v", r.Status, r.Error)
	}
	if len(n.writes) != len(r.Done) || len(n.answers) != len(n.writes) {
		t.Errorf("%d writes recorded, %d answered, %d steps done", len(n.writes), len(n.answers), len(r.Done))
	}
	for i, w := range n.writes {
		if w.Step.Operation == plan.UpdateClusterConfig {
			if w.Mode != eksfacts.ModeAPIAndConfigMap || w.Step.Mode != eksfacts.ModeAPI {
				t.Errorf("mode step from %s to %s", w.Mode, w.Step.Mode)
			}
		} else if w.Change.Principal != w.Step.Principal || n.answers[i].Outcome != Done {
			t.Errorf("%+v: %+v", w, n.answers[i])
		}
	}
}

// What can't be recorded is not sent, and nothing after it is.
func TestJournalFull(t *testing.T) {
	for _, operation := range []string{plan.CreateAccessEntry, plan.AssociateAccessPolicy, plan.DeleteAccessEntry,
		plan.UpdateClusterConfig} {
		t.Run(operation, func(t *testing.T) {
			f := newFake(entry("a"), entry("b"))
			r, n := f.applyWithJournal(t, eksfacts.ModeAPI, func(w Write) bool { return w.Step.Operation == operation },
				remove(entry("a")), remove(entry("b")), create(entry("d", "View")))
			if r.Status != Failed || r.Error == nil || r.Error.Code != "JournalNotWritten" || len(r.Failed) != 1 {
				t.Errorf("%s: %+v, failed %+v", r.Status, r.Error, r.Failed)
			}
			for _, call := range f.calls[n.sent:] {
				if !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "List") {
					t.Errorf("%s was sent after the journal was full", call)
				}
			}
		})
	}
}

// Between the two calls of a replace nobody stops for a journal.
func TestJournalFullInReplace(t *testing.T) {
	old := entry("a", "View")
	f := newFake(old)
	r, _ := f.applyWithJournal(t, "", func(w Write) bool { return w.Step.Operation != plan.DeleteAccessEntry },
		replaceOf(old, withType(entry("a"), eksfacts.EC2Linux), false))
	if r.Status != Applied || len(r.Warnings) == 0 || !strings.Contains(r.Warnings[0].Message, "not recorded in the "+
		"journal") {
		t.Errorf("%s, %+v", r.Status, r.Warnings)
	}
}

// A replace whose create is refused is put back, and all of it is recorded.
func TestJournalPutBack(t *testing.T) {
	old := entry("a", "View")
	f := newFake(old)
	refused := false
	f.before = func(call string) error {
		if strings.HasPrefix(call, plan.CreateAccessEntry) && !refused {
			refused = true
			return errors.New("no")
		}
		return nil
	}
	r, n := f.applyWithJournal(t, "", nil, replaceOf(old, withType(entry("a"), eksfacts.EC2Linux), false))
	if r.Status != Failed && r.Status != Applied {
		t.Errorf("%s", r.Status)
	}
	if len(n.writes) < 3 || n.writes[0].Change.After.Type != eksfacts.EC2Linux || n.writes[1].Before != nil {
		t.Errorf("recorded:\n%s", n.lines())
	}
}
