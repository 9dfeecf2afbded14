package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// A ProgressStyle says how it is told how far a run is.
type ProgressStyle int

const (
	Waits ProgressStyle = iota // nothing but what takes long by itself: waiting for EKS
	Plain                      // lines
	Live                       // drawn in place, which the writer has to be a terminal for
)

// A Progress says how far a run is. It may be used from several goroutines; a
// nil one is silent.
type Progress struct {
	w     io.Writer
	style ProgressStyle
	width int
	calls func() (calls, throttled int) // so far; nil where it is not known
	now   func() time.Time

	mu      sync.Mutex
	verb    string // "reading"
	total   int    // clusters
	done    int
	entries int
	steps   [2]int // done, of all
	begun   time.Time
	atWork  map[string]time.Time // clusters, and since when
	waits   map[string]wait      // by cluster
	told    time.Time            // the latest plain line of how far it is
	trouble string               // why calls are sent again; drawn in place only
	since   time.Time            // of trouble

	screen *mpb.Progress
	bar    *mpb.Bar
}

type wait struct {
	what  string
	since time.Time
}

// NewProgress returns a Progress that writes to w, which is so many columns
// wide.
func NewProgress(w io.Writer, style ProgressStyle, width int, calls func() (calls, throttled int)) *Progress {
	return &Progress{
		w:      w,
		style:  style,
		width:  max(width, 40),
		calls:  calls,
		now:    time.Now,
		atWork: map[string]time.Time{},
		waits:  map[string]wait{},
	}
}

// Begin says what is done ("reading"), with how many clusters, and of how many
// steps that consists, if that is known.
func (p *Progress) Begin(verb string, clusters, steps int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	p.verb, p.total, p.begun, p.told, p.steps = verb, clusters, p.now(), p.now(), [2]int{0, steps}
	p.mu.Unlock()
	if p.style != Live || clusters == 0 {
		return
	}
	// Whoever draws asks for the text, so the lock must not be held here.
	screen := mpb.New(mpb.WithOutput(p.w), mpb.WithWidth(p.width), mpb.WithAutoRefresh())
	bar := screen.AddBar(int64(clusters), mpb.BarRemoveOnComplete(), mpb.BarWidth(20),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + p.Text() })))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen, p.bar = screen, bar
}

// Start says that a cluster is at work, by its name or ACCOUNT/REGION/NAME, Finish that it is done.
func (p *Progress) Start(cluster string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.atWork[cluster] = p.now()
}

func (p *Progress) Finish(cluster string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	bar := p.bar
	delete(p.atWork, cluster)
	delete(p.waits, cluster)
	p.done++
	p.tellNow()
	p.mu.Unlock()
	if bar != nil {
		bar.Increment() // not under the lock, which whoever draws may wait for
	}
}

func (p *Progress) tellNow() {
	// A log is read from the end: the last line says it all, and those before
	// that it goes on.
	if p.style == Plain && (p.done == p.total || p.now().Sub(p.told) >= 5*time.Second) {
		p.told = p.now()
		fmt.Fprintln(p.w, escape.Text(p.text()))
	}
}

// Entries adds to those that were read, Step to the steps that were done.
func (p *Progress) Entries(n int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entries += n
}

func (p *Progress) Step() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps[0]++
}

// Wait says what a cluster waits for and for how long it has; nothing, that it
// goes on.
func (p *Progress) Wait(cluster, what string, elapsed time.Duration) {
	if p == nil {
		return
	}
	p.mu.Lock()
	if what == "" {
		delete(p.waits, cluster)
	} else {
		p.waits[cluster] = wait{what, p.now().Add(-elapsed)}
	}
	p.mu.Unlock()
	if what != "" && p.style != Live {
		p.line(fmt.Sprintf("%s: waiting for %s, %s so far", lastPart(cluster), what, elapsed.Round(time.Second)))
	}
}

// Trouble shows why calls are sent again, in place, for some seconds. It reports
// false where nothing is drawn in place, and the caller has to write a line.
func (p *Progress) Trouble(text string) bool {
	if p == nil || p.style != Live {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble, p.since = text, p.now()
	return p.screen != nil
}

// troubleFor is how long a trouble is shown after its latest report: as long as
// the longest pause between two attempts.
const troubleFor = 20 * time.Second

// Notice writes a line that stays, in whatever style.
func (p *Progress) Notice(text string) {
	if p != nil {
		p.line(text)
	}
}

// Line writes a line that stays, but where nothing is told. Detail is for one
// of many: where all is seen in one place, it is left out.
func (p *Progress) Line(text string) {
	if p != nil && p.style != Waits {
		p.line(text)
	}
}

func (p *Progress) Detail(text string) {
	if p != nil && p.style == Plain {
		p.line(text)
	}
}

func (p *Progress) line(text string) {
	p.mu.Lock()
	screen := p.screen
	p.mu.Unlock()
	if screen != nil {
		fmt.Fprintln(screen, escape.Text(text)) // above what is drawn
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, escape.Text(text))
}

// Done takes away what was drawn.
func (p *Progress) Done() {
	if p == nil {
		return
	}
	p.mu.Lock()
	screen, bar := p.screen, p.bar
	p.screen, p.bar = nil, nil
	p.mu.Unlock()
	if bar != nil {
		bar.Abort(true)
		screen.Wait()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.entries = 0, 0
	clear(p.atWork)
	clear(p.waits)
}

// Text is how far it is, in one line:
//
//	reading 37/100 clusters, 1850 entries, about 14s left; waiting for prod, 12 more; 3801 calls, 12 throttled
//	applying to 8/9 clusters, 40 of 42 steps; waiting 1m35s for old: update 36a17199; 120 calls
func (p *Progress) Text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return escape.Text(p.text())
}

func (p *Progress) text() string {
	parts := []string{fmt.Sprintf("%s %d/%s", p.verb, p.done, phrase.Count(p.total, "cluster"))}
	if p.entries > 0 {
		parts = append(parts, phrase.Count(p.entries, "entry"))
	}
	if p.steps[1] > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s", p.steps[0], phrase.Count(p.steps[1], "step")))
	}
	if left := p.left(); left > 0 {
		parts = append(parts, "about "+left.String()+" left")
	}
	text := strings.Join(parts, ", ")
	if p.done < p.total {
		text = phrase.Join("; ", text, p.waitedFor())
		if p.trouble != "" && p.now().Sub(p.since) < troubleFor {
			text = phrase.Join("; ", text, p.trouble)
		}
	}
	if p.calls == nil {
		return text
	}
	calls, throttled := p.calls()
	text += "; " + phrase.Count(calls, "call")
	if throttled > 0 {
		text += fmt.Sprintf(", %d throttled", throttled)
	}
	return text
}

// left is how long it will take if it goes on as it did, with those at work half
// done; 0 where nothing can be said yet, or where EKS sets the time.
func (p *Progress) left() time.Duration {
	if p.done == 0 || p.done == p.total || len(p.waits) > 0 {
		return 0
	}
	did := float64(p.done) + float64(len(p.atWork))/2
	left := time.Duration(float64(p.now().Sub(p.begun)) / did * (float64(p.total) - did))
	return max(left.Round(time.Second), time.Second)
}

// waitedFor is what EKS is waited for, else the clusters that take longest.
func (p *Progress) waitedFor() string {
	var names []string
	lead := "waiting "
	for name, w := range p.waits {
		names = append(
			names,
			fmt.Sprintf("%s for %s: %s", p.now().Sub(w.since).Round(time.Second), lastPart(name), w.what),
		)
	}
	if len(names) > 0 {
		slices.Sort(names)
	} else {
		lead = "waiting for "
		for name, since := range p.atWork {
			if p.now().Sub(since) >= time.Second {
				names = append(names, name)
			}
		}
		slices.SortFunc(names, func(a, b string) int {
			return cmp.Or(p.atWork[a].Compare(p.atWork[b]), cmp.Compare(a, b))
		})
		for i := range names {
			names[i] = lastPart(names[i])
		}
	}
	if n := len(names); n > 2 {
		names = append(names[:2], fmt.Sprintf("%d more", n-2))
	}
	if len(names) == 0 {
		return ""
	}
	return lead + strings.Join(names, ", ")
}

// lastPart is the name in ACCOUNT/REGION/NAME.
func lastPart(cluster string) string { return cluster[strings.LastIndexByte(cluster, '/')+1:] }
