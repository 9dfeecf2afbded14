package render

import (
	"fmt"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/phrase"
)

// resultText is what a run did, for a person: clusters where anything was
// done, refused or failed, then those that had nothing to do, then the summary.
func resultText(r *apply.Result, opts Options) []byte {
	p := newPage(opts)
	var folded [][3]string
	var shown []*apply.ClusterResult
	groups, grouped := repeated(resultFailures(r))
	p.failureGroups(groups, "failed, nothing was changed")
	for i := range r.Clusters {
		c := &r.Clusters[i]
		if grouped[[3]string{c.Account, c.Region, c.Name}] {
			continue
		}
		if quietResult(c) {
			folded = append(folded, [3]string{c.Account, c.Region, c.Name})
			continue
		}
		shown = append(shown, c)
		p.resultCluster(c, opts.Verbose)
	}
	if len(shown) > manyClusters {
		p.blank()
		if t := outcomeTable(shown); !p.table(0, t) {
			for _, c := range shown {
				text, st := outcome(c)
				p.hang(0, where(c.Name, c.Account, c.Region)+": ", st, text)
			}
		}
	}
	if len(folded) > 0 {
		p.blank()
		p.names(phrase.Count(len(folded), "cluster")+" in sync: ", shortNames(folded), opts.Verbose)
	}
	if len(folded) == 0 || len(shown)+len(groups) > 0 {
		p.blank()
	}
	p.line(0, p.paint(strong, resultSummary(r.Summary)))
	return p.Bytes()
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
	for _, g := range c.Guards {
		if g.Refuses() {
			return false
		}
	}
	return c.Status == apply.InSync && c.Undeclared == 0 && c.Error == nil &&
		len(c.Done)+len(c.Failed)+len(c.NotTried)+len(c.Left)+len(c.Warnings) == 0
}

// outcome is how the heading says applying ended.
func outcome(c *apply.ClusterResult) (string, style) {
	done := fmt.Sprintf("%d of %s done", len(c.Done), phrase.Count(len(c.Done)+len(c.Failed)+len(c.NotTried), "step"))
	switch c.Status {
	case apply.InSync:
		if c.Undeclared > 0 {
			return undeclared(c.Undeclared), change
		}
		return "in sync", gain
	case apply.Applied, apply.Unconfirmed:
		if c.Converged {
			return "applied, and read back as planned", gain
		}
		return "applied, but not yet as planned when read back", change
	case apply.Incomplete:
		return "incomplete, " + untouched(c, done), change
	case apply.Refused:
		return "refused, " + untouched(c, done), alert
	case apply.Failed:
		return "failed, " + untouched(c, done), alert
	case apply.Interrupted:
		return "interrupted, " + untouched(c, done), alert
	case apply.Watched:
		return "only watched, nothing was changed", plain
	case apply.Skipped:
		return "not begun, nothing was changed", change
	}
	return Safe(string(c.Status)), plain
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

func (p *page) resultCluster(c *apply.ClusterResult, verbose bool) {
	p.blank()
	text, st := outcome(c)
	p.hang(0, p.paint(strong, where(c.Name, c.Account, c.Region)+": "), st, text)
	if c.AuthenticationMode.Moves() {
		p.line(2, modeChange(c.AuthenticationMode))
	}
	// The error of a cluster is that of its first failed step, which tells it.
	if c.Error != nil && len(c.Failed) == 0 {
		p.failure(2, c.Error)
	}
	p.steps("done", plain, c.Done)
	p.steps("failed", alert, c.Failed)
	p.steps("not tried", change, c.NotTried)
	p.left(c.Left)
	p.guards(2, c.Guards, verbose)
	p.warnings(2, c.Warnings)
}

// left lists the entries that are not as wanted at the end, and why.
func (p *page) left(list []apply.Left) {
	if len(list) == 0 {
		return
	}
	p.line(2, p.paint(change, "left as they are:"))
	for _, l := range list {
		p.line(4, p.paint(change, "! ")+leftName(l))
		p.hang(8, "", plain, Safe(l.Reason))
	}
}

func leftName(l apply.Left) string {
	if l.Principal == "" {
		return "authentication mode"
	}
	return Safe(l.Principal)
}

// steps writes one line a step; failed ones with their error below.
func (p *page) steps(label string, st style, steps []apply.StepResult) {
	if len(steps) == 0 {
		return
	}
	p.line(2, p.paint(st, label+":"))
	failed := false
	t := table{header: make([]string, 4)}
	for _, s := range steps {
		t.add(stepSign(s.Step), stepWhat(s), Safe(s.Principal), note(s))
		failed = failed || s.Error != nil
	}
	if !failed && p.signed(4, t.draw()) {
		return
	}
	for _, s := range steps {
		sign := stepSign(s.Step)
		p.hangAt(
			4,
			p.paint(signStyle(sign), sign+" "),
			plain,
			strings.TrimRight(stepWhat(s)+" "+Safe(s.Principal), " "),
			8,
		)
		if n := note(s); n != "" {
			p.hang(8, "", faint, n)
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
			p.failure(8, &e)
		}
	}
}

func stepWhat(s apply.StepResult) string {
	what := Safe(s.Operation)
	if args := stepArguments(s.Step, s.Mode); args != "" {
		what += " (" + args + ")"
	}
	return what
}

func note(s apply.StepResult) string { return Safe(s.Note) }

// signed writes lines whose first column is a sign, if all of them fit.
func (p *page) signed(indent int, lines []string) bool {
	for _, l := range lines {
		if indent+width(l) > p.width {
			return false
		}
	}
	for _, l := range lines {
		p.line(indent, p.paint(signStyle(l[:1]), l[:1])+strings.TrimPrefix(l[1:], " "))
	}
	return true
}

// outcomeTable sums up the clusters that were shown, one a line.
func outcomeTable(clusters []*apply.ClusterResult) table {
	t := table{header: []string{"CLUSTER", "ACCOUNT", "REGION", "STATUS", "DONE", "FAILED", "NOT TRIED"}}
	for _, c := range clusters {
		t.add(Safe(c.Name), Safe(c.Account), Safe(c.Region), plainStatus(string(c.Status)),
			number(len(c.Done)), number(len(c.Failed)), number(len(c.NotTried)))
	}
	return t
}
