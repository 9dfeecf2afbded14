package progress

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/render/rendertest"
)

// A plainRun is a run of three clusters, of which one waits for EKS.
func plainRun(p *Display, now *time.Time) {
	p.now = func() time.Time { return *now }
	p.Begin("reading", 3, 0)
	for _, name := range []string{"one", "two", "thr\x1b[31mee"} {
		p.Start(name)
	}
	*now = now.Add(6 * time.Second)
	p.Entries(100)
	p.Finish("one")
	p.Wait("two", "update 17", 35*time.Second)
	p.Line("two: it goes on")
	p.Detail("two: CreateAccessEntry x")
	*now = now.Add(time.Second)
	p.Wait("two", "", 0)
	p.Finish("two")
	p.Entries(1)
	p.Finish("thr\x1b[31mee")
	p.Done()
}

func TestLines(t *testing.T) {
	for _, test := range []struct {
		style Style
		want  string
	}{
		{Waits, "two: waiting for update 17, 35s so far\n"},
		{Plain, `reading 1/3 clusters, 100 entries, about 3s left; waiting for thr\x1b[31mee, two; 400 calls, 7 throttled
two: waiting for update 17, 35s so far
two: it goes on
two: CreateAccessEntry x
reading 3/3 clusters, 101 entries; 400 calls, 7 throttled
`},
	} {
		var out bytes.Buffer
		now := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
		plainRun(New(&out, test.style, 80, func() (int, int) { return 400, 7 }), &now)
		if diff := cmp.Diff(test.want, out.String()); diff != "" {
			t.Errorf("style %d (-want +got)\n%s", test.style, diff)
		}
	}
	plainRunOfNobody(nil)
}

// A nil Display is silent, and no reason to fail.
func plainRunOfNobody(p *Display) {
	p.Begin("reading", 1, 1)
	p.Start("x")
	p.Entries(1)
	p.Step()
	p.Wait("x", "y", time.Second)
	p.Line("x")
	p.Detail("x")
	p.Finish("x")
	p.Done()
}

func TestText(t *testing.T) {
	now := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	p := New(&bytes.Buffer{}, Plain, 80, nil)
	p.now = func() time.Time { return now }
	p.Begin("applying to", 9, 40)
	for i := range 5 {
		p.Start(fmt.Sprint("c", i))
		p.Step()
	}
	now = now.Add(10 * time.Second)
	if got, want := p.Text(), "applying to 0/9 clusters, 5 of 40 steps; waiting for c0, c1, 3 more"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p.Finish("c0")
	p.Wait("c3", "update 17", 3*time.Second)
	now = now.Add(4 * time.Second)
	if got, want := p.Text(), "applying to 1/9 clusters, 5 of 40 steps; waiting 7s for c3: update 17"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What is drawn is taken away at the end, and what stays is above it. Drawing
// asks for numbers while they change: none may wait for the other.
func TestLive(t *testing.T) {
	var out syncBuffer
	p := New(&out, Live, 100, func() (int, int) { return 1, 0 })
	p.Begin("reading", 40, 0)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			name := fmt.Sprint("c", i)
			p.Start(name)
			p.Entries(3)
			if i == 7 {
				p.Line("a line \x1b[2Jthat stays")
			}
			time.Sleep(time.Duration(i) * 10 * time.Millisecond)
			p.Finish(name)
		})
	}
	all.Wait()
	p.Done()
	got := out.String()
	if !strings.Contains(got, "/40 clusters, ") || !strings.Contains(got, `a line \x1b[2Jthat stays`) {
		t.Errorf("%q", got)
	}
	if strings.Contains(got, "\x1b[2J") {
		t.Error("a line drives the terminal")
	}
	// It can be begun again: apply reads, and then writes.
	p.Begin("applying to", 1, 0)
	p.Start("x")
	p.Finish("x")
	p.Done()
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Why calls are sent again is part of what is drawn in place, for some seconds.
func TestTrouble(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := New(io.Discard, Live, 200, nil)
	p.now = func() time.Time { return now }
	p.Begin("reading", 3, 0)
	defer p.Done()
	if !p.Trouble("trying X again: ##[error]500") {
		t.Error("it is not drawn")
	}
	if want := `reading 0/3 clusters; trying X again: #\x23[error]500`; p.Text() != want {
		t.Errorf("%q, want %q", p.Text(), want)
	}
	now = now.Add(troubleFor)
	if want := "reading 0/3 clusters"; p.Text() != want {
		t.Errorf("%q, want %q", p.Text(), want)
	}
	for _, other := range []*Display{nil, New(io.Discard, Plain, 200, nil), New(io.Discard, Waits, 200, nil)} {
		if other.Trouble("x") {
			t.Error("it claims to be drawn")
		}
	}
}

// No text of AWS or of a file drives a terminal, or commands the runner of a
// workflow.
func TestHostileText(t *testing.T) {
	for _, s := range rendertest.Hostile {
		var out bytes.Buffer
		d := New(&out, Plain, 80, nil)
		d.Begin("reading", 2, 0)
		d.Start(s)
		d.Wait("x"+s, s, 0)
		d.Notice(s)
		d.Detail("x" + s)
		d.Trouble(s)
		fmt.Fprintln(&out, d.Text())
		d.Finish(s)
		for line := range strings.Lines(out.String()) {
			rendertest.MustBePlain(t, strings.TrimSuffix(line, "\n"))
		}
		if t.Failed() {
			t.Fatalf("%q: %q", s, out.String())
		}
	}
}
