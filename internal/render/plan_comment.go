package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// planComment is a plan as a comment on a pull request: the result and its
// counts, cluster admins that change or that no file declares, a table for each
// cluster with something to see, and folded the rest: guards, full ARNs and
// clusters without changes.
func planComment(pl *plan.Plan) *doc.Document {
	d := &doc.Document{
		Whole: doc.Join(doc.Raw("keep the plan with "), doc.Code("--save plan.json"), doc.Raw(", then "),
			doc.Code("eksaccess show plan.json")),
	}
	d.Top = []doc.Block{doc.Title{Level: 3, Text: "eksaccess plan: " + planCounts(pl)}}
	if text := drift(pl); text != "" {
		d.Top = append(d.Top, doc.Line{Lead: doc.Styled(doc.Strong, "Drift: "+text)})
	}
	if note := onlyDeclared(pl.Summary); note != "" {
		d.Head = append(d.Head, doc.Line{Text: note})
	}
	d.Head = append(d.Head, adminTable(pl)...)
	groups, grouped := groupRepeated(planFailures(pl))
	d.Parts = failureParts(groups, "failed")
	arns := doc.Table{Titles: []string{"Cluster", "Principal", "ARN"}}
	var unchanged [][3]string
	for i := range pl.Clusters {
		c := &pl.Clusters[i]
		name := [3]string{c.Account, c.Region, c.Name}
		switch {
		case grouped[name]:
		case quiet(c):
			unchanged = append(unchanged, name)
		default:
			d.Parts = append(d.Parts, doc.Part{Name: c.Name, Weight: planWeight(c),
				Blocks: []doc.Block{clusterComment(c, pl.CreatedAt)}})
			addARNs(&arns, c)
		}
	}
	if text := guardCounts(pl); text != "" {
		d.Tail = append(d.Tail, doc.Section{Title: "Guards", Status: text, Blocks: []doc.Block{passedGuards(pl)}})
	}
	if len(arns.Rows) > 0 {
		d.Tail = append(d.Tail, doc.Section{Title: "Full ARNs", Blocks: []doc.Block{arns}})
	}
	if len(unchanged) > 0 {
		d.Tail = append(d.Tail, doc.Section{Title: "No changes", Status: phrase.Count(len(unchanged), "cluster"),
			Blocks: []doc.Block{doc.Line{Text: phrase.First(shortNames(unchanged), 100)}}})
	}
	return d
}

// clusterComment is one cluster, with all that a reviewer has to know of it.
func clusterComment(c *plan.Cluster, made time.Time) doc.Block {
	s := doc.Section{Title: where(c.Name, c.Account, c.Region), Open: true}
	s.Status, s.Style = status(c)
	if n := len(c.Unmanaged); n > 0 && c.Status != plan.Drifted {
		s.Status += ", " + phrase.Count(n, "undeclared entry")
	}
	add := func(blocks ...doc.Block) { s.Blocks = append(s.Blocks, blocks...) }
	if c.Watch {
		add(doc.Line{Text: "Only watched: no changes will be made."})
	}
	add(problem(c.Error)...)
	add(refusals(c.Guards)...)
	add(modeChange(c.AuthenticationMode)...)
	l := labelsOf(c)
	t := doc.Table{Titles: []string{"", "Principal", "Effect", "Source"}}
	rows := func(list []doc.Text) { t.Rows = append(t.Rows, list) }
	for _, admins := range []bool{true, false} {
		for _, u := range c.Unmanaged {
			if isAdmin(u) == admins {
				rows([]doc.Text{doc.Code("!"), doc.Raw(l.Of(u.Principal)), doc.Raw(undeclaredText(u)), nil})
			}
		}
		for _, ch := range c.Changes {
			if (adminNote(ch) != "") == admins {
				e := effectLineOf(ch, l, made)
				rows([]doc.Text{doc.Code(e.sign), doc.Raw(e.subject), e.cell(), doc.Raw(e.place)})
			}
		}
	}
	for _, h := range c.Held {
		text := phrase.Join(": ", "on hold until "+phrase.Clock(h.Until, made), h.Reason)
		rows([]doc.Text{doc.Code("!"), doc.Raw(l.Of(h.Principal)), doc.Raw(text), nil})
	}
	for _, h := range c.Ending {
		text := phrase.Join(": ", "expires "+phrase.When(h.Until, made), h.Reason)
		rows([]doc.Text{nil, doc.Raw(l.Of(h.Principal)), doc.Raw(text), nil})
	}
	add(t)
	add(authRows(c.AWSAuth, l, true)...)
	mode, unchecked, others := splitWarnings(c.Warnings)
	for _, w := range unchecked {
		add(doc.Line{Lead: doc.Join(doc.Styled(doc.Strong, "not checked"), doc.Raw(": ")), Text: w.Message})
	}
	for _, g := range c.Guards {
		if g.OK == nil && !(len(unchecked) > 0 && onAWSAuth(g)) {
			add(doc.Line{Lead: doc.Join(doc.Styled(doc.Strong, "not checked"), doc.Raw(": ")),
				Text: g.Name + ": " + phrase.Join("; ", g.Detail, g.Hint)})
		}
	}
	add(warnings(append(mode, others...)))
	return s
}

// cell is the effect with its details, a line each.
func (e effectLine) cell() doc.Text {
	var lines []doc.Text
	for _, text := range append([]string{e.effect}, e.details...) {
		if text != "" {
			lines = append(lines, doc.Raw(text))
		}
	}
	label := ""
	for _, f := range e.fields {
		line := doc.Code(phrase.Join(" ", f.Sign, f.Name, f.Value()))
		if f.Label != label {
			label = f.Label
			line = doc.Join(doc.Styled(doc.Strong, label), doc.Raw(" "), line)
		}
		lines = append(lines, line)
	}
	return doc.Lines(lines...)
}

// undeclaredText is what an undeclared entry gives, and whose it is.
func undeclaredText(u plan.Unmanaged) string {
	a := accessOfUndeclared(u)
	text := "cluster admin, and no file declares it"
	if !a.ClusterAdmin {
		text = noPermissions
		if has := withoutUsername(access.Excess(a, access.Access{})); len(has) > 0 {
			text = permissions(has)
		}
		text += ", and no file declares it"
	}
	return phrase.Join("; ", text, withLabel("owner ", u.Owner))
}

// adminTable are the undeclared and the changed cluster admins of all clusters.
func adminTable(pl *plan.Plan) []doc.Block {
	t := doc.Table{Titles: []string{"Cluster", "", "Principal", "Effect", "Source"}}
	for i := range pl.Clusters {
		c := &pl.Clusters[i]
		l := labelsOf(c)
		for _, u := range c.Unmanaged {
			if isAdmin(u) {
				t.Add(doc.Raw(c.Name), doc.Code("!"), doc.Raw(l.Of(u.Principal)), doc.Raw(undeclaredText(u)), nil)
			}
		}
	}
	for i := range pl.Clusters {
		c := &pl.Clusters[i]
		l := labelsOf(c)
		for _, ch := range c.Changes {
			if note := adminNote(ch); note != "" {
				e := effectLineOf(ch, l, pl.CreatedAt)
				t.Add(doc.Raw(c.Name), doc.Code(e.sign), doc.Raw(e.subject), doc.Raw(note), doc.Raw(e.place))
			}
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []doc.Block{doc.Title{Level: 4, Text: "Cluster admins"}, t}
}

// passedGuards are the guards that passed in each cluster with something to see.
func passedGuards(pl *plan.Plan) doc.Block {
	t := doc.Table{Titles: []string{"Cluster", "Passed"}}
	for i := range pl.Clusters {
		c := &pl.Clusters[i]
		var names []string
		for _, g := range c.Guards {
			if g.OK != nil && *g.OK {
				names = append(names, g.Name)
			}
		}
		if len(names) > 0 && !quiet(c) {
			t.Add(doc.Raw(c.Name), doc.Raw(strings.Join(names, ", ")))
		}
	}
	return t
}

// principalsOfPlan are the principals that are shown for a cluster.
func principalsOfPlan(c *plan.Cluster) []string {
	var all []string
	for _, ch := range c.Changes {
		all = append(all, ch.Principal)
		if ch.PreviousPrincipal != nil {
			all = append(all, *ch.PreviousPrincipal)
		}
	}
	for _, u := range c.Unmanaged {
		all = append(all, u.Principal)
	}
	for _, h := range slices.Concat(c.Held, c.Ending) {
		all = append(all, h.Principal)
	}
	return all
}

func labelsOf(c *plan.Cluster) Labels {
	all := principalsOfPlan(c)
	for _, e := range c.Unchanged {
		all = append(all, e.Principal)
	}
	return NewLabels(c.Account, all)
}

func addARNs(t *doc.Table, c *plan.Cluster) {
	l := labelsOf(c)
	for _, p := range principalsOfPlan(c) {
		t.Add(doc.Raw(c.Name), doc.Raw(l.Of(p)), doc.Code(p))
	}
}

func accessOfUndeclared(u plan.Unmanaged) access.Access {
	return access.FromEntry(&spec.Entry{Principal: u.Principal, Type: u.Type, Policies: u.Policies, Groups: u.Groups})
}

// isAdmin reports whether an undeclared entry gives cluster admin.
func isAdmin(u plan.Unmanaged) bool { return accessOfUndeclared(u).ClusterAdmin }

// planCounts is the result of a plan with its counts:
//
//	3 to add, 1 to change, 0 to remove, 1 mode change, in 2 of 3 clusters
func planCounts(pl *plan.Plan) string {
	s := pl.Summary
	changed := 0
	for _, c := range pl.Clusters {
		if len(c.Changes) > 0 || c.AuthenticationMode.Moves() {
			changed++
		}
	}
	todo := ""
	switch {
	case changed > 0:
		todo = phrase.Join(", ", fmt.Sprintf("%d to add, %d to change, %d to remove", s.Create, s.Update, s.Delete),
			counts(counted{s.Replace, "to recreate"}, counted{s.Rekey, "to rekey"}), modeChanges(s.ModeChanges)) +
			fmt.Sprintf(", in %d of %s", changed, phrase.Count(s.Clusters, "cluster"))
	case s.Failed < s.Clusters || s.Clusters == 0:
		todo = "no changes in " + phrase.Count(s.Clusters-s.Failed, "cluster")
		if s.Unchanged > 0 {
			todo += ", " + phrase.Count(s.Unchanged, "entry") + " unchanged"
		}
	}
	if s.DeclaredOnly > 0 {
		todo += fmt.Sprintf(", %d others not read", s.Unread)
	}
	clusters := ""
	if s.Refused > 0 {
		clusters = phrase.Count(s.Refused, "cluster") + " refused"
	}
	if s.Failed > 0 {
		clusters = phrase.Join(", ", clusters, phrase.Count(s.Failed, "cluster")+" failed")
	}
	return phrase.Join("; ", todo, counts(counted{s.NotUndone, "not undone"}, counted{s.LeftOut, "left out"}), clusters)
}

func modeChanges(n int) string {
	if n == 0 {
		return ""
	}
	return phrase.Count(n, "mode change")
}

// driftAdmins says how many of the undeclared entries are cluster admin.
func driftAdmins(pl *plan.Plan) string {
	admins, all := 0, pl.Summary.Unmanaged
	for _, c := range pl.Clusters {
		for _, u := range c.Unmanaged {
			if isAdmin(u) {
				admins++
			}
		}
	}
	switch {
	case admins == 0:
		return ""
	case all == 1:
		return ", which is cluster admin"
	case admins == all:
		return ", all of them cluster admin"
	}
	return fmt.Sprintf(", %d of them cluster admin", admins)
}

// guardCounts is how the guards of all clusters ended; "" where none were
// checked.
func guardCounts(pl *plan.Plan) string {
	passed, refusing, unchecked := 0, 0, 0
	for i := range pl.Clusters {
		c := &pl.Clusters[i]
		for _, g := range c.Guards {
			switch {
			case g.Refuses():
				refusing++
			case g.OK != nil:
				passed++
			case !quiet(c):
				unchecked++
			}
		}
	}
	switch bad := counts(counted{refusing, "refused"}, counted{unchecked, "not checked"}); {
	case bad != "":
		return phrase.Join(", ", bad, counts(counted{passed, "passed"}))
	case passed > 0:
		return "all passed"
	}
	return ""
}
