package main

import (
	"context"
	"fmt"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A reporter prints what a run learns, to standard error.
type reporter struct{ p *program }

var _ fleet.Report = reporter{}

func (r reporter) Note(text string) { r.p.printMessage("note", text) }

func (r reporter) Warn(text, hint string) {
	r.p.printMessage("warning", text)
	if hint != "" {
		r.p.printMessage("hint", hint)
	}
}

func (r reporter) Problems(problems spec.Problems, where string) error {
	if err := render.Problems(r.p.stderr, problems, r.p.drawingErrors()); err != nil {
		return err
	}
	if problems.Failed() {
		return fmt.Errorf("%s %s; no AWS call was made", phrase.Count(len(problems.Errors), "problem"), where)
	}
	return nil
}

func (r reporter) Progress() fleet.Progress { return r.p.progress() }

// openFleet returns the clusters of a command, which are connected to as the
// flags say.
func (p *program) openFleet(connection *connectionOptions, kube kubeOptions) *fleet.Fleet {
	return fleet.New(p.fleetOptions(connection, kube))
}

func (p *program) fleetOptions(connection *connectionOptions, kube kubeOptions) fleet.Options {
	asked := fleet.KubeTry
	switch {
	case kube.kube:
		asked = fleet.KubeRequired
	case kube.noKube:
		asked = fleet.KubeNever
	}
	return fleet.Options{
		AWS: awsclient.Options{
			Profile:           connection.profile,
			NoAssumeRole:      connection.noAssumeRole,
			Concurrency:       connection.concurrency,
			Debug:             p.debugLog,
			Version:           version(),
			Tally:             p.tally,
			Clock:             p.clock,
			Retrying:          p.retries.Add,
			TestOnlyPatience:  p.testOnlyPatience,
			TestOnlyTransport: p.testOnlyTransport,
		},
		Kube:   asked,
		Begun:  p.machineNow(),
		Stdin:  p.stdin,
		Report: reporter{p},
	}
}

// newRun returns a run that plans, and may write, in the clusters of a fleet.
func (p *program) newRun(f *fleet.Fleet, options plan.Options, journal journalOptions, maxFailures int) *run.Run {
	return run.New(f, run.Options{
		Plan:        options,
		JournalFile: valueOr(journal.journal, ""),
		NoJournal:   journal.noJournal,
		MaxFailures: maxFailures,
		Args:        p.args,
		Version:     version(),
		Now:         p.clock.Now,
		Sleep:       p.testOnlySleep,
		Report:      reporter{p},
		Watch: func(targets []apply.Target) (events func(apply.Event), end func()) {
			a := p.progress().Apply(targets)
			return a.Show, a.Done
		},
	})
}

// confirmAndApply shows what is planned, asks unless yes is set, applies it, and
// prints the result. command is what failed, where something does.
func (p *program) confirmAndApply(
	ctx context.Context, command string, r *run.Run, targets []*run.Target, form render.Format, yes bool,
) error {
	made := r.PlanOf(targets)
	work := len(run.ChangedClusters(made)) > 0
	// The result is what standard output is for. In its other forms the plan
	// is only for the person who is asked about it.
	shown := p.stdout
	if form != render.Text {
		shown = p.stderr
	}
	drawing := p.drawing(form)
	if form == render.Text || work && !yes {
		if err := render.Plan(shown, made, p.drawing(render.Text)); err != nil {
			return err
		}
		drawing.Shown = made
	}
	var confirm func() error
	if !yes {
		confirm = func() error { return p.ask(ctx, made) }
	}
	result, err := r.Apply(ctx, targets, confirm)
	if err != nil {
		return err
	}
	if form != render.Text || work || hasWatched(made) {
		if err := render.Result(p.stdout, result, drawing); err != nil {
			return err
		}
	}
	if line := r.UndoCommand(); line != "" && form == render.Text {
		if _, err := fmt.Fprintln(p.stdout, "Undo: "+render.Safe(p.asCalled(line))); err != nil {
			return err
		}
	}
	return resultOutcome(command, result)
}
