package progress

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

// A Style says how much is written of how far a run is.
type Style int

const (
	Waits Style = iota // nothing but what takes long by itself: waiting for EKS
	Plain              // lines
	Live               // drawn in place, which the writer has to be a terminal for
)

// A Display says how far a run is. It may be used from several goroutines; a
// nil one is silent.
type Display struct {
	w     io.Writer
	style Style
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

// New returns a Display that writes to w, which is so many columns wide.
func New(w io.Writer, style Style, width int, calls func() (calls, throttled int)) *Display {
	return &Display{
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
func (d *Display) Begin(verb string, clusters, steps int) {
	if d == nil {
		return
	}
	d.mu.Lock()
	d.verb, d.total, d.begun, d.told, d.steps = verb, clusters, d.now(), d.now(), [2]int{0, steps}
	d.mu.Unlock()
	if d.style != Live || clusters == 0 {
		return
	}
	// The drawing goroutine asks for the text, so the lock must not be held here.
	screen := mpb.New(mpb.WithOutput(d.w), mpb.WithWidth(d.width), mpb.WithAutoRefresh())
	bar := screen.AddBar(int64(clusters), mpb.BarRemoveOnComplete(), mpb.BarWidth(20),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + d.Text() })))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.screen, d.bar = screen, bar
}

// Start says that a cluster is at work, by its name or ACCOUNT/REGION/NAME, Finish that it is done.
func (d *Display) Start(cluster string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.atWork[cluster] = d.now()
}

func (d *Display) Finish(cluster string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	bar := d.bar
	delete(d.atWork, cluster)
	delete(d.waits, cluster)
	d.done++
	d.tellNow()
	d.mu.Unlock()
	if bar != nil {
		bar.Increment() // not under the lock, which the drawing goroutine may wait for
	}
}

func (d *Display) tellNow() {
	// A log is read from the end: the last line says it all, and those before
	// that it goes on.
	if d.style == Plain && (d.done == d.total || d.now().Sub(d.told) >= 5*time.Second) {
		d.told = d.now()
		fmt.Fprintln(d.w, escape.Text(d.text()))
	}
}

// Entries adds to those that were read, Step to the steps that were done.
func (d *Display) Entries(n int) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries += n
}

func (d *Display) Step() {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps[0]++
}

// Wait says what a cluster waits for and for how long it has; nothing, that it
// goes on.
func (d *Display) Wait(cluster, what string, elapsed time.Duration) {
	if d == nil {
		return
	}
	d.mu.Lock()
	if what == "" {
		delete(d.waits, cluster)
	} else {
		d.waits[cluster] = wait{what, d.now().Add(-elapsed)}
	}
	d.mu.Unlock()
	if what != "" && d.style != Live {
		d.line(fmt.Sprintf("%s: waiting for %s, %s so far", lastPart(cluster), what, elapsed.Round(time.Second)))
	}
}

// Trouble shows why calls are sent again, in place, for some seconds. It reports
// false where nothing is drawn in place, and the caller has to write a line.
func (d *Display) Trouble(text string) bool {
	if d == nil || d.style != Live {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trouble, d.since = text, d.now()
	return d.screen != nil
}

// troubleFor is how long a trouble is shown after its latest report: as long as
// the longest pause between two attempts.
const troubleFor = 20 * time.Second

// Notice writes a line that stays, in whatever style.
func (d *Display) Notice(text string) {
	if d != nil {
		d.line(text)
	}
}

// Line writes a line that stays, unless progress is off. Detail is for one
// of many: where all is seen in one place, it is left out.
func (d *Display) Line(text string) {
	if d != nil && d.style != Waits {
		d.line(text)
	}
}

func (d *Display) Detail(text string) {
	if d != nil && d.style == Plain {
		d.line(text)
	}
}

func (d *Display) line(text string) {
	d.mu.Lock()
	screen := d.screen
	d.mu.Unlock()
	if screen != nil {
		fmt.Fprintln(screen, escape.Text(text)) // above what is drawn
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintln(d.w, escape.Text(text))
}

// Done takes away what was drawn.
func (d *Display) Done() {
	if d == nil {
		return
	}
	d.mu.Lock()
	screen, bar := d.screen, d.bar
	d.screen, d.bar = nil, nil
	d.mu.Unlock()
	if bar != nil {
		bar.Abort(true)
		screen.Wait()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done, d.entries = 0, 0
	clear(d.atWork)
	clear(d.waits)
}

// Text is how far it is, in one line:
//
//	reading 37/100 clusters, 1850 entries, about 14s left; waiting for prod, 12 more; 3801 calls, 12 throttled
//	applying to 8/9 clusters, 40 of 42 steps; waiting 1m35s for old: update 36a17199; 120 calls
func (d *Display) Text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return escape.Text(d.text())
}

func (d *Display) text() string {
	parts := []string{fmt.Sprintf("%s %d/%s", d.verb, d.done, phrase.Count(d.total, "cluster"))}
	if d.entries > 0 {
		parts = append(parts, phrase.Count(d.entries, "entry"))
	}
	if d.steps[1] > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s", d.steps[0], phrase.Count(d.steps[1], "step")))
	}
	if left := d.timeLeft(); left > 0 {
		parts = append(parts, "about "+left.String()+" left")
	}
	text := strings.Join(parts, ", ")
	if d.done < d.total {
		text = phrase.Join("; ", text, d.waitedFor())
		if d.trouble != "" && d.now().Sub(d.since) < troubleFor {
			text = phrase.Join("; ", text, d.trouble)
		}
	}
	if d.calls == nil {
		return text
	}
	calls, throttled := d.calls()
	text += "; " + phrase.Count(calls, "call")
	if throttled > 0 {
		text += fmt.Sprintf(", %d throttled", throttled)
	}
	return text
}

// timeLeft is how long it will take if it goes on as it did, with those at work half
// done; 0 where nothing can be said yet, or where EKS sets the time.
func (d *Display) timeLeft() time.Duration {
	if d.done == 0 || d.done == d.total || len(d.waits) > 0 {
		return 0
	}
	did := float64(d.done) + float64(len(d.atWork))/2
	left := time.Duration(float64(d.now().Sub(d.begun)) / did * (float64(d.total) - did))
	return max(left.Round(time.Second), time.Second)
}

// waitedFor is what EKS is waited for, else the clusters that take longest.
func (d *Display) waitedFor() string {
	var names []string
	lead := "waiting "
	for name, w := range d.waits {
		names = append(
			names,
			fmt.Sprintf("%s for %s: %s", d.now().Sub(w.since).Round(time.Second), lastPart(name), w.what),
		)
	}
	if len(names) > 0 {
		slices.Sort(names)
	} else {
		lead = "waiting for "
		for name, since := range d.atWork {
			if d.now().Sub(since) >= time.Second {
				names = append(names, name)
			}
		}
		slices.SortFunc(names, func(a, b string) int {
			return cmp.Or(d.atWork[a].Compare(d.atWork[b]), cmp.Compare(a, b))
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
