package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/render"
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

// An outcome is an exit code that needs no further words: what there was to
// say has been printed.
type outcome int

func (o outcome) Error() string { return fmt.Sprintf("exit code %d", int(o)) }

// A hinted error knows what to do next, and the exit code it ends with.
type hinted struct {
	error
	hints []string
	code  int
}

func (h hinted) Unwrap() error { return h.error }

// withHint is an error with what to do about it.
func withHint(err error, hints ...string) error { return hinted{err, hints, exitFailure} }

// refusal is what a guard over the whole run says.
func refusal(err error, hints ...string) error { return hinted{err, hints, exitRefused} }

// told takes apart what an error has to say.
func told(err error) (hints []string, code int) {
	var h hinted
	if errors.As(err, &h) {
		return h.hints, h.code
	}
	var problems spec.Problems
	if errors.As(err, &problems) {
		for _, p := range problems.Errors {
			if p.Hint != "" && !slices.Contains(hints, p.Hint) {
				hints = append(hints, p.Hint)
			}
		}
		return hints, exitFailure
	}
	return nil, exitFailure
}

// tellWarnings prints what is odd about a value of the command line.
func (p *program) tellWarnings(flag string, problems spec.Problems) {
	for _, w := range problems.Warnings {
		p.complain("warning", flag+w.Summary)
		if w.Hint != "" {
			p.complain("hint", w.Hint)
		}
	}
}

// complain prints one line to standard error: "eksaccess: error: …". Further
// lines of the text are kept apart from it by an indent.
func (p *program) complain(kind, text string) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range lines {
		lines[i] = render.Safe(lines[i])
	}
	fmt.Fprintf(p.stderr, "eksaccess: %s: %s\n", kind, p.asCalled(strings.Join(lines, "\n  ")))
}
