package render

import (
	"fmt"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
)

// resultPage is what a run did as Markdown: the summary, clusters where anything
// was done, refused or failed, and those without changes.
func resultPage(r *apply.Result) *doc.Document {
	d := &doc.Document{Whole: doc.Join(doc.Code("eksaccess show JOURNAL"), doc.Raw(", of the journal of the run"))}
	d.Top = []doc.Block{doc.Title{Level: 3, Text: "eksaccess apply"},
		doc.Line{Lead: doc.Styled(doc.Strong, resultLabel(r)+": "+resultCounts(r))}}
	groups, grouped := groupRepeated(resultFailures(r))
	d.Parts = failureParts(groups, "failed, nothing was changed")
	var unchanged [][3]string
	for i := range r.Clusters {
		c := &r.Clusters[i]
		name := [3]string{c.Account, c.Region, c.Name}
		switch {
		case grouped[name]:
		case quietResult(c):
			unchanged = append(unchanged, name)
		default:
			part := doc.Part{Name: c.Name, Weight: 1, Blocks: []doc.Block{resultCluster(c)}}
			if unwell(c) {
				part.Weight = 0
			}
			d.Parts = append(d.Parts, part)
		}
	}
	d.Tail = unchangedClusters(unchanged, true)
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

// unwell reports whether a cluster needs attention.
func unwell(c *apply.ClusterResult) bool {
	return c.Status != apply.InSync && c.Status != apply.Applied && c.Status != apply.Watched
}

// resultCluster is one cluster of a result.
func resultCluster(c *apply.ClusterResult) doc.Block {
	s := doc.Section{Title: where(c.Name, c.Account, c.Region), Open: unwell(c)}
	word, st := outcomeWord(c)
	done, all := changesDone(c)
	s.Status, s.Style = phrase.Join(", ", word, fmt.Sprintf("%d of %s", done, phrase.Count(all, "change"))), st
	if c.Undeclared > 0 {
		s.Status = undeclaredStatus(c.Undeclared)
	}
	add := func(blocks ...doc.Block) { s.Blocks = append(s.Blocks, blocks...) }
	// The error of a cluster is that of its first failed step, which has it.
	if len(c.Failed) == 0 {
		add(problem(c.Error)...)
	}
	add(refusals(c.Guards)...)
	add(modeChange(c.AuthenticationMode)...)
	add(stepTable(c)...)
	add(leftTable(c.Left))
	add(guardTable(c.Guards))
	add(warnings(c.Warnings))
	return s
}

// stepTable are the steps of a cluster, and the errors of those that failed.
func stepTable(c *apply.ClusterResult) []doc.Block {
	t := doc.Table{Titles: []string{"Step", "", "Call", "Principal", "Note"}}
	for _, part := range []struct {
		label doc.Text
		steps []apply.StepResult
	}{
		{doc.Raw("done"), c.Done},
		{doc.Styled(doc.Strong, "in progress"), c.InProgress},
		{doc.Styled(doc.Strong, "failed"), c.Failed},
		{doc.Raw("not tried"), c.NotTried},
	} {
		for _, s := range part.steps {
			t.Add(part.label, doc.Code(stepSign(s.Step)), doc.Code(stepText(s.Step, s.Mode)), doc.Code(s.Principal),
				doc.Raw(s.Note))
		}
	}
	blocks := []doc.Block{t}
	for _, s := range c.Failed {
		blocks = append(blocks, problem(s.Error)...)
	}
	return blocks
}

// leftTable are the entries that are not as wanted at the end, and why.
func leftTable(list []apply.Left) doc.Block {
	t := doc.Table{Titles: []string{"Not changed", "Reason"}}
	for _, l := range list {
		t.Add(doc.Code(leftName(l)), doc.Raw(l.Reason))
	}
	return t
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
