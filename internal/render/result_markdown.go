package render

import (
	"github.com/eksaccess/eksaccess/apply"
)

// resultMarkdown is what a run did, for a pull request: the summary, then each
// cluster folded, those that did not end well unfolded.
func resultMarkdown(r *apply.Result) []byte {
	var m markdown
	m.para("### eksaccess apply")
	m.para("**" + MarkdownText(resultSummary(r.Summary)) + "**")
	var folded [][3]string
	for i := range r.Clusters {
		c := &r.Clusters[i]
		if quietResult(c) {
			folded = append(folded, [3]string{c.Account, c.Region, c.Name})
			continue
		}
		m.resultCluster(c)
	}
	m.inSync(folded)
	return m.Bytes()
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
			t.add(part.name, MarkdownCell(stepSign(s.Step)), MarkdownCell(stepText(s.Step, s.Mode)), MarkdownCell(s.Principal), MarkdownText(s.Note))
		}
	}
	if len(t.rows) > 0 {
		m.table(t)
	}
	for _, s := range c.Failed {
		m.failure(s.Error)
	}
	m.guards(c.Guards)
	m.warnings(c.Warnings)
	m.close()
}
