package render

import (
	"fmt"
	"io"
	"sync"
)

// A Progress says how far a run is: on a terminal in one line that is drawn
// over, elsewhere in a line a step, or not at all. It may be used from several
// goroutines; a nil one is silent.
type Progress struct {
	mu      sync.Mutex
	w       io.Writer
	inPlace bool
	width   int
	drawn   bool
}

// NewProgress returns a Progress that writes to w. With inPlace it draws over
// its own line, which w has to be a terminal for.
func NewProgress(w io.Writer, inPlace bool, width int) *Progress {
	return &Progress{w: w, inPlace: inPlace, width: max(width, 40)}
}

// Step says that done of total are done, the last of them what.
func (p *Progress) Step(verb string, done, total int, what string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%s %d/%d: %s", Safe(verb), done, total, Safe(what))
	if !p.inPlace {
		fmt.Fprintln(p.w, text)
		return
	}
	// One column is left free: a full line makes some terminals go on to the
	// next, and the one above would stay.
	fmt.Fprint(p.w, "\r\x1b[K"+cut(text, p.width-1))
	p.drawn = true
}

// Line writes a line that stays.
func (p *Progress) Line(text string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintln(p.w, Safe(text))
}

// Done takes the line that moves away.
func (p *Progress) Done() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *Progress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

// cut shortens s to n columns.
func cut(s string, n int) string {
	if width(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used += width(string(r)); used > n-3 {
			return s[:i] + "..."
		}
	}
	return s
}
