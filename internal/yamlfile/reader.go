package yamlfile

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Reader goes through the nodes of one file and collects what is wrong with
// it.
type Reader struct {
	Problems []Problem
	// Lost: part of the file could not be read at all, so that what is not
	// found in it may be there.
	Lost bool
	// ShareHint says how to share values other than by aliases.
	ShareHint string

	file      string
	end       Pos
	following map[*yaml.Node]bool // anchors whose aliases are being followed
	borrowed  int                 // values reached through aliases
	exhausted bool                // nothing more is read
	readings  map[string]reading
}

// NewReader returns a reader for a file with these bytes; see [Text].
func NewReader(file string, data []byte) *Reader {
	return &Reader{
		file:      file,
		end:       PosAt(file, data, len(data)),
		following: map[*yaml.Node]bool{},
		readings:  map[string]reading{},
	}
}

// Errorf reports a problem.
func (r *Reader) Errorf(at Pos, hint, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{at, fmt.Sprintf(format, args...), hint})
}

// Pos is where n stands. The parser puts what is missing at the end of a file
// behind its last line.
func (r *Reader) Pos(n *yaml.Node) Pos {
	if n.Line > r.end.Line {
		return r.end
	}
	return Pos{r.file, n.Line, n.Column}
}

// maxProblems bounds what is reported of one file. A file with that many has
// one mistake many times, or is of another kind.
const maxProblems = 1000

// IsFull reports whether enough has been read or reported.
func (r *Reader) IsFull(at Pos) bool {
	if !r.exhausted && len(r.Problems) >= maxProblems {
		r.exhausted, r.Lost = true, true
		r.Errorf(at, "", "the file has more than %d errors; the rest was not read", maxProblems)
	}
	return r.exhausted
}

// WrongType reports that a value is not what it has to be; it returns false.
func (r *Reader) WrongType(label, want string, n *yaml.Node, hint string) bool {
	if want != "text" {
		r.Lost = true
	}
	r.Errorf(r.Pos(n), hint, "%s must be %s, not %s", label, want, kindOf(n))
	return false
}

// kindOf is what n is, in the words of the error messages.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "the number " + Short(n.Value)
	default:
		return "the text " + fmt.Sprintf("%.80q", n.Value)
	}
}

// Short is a short value as YAML may be given it in a hint.
func Short(s string) string {
	if len(s) > 60 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "…"
	}
	if strings.ContainsAny(s, ",[]{}#:&*!|>'\"%@` ") {
		return fmt.Sprintf("%q", s)
	}
	return s
}
