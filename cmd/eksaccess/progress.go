package main

import (
	"cmp"
	"fmt"
	"os"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/render"
)

var getenv = os.Getenv

// tell turns what happens while applying into lines of progress.
func tell(progress *render.Progress, e apply.Event) {
	name := e.Cluster
	if c, err := arn.ParseCluster(e.Cluster); err == nil {
		name = c.Name
	}
	subject := cmp.Or(e.Step.Principal, e.Step.Mode)
	switch e.Kind {
	case apply.StepDone:
		progress.Line(fmt.Sprintf("%s: %s %s", name, e.Step.Operation, subject))
	case apply.StepFailed:
		progress.Line(fmt.Sprintf("%s: %s %s failed", name, e.Step.Operation, subject))
	case apply.Retrying:
		progress.Line(fmt.Sprintf("%s: trying %s again: %s", name, e.Step.Operation, e.Detail))
	case apply.Waiting:
		progress.Line(fmt.Sprintf("%s: waiting for %s, %s so far", name, e.Detail, e.Elapsed.Round(time.Second)))
	case apply.ReadingBack:
		progress.Line(fmt.Sprintf("%s: reading back %s", name, e.Detail))
	}
}
