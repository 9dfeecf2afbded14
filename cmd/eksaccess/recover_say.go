package main

import (
	"cmp"
	"fmt"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
)

// say books a step and, for a person, shows it at once.
func (r *recovery) say(name string, status rescue.Status, format string, args ...any) error {
	return r.tell(rescue.Step{Name: name, Status: status, Detail: fmt.Sprintf(format, args...)})
}

// command books a step whose words end with a command to run.
func (r *recovery) command(name string, status rescue.Status, next, format string, args ...any) error {
	return r.tell(rescue.Step{Name: name, Status: status, Detail: fmt.Sprintf(format, args...), Next: next})
}

func (r *recovery) tell(s rescue.Step) error {
	r.report.Steps = append(r.report.Steps, s)
	if r.machine() {
		return nil
	}
	return render.RecoveryStep(r.p.stdout, s, r.p.drawing(render.Text))
}

// failed books a step that failed, and ends the run of steps.
func (r *recovery) failed(name string, err plan.Error) error {
	if e := r.tell(rescue.Step{Name: name, Status: rescue.Failed, Detail: failedAt(err), Error: &err}); e != nil {
		return e
	}
	return errStep
}

// failedAt is what was asked when it failed.
func failedAt(err plan.Error) string {
	return cmp.Or(err.Operation, err.Code)
}

func (r *recovery) note(notes ...rescue.Note) { r.report.Notes = append(r.report.Notes, notes...) }

func (r *recovery) machine() bool { return r.c.String("output") == "json" }

func (r *recovery) drawEnd() error {
	if r.machine() {
		return render.JSON(r.p.stdout, r.report)
	}
	return render.RecoveryEnd(r.p.stdout, r.report, r.p.drawing(render.Text))
}

// to is how the aws command reaches the cluster.
func (r *recovery) to() awscli.Options {
	id := r.s.declared.ID
	o := awscli.Options{Cluster: id.Name, Region: id.Region, Profile: r.c.String("profile")}
	if r.s.session != nil {
		o.Profile, o.Role = r.s.session.Profile, r.s.session.AssumedRole
	}
	return o
}

// again is the command to run once what failed is mended.
func (r *recovery) again(more ...string) string {
	words := []string{"eksaccess", "recover", "--cluster", r.s.declared.ID.ARN()}
	for _, flag := range []string{"principal", "policy"} { // without them it would be for another, or give more
		if r.c.IsSet(flag) {
			words = append(words, "--"+flag, r.c.String(flag))
		}
	}
	for _, namespace := range r.c.StringSlice("namespace") {
		words = append(words, "--namespace", namespace)
	}
	words = append(words, more...)
	text := ""
	for i, w := range words {
		if i > 0 {
			text += " "
		}
		text += awscli.Quote(w)
	}
	return text
}
