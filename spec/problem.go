package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

// A Pos is a place in a file. Lines and columns count from 1; columns count
// characters, not bytes. The zero Line means the file as a whole.
type Pos struct {
	File         string
	Line, Column int
}

func (p Pos) String() string { return yamlfile.Pos(p).String() }

// A Problem is something wrong with a file, or for a warning, odd.
type Problem struct {
	Pos     Pos
	Summary string // lower case, values quoted, no full stop
	Hint    string // what to do; may be empty
}

// fromFile is a problem of a file's YAML.
func fromFile(p yamlfile.Problem) Problem { return Problem{Pos(p.Pos), p.Summary, p.Hint} }

func (p Problem) String() string {
	if at := p.Pos.String(); at != "" {
		return at + ": " + p.Summary
	}
	return p.Summary
}

// Problems are all that was found, in the order of the files and lines.
// Errors keep a file from being used; warnings do not.
type Problems struct {
	Errors   []Problem
	Warnings []Problem
}

// Failed reports whether there is any error.
func (p Problems) Failed() bool { return len(p.Errors) > 0 }

// Error makes the errors one error value; call it when [Problems.Failed].
func (p Problems) Error() string {
	lines := make([]string, len(p.Errors))
	for i, e := range p.Errors {
		lines[i] = e.String()
	}
	return strings.Join(lines, "\n")
}

// Hints returns what to do about the errors.
func (p Problems) Hints() []string {
	var hints []string
	for _, e := range p.Errors {
		if e.Hint != "" && !slices.Contains(hints, e.Hint) {
			hints = append(hints, e.Hint)
		}
	}
	return hints
}

// A report collects problems while a file is gone through.
type report struct{ Problems }

func (r *report) errorf(at Pos, hint, format string, args ...any) {
	r.Errors = append(r.Errors, Problem{at, fmt.Sprintf(format, args...), hint})
}

func (r *report) warnf(at Pos, hint, format string, args ...any) {
	r.Warnings = append(r.Warnings, Problem{at, fmt.Sprintf(format, args...), hint})
}

func (r *report) add(p Problems) {
	r.Errors = append(r.Errors, p.Errors...)
	r.Warnings = append(r.Warnings, p.Warnings...)
}

// sortedProblems returns the problems in the order of the files given, then by place,
// each once: what is wrong with a set shows in every cluster that has it.
func (r *report) sortedProblems(files map[string]int) Problems {
	sort := func(list []Problem) []Problem {
		slices.SortStableFunc(list, func(a, b Problem) int {
			return cmp.Or(
				cmp.Compare(files[a.Pos.File], files[b.Pos.File]),
				a.Pos.compare(b.Pos),
				strings.Compare(a.Summary, b.Summary))
		})
		return slices.Compact(list)
	}
	return Problems{sort(r.Errors), sort(r.Warnings)}
}

// compare orders places by file name, line and column.
func (p Pos) compare(q Pos) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// problemf is a problem of no file, such as a flag's, as an error.
func problemf(hint, format string, args ...any) error {
	return Problems{Errors: []Problem{{Summary: fmt.Sprintf(format, args...), Hint: hint}}}
}
