package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/process"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Exit codes. Where several hold, the first of this order wins: 1, 5, 3, 4, 2, 0.
const (
	exitOK          = 0 // done, or nothing to do
	exitFailure     = 1 // wrong usage, a wrong file, or every cluster failed
	exitDifferences = 2 // plan --detailed-exitcode: changes, or unmanaged entries; doctor: access is missing
	exitRefused     = 3 // a guard refused
	exitUnconfirmed = 4 // applied, but not everything: left since it changed, or not confirmed
	exitSome        = 5 // some clusters failed
)

// An outcome is an exit code of a run whose result was printed. Its message is
// the last line on standard error; [exitDifferences] has none.
type outcome struct {
	code    int
	message string
	hints   []string
}

func (o outcome) Error() string { return o.message }

// differences is the outcome of a run that found some.
var differences = outcome{code: exitDifferences, message: "there are differences"}

func failureIn(account, region, name string, err *plan.Error) render.Failure {
	return render.Failure{Account: account, Region: region, Name: name, Error: err}
}

// failedOutcome is the outcome of a run in which clusters failed, some or all
// of them.
func failedOutcome(what string, failures []render.Failure, of int) outcome {
	code := exitSome
	if len(failures) == of {
		code = exitFailure
	}
	return outcome{code: code, message: render.FailureSummary(what, failures, of)}
}

// readingOutcome is the outcome of a reading of clusters, some of which, or some
// accounts and regions, could not be read.
func readingOutcome(failures []render.Failure, of int, notRead []snapshot.NotRead) error {
	var places []string
	for _, n := range notRead {
		if n.Cluster == nil {
			places = append(places, n.Place())
		}
	}
	switch {
	case len(places) == 0 && len(failures) == 0:
		return nil
	case len(places) == 0:
		return failedOutcome("reading failed", failures, of)
	}
	message := "not all clusters are known: not read: " + phrase.First(places, 3)
	out := outcome{code: exitSome, message: message}
	if len(failures) > 0 {
		f := failedOutcome("reading failed", failures, of)
		out = outcome{code: f.code, message: f.message + "; " + out.message}
	}
	return out
}

// unlistedOutcome adds to the outcome of a command that some accounts and
// regions could not be read.
func unlistedOutcome(unlisted []snapshot.NotRead, err error) error {
	var out outcome
	if len(unlisted) == 0 || err != nil && !errors.As(err, &out) {
		return err
	}
	missing := readingOutcome(nil, 0, unlisted)
	switch out.code {
	case exitOK, exitDifferences:
		return missing
	case exitUnconfirmed, exitRefused:
		return outcome{code: exitSome, message: out.message + "; " + missing.Error()}
	}
	return err
}

// refusedOutcome is the outcome of a run that guards refused in some clusters.
func refusedOutcome(guards []plan.Guard, refused, of int) outcome {
	var names []string
	for _, g := range guards {
		if g.Refuses() && !slices.Contains(names, g.Name) {
			names = append(names, g.Name)
		}
	}
	message := fmt.Sprintf("refused by a guard in %d of %s", refused, phrase.Count(of, "cluster"))
	if len(names) > 0 {
		message += ": " + strings.Join(names, ", ")
	}
	return outcome{code: exitRefused, message: message}
}

// stoppedOutcome adds to an outcome that time was up or the run interrupted. A
// run that was interrupted ends with 1.
func (p *program) stoppedOutcome(ctx context.Context, err error) error {
	late := fleet.StopCause(ctx)
	if late == nil {
		return err
	}
	var out outcome
	interrupted := errors.Is(ctx.Err(), context.Canceled)
	switch incomplete := errors.As(err, &out) && out.code != exitDifferences; {
	case interrupted && !incomplete:
		return late
	case interrupted:
		out.code, out.message = exitFailure, process.Interruption(ctx)+"; "+out.message
		return out
	case !incomplete:
		p.printMessage("warning", late.Error()) // the result is whole without what was not reached
		return err
	}
	out.message = late.Error() + "; " + out.message
	out.hints = append(fault.Hints(late), out.hints...)
	return out
}

// withHint is an error with what to do about it.
func withHint(err error, hints ...string) error { return fault.WithHint(err, hints...) }

// printWarnings prints the warnings about the value of a flag.
func (p *program) printWarnings(flag string, problems spec.Problems) {
	for _, w := range problems.Warnings {
		p.printMessage("warning", flag+w.Summary)
		if w.Hint != "" {
			p.printMessage("hint", w.Hint)
		}
	}
}

// printMessage prints one line to standard error: "eksaccess: error: …". Further
// lines of the text are kept apart from it by an indent.
func (p *program) printMessage(kind, text string) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range lines {
		lines[i] = render.Safe(lines[i])
	}
	fmt.Fprintf(p.stderr, "eksaccess: %s: %s\n", kind, p.asCalled(strings.Join(lines, "\n  ")))
}
