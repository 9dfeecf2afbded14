package main

import (
	"os"
	"time"

	"github.com/eksaccess/eksaccess/internal/progress"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
)

var getenv = os.Getenv

// What --progress may say.
const (
	progressAuto  = "auto"
	progressPlain = "plain"
	progressNone  = "none"
)

// isSilent reports whether nothing is written about how far a run is.
func (p *program) isSilent() bool { return p.quiet || p.progressMode == progressNone }

// progress writes to standard error: in place on a terminal, elsewhere nothing
// but waits that take long, unless lines are asked for.
func (p *program) progress() *progress.Display {
	style := progress.Waits
	switch {
	case p.isSilent():
		return nil
	case p.progressMode == progressPlain:
		style = progress.Plain
	case term.Is(p.stderr) && getenv("TERM") != "dumb" && p.debugLog == nil: // its lines would go through what is drawn
		style = progress.Live
	}
	d := progress.New(p.stderr, style, term.Width(p.stderr, getenv), func() (calls, throttled int) {
		all := p.tally.Total()
		return all.Calls, all.Throttled
	})
	p.retries.ShowIn(d)
	return d
}

// noteRetry writes about a call that is sent again where nothing is drawn.
func (p *program) noteRetry(text string) {
	if !p.isSilent() {
		p.complain("note", text)
	}
}

// printStats prints what --stats asks for.
func (p *program) printStats() {
	if p.statsForm == "" {
		return
	}
	s := render.Stats{Took: time.Since(p.begun)}
	for _, c := range p.tally.Counts() {
		s.Calls = append(s.Calls, render.CallCount{
			Service: c.Service, Operation: c.Operation, Calls: c.Calls, Throttled: c.Throttled,
			Failed: c.Failed, Time: c.Time, Longest: c.Longest,
		})
	}
	_ = s.Write(p.stderr, p.statsForm == "json") // the run itself was reported already
}
