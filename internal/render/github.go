package render

import (
	"bytes"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
)

// Annotations are commands to a GitHub workflow, one a line, shown at the line
// of the file they name (GitHub Actions, "Workflow commands").

type annotations struct{ bytes.Buffer }

// add writes one annotation. level is "notice", "warning" or "error"; source is
// file:line:column, or empty.
func (a *annotations) add(level, source, title, message string) {
	var props []string
	file, line, column := splitSource(source)
	for _, p := range [][2]string{{"file", file}, {"line", line}, {"col", column}, {"title", title}} {
		if p[1] != "" {
			props = append(props, p[0]+"="+property(p[1]))
		}
	}
	a.WriteString("::" + level + " " + strings.Join(props, ",") + "::" + data(message) + "\n")
}

// data and property escape as the workflow commands want it. Line ends are gone
// already, so no value can begin a command of its own.
func data(s string) string { return strings.ReplaceAll(Safe(s), "%", "%25") }

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}

// splitSource takes file:line:column apart. A file's name may hold colons.
func splitSource(source string) (file, line, column string) {
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

func planGitHub(p *plan.Plan) []byte {
	var a annotations
	groups, grouped := repeated(planFailures(p))
	a.failures(groups)
	for _, c := range p.Clusters {
		if grouped[[3]string{c.Account, c.Region, c.Name}] {
			continue
		}
		at := where(c.Name, c.Account, c.Region)
		a.failure(at, c.Error)
		a.guards(at, c.Guards)
		if m := c.AuthenticationMode; m.Moves() {
			a.add("warning", "", at, "authentication mode "+m.Before+" -> "+m.After+", "+oneWay(m))
		}
		for _, ch := range c.Changes {
			level := "notice"
			if adminNote(ch) != "" || ch.Action == plan.Delete || ch.Action == plan.Replace {
				level = "warning"
			}
			a.add(level, ch.Source, at, phrase.Join(", ", string(ch.Action)+" "+ch.Principal, adminNote(ch))+": "+ch.Reason)
		}
		for _, u := range c.Unmanaged {
			a.add("notice", "", at, "unmanaged "+u.Principal)
		}
		a.warnings(at, c.Warnings)
	}
	a.add("notice", "", "eksaccess plan", planSummary(p.Summary))
	return a.Bytes()
}

func resultGitHub(r *apply.Result) []byte {
	var a annotations
	groups, grouped := repeated(resultFailures(r))
	a.failures(groups)
	for _, c := range r.Clusters {
		if grouped[[3]string{c.Account, c.Region, c.Name}] {
			continue
		}
		at := where(c.Name, c.Account, c.Region)
		a.failure(at, c.Error)
		a.guards(at, c.Guards)
		if text, _ := outcome(&c); unwell(&c) {
			a.add("warning", "", at, text)
		}
		for _, l := range c.Left {
			a.add("warning", "", at, "left as it is: "+leftName(l)+": "+l.Reason)
		}
		a.warnings(at, c.Warnings)
	}
	a.add("notice", "", "eksaccess apply", resultSummary(r.Summary))
	return a.Bytes()
}

func (a *annotations) failure(at string, e *plan.Error) {
	if e == nil {
		return
	}
	text := e.Message
	if e.Code != "" {
		text = e.Code + ": " + text
	}
	a.add("error", "", at, phrase.Join("; ", text, e.Hint))
}

func (a *annotations) guards(at string, guards []plan.Guard) {
	for _, g := range guards {
		if g.Refuses() {
			a.add("error", "", at, "refused by "+g.Name+": "+phrase.Join("; ", g.Detail, g.Hint))
		}
	}
}

func (a *annotations) warnings(at string, warnings []plan.Warning) {
	for _, w := range warnings {
		a.add("warning", w.Source, at, w.Message)
	}
}
