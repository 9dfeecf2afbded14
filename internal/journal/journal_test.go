package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

const role = "arn:aws:iam::111122223333:role/"

func entry(name string, groups ...string) *spec.Entry {
	e := spec.Entry{Principal: role + name, Type: "STANDARD", Username: name, Groups: groups}.Canonical()
	return &e
}

func cluster(name string) *plan.Cluster {
	return &plan.Cluster{
		Name:       name,
		Region:     "eu-west-1",
		Account:    "111122223333",
		ARN:        "arn:aws:eks:eu-west-1:111122223333:cluster/" + name,
		Connection: plan.Connection{Partition: "aws"},
		Rules:      plan.Rules{Owner: "platform", RequiredAdmins: []string{}},
	}
}

// writes are the calls of a change, as package apply tells of them.
func writes(c plan.Change) []apply.Write {
	var out []apply.Write
	now := c.Before
	for _, s := range c.Steps {
		out = append(out, apply.Write{Step: apply.StepResult{Step: s}, Change: c, Before: now})
		now = s.On(now)
	}
	return out
}

func change(t testing.TB, before, after *spec.Entry) plan.Change {
	t.Helper()
	c, differs := plan.Restore(before, after)
	if !differs {
		t.Fatal("nothing changes")
	}
	return c
}

func send(t *testing.T, j apply.Journal, ws ...apply.Write) {
	t.Helper()
	for _, w := range ws {
		r, err := j.Begin(w)
		if err != nil {
			t.Fatal(err)
		}
		r.End(apply.Answer{Outcome: apply.Done, RequestID: "id"})
	}
}

func create(t *testing.T, path string) *Writer {
	t.Helper()
	w, err := Create(path, Run{ID: NewID(time.Now()), ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func read(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// Clusters are written side by side; every line stays whole, and every answer
// finds its write.
func TestParallelClusters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j.jsonl")
	w := create(t, path)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			c := w.Cluster(cluster(fmt.Sprint("c", i)), nil)
			for n := range 10 {
				send(t, c, writes(change(t, nil, entry(fmt.Sprint("r", n), "g")))...)
			}
			c.Finish(apply.Applied)
		})
	}
	all.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	h := read(t, path).Runs[0]
	if h.Finished == nil || len(h.Clusters) != 20 {
		t.Fatalf("%d clusters, finished: %v", len(h.Clusters), h.Finished)
	}
	for _, c := range h.Clusters {
		if len(c.Writes) != 10 || c.Finished == nil {
			t.Errorf("%s: %d writes, finished: %v", c.Name, len(c.Writes), c.Finished)
		}
		for n, write := range c.Writes {
			if write.End == nil || write.Step.Principal != fmt.Sprint(role, "r", n) {
				t.Errorf("%s, write %d: %+v", c.Name, n, write)
			}
		}
	}
}

// A fakeFile tells what is on its disk, and may be full.
type fakeFile struct {
	text, durable string
	full          bool
	closed        bool
}

func (f *fakeFile) Write(b []byte) (int, error) {
	if f.full {
		return 0, errors.New("no space left on device")
	}
	f.text += string(b)
	return len(b), nil
}

func (f *fakeFile) Sync() error  { f.durable = f.text; return nil }
func (f *fakeFile) Close() error { f.closed = true; return nil }

func TestOnDiskBeforeSent(t *testing.T) {
	f := &fakeFile{}
	w := &Writer{file: f}
	if err := w.writeRun(Run{ID: "run"}); err != nil {
		t.Fatal(err)
	}
	c := w.Cluster(cluster("dev"), []string{role + "ci"})
	for i, write := range writes(change(t, entry("a", "g"), nil)) {
		r, err := c.Begin(write)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(f.durable, `"record":"begin"`); n != i+1 {
			t.Errorf("%d of %d begun writes are on the disk when Begin returns", n, i+1)
		}
		r.End(apply.Answer{Outcome: apply.Done, RequestID: "id"})
		if n := strings.Count(f.durable, `"record":"end"`); n != i+1 {
			t.Errorf("%d of %d answers are on the disk when End returns", n, i+1)
		}
	}
	f.full = true
	if _, err := c.Begin(writes(change(t, nil, entry("b")))[0]); err == nil {
		t.Error("a full disk must stop the next write")
	}
	f.full = false
	if _, err := w.Cluster(cluster("prod"), nil).Begin(writes(change(t, nil, entry("b")))[0]); err == nil {
		t.Error("after half a record none must follow")
	}
}

// Wherever the file ends, what was on the disk before is read, and no more.
func TestTornAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j.jsonl")
	w := create(t, path)
	c := w.Cluster(cluster("dev"), nil)
	send(t, c, writes(change(t, entry("a", "g"), entry("a", "h")))...)
	c.Finish(apply.Applied)
	w.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.IndexByte(string(whole), '\n')
	for n := first; n < len(whole); n += 11 { // each turn waits for the disk
		cut := whole[:n]
		if _, err := Parse(cut); err != nil {
			t.Fatalf("cut at %d of %d: %v", n, len(whole), err)
		}
		// A later run goes on in the same file.
		os.WriteFile(path, cut, 0o644)
		again := create(t, path)
		send(t, again.Cluster(cluster("dev"), nil), writes(change(t, nil, entry("b")))...)
		again.Close()
		j := read(t, path)
		if len(j.Runs) != 2 || len(j.Runs[1].Clusters) != 1 {
			t.Fatalf("cut at %d: %d runs", n, len(j.Runs))
		}
		if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
			t.Fatalf("mode %v", info.Mode())
		}
	}
	damaged := strings.Replace(string(whole), `"record":"begin"`, `"record:"begin"`, 1)
	if _, err := Parse([]byte(damaged)); err == nil {
		t.Error("damage in the middle is no torn line")
	}
}

func TestIdleRunLeavesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j.jsonl")
	if err := create(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("the file is there")
	}
}

// No type that is recorded has a place for a credential.
func TestNoPlaceForSecrets(t *testing.T) {
	secret := regexp.MustCompile(`(?i)secret|token|password|credential|accesskey|session`)
	seen := map[reflect.Type]bool{}
	var look func(path string, of reflect.Type)
	look = func(path string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] || of == reflect.TypeFor[time.Time]() {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			f := of.Field(i)
			if f.Type.Kind() == reflect.Interface || secret.MatchString(f.Name) {
				t.Errorf("%s.%s could hold one", path, f.Name)
			}
			look(path+"."+f.Name, f.Type)
		}
	}
	for _, record := range []any{Run{}, Cluster{}, Begin{}, End{}, Found{}, Finished{}} {
		look(reflect.TypeOf(record).Name(), reflect.TypeOf(record))
	}
}

func TestCutOff(t *testing.T) {
	was, after := entry("a", "g"), entry("a", "g")
	after.Type = "EC2_LINUX"
	after.Policies = []spec.Policy{
		{ARN: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", Scope: "cluster", Namespaces: []string{}},
	}
	replace := writes(change(t, was, after))
	if len(replace) != 3 {
		t.Fatalf("%d steps", len(replace))
	}
	for _, test := range []struct {
		name  string
		sent  int // of these, the last is not answered if killed
		kill  bool
		open  bool
		left  int
		ended bool
	}{
		{name: "killed at the delete", sent: 1, kill: true, open: true, left: 1},
		{name: "after the delete", sent: 1, open: true, left: 1},
		{name: "killed at the create", sent: 2, kill: true, open: true, left: 2},
		{name: "before the policy", sent: 2, open: true, left: 1},
		{name: "killed at the policy", sent: 3, kill: true, open: true, left: 2},
		{name: "done", sent: 3, ended: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			path := File(folder, "20260101T000000Z-000001")
			w := create(t, path)
			c := w.Cluster(cluster("dev"), nil)
			for i, write := range replace[:test.sent] {
				if test.kill && i == test.sent-1 {
					if _, err := c.Begin(write); err != nil {
						t.Fatal(err)
					}
					break
				}
				send(t, c, write)
			}
			if got, err := FindUnfinished(folder); len(got) != 0 || err != nil {
				t.Errorf("a run at work is unfinished: %v, %v", got, err)
			}
			c.Finish(apply.Failed)
			w.Close()
			unfinished, err := FindUnfinished(folder)
			if err != nil || (len(unfinished) == 0) != test.ended {
				t.Fatalf("unfinished: %v, %v", unfinished, err)
			}
			cuts := FindInterrupted(unfinished, folder, cluster("dev").ARN)
			if len(cuts) > 0 != test.open {
				t.Fatalf("%d cut off", len(cuts))
			}
			if !test.open {
				return
			}
			if len(cuts[0].Left) != test.left || !plan.Alike(&cuts[0].Entry, after) || cuts[0].Owner != "platform" {
				t.Errorf("%+v", cuts[0])
			}
			if err := MarkFinished(unfinished, "later", func(arn, owner string) bool { return false }); err != nil {
				t.Fatal(err)
			}
			if again, _ := FindUnfinished(folder); len(again) != 1 {
				t.Error("settled by a run that did not see to it")
			}
			if err := MarkFinished(unfinished, "later", func(arn, owner string) bool {
				return owner == "platform"
			}); err != nil {
				t.Fatal(err)
			}
			if again, _ := FindUnfinished(folder); len(again) != 0 {
				t.Error("not settled")
			}
		})
	}
}

// What a later run wrote to is that run's to finish.
func TestCutOffOfLaterRun(t *testing.T) {
	folder := t.TempDir()
	after := entry("a")
	after.Type = "EC2_LINUX"
	replace := writes(change(t, entry("a"), after))
	for i, sent := range [][]apply.Write{replace[:1], replace[1:]} {
		w, err := CreateIn(folder, Run{ID: fmt.Sprintf("20260101T00000%dZ-000001", i)})
		if err != nil {
			t.Fatal(err)
		}
		c := w.Cluster(cluster("dev"), nil)
		send(t, c, sent...)
		c.Finish(apply.Applied)
		w.Close()
		time.Sleep(2 * time.Millisecond) // times are whole milliseconds
	}
	unfinished, err := FindUnfinished(folder)
	if err != nil || len(unfinished) != 1 {
		t.Fatalf("%v, %v", unfinished, err)
	}
	if cuts := FindInterrupted(unfinished, folder, cluster("dev").ARN); len(cuts) != 0 {
		t.Errorf("%+v", cuts)
	}
}

// An answer that never came leaves two states; an entry that was met in the
// place of one to be made is what was there before, unless it is our own.
func TestRunChanges(t *testing.T) {
	made := entry("a", "g")
	createA := writes(change(t, nil, made))[0]
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	begun := func(w apply.Write, outcome apply.Outcome, found *spec.Entry, createdAt time.Time) *Write {
		out := &Write{
			Begin: Begin{Step: w.Step.Step, Before: w.Before, Time: at, Action: w.Change.Action, After: w.Change.After},
		}
		if outcome != "" {
			out.End = &End{Outcome: outcome}
		}
		if found != nil {
			out.Found = &Found{Entry: *found, CreatedAt: createdAt}
		}
		return out
	}
	for _, test := range []struct {
		name   string
		writes []*Write
		was    *spec.Entry
		now    []*spec.Entry // nil: nothing to take back
	}{
		{name: "made", writes: []*Write{begun(createA, apply.Done, nil, at)}, now: []*spec.Entry{made}},
		{name: "refused", writes: []*Write{begun(createA, apply.NotDone, nil, at)}},
		{name: "killed", writes: []*Write{begun(createA, "", nil, at)}, now: []*spec.Entry{nil, made}},
		{name: "no answer", writes: []*Write{begun(createA, apply.Unknown, nil, at)}, now: []*spec.Entry{nil, made}},
		{name: "ours, by a lost answer", writes: []*Write{begun(createA, apply.NotDone, made, at.Add(time.Second))},
			now: []*spec.Entry{made}},
		{name: "there before", writes: []*Write{begun(createA, apply.NotDone, made, at.Add(-time.Second))}},
		{name: "somebody else's", writes: []*Write{begun(createA, apply.NotDone, entry("a", "h"),
			at.Add(time.Second))}},
		{name: "somebody else's, then changed", was: entry("a", "h"), now: []*spec.Entry{made}, writes: append(
			[]*Write{begun(createA, apply.NotDone, entry("a", "h"), at.Add(time.Second))},
			begunAll(writes(change(t, entry("a", "h"), made)))...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := RunChanges(&ClusterHistory{Writes: test.writes})
			if test.now == nil {
				if len(got) != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			if len(got) != 1 || !plan.Alike(got[0].Was, test.was) ||
				!slices.EqualFunc(got[0].Now, test.now, plan.Alike) {
				text, _ := json.Marshal(got)
				t.Errorf("%s", text)
			}
		})
	}
}

func begunAll(ws []apply.Write) (out []*Write) {
	for _, w := range ws {
		out = append(out, &Write{Begin: Begin{Step: w.Step.Step, Before: w.Before}, End: &End{Outcome: apply.Done}})
	}
	return out
}

func TestFolder(t *testing.T) {
	for _, test := range []struct{ os, env, want string }{
		{"linux", "HOME=/h", "/h/.local/state/eksaccess/journal"},
		{"linux", "HOME=/h XDG_STATE_HOME=/x", "/x/eksaccess/journal"},
		{"linux", "HOME=/h XDG_STATE_HOME=x", "/h/.local/state/eksaccess/journal"},
		{"darwin", "HOME=/h", "/h/Library/Application Support/eksaccess/journal"},
		{"windows", "LocalAppData=/l", "/l/eksaccess/journal"},
		{"linux", "", ""},
		{"windows", "HOME=/h", ""},
	} {
		got, err := Folder(test.os, func(name string) string {
			for _, v := range strings.Fields(test.env) {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		})
		if filepath.ToSlash(got) != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s with %q: %q, %v", test.os, test.env, got, err)
		}
	}
}

// What finishes a replace may be cut off or refused too: then it is still to be
// finished.
func TestCutOffTwice(t *testing.T) {
	after := entry("a")
	after.Type = "EC2_LINUX"
	after.Policies = []spec.Policy{
		{ARN: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", Scope: "cluster", Namespaces: []string{}},
	}
	replace := writes(change(t, entry("a"), after))
	finishing := plan.Change{
		Action:    plan.Create,
		Principal: after.Principal,
		After:     after,
		Finishes:  true,
		Steps:     plan.CreateSteps(*after),
	}
	for _, test := range []struct {
		name string
		end  *apply.Answer // of the create that finishes it; nil for none
		left int
	}{
		{"killed", nil, 2},
		{"refused", &apply.Answer{Outcome: apply.NotDone}, 1},
		{"done, and no policy yet", &apply.Answer{Outcome: apply.Done}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			first, _ := CreateIn(folder, Run{ID: "20260101T000000Z-000001"})
			c := first.Cluster(cluster("dev"), nil)
			send(t, c, replace[:1]...)
			c.Finish(apply.Failed)
			first.Close()
			time.Sleep(2 * time.Millisecond) // times are whole milliseconds
			second, _ := CreateIn(folder, Run{ID: "20260101T000001Z-000001"})
			c = second.Cluster(cluster("dev"), nil)
			r, err := c.Begin(apply.Write{Step: apply.StepResult{Step: finishing.Steps[0]}, Change: finishing})
			if err != nil {
				t.Fatal(err)
			}
			if test.end != nil {
				r.End(*test.end)
				c.Finish(apply.Failed)
			}
			second.Close()
			unfinished, err := FindUnfinished(folder)
			if err != nil {
				t.Fatal(err)
			}
			cuts := FindInterrupted(unfinished, folder, cluster("dev").ARN)
			if len(cuts) != 1 || len(cuts[0].Left) != test.left || !plan.Alike(&cuts[0].Entry, after) {
				t.Errorf("%+v", cuts)
			}
		})
	}
}

// Runs of one second are distinguished by their times: what their ids end in is
// left to chance.
func TestRunsOfOneSecond(t *testing.T) {
	folder := t.TempDir()
	after := entry("a")
	after.Type = "EC2_LINUX"
	replace := writes(change(t, entry("a"), after))
	for i, run := range []Run{{ID: "20260101T000000Z-ffffff"},
		{ID: "20260101T000000Z-000000", Undoes: "20260101T000000Z-ffffff"}} {
		w, err := CreateIn(folder, run)
		if err != nil {
			t.Fatal(err)
		}
		c := w.Cluster(cluster("dev"), nil)
		send(t, c, replace[i])
		w.Close()
		time.Sleep(2 * time.Millisecond) // times are whole milliseconds
	}
	if undone, err := FindUndos("20260101T000000Z-ffffff", cluster("dev").ARN, folder); len(undone) != 1 || err != nil {
		t.Errorf("undone by %d runs, %v", len(undone), err)
	}
	unfinished, err := FindUnfinished(folder)
	if err != nil {
		t.Fatal(err)
	}
	if cuts := FindInterrupted(unfinished, folder, cluster("dev").ARN); len(cuts) != 0 {
		t.Errorf("%+v", cuts)
	}
}

// Writes to several entries of a cluster are under way at a time; each answer
// belongs to its own.
func TestWritesSideBySide(t *testing.T) {
	w := create(t, filepath.Join(t.TempDir(), "j.jsonl"))
	c := w.Cluster(cluster("dev"), nil)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			name := fmt.Sprintf("r%02d", i)
			r, err := c.Begin(writes(change(t, nil, entry(name)))[0])
			if err != nil {
				t.Error(err)
				return
			}
			if i%4 == 0 {
				return // killed before the answer
			}
			r.End(apply.Answer{Outcome: apply.Done, RequestID: name})
		})
	}
	all.Wait()
	w.Close()
	j, err := Read(w.Path())
	if err != nil {
		t.Fatal(err)
	}
	got := j.Runs[0].Cluster(cluster("dev").ARN)
	if len(j.Runs[0].Clusters) != 1 || len(got.Writes) != 40 {
		t.Fatalf("%d clusters, %d writes", len(j.Runs[0].Clusters), len(got.Writes))
	}
	numbers, unanswered := map[int]bool{}, 0
	for _, write := range got.Writes {
		numbers[write.Begin.Write] = true
		switch {
		case write.End == nil:
			unanswered++
		case !strings.HasSuffix(write.Step.Principal, write.End.RequestID):
			t.Errorf("the answer %s to the write of %s", write.End.RequestID, write.Step.Principal)
		}
	}
	if len(numbers) != 40 || unanswered != 10 {
		t.Errorf("%d different numbers, %d without an answer", len(numbers), unanswered)
	}
	if pasts := RunChanges(got); len(pasts) != 40 {
		t.Errorf("%d entries to take back", len(pasts))
	}
}
