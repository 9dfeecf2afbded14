package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
	"github.com/eksaccess/eksaccess/plan"
)

var getenv = os.Getenv

// What --progress may say.
const (
	progressAuto  = "auto"
	progressPlain = "plain"
	progressNone  = "none"
)

// progress writes to standard error: in place on a terminal, elsewhere nothing
// but waits that take long, unless lines are asked for.
func (p *program) progress() *render.Progress {
	style := render.Waits
	switch {
	case p.quiet || p.progressMode == progressNone:
		return nil
	case p.progressMode == progressPlain:
		style = render.Plain
	case term.Is(p.stderr) && getenv("TERM") != "dumb" && p.debugLog == nil: // its lines would go through what is drawn
		style = render.Live
	}
	made := render.NewProgress(p.stderr, style, term.Width(p.stderr, getenv), func() (calls, throttled int) {
		all := p.tally.Total()
		return all.Calls, all.Throttled
	})
	p.retries.mu.Lock()
	defer p.retries.mu.Unlock()
	p.retries.progress = made
	return made
}

// An applying turns what happens into progress.
type applying struct {
	*render.Progress
	work map[string]bool // clusters with anything to do, by ARN
}

// applyingTo begins the progress of applying to targets.
func (p *program) applyingTo(targets []apply.Target) applying {
	a := applying{p.progress(), map[string]bool{}}
	steps := 0
	for _, t := range targets {
		if t.Plan.Status != plan.Changed || t.Plan.Watch {
			continue
		}
		a.work[t.Plan.ARN] = true
		steps += apply.Steps(&t.Plan)
	}
	a.Begin("applying to", len(a.work), steps)
	return a
}

func (a applying) tell(e apply.Event) {
	if !a.work[e.Cluster] {
		return
	}
	key, name := e.Cluster, e.Cluster
	if c, err := arn.ParseCluster(e.Cluster); err == nil {
		key, name = c.Path(), c.Name
	}
	subject := cmp.Or(e.Step.Principal, e.Step.Mode)
	if e.Kind != apply.Waiting && e.Kind != apply.Retrying {
		a.Wait(key, "", 0)
	}
	switch e.Kind {
	case apply.StepStarted:
		a.Start(key)
	case apply.StepDone:
		a.Step()
		a.Detail(fmt.Sprintf("%s: %s %s", name, e.Step.Operation, subject))
	case apply.StepFailed:
		a.Step()
		a.Line(fmt.Sprintf("%s: %s %s failed", name, e.Step.Operation, subject))
	case apply.Retrying:
		a.Line(fmt.Sprintf("%s: trying %s again: %s", name, e.Step.Operation, e.Detail))
	case apply.Waiting:
		a.Wait(key, e.Detail, e.Elapsed)
	case apply.ReadingBack:
		a.Start(key)
		a.Detail(fmt.Sprintf("%s: reading back %s", name, e.Detail))
	case apply.Finished:
		a.Finish(key)
	}
}
