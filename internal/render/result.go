package render

import (
	"fmt"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
)

// resultDocument is what a run did: clusters where anything was done, refused
// or failed, then those that had nothing to do, then the summary, which a page
// has at the top.
func resultDocument(r *apply.Result, verbose bool) *doc.Document {
	d := &doc.Document{Whole: doc.Join(doc.Code("eksaccess show JOURNAL"), doc.Raw(", of the journal of the run"))}
	summary := resultSummary(r.Summary)
	d.Top = []doc.Block{onPage(doc.Title{Level: 3, Text: "eksaccess apply"},
		doc.Line{Lead: doc.Styled(doc.Strong, summary)})}
	groups, grouped := repeated(resultFailures(r))
	d.Parts = failureParts(groups, "failed, nothing was changed")
	overview := doc.Table{Header: []string{"CLUSTER", "ACCOUNT", "REGION", "STATUS", "DONE", "FAILED", "NOT TRIED"}}
	var inSync [][3]string
	for i := range r.Clusters {
		c := &r.Clusters[i]
		name := [3]string{c.Account, c.Region, c.Name}
		switch {
		case grouped[name]:
		case quietResult(c):
			inSync = append(inSync, name)
		default:
			part := doc.Part{Name: c.Name, Weight: 1, Blocks: []doc.Block{resultCluster(c, verbose)}}
			if unwell(c) {
				part.Weight = 0
			}
			d.Parts = append(d.Parts, part)
			overview.AddRaw(c.Name, c.Account, c.Region, plainStatus(string(c.Status)),
				number(len(c.Done)), number(len(c.Failed)), number(len(c.NotTried)))
			text, st := outcome(c)
			overview.Narrow = append(overview.Narrow, statusLine(where(c.Name, c.Account, c.Region), text, st))
		}
	}
	d.Tail = append(clustersTail(overview, len(d.Parts), inSync, verbose),
		inTerminal(doc.Line{Text: summary, Style: doc.Strong, Whole: true}))
	return d
}

// resultFailures are the clusters in which nothing was tried.
func resultFailures(r *apply.Result) []Failure {
	var all []Failure
	for _, c := range r.Clusters {
		if c.Status == apply.Failed && len(c.Done)+len(c.Failed)+len(c.NotTried)+len(c.Warnings)+len(c.Guards) == 0 {
			all = append(all, Failure{c.Account, c.Region, c.Name, c.Error})
		}
	}
	return all
}

func quietResult(c *apply.ClusterResult) bool {
	return c.Status == apply.InSync && c.Undeclared == 0 && c.Error == nil && !refused(c.Guards) &&
		len(c.Done)+len(c.Failed)+len(c.NotTried)+len(c.Left)+len(c.Warnings) == 0
}

// outcome is how the heading says applying ended.
func outcome(c *apply.ClusterResult) (string, doc.Style) {
	done := fmt.Sprintf("%d of %s done", len(c.Done), phrase.Count(len(c.Done)+len(c.Failed)+len(c.NotTried), "step"))
	switch c.Status {
	case apply.InSync:
		if c.Undeclared > 0 {
			return undeclared(c.Undeclared), doc.Change
		}
		return "in sync", doc.Gain
	case apply.Applied, apply.Unconfirmed:
		if c.Converged {
			return "applied, and read back as planned", doc.Gain
		}
		return "applied, but not yet as planned when read back", doc.Change
	case apply.Incomplete:
		return "incomplete, " + untouched(c, done), doc.Change
	case apply.Refused:
		return "refused, " + untouched(c, done), doc.Alert
	case apply.Failed:
		return "failed, " + untouched(c, done), doc.Alert
	case apply.Interrupted:
		return "interrupted, " + untouched(c, done), doc.Alert
	case apply.Watched:
		return "only watched, nothing was changed", doc.Plain
	case apply.Skipped:
		return "not begun, nothing was changed", doc.Change
	}
	return string(c.Status), doc.Plain
}

func untouched(c *apply.ClusterResult, done string) string {
	if len(c.Done)+len(c.Failed) == 0 {
		return "nothing was changed"
	}
	return done
}

// unwell reports whether a cluster needs somebody to look at it.
func unwell(c *apply.ClusterResult) bool {
	return c.Status != apply.InSync && c.Status != apply.Applied && c.Status != apply.Watched
}

// resultCluster is one cluster of a result.
func resultCluster(c *apply.ClusterResult, verbose bool) doc.Block {
	s := doc.Section{Title: where(c.Name, c.Account, c.Region), Open: unwell(c)}
	s.Status, s.Style = outcome(c)
	add := func(blocks ...doc.Block) { s.Blocks = append(s.Blocks, blocks...) }
	// The error of a cluster is that of its first failed step, which has it.
	failure := c.Error
	if len(c.Failed) > 0 {
		failure = nil
	}
	add(inTerminal(modeChange(c.AuthenticationMode, doc.Plain, false)...))
	add(problem(failure)...)
	add(onPage(refusals(c.Guards)...))
	add(onPage(modeChange(c.AuthenticationMode, doc.Plain, true)...))
	add(clusterSteps(c))
	add(leftEntries(c.Left))
	add(guards(c.Guards, verbose))
	add(warnings(c.Warnings))
	return s
}

// clusterSteps are the steps of a cluster: in a terminal by how they ended, on
// a page in one table.
func clusterSteps(c *apply.ClusterResult) doc.Block {
	var e doc.Either
	t := doc.Table{Titles: []string{"Step", "", "Call", "Principal", "Note"}}
	for _, part := range []struct {
		label string
		style doc.Style
		page  doc.Text
		steps []apply.StepResult
	}{
		{"done", doc.Plain, doc.Raw("done"), c.Done},
		{"failed", doc.Alert, doc.Styled(doc.Strong, "failed"), c.Failed},
		{"not tried", doc.Change, doc.Raw("not tried"), c.NotTried},
	} {
		e.Text = append(e.Text, steps(part.label, part.style, part.steps)...)
		for _, s := range part.steps {
			t.Add(part.page, doc.Code(stepSign(s.Step)), doc.Code(stepText(s.Step, s.Mode)), doc.Code(s.Principal),
				doc.Raw(s.Note))
		}
	}
	e.Markdown = []doc.Block{t}
	for _, s := range c.Failed {
		e.Markdown = append(e.Markdown, problem(s.Error)...)
	}
	return e
}

// leftEntries are the entries that are not as wanted at the end, and why.
func leftEntries(list []apply.Left) doc.Block {
	if len(list) == 0 {
		return doc.Either{}
	}
	line := doc.Line{Text: "left as they are:", Style: doc.Change, Whole: true, Indent: 2}
	t := doc.Table{Titles: []string{"Left as it is", "Reason"}}
	for _, l := range list {
		line.Blocks = append(line.Blocks, doc.Line{Lead: doc.Styled(doc.Change, "! "), Text: leftName(l), Whole: true,
			Blocks: []doc.Block{doc.Line{Text: l.Reason}}})
		t.Add(doc.Code(leftName(l)), doc.Raw(l.Reason))
	}
	return doc.Either{Text: []doc.Block{line}, Markdown: []doc.Block{t}}
}

func leftName(l apply.Left) string {
	if l.Principal == "" {
		return "authentication mode"
	}
	return l.Principal
}

// steps are the steps that ended in one way, in a terminal: a line each, those
// that failed with their error below.
func steps(label string, st doc.Style, list []apply.StepResult) []doc.Block {
	if len(list) == 0 {
		return nil
	}
	failed := false
	t := doc.Table{Header: make([]string, 4), Signed: true}
	for _, s := range list {
		t.AddRaw(stepSign(s.Step), stepCall(s), s.Principal, s.Note)
		t.Narrow = append(t.Narrow, stepLine(s))
		failed = failed || s.Error != nil
	}
	line := doc.Line{Text: label + ":", Style: st, Whole: true, Indent: 2, Blocks: []doc.Block{t}}
	if failed {
		line.Blocks = t.Narrow
	}
	return []doc.Block{line}
}

func stepLine(s apply.StepResult) doc.Block {
	sign := stepSign(s.Step)
	line := doc.Line{
		Lead: doc.Styled(doc.SignStyle(sign), sign+" "),
		Text: strings.TrimRight(stepCall(s)+" "+s.Principal, " "),
		Hang: 4,
	}
	if s.Note != "" {
		line.Blocks = append(line.Blocks, doc.Line{Text: s.Note, Style: doc.Faint})
	}
	if s.Error != nil {
		e := *s.Error
		// The step's own line has said these already.
		if e.Operation == s.Operation {
			e.Operation = ""
		}
		if e.RequestID == "" {
			e.RequestID = s.RequestID
		}
		line.Blocks = append(line.Blocks, problem(&e)...)
	}
	return line
}

// stepCall is the call of a step and what it was given.
func stepCall(s apply.StepResult) string {
	if args := stepArguments(s.Step, s.Mode); args != "" {
		return s.Operation + " (" + args + ")"
	}
	return s.Operation
}

func refused(guards []plan.Guard) bool {
	for _, g := range guards {
		if g.Refuses() {
			return true
		}
	}
	return false
}
