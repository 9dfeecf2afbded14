package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
)

// resultDocument is what a run did, for a terminal: a row for each cluster with
// what was not done and why below it, then the summary.
func resultDocument(r *apply.Result, opts Options) *doc.Document {
	d := &doc.Document{Continues: opts.Shown != nil}
	groups, grouped := groupRepeated(resultFailures(r))
	for _, g := range groups {
		d.Top = append(d.Top, failedClusters(g, opts.Verbose)...)
	}
	var rows doc.Outcomes
	var unchanged [][3]string
	for i := range r.Clusters {
		c := &r.Clusters[i]
		name := [3]string{c.Account, c.Region, c.Name}
		switch {
		case grouped[name]:
		case quietResult(c):
			unchanged = append(unchanged, name)
		default:
			rows.Rows = append(rows.Rows, outcomeRow(c, namesOf(r), opts))
		}
	}
	d.Top = append(d.Top, doc.Space{}, rows)
	if opts.Shown == nil { // else the plan has said it
		d.Top = append(d.Top, unchangedClusters(unchanged, opts.Verbose)...)
	}
	d.Tail = []doc.Block{doc.Space{}, resultLine(r)}
	return d
}

// namesOf are the names of the clusters of a result by ARN, unlike each other.
func namesOf(r *apply.Result) map[string]string {
	all := make([][3]string, len(r.Clusters))
	for i, c := range r.Clusters {
		all[i] = [3]string{c.Account, c.Region, c.Name}
	}
	names := map[string]string{}
	for i, name := range shortNames(all) {
		names[r.Clusters[i].ARN] = name
	}
	return names
}

func outcomeRow(c *apply.ClusterResult, names map[string]string, opts Options) doc.Outcome {
	l := resultLabels(c, opts)
	row := doc.Outcome{Name: names[c.ARN], Text: doneText(c, l), Below: notDone(c, l, opts)}
	done, all := changesDone(c)
	if all > 0 {
		row.Count = fmt.Sprintf("%d of %d", done, all)
	}
	row.End, row.Style = outcomeWord(c)
	if opts.Verbose {
		row.Below = append(row.Below, steps("calls", doc.Faint, slices.Concat(c.Done, c.InProgress))...)
	}
	return row
}

func resultLabels(c *apply.ClusterResult, opts Options) Labels {
	if opts.Wide {
		return Labels{}
	}
	var all []string
	for _, ch := range c.Changes {
		all = append(all, ch.Principal)
		if ch.PreviousPrincipal != nil {
			all = append(all, *ch.PreviousPrincipal)
		}
	}
	for _, s := range slices.Concat(c.Done, c.Failed, c.NotTried) {
		if s.Principal != "" {
			all = append(all, s.Principal)
		}
	}
	for _, left := range c.Left {
		all = append(all, left.Principal)
	}
	return NewLabels(c.Account, all)
}

// changesDone counts the changes that were made, steps of the mode among them,
// and all that were planned.
func changesDone(c *apply.ClusterResult) (done, all int) {
	for _, ch := range c.Changes {
		if ch.Status == apply.ChangeDone {
			done++
		}
	}
	all = len(c.Changes)
	for _, list := range [][]apply.StepResult{c.Done, c.Failed, c.NotTried, c.InProgress} {
		for _, s := range list {
			if s.Mode != "" {
				all++
			}
		}
	}
	return done + len(modesDone(c)), all
}

func modesDone(c *apply.ClusterResult) []apply.StepResult {
	var list []apply.StepResult
	for _, s := range c.Done {
		if s.Mode != "" {
			list = append(list, s)
		}
	}
	return list
}

// doneText is what was done in a cluster: "mode API (38s); 3 entries added".
func doneText(c *apply.ClusterResult, l Labels) string {
	if c.Undeclared > 0 {
		return undeclaredStatus(c.Undeclared)
	}
	var parts []string
	for _, s := range modesDone(c) {
		text := "mode " + s.Mode
		if s.Seconds > 0 {
			text += fmt.Sprintf(" (%ds)", s.Seconds)
		}
		parts = append(parts, text)
	}
	var verbs []string
	n := map[string]int{}
	for _, ch := range c.Changes {
		if ch.Status != apply.ChangeDone {
			continue
		}
		verb := pastVerb(ch)
		if n[verb]++; n[verb] == 1 {
			verbs = append(verbs, verb)
		}
	}
	switch {
	case len(verbs) == 0:
	case len(verbs) == 1 && n[verbs[0]] == 1:
		i := slices.IndexFunc(c.Changes, func(ch apply.ChangeResult) bool { return ch.Status == apply.ChangeDone })
		parts = append(parts, l.name(c.Changes[i].Principal)+" "+verbs[0])
	default:
		var texts []string
		for i, verb := range verbs {
			if i == 0 {
				texts = append(texts, phrase.Count(n[verb], "entry")+" "+verb)
			} else {
				texts = append(texts, fmt.Sprintf("%d %s", n[verb], verb))
			}
		}
		parts = append(parts, strings.Join(texts, ", "))
	}
	switch {
	case len(parts) > 0:
	case len(c.Changes) == 0 && len(c.Done) > 0: // recorded by an earlier version
		return phrase.Count(len(c.Done), "step") + " done"
	default:
		return "nothing was changed"
	}
	return strings.Join(parts, "; ")
}

// pastVerb is what was done to an entry, by its effect.
func pastVerb(c apply.ChangeResult) string {
	switch c.Action {
	case plan.Create:
		return "added"
	case plan.Delete:
		return "removed"
	case plan.Replace:
		return "recreated"
	case plan.Rekey:
		return "moved to the new role"
	}
	switch c.Effect {
	case apply.Gains:
		return "widened"
	case apply.Loses:
		return "narrowed"
	}
	return "changed"
}

// outcomeWord is how applying to a cluster ended, in a word or two.
func outcomeWord(c *apply.ClusterResult) (string, doc.Style) {
	switch c.Status {
	case apply.InSync:
		return "", doc.Plain
	case apply.Applied:
		return "done", doc.Gain
	case apply.Unconfirmed:
		return "not verified", doc.Change
	case apply.Refused:
		return "REFUSED", doc.Alert
	case apply.Failed:
		return "FAILED", doc.Alert
	case apply.Watched:
		return "watch only", doc.Plain
	case apply.Skipped:
		return "not started", doc.Change
	case apply.Interrupted:
		if len(c.InProgress) > 0 {
			return "in progress", doc.Alert
		}
		return "interrupted", doc.Alert
	}
	return string(c.Status), doc.Change
}

// notDone is what was not done in a cluster, with its reason.
func notDone(c *apply.ClusterResult, l Labels, opts Options) []doc.Block {
	var list []doc.Block
	if len(c.Failed) == 0 { // else the error is that of its first failed step
		list = append(list, problem(c.Error)...)
	}
	shown := shownCluster(opts.Shown, c.ARN)
	list = append(list, refusedGuards(newRefusals(c.Guards, shown), l)...)
	for _, s := range c.InProgress {
		list = append(list, doc.Line{Lead: doc.Styled(doc.Alert, "! "), Hang: 4,
			Text: "mode " + s.Mode + ": in progress: " + s.Note})
	}
	for _, s := range c.Failed {
		subject := l.Of(s.Principal)
		if s.Mode != "" {
			subject = "mode " + s.Mode
		}
		line := doc.Line{Lead: doc.Styled(doc.Alert, "x "), Text: phrase.Join(": ", subject, s.Note), Indent: 2}
		if s.Error != nil {
			e := *s.Error
			if e.RequestID == "" {
				e.RequestID = s.RequestID
			}
			line.Blocks = problem(&e)
		}
		list = append(list, line)
	}
	list = append(list, doneNotes(c, l)...)
	list = append(list, notTried(c, l)...)
	for _, left := range c.Left {
		subject := "authentication mode"
		if left.Principal != "" {
			subject = l.Of(left.Principal)
		}
		list = append(list, doc.Line{Lead: doc.Styled(doc.Change, "! "),
			Text: subject + ": not changed: " + l.In(left.Reason),
			Hang: 4})
	}
	guards, notes := c.Guards, c.Warnings
	if shown != nil {
		guards = nil
		notes = slices.DeleteFunc(slices.Clone(notes), func(w plan.Warning) bool {
			return slices.Contains(shown.Warnings, w)
		})
	}
	mode, unchecked, others := splitWarnings(notes)
	list = append(list, otherGuards(guards, unchecked, l, opts.Verbose)...)
	if others = append(others, mode...); len(others) > 0 {
		list = append(list, warningNotes(others, l, opts.Verbose))
	}
	return list
}

// doneNotes say what was other than planned of steps that were done.
func doneNotes(c *apply.ClusterResult, l Labels) []doc.Block {
	var list []doc.Block
	said := map[string]bool{}
	for _, s := range c.Done {
		subject := "mode " + s.Mode
		if s.Mode == "" {
			subject = l.Of(s.Principal)
		}
		if text := subject + ": " + s.Note; s.Note != "" && !said[text] {
			said[text] = true
			list = append(list, doc.Line{Lead: doc.Styled(doc.Faint, "note: "), Text: text, Hang: 4})
		}
	}
	return list
}

// newRefusals are the guards that refuse and that the plan that was shown does
// not have.
func newRefusals(guards []plan.Guard, shown *plan.Cluster) []plan.Guard {
	return slices.DeleteFunc(slices.Clone(guards), func(g plan.Guard) bool {
		return !g.Refuses() || shown != nil && slices.ContainsFunc(shown.Guards, func(h plan.Guard) bool {
			return h.Refuses() && h.Name == g.Name && h.Detail == g.Detail
		})
	})
}

// shownCluster is a cluster of the plan that the reader has seen, or nil.
func shownCluster(p *plan.Plan, clusterARN string) *plan.Cluster {
	if p == nil {
		return nil
	}
	for i := range p.Clusters {
		if p.Clusters[i].ARN == clusterARN {
			return &p.Clusters[i]
		}
	}
	return nil
}

// notTried are the subjects of steps that were not tried, by reason.
func notTried(c *apply.ClusterResult, l Labels) []doc.Block {
	if c.Status == apply.Watched || c.Status == apply.Skipped || c.Status == apply.Refused && len(c.Done) == 0 {
		return nil
	}
	var reasons []string
	subjects := map[string][]string{}
	for _, s := range c.NotTried {
		isLeft := func(left apply.Left) bool { return s.Mode == "" && left.Principal == s.Principal }
		if slices.ContainsFunc(c.Left, isLeft) {
			continue // said with its reason
		}
		subject := "mode " + s.Mode
		if s.Mode == "" {
			subject = l.Of(s.Principal)
		}
		if subjects[s.Note] == nil {
			reasons = append(reasons, s.Note)
		}
		if !slices.Contains(subjects[s.Note], subject) {
			subjects[s.Note] = append(subjects[s.Note], subject)
		}
	}
	var list []doc.Block
	for _, reason := range reasons {
		list = append(list, doc.Line{Lead: doc.Styled(doc.Change, "not done: "),
			Text: phrase.Join(": ", phrase.First(subjects[reason], 10), reason), Hang: 4})
	}
	return list
}

// resultLine is the last line of a result:
//
//	Applied and verified: 3 added, 1 changed, 0 removed in 2 clusters (41s)
func resultLine(r *apply.Result) doc.Block {
	return doc.Line{Lead: doc.Styled(doc.Strong, resultLabel(r)+": "), Text: resultCounts(r), Hang: 4}
}

func resultLabel(r *apply.Result) string {
	s := r.Summary
	switch {
	case s.Done == 0:
		return "Applied"
	case s.Unconfirmed+s.Incomplete+s.Refused+s.Failed+s.Interrupted == 0:
		return "Applied and verified"
	}
	return "Applied in part"
}

// resultCounts are the changes that were made, and the clusters in which not all
// was done.
func resultCounts(r *apply.Result) string {
	n := map[plan.Action]int{}
	clusters, modes := 0, 0
	for i := range r.Clusters {
		c := &r.Clusters[i]
		done, _ := changesDone(c)
		if done > 0 {
			clusters++
		}
		modes += len(modesDone(c))
		for _, ch := range c.Changes {
			if ch.Status == apply.ChangeDone {
				n[ch.Action]++
			}
		}
	}
	s := r.Summary
	made := "no changes"
	if s.Done > 0 {
		made = "no change was completed"
	}
	if clusters > 0 {
		made = phrase.Join(", ", fmt.Sprintf("%d added, %d changed, %d removed", n[plan.Create],
			n[plan.Update]+n[plan.Replace]+n[plan.Rekey], n[plan.Delete]), modeChanges(modes)) +
			" in " + phrase.Count(clusters, "cluster")
	}
	var bad []string
	for _, part := range []counted{{s.Failed, "failed"}, {s.Refused, "refused"}, {s.Interrupted, "interrupted"},
		{s.Unconfirmed, "not verified"}, {s.Incomplete, "incomplete"}, {s.Skipped, "not started"},
		{s.Watched, "watch only"}} {
		if part.n > 0 {
			bad = append(bad, phrase.Count(part.n, "cluster")+" "+part.what)
		}
	}
	text := phrase.Join("; ", made, strings.Join(bad, ", "))
	if r.Seconds > 0 {
		text += fmt.Sprintf(" (%ds)", r.Seconds)
	}
	return text
}
