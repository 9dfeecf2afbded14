package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"
)

// Parse returns the root nodes of the documents in data. Where the YAML itself
// is wrong, those before the mistake are returned with the problem: the parser
// can't go on behind it.
func Parse(file string, data []byte) (roots []*yaml.Node, problem *Problem) {
	defer func() {
		// The parser raises its own errors by panicking and lets anything
		// else through; a file must never end the program.
		if r := recover(); r != nil {
			problem = &Problem{Pos{File: file}, fmt.Sprintf("the YAML can't be read: %v", r), ""}
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF):
			return roots, nil
		case err != nil:
			p := syntaxProblem(file, data, err)
			return roots, &p
		case len(doc.Content) == 1:
			roots = append(roots, doc.Content[0])
		}
	}
}

var (
	yamlError     = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)
	sigsError     = regexp.MustCompile(`yaml: line ([0-9]+): (.*)$`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntaxProblem gives the parser's error a place and, for the usual slips,
// what to do.
func syntaxProblem(file string, data []byte, err error) Problem {
	p := Problem{Pos: Pos{File: file}}
	m := yamlError.FindStringSubmatch(err.Error())
	if m == nil {
		p.Summary = fmt.Sprintf("not valid YAML: %v", err)
		return p
	}
	message := m[2]
	if a := unknownAnchor.FindStringSubmatch(message); a != nil {
		p.Pos = find(file, data, "*"+a[1])
		p.Summary = fmt.Sprintf("not valid YAML: nothing above is named &%s for *%s to repeat", a[1], a[1])
		p.Hint = fmt.Sprintf(`a value that begins with "*" needs quotes: "*%s"`, a[1])
		return p
	}
	p.Summary = "not valid YAML: " + message
	n, text := lineAt(data, syntaxLine(data, m[1], message))
	p.Pos = Pos{file, n, utf8.RuneCountInString(text[:len(text)-len(strings.TrimLeft(text, " \t"))]) + 1}
	p.Hint = syntaxHint(message, text)
	return p
}

// lineAt is line n of data, or the last one before it.
func lineAt(data []byte, n int) (int, string) {
	for line := 1; ; line++ {
		text, whole := lineLength(data)
		if line == n || text == whole {
			return line, string(data[:text])
		}
		data = data[whole:]
	}
}

// parserErrors are the messages whose line both libraries count from zero.
var parserErrors = regexp.MustCompile(`^did not find expected (?:<|node content|key|'-'|',')`)

// syntaxLine is the line of a mistake. yaml/v3 gives the one where the list or
// mapping around it begins, sigs.k8s.io/yaml the one where it shows, but the
// latter reads one document only.
func syntaxLine(data []byte, reported, message string) int {
	n, err := strconv.Atoi(reported)
	if err != nil {
		n = 1 // line 0 is left out
	}
	if !parserErrors.MatchString(message) {
		return n
	}
	n++
	start, before := 0, 0 // of the document, in bytes and lines
	for at, line := 0, 1; line <= n; line++ {
		if bytes.HasPrefix(data[at:], []byte("---")) {
			start, before = at, line-1
		}
		_, whole := lineLength(data[at:])
		at += whole
	}
	var ignored any
	if other := sigsyaml.Unmarshal(data[start:], &ignored); other != nil {
		if m := sigsError.FindStringSubmatch(other.Error()); m != nil && m[2] == message {
			line, _ := strconv.Atoi(m[1])
			n = max(n, before+line+1)
		}
	}
	return n
}

func syntaxHint(message, line string) string {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	has := func(s string) bool { return strings.Contains(message, s) }
	switch {
	case strings.Contains(indent, "\t") || has("tab character"):
		return "indent with spaces; YAML takes no tabs there"
	case has("cannot start any token"):
		return "put quotes around a value that begins with @, ` or %"
	case has("mapping values are not allowed"):
		return `put quotes around a value that holds ": "; else look at the indentation of this line and the one above`
	case has("could not find expected ':'"):
		return `a key is followed by ":" and a space`
	case has("end of stream"):
		return "a quote or a bracket is opened and not closed"
	case has("expected ',' or"):
		return "a list in [ ] or a mapping in { } is not closed, or lacks a comma"
	case has("node content"):
		return "a bracket is opened and not closed, or a value is missing"
	case has("did not find expected"):
		return "look at the indentation of this line and the ones above"
	case has("escape"):
		return `in "…" a backslash begins an escape; use '…' to have it as it is`
	case has("max depth"):
		return "no file of this kind is nested that deep"
	}
	return ""
}

// find is the place of the first occurrence of s in data.
func find(file string, data []byte, s string) Pos {
	i := bytes.Index(data, []byte(s))
	if i < 0 {
		return Pos{File: file}
	}
	return PosAt(file, data, i)
}
