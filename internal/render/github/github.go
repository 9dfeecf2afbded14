// Package github writes annotations: commands to a GitHub workflow, one a
// line, shown at the line of the file they name (GitHub Actions, "Workflow
// commands").
package github

import (
	"bytes"
	"io"
	"strings"

	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// A Level is how much an annotation matters.
type Level string

const (
	Notice  Level = "notice"
	Warning Level = "warning"
	Error   Level = "error"
)

// An Annotation is raw text with a place.
type Annotation struct {
	Level   Level
	Source  string // file:line:column, or empty
	Title   string
	Message string
}

// Write writes annotations, in one Write.
func Write(w io.Writer, list []Annotation) error {
	var b bytes.Buffer
	for _, a := range list {
		var properties []string
		file, line, column := SplitSource(a.Source)
		for _, p := range [][2]string{{"file", file}, {"line", line}, {"col", column}, {"title", a.Title}} {
			if p[1] != "" {
				properties = append(properties, p[0]+"="+property(p[1]))
			}
		}
		b.WriteString("::" + string(a.Level) + " " + strings.Join(properties, ",") + "::" + data(a.Message) + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// data and property escape as the workflow commands want it. Line ends are gone
// already, so no value can begin a command of its own.
func data(s string) string { return strings.ReplaceAll(escape.Text(s), "%", "%25") }

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}

// SplitSource takes file:line:column apart. A file's name may hold colons.
func SplitSource(source string) (file, line, column string) {
	rest, column, ok := cutLast(source)
	if !ok {
		return source, "", ""
	}
	if file, line, ok := cutLast(rest); ok {
		return file, line, column
	}
	return rest, column, ""
}

// cutLast cuts a number after the last colon off.
func cutLast(s string) (before, number string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || s[i+1:] == "" || strings.Trim(s[i+1:], "0123456789") != "" {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
