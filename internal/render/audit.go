package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/phrase"
)

// AuditFormats are those of an audit.
var AuditFormats = FormatSet{Text, Machine, SARIF, JUnit, Markdown, WebPage}

// Audit draws a report.
func Audit(w io.Writer, r *audit.Report, opts Options) error {
	switch opts.Format {
	case Text, "":
		return write(w, auditText(r, opts))
	case Machine:
		return JSON(w, r)
	case SARIF:
		return JSON(w, auditSARIF(r))
	case JUnit:
		return auditJUnit(w, r)
	case Markdown:
		return write(w, auditMarkdown(r))
	case WebPage:
		page, err := auditPage(r)
		if err != nil {
			return err
		}
		return write(w, page)
	}
	return fmt.Errorf("an audit has no form %q: it is drawn as %s", string(opts.Format), AuditFormats)
}

// severityStyle is the style of a severity's name.
func severityStyle(s audit.Severity) style {
	switch s {
	case audit.Critical, audit.High:
		return alert
	case audit.Medium:
		return change
	case audit.Info:
		return faint
	}
	return plain
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

func auditText(r *audit.Report, opts Options) []byte {
	p := newPage(opts)
	names := map[string]string{}
	for _, rule := range r.Rules {
		names[rule.ID] = rule.Name
	}
	for _, part := range byPlace(r.Findings) {
		p.blank()
		p.line(0, p.paint(strong, placeOf(part[0]).String()))
		for _, f := range part {
			const column = 12
			head := p.paint(severityStyle(f.Severity), pad(string(f.Severity), column-2)) + f.Rule + " "
			p.hangAt(2, head, strong, strings.TrimSpace(names[f.Rule]+" "+Safe(f.Principal)), column)
			p.hang(column, "", plain, Safe(f.Message))
			if f.Source != "" {
				p.hang(column, p.paint(faint, "at  "), plain, Safe(f.Source))
			}
			p.hang(column, p.paint(faint, "fix "), plain, Safe(f.Fix))
		}
	}
	p.failureGroups(sameFailures(auditFailures(r)), "not read")
	p.unlisted(r.NotRead)
	p.auditWaived(r, names)
	p.auditWaivers(r)
	p.auditGaps(r)
	p.blank()
	p.hang(0, "", plain, phrase.Join("; ", auditSummary(r), unlistedSummary(r.NotRead)))
	return p.Bytes()
}

func auditFailures(r *audit.Report) []Failure {
	var all []Failure
	for _, f := range r.Failed {
		all = append(all, Failure{f.Account, f.Region, f.Cluster, &f.Error})
	}
	return all
}

// auditWaived names what was waived, by rule.
func (p *page) auditWaived(r *audit.Report, names map[string]string) {
	if len(r.Waived) == 0 {
		return
	}
	p.blank()
	p.line(0, p.paint(strong, "waived"))
	byRule := slices.Clone(r.Waived)
	slices.SortStableFunc(byRule, func(a, b audit.Waived) int { return cmp.Compare(a.Rule, b.Rule) })
	for i, f := range byRule {
		if i == 0 || byRule[i-1].Rule != f.Rule {
			n := 0
			for _, other := range byRule {
				if other.Rule == f.Rule {
					n++
				}
			}
			p.line(2, f.Rule+" "+p.paint(strong, names[f.Rule])+" "+p.paint(faint, phrase.Count(n, "finding")))
		}
		what := Safe(strings.TrimSpace(f.Principal + " in "))
		if f.Principal == "" {
			what = ""
		}
		p.hang(6, "", plain, phrase.Join(" ", what, where(f.Cluster, f.Account, f.Region)))
	}
}

func (p *page) auditWaivers(r *audit.Report) {
	if len(r.Waivers) == 0 {
		return
	}
	p.blank()
	p.line(0, p.paint(strong, "waivers"))
	for _, w := range r.Waivers {
		what := fmt.Sprintf("%s by %s until %s: %s", Safe(w.Rule), Safe(w.Owner), w.Until, Safe(w.Reason))
		st := map[string]style{audit.Unused: change, audit.Expired: alert}[w.State]
		p.hang(2, p.paint(st, waiverText(w))+"  ", plain, what+"  "+Safe(w.Source))
	}
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
func (g gap) in(safe func(string) string) string {
	const most = 3
	if len(g.clusters) > most {
		return phrase.Count(len(g.clusters), "cluster")
	}
	names := make([]string, len(g.clusters))
	for i, c := range g.clusters {
		names[i] = safe(c[strings.LastIndexByte(c, '/')+1:])
	}
	return strings.Join(names, ", ")
}

func (p *page) auditGaps(r *audit.Report) {
	if len(r.NotChecked) == 0 {
		return
	}
	p.blank()
	p.line(0, p.paint(strong, "not checked"))
	for _, g := range gaps(r) {
		p.hang(2, "", plain, strings.Join(g.rules, ", ")+" in "+g.in(Safe)+": "+Safe(g.reason))
	}
}

// auditSummary is the last line of every audit:
//
//	2 clusters: 3 findings (1 critical, 2 high); 1 waived; 4 checks lacked data
func auditSummary(r *audit.Report) string {
	s := r.Summary
	found := "no finding"
	if s.Findings > 0 {
		found = phrase.Count(s.Findings, "finding") + " (" + counts(counted{s.Critical, "critical"}, counted{s.High, "high"},
			counted{s.Medium, "medium"}, counted{s.Low, "low"}, counted{s.Info, "info"}) + ")"
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

func auditMarkdown(r *audit.Report) []byte {
	m := &markdown{}
	m.para("### Audit of access: " + MarkdownText(auditSummary(r)))
	for _, part := range byPlace(r.Findings) {
		worst := part[0].Severity
		m.open(
			placeOf(part[0]).String(),
			phrase.Count(len(part), "finding")+", the gravest "+string(worst),
			worst.AtLeast(audit.High),
		)
		t := table{header: []string{"severity", "rule", "principal", "finding", "fix", "at"}}
		for _, f := range part {
			t.add(
				string(f.Severity),
				f.Rule,
				MarkdownCell(f.Principal),
				MarkdownText(f.Message),
				MarkdownText(f.Fix),
				MarkdownCell(f.Source),
			)
		}
		m.table(t)
		m.close()
	}
	m.failures(sameFailures(auditFailures(r)), "not read")
	for _, n := range ofPlaces(r.NotRead) {
		m.para("**not read** " + MarkdownText(n.Place()) + ": " + MarkdownText(n.Reason))
	}
	if len(r.Waivers) > 0 {
		m.open("waivers", "", false)
		t := table{header: []string{"state", "findings", "rule", "owner", "until", "reason", "at"}}
		for _, w := range r.Waivers {
			t.add(
				w.State,
				fmt.Sprint(w.Findings),
				MarkdownCell(w.Rule),
				MarkdownText(w.Owner),
				w.Until,
				MarkdownText(w.Reason),
				MarkdownCell(w.Source),
			)
		}
		m.table(t)
		m.close()
	}
	if len(r.NotChecked) > 0 {
		m.open("not checked", phrase.Count(len(r.NotChecked), "check")+" lacked data", false)
		t := table{header: []string{"rules", "clusters", "why"}}
		for _, g := range gaps(r) {
			t.add(strings.Join(g.rules, ", "), MarkdownText(g.in(Safe)), MarkdownText(g.reason))
		}
		m.table(t)
		m.close()
	}
	return m.Bytes()
}

// AuditRules lists rules: as [Text] with one line each, as [Markdown] or
// [Machine] with all they say.
func AuditRules(w io.Writer, rules []audit.Rule, opts Options) error {
	switch opts.Format {
	case Text, "":
	case Machine:
		return JSON(w, rules)
	case Markdown:
		m := &markdown{}
		for _, r := range rules {
			m.para("## " + r.ID + " " + r.Name)
			m.para(strings.TrimSuffix(audit.RulePage(r), "\n"))
		}
		return write(w, m.Bytes())
	default:
		return fmt.Errorf(
			"rules have no form %q: they are listed as %s",
			string(opts.Format),
			FormatSet{Text, Markdown, Machine},
		)
	}
	p := newPage(opts)
	t := table{header: []string{"RULE", "SEVERITY", "NAME", "WHAT IT FINDS"}}
	for _, r := range rules {
		t.add(r.ID, string(r.Severity), r.Name, r.Title)
	}
	if !p.table(0, t) {
		for _, r := range rules {
			p.hangAt(0, p.paint(strong, r.ID)+"  "+pad(string(r.Severity), 10), plain, r.Name+": "+r.Title, 4)
		}
	}
	return write(w, p.Bytes())
}
