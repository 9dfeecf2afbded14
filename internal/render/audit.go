package render

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// AuditFormats are the formats of an audit.
var AuditFormats = FormatSet{Text, Machine, SARIF, JUnit, Markdown, WebPage}

// Audit writes the report of an audit.
func Audit(w io.Writer, r *audit.Report, opts Options) error {
	switch opts.Format {
	case Text, Markdown, "":
		return writeDocument(w, auditDocument(r, opts), opts)
	case Machine:
		return JSON(w, r)
	case SARIF:
		return JSON(w, auditSARIF(r).Log())
	case JUnit:
		return auditJUnit(r).Write(w)
	case WebPage:
		return auditPage(r).Write(w)
	}
	return fmt.Errorf("an audit has no form %q: want one of %s", string(opts.Format), AuditFormats)
}

// severityStyle is the style of a severity's name.
func severityStyle(s audit.Severity) doc.Style {
	switch s {
	case audit.Critical, audit.High:
		return doc.Alert
	case audit.Medium:
		return doc.Change
	case audit.Info:
		return doc.Faint
	}
	return doc.Plain
}

// A place is the cluster of a finding; the zero value is that of the files.
type place struct{ account, region, cluster string }

func placeOf(f audit.Finding) place { return place{f.Account, f.Region, f.Cluster} }

// auditDocument is a report: the findings by rule, then what was not read, what
// was waived, and the summary, which Markdown has at the top.
func auditDocument(r *audit.Report, opts Options) *doc.Document {
	d := &doc.Document{Top: []doc.Block{doc.Title{Level: 3, Text: "Access audit: " + auditSummary(r)}}}
	names := newAuditNames(r, opts)
	for _, group := range groupFindings(r.Findings) {
		d.Top = append(d.Top, names.group(group))
	}
	d.Tail = failureSections(sameFailures(auditFailures(r)), "not read")
	d.Tail = append(d.Tail, unlistedLines(r.NotRead)...)
	d.Tail = append(d.Tail, auditWaived(r, names), auditWaivers(r), auditGaps(r, opts),
		inTerminal(doc.Space{}, doc.Line{Text: phrase.Join("; ", auditSummary(r), unlistedSummary(r.NotRead))}))
	for _, line := range notCheckedSummary(r) {
		d.Tail = append(d.Tail, doc.Line{Text: line})
	}
	return d
}

// groupFindings groups findings by severity, rule and title: the highest severity
// first, then the rule with the most findings.
func groupFindings(findings []audit.Finding) [][]audit.Finding {
	var groups [][]audit.Finding
	at := map[[3]string]int{}
	for _, f := range findings {
		key := [3]string{string(f.Severity), f.Rule, f.Title}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	slices.SortStableFunc(groups, func(a, b []audit.Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(audit.Severities, a[0].Severity), slices.Index(audit.Severities, b[0].Severity)),
			-cmp.Compare(len(a), len(b)),
			cmp.Compare(a[0].Rule, b[0].Rule),
		)
	})
	return groups
}

// auditNames are the names of clusters and principals in a report.
type auditNames struct {
	wide     bool
	column   int // of the clusters
	clusters map[place]string
	labels   map[place]Labels
}

func newAuditNames(r *audit.Report, opts Options) auditNames {
	n := auditNames{wide: opts.Wide, clusters: map[place]string{}, labels: map[place]Labels{}}
	principals := map[place][]string{}
	var places []place
	for _, f := range r.Findings {
		p := placeOf(f)
		if _, ok := principals[p]; !ok {
			places = append(places, p)
		}
		principals[p] = append(append(principals[p], f.Principal), f.Others...)
		n.column = max(n.column, len(f.Severity)+2)
	}
	for _, f := range r.Waived {
		if p := placeOf(f.Finding); principals[p] == nil {
			principals[p] = []string{f.Principal}
			places = append(places, p)
		}
	}
	keys := make([][3]string, len(places))
	for i, p := range places {
		keys[i] = [3]string{p.account, p.region, p.cluster}
	}
	for i, name := range shortNames(keys) {
		p := places[i]
		n.clusters[p], n.labels[p] = name, NewLabels(p.account, principals[p])
	}
	return n
}

// principal is the label of a principal of a finding.
func (n auditNames) principal(f audit.Finding, principal string) string {
	if n.wide || principal == "" {
		return principal
	}
	return n.labels[placeOf(f)].Of(principal)
}

// about is a finding without its title and place.
func (n auditNames) about(f audit.Finding) string {
	const most = 5
	others := make([]string, len(f.Others))
	for i, o := range f.Others {
		others[i] = n.principal(f, o)
	}
	list := phrase.First(others, most)
	if n.wide {
		list = strings.Join(others, ", ")
	}
	if f.Principal == "" {
		return phrase.Join("; ", list, f.Detail)
	}
	return phrase.Join(", ", n.principal(f, f.Principal), list, f.Detail)
}

// group is the findings of one rule.
func (n auditNames) group(list []audit.Finding) doc.Block {
	first := list[0]
	var text []doc.Block
	var abouts []string
	clusters := map[string][]string{} // by text
	for _, f := range list {
		about := n.about(f)
		if _, ok := clusters[about]; !ok {
			abouts = append(abouts, about)
		}
		where := n.clusters[placeOf(f)]
		if where == "" {
			where = f.Source
		}
		if !slices.Contains(clusters[about], where) {
			clusters[about] = append(clusters[about], where)
		}
	}
	title := first.Title
	if len(abouts) == 1 && abouts[0] == "" {
		title += ": " + n.clusterList(clusters[""])
		abouts = nil
	}
	const most = 20 // columns of clusters, beyond which they stand alone
	column := 0
	for _, about := range abouts {
		if w := doc.Width(n.clusterList(clusters[about])); w <= most {
			column = max(column, w+2)
		}
	}
	for _, about := range abouts {
		names := n.clusterList(clusters[about])
		if doc.Width(names) > most {
			text = append(text, doc.Line{Text: names})
			names = ""
		}
		text = append(text, doc.Line{Lead: doc.Padded(doc.Plain, names, column), Text: about})
	}
	const mostFixes = 3
	fixes := audit.Merge(list)
	for i, fix := range fixes {
		if i == mostFixes && len(fixes) > mostFixes+1 && !n.wide {
			text = append(text, doc.Line{Lead: doc.Styled(doc.Faint, "fix: "),
				Text: fmt.Sprintf("%d more, shown with --wide", len(fixes)-i)})
			break
		}
		text = append(text, n.fix(fix)...)
	}
	return doc.Either{
		Text: []doc.Block{doc.Space{}, doc.Line{
			Lead: doc.Join(doc.Padded(severityStyle(first.Severity), strings.ToUpper(string(first.Severity)), n.column),
				doc.Raw(first.Rule+"  ")),
			Text: title, Style: doc.Strong, Indent: n.column, Blocks: text,
		}},
		Markdown: []doc.Block{n.section(list)},
	}
}

// clusterList is the clusters of a finding in one line.
func (n auditNames) clusterList(names []string) string {
	most := 6
	if n.wide {
		most = len(names)
	}
	return phrase.First(names, most)
}

// fix is how to resolve findings: the preferred way without the command that
// applies an edit; with --wide all ways and commands.
func (n auditNames) fix(f audit.Fix) []doc.Block {
	var lines []doc.Block
	lead := "fix: "
	for i, way := range f {
		if i > 0 && !n.wide {
			break
		}
		if i > 0 {
			lead = phrase.Join(", ", "or", way.When) + ": "
		}
		for j, step := range way.Steps {
			text, line := step.Text, step.Copy()
			if step.Brief != "" && !n.wide {
				text = step.Brief
			}
			switch {
			case text == "" && j > 0 && !n.wide: // it follows from the edit
				continue
			case text == "":
				lines = append(lines, doc.Line{Lead: doc.Styled(doc.Faint, lead), Text: line, Whole: true})
			default:
				l := doc.Line{Lead: doc.Styled(doc.Faint, lead), Text: text, Indent: len("fix: ")}
				if line != "" {
					l.Blocks = []doc.Block{doc.Command{Text: line}}
				}
				lines = append(lines, l)
			}
			lead = "     "
		}
	}
	return lines
}

// section is the findings of one rule in Markdown.
func (n auditNames) section(list []audit.Finding) doc.Block {
	first := list[0]
	t := doc.Table{Titles: []string{"cluster", "principal", "finding", "fix", "at"}}
	for _, f := range list {
		about := phrase.Join("; ", strings.Join(f.Others, ", "), f.Detail)
		t.Add(doc.Code(n.clusters[placeOf(f)]), doc.Code(f.Principal), doc.Raw(about), doc.Raw(f.Fix),
			doc.Code(f.Source))
	}
	return doc.Section{
		Title:  strings.ToUpper(string(first.Severity)) + " " + first.Rule + " " + first.Title,
		Fold:   phrase.Count(len(list), "finding"),
		Open:   first.Severity.AtLeast(audit.High),
		Blocks: []doc.Block{t},
	}
}

func auditFailures(r *audit.Report) []Failure {
	var all []Failure
	for _, f := range r.Failed {
		all = append(all, Failure{f.Account, f.Region, f.Cluster, &f.Error})
	}
	return all
}

// auditWaived is the waived findings by rule.
func auditWaived(r *audit.Report, names auditNames) doc.Block {
	if len(r.Waived) == 0 {
		return doc.Either{}
	}
	byRule := map[string][]doc.Block{}
	titles := map[string]string{}
	for _, f := range r.Waived {
		at := names.clusters[placeOf(f.Finding)]
		if f.Principal != "" {
			at += "  " + names.principal(f.Finding, f.Principal)
		}
		byRule[f.Rule], titles[f.Rule] = append(byRule[f.Rule], doc.Line{Text: at}), f.Title
	}
	s := doc.Section{Title: "waived"}
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		findings := byRule[rule]
		s.Blocks = append(s.Blocks, doc.Line{
			Lead: doc.Join(doc.Raw(rule+"  "), doc.Styled(doc.Strong, titles[rule]), doc.Raw(" "),
				doc.Styled(doc.Faint, "("+phrase.Count(len(findings), "finding")+")")),
			Whole: true, Blocks: findings,
		})
	}
	return inTerminal(s)
}

func auditWaivers(r *audit.Report) doc.Block {
	if len(r.Waivers) == 0 {
		return doc.Either{}
	}
	var e doc.Either
	t := doc.Table{Titles: []string{"state", "findings", "rule", "owner", "until", "reason", "at"}}
	for _, w := range r.Waivers {
		what := fmt.Sprintf("%s by %s until %s: %s", w.Rule, w.Owner, w.Until, w.Reason)
		st := map[string]doc.Style{audit.Unused: doc.Change, audit.Expired: doc.Alert}[w.State]
		e.Text = append(e.Text, doc.Line{Lead: doc.Join(doc.Styled(st, waiverText(w)), doc.Raw("  ")),
			Text: what + "  " + w.Source})
		t.Add(doc.Raw(w.State), doc.Raw(fmt.Sprint(w.Findings)), doc.Code(w.Rule), doc.Raw(w.Owner), doc.Raw(w.Until),
			doc.Raw(w.Reason), doc.Code(w.Source))
	}
	e.Markdown = []doc.Block{t}
	return doc.Section{Title: "waivers", Blocks: []doc.Block{e}}
}

// waiverText is the effect of a waiver.
func waiverText(w audit.WaiverState) string {
	switch w.State {
	case audit.Unused:
		return "unused"
	case audit.Expired:
		return "expired"
	}
	return phrase.Count(w.Findings, "finding") + " waived"
}

// A gap is the rules that were not checked for one reason.
type gap struct {
	reason   string
	rules    []string
	clusters []string
}

// gaps groups rules and clusters by reason.
func gaps(r *audit.Report) []gap {
	list := r.NotChecked
	byReason := map[string]*gap{}
	var order []string
	for _, n := range list {
		g := byReason[n.Reason]
		if g == nil {
			g = &gap{reason: n.Reason}
			byReason[n.Reason] = g
			order = append(order, n.Reason)
		}
		if !slices.Contains(g.rules, n.Rule) {
			g.rules = append(g.rules, n.Rule)
		}
		if !slices.Contains(g.clusters, n.Cluster) {
			g.clusters = append(g.clusters, n.Cluster)
		}
	}
	every := 0
	for _, rule := range r.Rules {
		if rule.OfCluster() {
			every++
		}
	}
	out := make([]gap, len(order))
	for i, reason := range order {
		out[i] = *byReason[reason]
	}
	slices.SortStableFunc(out, func(a, b gap) int {
		return cmp.Or(cmp.Compare(len(b.rules), len(a.rules)), strings.Compare(a.reason, b.reason))
	})
	for i := range out {
		if len(out[i].rules) == every && every > 1 {
			out[i].rules = []string{"all rules"}
		}
	}
	return out
}

// in lists the clusters, or counts them where there are many.
func (g gap) in() string {
	const most = 3
	if len(g.clusters) > most {
		return phrase.Count(len(g.clusters), "cluster")
	}
	names := make([]string, len(g.clusters))
	for i, c := range g.clusters {
		names[i] = c[strings.LastIndexByte(c, '/')+1:]
	}
	return strings.Join(names, ", ")
}

// auditGaps is the rules that were not checked: in a terminal only with --wide or
// --verbose, since the summary counts them.
func auditGaps(r *audit.Report, opts Options) doc.Block {
	if len(r.NotChecked) == 0 {
		return doc.Either{}
	}
	var e doc.Either
	s := doc.Section{Title: "not checked"}
	t := doc.Table{Titles: []string{"rules", "clusters", "reason"}}
	for _, g := range gaps(r) {
		rules := strings.Join(g.rules, ", ")
		s.Blocks = append(s.Blocks, doc.Line{Text: rules + " in " + g.in() + ": " + g.reason, Hang: 4})
		t.Add(doc.Raw(rules), doc.Raw(g.in()), doc.Raw(g.reason))
	}
	if opts.Wide || opts.Verbose {
		e.Text = []doc.Block{s}
	}
	e.Markdown = []doc.Block{doc.Section{Title: "not checked", Fold: phrase.Count(len(r.NotChecked), "check"),
		Blocks: []doc.Block{t}}}
	return e
}

// auditSummary counts the findings:
//
//	9 findings: 1 high, 8 medium; 1 waived; 1 of 3 clusters not read
func auditSummary(r *audit.Report) string {
	s := r.Summary
	found := "no findings"
	if s.Findings > 0 {
		found = phrase.Count(s.Findings, "finding") + ": " + counts(
			counted{s.Critical, "critical"},
			counted{s.High, "high"},
			counted{s.Medium, "medium"},
			counted{s.Low, "low"},
			counted{s.Info, "info"},
		)
	}
	failed := ""
	if s.Failed > 0 {
		failed = fmt.Sprintf("%d of %s not read", s.Failed, phrase.Count(s.Clusters, "cluster"))
		if s.Failed == s.Clusters {
			found = ""
		}
	}
	return phrase.Join("; ", found, counts(counted{s.Waived, "waived"}), failed)
}

// notCheckedSummary counts the rules that were not checked in any cluster, by the
// first reason of each, and then those that were not checked in some:
//
//	11 of 38 rules were not checked: 10 need --kube, 1 (iam:ListRoles is not allowed)
//	2 rules were not checked in staging: access entries unknown
func notCheckedSummary(r *audit.Report) []string {
	clusters := map[string][]string{} // by rule
	for _, n := range r.NotChecked {
		if n.Cause != audit.ClusterNotRead && !slices.Contains(clusters[n.Rule], n.Cluster) {
			clusters[n.Rule] = append(clusters[n.Rule], n.Cluster)
		}
	}
	var skipped []string
	reasons := tally{}
	some := *r // the report of the rules that were checked in a cluster
	some.NotChecked = nil
	for _, n := range r.NotChecked {
		switch {
		case n.Cause == audit.ClusterNotRead:
		case len(clusters[n.Rule]) < r.Summary.Clusters-r.Summary.Failed:
			some.NotChecked = append(some.NotChecked, n)
		case !slices.Contains(skipped, n.Rule):
			skipped = append(skipped, n.Rule)
			reasons.add(n)
		}
	}
	var lines []string
	if len(skipped) > 0 {
		lines = append(lines, fmt.Sprintf("%d of %s were not checked: %s", len(skipped),
			phrase.Count(len(r.Rules), "rule"), reasons))
	}
	const most = 3
	for i, g := range gaps(&some) {
		if i == most {
			return append(lines, "other rules were not checked in some clusters: --wide lists them")
		}
		lines = append(lines, fmt.Sprintf("%s not checked in %s: %s",
			phrase.CountOf(len(g.rules), "rule was", "rules were"), g.in(), g.reason))
	}
	return lines
}

// A tally counts rules by reason.
type tally []tallied

type tallied struct {
	reason audit.NotChecked
	rules  int
}

func (t *tally) add(n audit.NotChecked) {
	for i := range *t {
		r := &(*t)[i]
		if n.Cause == r.reason.Cause && (n.Cause != "" || n.Reason == r.reason.Reason) {
			r.rules++
			return
		}
	}
	*t = append(*t, tallied{n, 1})
}

func (t tally) String() string {
	slices.SortStableFunc(t, func(a, b tallied) int { return -cmp.Compare(a.rules, b.rules) })
	parts := make([]string, len(t))
	for i, r := range t {
		switch r.reason.Cause {
		case audit.NeedsKube:
			parts[i] = phrase.CountOf(r.rules, "needs --kube", "need --kube")
		case audit.NeedsFile:
			parts[i] = phrase.CountOf(r.rules, "needs -f", "need -f")
		default:
			parts[i] = fmt.Sprintf("%d (%s)", r.rules, r.reason.Reason)
		}
	}
	return strings.Join(parts, ", ")
}

// AuditRules lists rules: as [Text] with one line each, as [Markdown] or [Machine]
// with their documentation.
func AuditRules(w io.Writer, rules []audit.Rule, opts Options) error {
	switch opts.Format {
	case Text, Markdown, "":
		return writeDocument(w, rulesDocument(rules), opts)
	case Machine:
		return JSON(w, rules)
	}
	return fmt.Errorf("the list of rules has no form %q: want one of %s", string(opts.Format),
		FormatSet{Text, Markdown, Machine})
}

// rulesDocument is one line for each rule, in Markdown its documentation.
func rulesDocument(rules []audit.Rule) *doc.Document {
	var e doc.Either
	t := doc.Table{Header: []string{"RULE", "SEVERITY", "NAME", "FINDS"}}
	for _, r := range rules {
		t.AddRaw(r.ID, string(r.Severity), r.Name, r.Title)
		t.Narrow = append(t.Narrow, doc.Line{Lead: doc.Join(doc.Styled(doc.Strong, r.ID), doc.Raw("  "),
			doc.Padded(doc.Plain, string(r.Severity), 10)), Text: r.Name + ": " + r.Title, Hang: 4})
		e.Markdown = append(e.Markdown, doc.Title{Level: 2, Text: r.ID + " " + r.Name},
			doc.Markup{Text: strings.TrimSuffix(audit.RulePage(r), "\n")})
	}
	e.Text = []doc.Block{t}
	return &doc.Document{Top: []doc.Block{e}}
}
