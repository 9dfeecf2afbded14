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

// AuditFormats are those of an audit.
var AuditFormats = FormatSet{Text, Machine, SARIF, JUnit, Markdown, WebPage}

// Audit draws a report.
func Audit(w io.Writer, r *audit.Report, opts Options) error {
	switch opts.Format {
	case Text, Markdown, "":
		return writeDocument(w, auditDocument(r), opts)
	case Machine:
		return JSON(w, r)
	case SARIF:
		return JSON(w, auditSARIF(r).Log())
	case JUnit:
		return auditJUnit(r).Write(w)
	case WebPage:
		return auditPage(r).Write(w)
	}
	return fmt.Errorf("an audit has no form %q: it is drawn as %s", string(opts.Format), AuditFormats)
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

// A place is where findings are: a cluster, or none for those about the files.
type place struct{ account, region, cluster string }

func (p place) String() string {
	if p == (place{}) {
		return "the files"
	}
	return where(p.cluster, p.account, p.region)
}

func placeOf(f audit.Finding) place { return place{f.Account, f.Region, f.Cluster} }

// byPlace parts findings, which are sorted, by where they are.
func byPlace(findings []audit.Finding) [][]audit.Finding {
	var parts [][]audit.Finding
	for i, f := range findings {
		if i == 0 || placeOf(f) != placeOf(findings[i-1]) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], f)
	}
	return parts
}

// auditDocument is a report: the findings by place, then what was not read,
// waived and not checked, then the summary, which a page has at the top.
func auditDocument(r *audit.Report) *doc.Document {
	names := map[string]string{}
	for _, rule := range r.Rules {
		names[rule.ID] = rule.Name
	}
	d := &doc.Document{Top: []doc.Block{doc.Title{Level: 3, Text: "Audit of access: " + auditSummary(r)}}}
	for _, part := range byPlace(r.Findings) {
		d.Top = append(d.Top, findingsAt(part, names))
	}
	d.Tail = failureSections(sameFailures(auditFailures(r)), "not read")
	d.Tail = append(d.Tail, unlisted(r.NotRead)...)
	d.Tail = append(d.Tail, auditWaived(r, names), auditWaivers(r), auditGaps(r), inTerminal(doc.Space{},
		doc.Line{Text: phrase.Join("; ", auditSummary(r), unlistedSummary(r.NotRead))}))
	return d
}

// findingsAt are the findings of one place.
func findingsAt(list []audit.Finding, names map[string]string) doc.Block {
	worst := list[0].Severity
	s := doc.Section{
		Title: placeOf(list[0]).String(),
		Fold:  phrase.Count(len(list), "finding") + ", the gravest " + string(worst),
		Open:  worst.AtLeast(audit.High),
	}
	var e doc.Either
	t := doc.Table{Titles: []string{"severity", "rule", "principal", "finding", "fix", "at"}}
	for _, f := range list {
		const column = 10
		line := doc.Line{
			Lead: doc.Join(doc.Padded(severityStyle(f.Severity), string(f.Severity), column), doc.Raw(f.Rule+" ")),
			Text: strings.TrimSpace(names[f.Rule] + " " + f.Principal), Style: doc.Strong,
			Hang: column, Indent: column,
			Blocks: []doc.Block{doc.Line{Text: f.Message}},
		}
		if f.Source != "" {
			line.Blocks = append(line.Blocks, doc.Line{Lead: doc.Styled(doc.Faint, "at  "), Text: f.Source})
		}
		line.Blocks = append(line.Blocks, doc.Line{Lead: doc.Styled(doc.Faint, "fix "), Text: f.Fix})
		e.Text = append(e.Text, line)
		t.Add(doc.Raw(string(f.Severity)), doc.Raw(f.Rule), doc.Code(f.Principal), doc.Raw(f.Message), doc.Raw(f.Fix),
			doc.Code(f.Source))
	}
	e.Markdown = []doc.Block{t}
	s.Blocks = []doc.Block{e}
	return s
}

func auditFailures(r *audit.Report) []Failure {
	var all []Failure
	for _, f := range r.Failed {
		all = append(all, Failure{f.Account, f.Region, f.Cluster, &f.Error})
	}
	return all
}

// auditWaived names what was waived, by rule.
func auditWaived(r *audit.Report, names map[string]string) doc.Block {
	if len(r.Waived) == 0 {
		return doc.Either{}
	}
	byRule := map[string][]doc.Block{}
	for _, f := range r.Waived {
		at := where(f.Cluster, f.Account, f.Region)
		if f.Principal != "" {
			at = f.Principal + " in " + at
		}
		byRule[f.Rule] = append(byRule[f.Rule], doc.Line{Text: at})
	}
	s := doc.Section{Title: "waived"}
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		findings := byRule[rule]
		s.Blocks = append(s.Blocks, doc.Line{
			Lead: doc.Join(doc.Raw(rule+" "), doc.Styled(doc.Strong, names[rule]), doc.Raw(" "),
				doc.Styled(doc.Faint, phrase.Count(len(findings), "finding"))),
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

// waiverText is what became of a waiver.
func waiverText(w audit.WaiverState) string {
	switch w.State {
	case audit.Unused:
		return "unused: it covers no finding"
	case audit.Expired:
		return "expired"
	}
	return phrase.Count(w.Findings, "finding") + " waived"
}

// A gap is what was not checked for one reason.
type gap struct {
	reason   string
	rules    []string
	clusters []string
}

// gaps puts together rules and clusters with the same reason.
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

// in says in which clusters: by name where there are few.
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

func auditGaps(r *audit.Report) doc.Block {
	if len(r.NotChecked) == 0 {
		return doc.Either{}
	}
	var e doc.Either
	t := doc.Table{Titles: []string{"rules", "clusters", "why"}}
	for _, g := range gaps(r) {
		rules := strings.Join(g.rules, ", ")
		e.Text = append(e.Text, doc.Line{Text: rules + " in " + g.in() + ": " + g.reason})
		t.Add(doc.Raw(rules), doc.Raw(g.in()), doc.Raw(g.reason))
	}
	e.Markdown = []doc.Block{t}
	return doc.Section{Title: "not checked", Fold: phrase.Count(len(r.NotChecked), "check") + " lacked data",
		Blocks: []doc.Block{e}}
}

// auditSummary is the last line of every audit:
//
//	2 clusters: 3 findings (1 critical, 2 high); 1 waived; 4 checks lacked data
func auditSummary(r *audit.Report) string {
	s := r.Summary
	found := "no finding"
	if s.Findings > 0 {
		found = phrase.Count(s.Findings, "finding") + " (" + counts(
			counted{s.Critical, "critical"},
			counted{s.High, "high"},
			counted{s.Medium, "medium"},
			counted{s.Low, "low"},
			counted{s.Info, "info"},
		) + ")"
	}
	if s.Failed > 0 && s.Failed == s.Clusters {
		found = ""
	}
	return phrase.Count(
		s.Clusters,
		"cluster",
	) + ": " + phrase.Join("; ",
		found,
		counts(counted{s.Failed, "not read"}),
		counts(counted{s.Waived, "waived"}),
		counts(counted{s.NotChecked, "not checked for lack of data"}),
	)
}

// AuditRules lists rules: as [Text] with one line each, as [Markdown] or
// [Machine] with all they say.
func AuditRules(w io.Writer, rules []audit.Rule, opts Options) error {
	switch opts.Format {
	case Text, Markdown, "":
		return writeDocument(w, rulesDocument(rules), opts)
	case Machine:
		return JSON(w, rules)
	}
	return fmt.Errorf("rules have no form %q: they are listed as %s", string(opts.Format),
		FormatSet{Text, Markdown, Machine})
}

// rulesDocument is a line a rule, on a page all that a rule says.
func rulesDocument(rules []audit.Rule) *doc.Document {
	var e doc.Either
	t := doc.Table{Header: []string{"RULE", "SEVERITY", "NAME", "WHAT IT FINDS"}}
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
