package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// planDocument is a plan for a terminal: what failed, clusters with something
// to see, those without changes in one line, and the summary.
func planDocument(pl *plan.Plan, opts Options) *doc.Document {
	d := &doc.Document{}
	if opts.Verbose {
		d.Top = append(d.Top, doc.Line{Style: doc.Faint, Whole: true,
			Text: fmt.Sprintf("plan of %s by eksaccess %s", stamp(pl.CreatedAt), pl.ToolVersion)})
	}
	failed := planFailures(pl)
	grouped := map[[3]string]bool{}
	for _, g := range sameFailures(failed) {
		d.Parts = append(d.Parts, doc.Part{Name: g[0].Name, Blocks: failedClusters(g, opts.Verbose)})
		for _, f := range g {
			grouped[f.name()] = true
		}
	}
	var unchanged [][3]string
	for i := range pl.Clusters {
		c := &pl.Clusters[i]
		name := [3]string{c.Account, c.Region, c.Name}
		switch {
		case grouped[name]:
		case quiet(c):
			unchanged = append(unchanged, name)
		default:
			d.Parts = append(d.Parts, doc.Part{Name: c.Name, Blocks: []doc.Block{planCluster(c, pl.CreatedAt, opts)}})
		}
	}
	d.Tail = append(unchangedClusters(unchanged, opts.Verbose), doc.Space{})
	if note := onlyDeclared(pl.Summary); note != "" {
		d.Tail = append(d.Tail, doc.Line{Text: note})
	}
	last := func(label, text string) {
		if text != "" {
			d.Tail = append(d.Tail, doc.Line{Lead: doc.Styled(doc.Strong, label+": "), Text: text, Hang: 4})
		}
	}
	last("Plan", planCounts(pl))
	last("Drift", drift(pl))
	last("Guards", guardCounts(pl))
	return d
}

// unchangedClusters are clusters of which there is nothing to say.
func unchangedClusters(list [][3]string, all bool) []doc.Block {
	if len(list) == 0 {
		return nil
	}
	return []doc.Block{doc.Space{}, doc.Names{Title: "No changes", Names: shortNames(list), All: all}}
}

// failedClusters is one error with the clusters that have it.
func failedClusters(g []Failure, verbose bool) []doc.Block {
	e := commonError(g)
	if len(g) == 1 {
		return []doc.Block{doc.Section{Title: clusterTitle(g[0].Name, g[0].Account, g[0].Region), Status: "FAILED",
			Style: doc.Alert, Aside: true, Blocks: problem(e)}}
	}
	text := phrase.Count(len(g), "cluster")
	if e != nil {
		text = phrase.Join(": ", text, e.Code, e.Message)
	}
	blocks := []doc.Block{doc.Line{Text: firstNames(g, 3)}}
	if e != nil {
		for _, detail := range errorDetails(e) {
			if detail.Value != "" && (verbose || detail.Label == missingAction) {
				blocks = append(blocks, doc.Line{Lead: doc.Styled(doc.Faint, detail.Label+": "), Text: detail.Value})
			}
		}
		if e.Hint != "" {
			blocks = append(blocks, doc.Line{Lead: doc.Styled(doc.Strong, "fix: "), Text: e.Hint, Whole: true})
		}
	}
	return []doc.Block{doc.Space{},
		doc.Line{Lead: doc.Styled(doc.Alert, "FAILED: "), Text: text, Hang: 2, Indent: 2, Blocks: blocks}}
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
// could not be checked are of no interest where nothing changes.
func quiet(c *plan.Cluster) bool {
	return c.Status == plan.InSync && c.Error == nil && !rowsRule(c.AWSAuth) && !refused(c.Guards) &&
		len(c.Changes)+len(c.Unmanaged)+len(c.Held)+len(c.Ending)+len(c.Warnings) == 0 &&
		!c.AuthenticationMode.Moves()
}

// status is how a heading says that a cluster stands.
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
		return "refused, no changes will be made", doc.Alert
	case plan.Drifted:
		return undeclaredStatus(len(c.Unmanaged)), doc.Change
	case plan.InSync:
		return "no changes", doc.Gain
	case plan.Left:
		return "no changes", doc.Change
	}
	if n == 0 {
		return string(c.Status), doc.Change
	}
	return phrase.Count(n, "change"), doc.Change
}

// undeclaredStatus is the heading of a cluster in which nothing changes, and which has
// entries that no file declares.
func undeclaredStatus(n int) string {
	return "no changes, " + phrase.Count(n, "undeclared entry")
}

// headline is what stands beside the name of a cluster in a terminal: nothing
// for changes, which follow.
func headline(c *plan.Cluster) (string, doc.Style) {
	text, st := status(c)
	switch c.Status {
	case plan.Failed:
		return "FAILED", st
	case plan.Refused:
		return "REFUSED: no changes will be made", st
	case plan.Changed:
		text = ""
		if n := len(c.NotUndone); n > 0 {
			text = fmt.Sprintf("%d not undone", n)
		}
	}
	if c.Watch {
		text = phrase.Join(", ", text, "watch only: no changes will be made")
	}
	return text, st
}

// planCluster is one cluster of a plan in a terminal, what matters most first.
func planCluster(c *plan.Cluster, made time.Time, opts Options) doc.Block {
	s := doc.Section{Title: clusterTitle(c.Name, c.Account, c.Region), Aside: true}
	s.Status, s.Style = headline(c)
	l := labelsFor(c, opts)
	add := func(blocks ...doc.Block) { s.Blocks = append(s.Blocks, blocks...) }
	if opts.Verbose || opts.Wide {
		add(doc.Line{Text: c.ARN, Style: doc.Faint, Whole: true})
	}
	add(problem(c.Error)...)
	add(refusedGuards(c.Guards, l)...)
	mode, unchecked, others := splitWarnings(c.Warnings)
	add(modeStep(c, mode))
	add(planEffects(c, l, made, opts))
	add(authRows(c.AWSAuth, l, opts.Verbose)...)
	add(otherGuards(c.Guards, unchecked, l, opts.Verbose)...)
	add(warningNotes(others, l, opts.Verbose))
	if opts.Verbose && c.Counts != nil {
		rest := counts(counted{c.Counts.Unchanged, "unchanged"}, counted{c.Counts.System, "managed by EKS"},
			counted{c.Counts.Ignored, "ignored"})
		if rest != "" {
			add(doc.Line{Text: rest, Style: doc.Faint, Whole: true})
		}
	}
	return s
}

// splitWarnings parts the warnings about the step of the mode, what was not
// checked, and all others.
func splitWarnings(list []plan.Warning) (mode, unchecked, others []plan.Warning) {
	for _, w := range list {
		switch w.Code {
		case plan.NewEntries:
			mode = append(mode, w)
		case plan.AWSAuthUnread:
			unchecked = append(unchecked, w)
		default:
			others = append(others, w)
		}
	}
	return mode, unchecked, others
}

// modeStep is a change of the authentication mode in a terminal.
func modeStep(c *plan.Cluster, notes []plan.Warning) doc.Block {
	m := c.AuthenticationMode
	if !m.Moves() {
		return doc.Either{}
	}
	blocks := []doc.Block{doc.Space{}, doc.Transition{Label: "authentication mode", Before: m.Before, After: m.After,
		Aside: "cannot be undone", Style: doc.Change}}
	for _, w := range notes {
		message := doc.Inset{Blocks: []doc.Block{doc.Line{Text: w.Message}}}
		blocks = append(blocks, doc.Inset{Blocks: []doc.Block{message}})
	}
	return inTerminal(blocks...)
}

// planEffects are the entries of a cluster that change or need attention:
// undeclaredStatus cluster admins, changes of cluster admins, other changes, other
// undeclaredStatus entries, then holds and ends.
func planEffects(c *plan.Cluster, l Labels, made time.Time, opts Options) doc.Block {
	var e doc.Effects
	add := func(r doc.Effect) { e.Rows = append(e.Rows, r) }
	changes := func(admins bool) {
		for _, ch := range c.Changes {
			if (adminNote(ch) != "") == admins {
				add(changeEffect(ch, l, made, opts.Verbose))
			}
		}
	}
	for _, u := range c.Unmanaged {
		if isAdmin(u) {
			add(undeclaredAdmin(c, u, l))
		}
	}
	changes(true)
	changes(false)
	for _, u := range c.Unmanaged {
		if !isAdmin(u) {
			add(doc.Effect{Sign: "!", Subject: l.Of(u.Principal), Text: undeclaredText(u)})
		}
	}
	for _, h := range c.Held {
		add(doc.Effect{Sign: "!", Subject: l.Of(h.Principal),
			Text: phrase.Join(": ", "on hold until "+phrase.Clock(h.Until, made), h.Reason)})
	}
	for _, h := range c.Ending {
		add(doc.Effect{Subject: l.Of(h.Principal),
			Text: phrase.Join(": ", "expires "+phrase.When(h.Until, made), h.Reason)})
	}
	return e
}

// undeclaredAdmin is an entry that gives cluster admin and is in no file, with
// the line that removes it where a file can.
func undeclaredAdmin(c *plan.Cluster, u plan.Unmanaged, l Labels) doc.Effect {
	r := doc.Effect{Sign: "!", Subject: l.Of(u.Principal) + " is CLUSTER ADMIN and no file declares it"}
	switch {
	case u.Owner != "":
		r.Below = []doc.Block{doc.Line{Text: "owner: " + u.Owner}}
	case u.ClusterSource != "":
		r.Below = []doc.Block{doc.Line{
			Text:  fmt.Sprintf("to remove it, add under %s (%s):", c.Name, lineOf(u.ClusterSource)),
			Whole: true, Indent: 2,
			Blocks: []doc.Block{doc.Command{Text: "absent: [" + spec.YAMLText(u.Principal) + "]"}}}}
	}
	return r
}

// changeEffect is one change for a terminal.
func changeEffect(ch plan.Change, l Labels, made time.Time, verbose bool) doc.Effect {
	e := effectLineOf(ch, l, made)
	r := doc.Effect{Sign: e.sign, Subject: e.subject, Text: e.effect, Place: e.place}
	for _, text := range e.details {
		r.Below = append(r.Below, doc.Line{Text: text})
	}
	list := e.fields
	if verbose {
		list = fields(ch, true)
	}
	if len(list) > 0 {
		r.Below = append(r.Below, doc.Fields{List: list})
	}
	if !verbose {
		return r
	}
	if !slices.Contains(e.details, ch.Reason) {
		r.Below = append(r.Below, doc.Line{Text: ch.Reason, Style: doc.Faint})
	}
	label := "calls"
	for _, s := range ch.Steps {
		r.Below = append(r.Below, doc.Line{Lead: doc.Padded(doc.Faint, label, doc.FieldWidth), Text: stepText(s, ""),
			Style: doc.Faint})
		label = ""
	}
	return r
}

// refusedGuards are guards that refuse, with what to do about each.
func refusedGuards(guards []plan.Guard, l Labels) []doc.Block {
	var list []doc.Block
	for _, g := range guards {
		if g.Refuses() {
			list = append(list, doc.Space{}, guardLine("x "+g.Name, doc.Alert, l.In(g.Detail), g.Hint))
		}
	}
	return list
}

func guardLine(label string, st doc.Style, text, hint string) doc.Block {
	line := doc.Line{Lead: doc.Styled(st, label+": "), Text: text, Hang: 4}
	if hint != "" {
		line.Blocks = []doc.Block{doc.Line{Text: hint, Whole: true}}
	}
	return line
}

// otherGuards are guards that could not be checked, and with verbose those that
// passed. Those with the same reason are one line; those on aws-auth are in the
// warnings about what was not checked.
func otherGuards(guards []plan.Guard, unchecked []plan.Warning, l Labels, verbose bool) []doc.Block {
	var list []doc.Block
	for _, w := range unchecked {
		list = append(list, guardLine("not checked", doc.Change, l.In(w.Message), ""))
	}
	type cause struct{ detail, hint string }
	names := map[cause][]string{}
	var causes []cause
	for _, g := range guards {
		switch {
		case g.Refuses():
		case g.OK == nil && len(unchecked) > 0 && onAWSAuth(g):
		case g.OK == nil:
			c := cause{g.Detail, g.Hint}
			if names[c] == nil {
				causes = append(causes, c)
			}
			names[c] = append(names[c], g.Name)
		case verbose:
			list = append(list, guardLine("guard passed", doc.Faint, phrase.Join(": ", g.Name, l.In(g.Detail)), ""))
		}
	}
	for _, c := range causes {
		list = append(list, guardLine("not checked", doc.Change,
			phrase.Join(": ", strings.Join(names[c], ", "), l.In(c.detail)), c.hint))
	}
	return list
}

// onAWSAuth reports whether a guard judges the rows of aws-auth.
func onAWSAuth(g plan.Guard) bool {
	return g.Name == plan.GuardAWSAuthHidden || g.Name == plan.GuardAWSAuthRestored
}

// drift says how many entries no file declares; "" for none.
func drift(pl *plan.Plan) string {
	if pl.Summary.Unmanaged == 0 {
		return ""
	}
	return phrase.Count(pl.Summary.Unmanaged, "undeclared entry") + driftAdmins(pl)
}

// labelsFor are the labels of a cluster's principals, or with --wide their ARNs.
func labelsFor(c *plan.Cluster, opts Options) Labels {
	if opts.Wide {
		return Labels{}
	}
	return labelsOf(c)
}
