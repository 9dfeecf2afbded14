package render

import (
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
)

// planDocument is a plan for a terminal: clusters with something to see, then
// those in sync in one line, then the summary.
func planDocument(pl *plan.Plan, verbose bool) *doc.Document {
	d := &doc.Document{}
	summary := planSummary(pl.Summary)
	if verbose {
		made := fmt.Sprintf("plan of %s, made by eksaccess %s", stamp(pl.CreatedAt), pl.ToolVersion)
		d.Top = append(d.Top, doc.Line{Text: made, Style: doc.Faint, Whole: true})
	}
	note := onlyDeclared(pl.Summary)
	groups, grouped := repeated(planFailures(pl))
	d.Parts = failureParts(groups, "failed")
	overview := planOverview()
	var inSync [][3]string
	for i := range pl.Clusters {
		c := &pl.Clusters[i]
		name := [3]string{c.Account, c.Region, c.Name}
		switch {
		case grouped[name]:
		case quiet(c):
			inSync = append(inSync, name)
		default:
			d.Parts = append(d.Parts, doc.Part{Name: c.Name, Weight: planWeight(c),
				Blocks: []doc.Block{planCluster(c, pl.CreatedAt, verbose)}})
			addToOverview(&overview, c)
		}
	}
	d.Tail = clustersTail(overview, len(d.Parts), inSync, verbose)
	if note != "" {
		d.Tail = append(d.Tail, inTerminal(doc.Line{Text: note, Style: doc.Faint}))
	}
	d.Tail = append(d.Tail, inTerminal(doc.Line{Text: summary, Style: doc.Strong, Whole: true}))
	return d
}

// planFailures are the clusters of which there is nothing to say but why they
// failed.
func planFailures(pl *plan.Plan) []Failure {
	var all []Failure
	for _, c := range pl.Clusters {
		if c.Status == plan.Failed && len(c.Changes)+len(c.Warnings)+len(c.Guards) == 0 {
			all = append(all, Failure{c.Account, c.Region, c.Name, c.Error})
		}
	}
	return all
}

// planWeight says which clusters a comment that is too long keeps.
func planWeight(c *plan.Cluster) int {
	switch {
	case c.Status == plan.Failed || c.Status == plan.Refused:
		return 0
	case slices.ContainsFunc(c.Changes, func(ch plan.Change) bool { return adminNote(ch) != "" }):
		return 1
	case c.Status == plan.Changed:
		return 2
	case c.Status == plan.Drifted || c.Status == plan.Left:
		return 3
	}
	return 4
}

// quiet reports whether there is nothing to see in the cluster. Guards that
// could not be judged are of no interest where nothing changes.
func quiet(c *plan.Cluster) bool {
	return c.Status == plan.InSync && c.Error == nil && !rowsRule(c.AWSAuth) && !refused(c.Guards) &&
		len(c.Changes)+len(c.Unmanaged)+len(c.Held)+len(c.Ending)+len(c.Warnings) == 0 &&
		!c.AuthenticationMode.Moves()
}

// status is how the heading says a cluster stands.
func status(c *plan.Cluster) (string, doc.Style) {
	text, st := statusOf(c)
	if n := len(c.NotUndone); n > 0 {
		return fmt.Sprintf("%s, %d not undone", text, n), doc.Change
	}
	return text, st
}

func statusOf(c *plan.Cluster) (string, doc.Style) {
	n := len(c.Changes)
	if c.AuthenticationMode.Moves() {
		n++
	}
	switch c.Status {
	case plan.Failed:
		return "failed", doc.Alert
	case plan.Refused:
		if n == 0 {
			return "refused", doc.Alert
		}
		return "refused, nothing of it will be applied", doc.Alert
	case plan.InSync:
		return "in sync", doc.Gain
	case plan.Drifted:
		return undeclared(len(c.Unmanaged)), doc.Change
	case plan.Left:
		return "no changes", doc.Change
	}
	if n == 0 {
		return string(c.Status), doc.Change
	}
	return phrase.Count(n, "change"), doc.Change
}

// undeclared is the heading of a cluster in which nothing changes, and which has
// entries that no file declares.
func undeclared(n int) string {
	return "no changes, " + phrase.Count(n, "undeclared entry")
}

// planCluster is one cluster of a plan.
func planCluster(c *plan.Cluster, made time.Time, verbose bool) doc.Block {
	s := doc.Section{Title: where(c.Name, c.Account, c.Region)}
	s.Status, s.Style = status(c)
	add := func(blocks ...doc.Block) { s.Blocks = append(s.Blocks, blocks...) }
	if c.Watch {
		s.Status += ", only watched"
	}
	if verbose {
		add(doc.Line{Text: c.ARN, Style: doc.Faint, Whole: true})
	}
	add(problem(c.Error)...)
	add(modeChange(c.AuthenticationMode, doc.Change, true)...)
	add(changeItems(c.Changes, made, verbose))
	add(held(c.Held))
	add(ending(c.Ending, made))
	add(unmanaged(c.Unmanaged)...)
	add(authRows(c.AWSAuth)...)
	add(guards(c.Guards, verbose))
	add(warnings(c.Warnings))
	if verbose && c.Counts != nil {
		rest := counts(counted{c.Counts.Unchanged, "unchanged"}, counted{c.Counts.System, "system"},
			counted{c.Counts.Ignored, "ignored"})
		if rest != "" {
			add(doc.Line{Text: rest, Style: doc.Faint, Whole: true})
		}
	}
	return s
}

// held are entries on hold until a time, a line each.
func held(list []plan.Held) doc.Block {
	var lines []doc.Block
	for _, h := range list {
		lines = append(lines, heldLine("held until "+stamp(h.Until)+": ", h))
	}
	return inTerminal(lines...)
}

// ending says how long what has an end will last, seen from when the plan was
// made.
func ending(list []plan.Held, made time.Time) doc.Block {
	var lines []doc.Block
	for _, h := range list {
		lines = append(lines, heldLine("ends in "+span(h.Until.Sub(made))+", at "+stamp(h.Until)+": ", h))
	}
	return inTerminal(lines...)
}

func heldLine(label string, h plan.Held) doc.Block {
	l := doc.Line{Lead: doc.Styled(doc.Change, label), Text: h.Principal, Hang: 4}
	if h.Reason != "" {
		l.Blocks = []doc.Block{doc.Line{Text: h.Reason, Style: doc.Faint}}
	}
	return l
}

// unmanaged are entries that no file declares.
func unmanaged(list []plan.Unmanaged) []doc.Block {
	if len(list) == 0 {
		return nil
	}
	what := "1 entry that no file declares, left as it is"
	if n := len(list); n > 1 {
		what = fmt.Sprintf("%d entries that no file declares, left as they are", n)
	}
	t := doc.Table{
		Header: []string{"PRINCIPAL", "OWNER", "TYPE", "POLICIES", "GROUPS"},
	}
	for _, u := range list {
		policies, groups := policyList(u.Policies), words(u.Groups)
		t.Add(doc.Code(u.Principal), doc.Raw(u.Owner), doc.Raw(u.Type), doc.Raw(policies), doc.Raw(groups))
		about := phrase.Join("; ", labelled("owner ", u.Owner), u.Type, policies, labelled("groups ", groups))
		t.Narrow = append(t.Narrow, doc.Line{Text: u.Principal, Whole: true, Indent: 2,
			Blocks: []doc.Block{doc.Line{Text: about, Style: doc.Faint}}})
	}
	return labelledTable(doc.Styled(doc.Change, "unmanaged: "), what, t)
}

// labelledTable is a table, in a terminal below a line that says what it is.
func labelledTable(label doc.Text, text string, t doc.Table) []doc.Block {
	line := doc.Line{Lead: label, Text: text, Blocks: []doc.Block{t}}
	return []doc.Block{doc.Either{Text: []doc.Block{line}, Markdown: []doc.Block{t}}}
}

// labelled is a value behind its label; "" for none.
func labelled(label, value string) string {
	if value == "" {
		return ""
	}
	return label + value
}

// planOverview sums up the clusters that are shown, one a line.
func planOverview() doc.Table {
	return doc.Table{Header: []string{"CLUSTER", "ACCOUNT", "REGION", "STATUS", "MODE", plan.Create.Symbol(),
		plan.Update.Symbol(), plan.Replace.Symbol(), plan.Rekey.Symbol(), plan.Delete.Symbol(), "UNMANAGED"}}
}

func addToOverview(t *doc.Table, c *plan.Cluster) {
	n := map[plan.Action]int{}
	for _, ch := range c.Changes {
		n[ch.Action]++
	}
	mode := ""
	if c.AuthenticationMode.Moves() {
		mode = plan.Update.Symbol()
	}
	t.AddRaw(c.Name, c.Account, c.Region, plainStatus(string(c.Status)), mode, number(n[plan.Create]),
		number(n[plan.Update]), number(n[plan.Replace]), number(n[plan.Rekey]), number(n[plan.Delete]),
		number(len(c.Unmanaged)))
	text, st := status(c)
	t.Narrow = append(t.Narrow, statusLine(where(c.Name, c.Account, c.Region), text, st))
}
