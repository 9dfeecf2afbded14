package render

import (
	"github.com/eksaccess/eksaccess/apply"
)

// resultMarkdown is what a run did, for a pull request: the summary, then each
// cluster folded, those that did not end well unfolded.
func resultMarkdown(r *apply.Result) []byte {
	c := comment{
		title:   "### eksaccess apply",
		summary: resultSummary(r.Summary),
		whole:   "`eksaccess show JOURNAL`, of the journal of the run",
	}
	groups, grouped := repeated(resultFailures(r))
	for _, g := range groups {
		c.parts = append(
			c.parts,
			part{g[0].name(), 0, func(m *markdown) { m.failures([][]Failure{g}, "failed, nothing was changed") }},
		)
	}
	for i := range r.Clusters {
		cl := &r.Clusters[i]
		name := [3]string{cl.Account, cl.Region, cl.Name}
		if grouped[name] {
			continue
		}
		if quietResult(cl) {
			c.inSync = append(c.inSync, name)
			continue
		}
		weight := 1
		if unwell(cl) {
			weight = 0
		}
		c.parts = append(c.parts, part{name, weight, func(m *markdown) { m.resultCluster(cl) }})
	}
	return c.bytes()
}

func (m *markdown) resultCluster(c *apply.ClusterResult) {
	text, _ := outcome(c)
	m.open(where(c.Name, c.Account, c.Region), text, unwell(c))
	if len(c.Failed) == 0 {
		m.failure(c.Error)
	}
	m.refusals(c.Guards)
	m.mode(c.AuthenticationMode)
	t := table{header: []string{"Step", "", "Call", "Principal", "Note"}}
	for _, part := range []struct {
		name  string
		steps []apply.StepResult
	}{{"done", c.Done}, {"**failed**", c.Failed}, {"not tried", c.NotTried}} {
		for _, s := range part.steps {
			t.add(
				part.name,
				MarkdownCell(stepSign(s.Step)),
				MarkdownCell(stepText(s.Step, s.Mode)),
				MarkdownCell(s.Principal),
				MarkdownText(s.Note),
			)
		}
	}
	if len(t.rows) > 0 {
		m.table(t)
	}
	for _, s := range c.Failed {
		m.failure(s.Error)
	}
	if len(c.Left) > 0 {
		left := table{header: []string{"Left as it is", "Reason"}}
		for _, l := range c.Left {
			left.add(MarkdownCell(leftName(l)), MarkdownText(l.Reason))
		}
		m.table(left)
	}
	m.guards(c.Guards)
	m.warnings(c.Warnings)
	m.close()
}
