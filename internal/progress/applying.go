package progress

import (
	"cmp"
	"fmt"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/plan"
)

// An Applying shows the events of applying.
type Applying struct {
	*Display
	work map[string]bool // clusters with anything to do, by ARN
}

// Apply begins the progress of applying to targets.
func (d *Display) Apply(targets []apply.Target) Applying {
	a := Applying{d, map[string]bool{}}
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

// Show shows an event. Those of clusters in which there is nothing to do are
// left out.
func (a Applying) Show(e apply.Event) {
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
