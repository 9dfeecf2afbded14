package spec

import (
	"fmt"
	"strings"
)

// A Pos is a place in a file. Lines and columns count from 1; columns count
// characters, not bytes. The zero Line means the file as a whole.
type Pos struct {
	File         string
	Line, Column int
}

func (p Pos) String() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// A Problem is something wrong with a file, or for a warning, odd.
type Problem struct {
	Pos     Pos
	Summary string // lower case, values quoted, no full stop
	Hint    string // what to do; may be empty
}

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
