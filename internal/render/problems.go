package render

import (
	"io"
	"strings"

	"github.com/eksaccess/eksaccess/spec"
)

// Problems writes what is wrong with files, warnings first, so that errors are
// nearest to the prompt:
//
//	access.yaml:14:16: unknown access policy "AmazonEKSEditorPolicy"
//	  hint: did you mean "AmazonEKSEditPolicy"?
//
// Each begins with its place, which editors follow, and takes one line however
// long it is.
func Problems(w io.Writer, problems spec.Problems, opts Options) error {
	p := newPage(opts)
	for _, problem := range problems.Warnings {
		p.problem(problem, change, "warning:")
	}
	for _, problem := range problems.Errors {
		p.problem(problem, plain, "")
	}
	return write(w, p.Bytes())
}

func (p *page) problem(problem spec.Problem, st style, severity string) {
	at := ""
	if pos := Safe(problem.Pos.String()); pos != "" {
		at = p.paint(strong, pos) + ": "
	}
	if severity != "" {
		at += p.paint(st, severity) + " "
	}
	p.line(0, at+Safe(problem.Summary))
	// A hint may be a few lines to paste.
	for i, l := range strings.Split(strings.TrimRight(problem.Hint, "\n"), "\n") {
		switch {
		case i > 0:
			p.line(4, Safe(l))
		case l != "":
			p.line(2, "hint: "+Safe(l))
		}
	}
}
