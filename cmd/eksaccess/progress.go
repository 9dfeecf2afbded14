package main

import (
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
	switch e.Kind {
	case apply.StepDone:
		progress.Line(fmt.Sprintf("%s: %s %s", name, e.Step.Operation, e.Step.Principal))
	case apply.StepFailed:
		progress.Line(fmt.Sprintf("%s: %s %s failed", name, e.Step.Operation, e.Step.Principal))
	case apply.Retrying, apply.Waiting, apply.ReadingBack:
		progress.Line(fmt.Sprintf("%s: %s (%s)", name, e.Detail, e.Elapsed.Round(time.Second)))
	}
}
