package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/spec"
)

// whoDocument is an access report: a table for each level of access, then what
// was not read, and the summary.
func whoDocument(r *inventory.Report, opts Options) *doc.Document {
	d := &doc.Document{}
	tables := newWhoTables(r, opts)
	for _, level := range inventory.Scale {
		d.Top = append(d.Top, tables.level(level.Label)...)
	}
	d.Top = append(d.Top, tables.level(noAccess)...)
	if len(r.Principals) == 0 {
		d.Top = append(d.Top, doc.Line{Text: "no matching principals"})
	}
	d.Tail = append(d.Tail, failureSections(sameFailures(whoFailures(r)), "not read")...)
	d.Tail = append(d.Tail, doc.Space{})
	d.Tail = append(d.Tail, unlistedLines(r.NotRead)...)
	d.Tail = append(d.Tail, whoGaps(r, tables.clusters)...)
	for _, n := range r.Notes {
		d.Tail = append(d.Tail, doc.Line{Lead: doc.Styled(doc.Faint, "note: "), Text: n, Hang: 6})
	}
	d.Tail = append(d.Tail, doc.Space{}, doc.Line{Text: whoSummary(r)})
	return d
}

func whoFailures(r *inventory.Report) []Failure {
	var all []Failure
	for _, c := range r.Clusters {
		if c.Error != nil {
			all = append(all, Failure{c.Account, c.Region, c.Name, c.Error})
		}
	}
	return all
}

// noAccess is the heading of access that does not work.
const noAccess = "no access"

// whoTables are the rows of an access report by level.
type whoTables struct {
	report   *inventory.Report
	clusters map[string]string // names by ARN
	labels   map[string]Labels // by ARN of the cluster
	wide     bool
	most     int // clusters in one cell
	rows     map[string][]*whoRow
	byKey    map[string]*whoRow
}

// A whoRow is a principal, or principals with one label, with the same access
// to some clusters.
type whoRow struct {
	label             string
	isAlert           bool // an undeclared cluster admin
	expires, declared string
	clusters, sources []string
	used              []time.Time
	otherUse          string // where no time is known
	below             []string
}

func newWhoTables(r *inventory.Report, opts Options) *whoTables {
	t := &whoTables{report: r, clusters: clusterNames(r), labels: map[string]Labels{}, wide: opts.Wide, most: 3,
		rows: map[string][]*whoRow{}, byKey: map[string]*whoRow{}}
	switch {
	case opts.Wide:
		t.most = len(r.Clusters)
	case opts.Width >= 120:
		t.most = 6
	}
	principals := map[string][]string{}
	for _, p := range r.Principals {
		for _, a := range p.Access {
			if p.Principal != nil {
				principals[a.Cluster] = append(principals[a.Cluster], *p.Principal)
			}
		}
	}
	for _, c := range r.Clusters {
		t.labels[c.ARN] = NewLabels(c.Account, principals[c.ARN])
	}
	for i := range r.Principals {
		for _, a := range r.Principals[i].Access {
			t.add(&r.Principals[i], a)
		}
	}
	return t
}

// add adds an access to the row with the same text.
func (t *whoTables) add(p *inventory.Principal, a inventory.Access) {
	row := &whoRow{label: p.Name, below: t.details(a)}
	if p.Principal != nil {
		row.label = t.labels[a.Cluster].Of(*p.Principal)
		if t.wide {
			row.label = *p.Principal
		}
	}
	level := a.Power.Label()
	if !a.Works() {
		level = noAccess
	}
	switch {
	case !a.Declared.Asked:
	case p.Principal == nil:
		row.declared = "-"
	case a.Declared.Source != "":
		row.declared = "yes"
	case isUndeclaredAdmin(p, a, t.report.ReadAt):
		row.declared, row.isAlert = "NO", true
	default:
		row.declared = "no"
	}
	row.expires = "-"
	if a.Expires != nil {
		row.expires = until(*a.Expires, t.report.ReadAt)
		if t.wide {
			row.expires += " (" + moment(*a.Expires) + ")"
		}
	}
	idle := false
	switch {
	case p.LastUsed != nil:
		row.used = []time.Time{*p.LastUsed}
		idle = t.report.ReadAt.Sub(*p.LastUsed) > idleFor
	case p.IsUnused:
		row.otherUse = "not in 400d" // IAM API reference, RoleLastUsed
	case p.Kind == inventory.KindRole || p.Kind == inventory.KindPermissionSet:
		row.otherUse = "?"
	default:
		row.otherUse = "-"
	}
	key := fmt.Sprintf("%q", []string{level, row.label, row.declared, row.expires, row.otherUse,
		strconv.FormatBool(idle), strings.Join(row.below, "\n")})
	if t.wide {
		key += a.Declared.Source
	}
	if same := t.byKey[key]; same != nil {
		same.used = append(same.used, row.used...)
		row = same
	} else {
		t.byKey[key] = row
		t.rows[level] = append(t.rows[level], row)
	}
	if name := t.clusters[a.Cluster]; !slices.Contains(row.clusters, name) {
		row.clusters = append(row.clusters, name)
	}
	if s := t.source(a.Declared.Source); s != "" && !slices.Contains(row.sources, s) {
		row.sources = append(row.sources, s)
	}
}

// source is a line of a file: "clusters:21".
func (t *whoTables) source(source string) string {
	if t.wide || source == "" {
		return source
	}
	file, rest, _ := strings.Cut(source[strings.LastIndexByte(source, '/')+1:], ":")
	line, _, _ := strings.Cut(rest, ":")
	return strings.TrimSuffix(strings.TrimSuffix(file, ".yaml"), ".yml") + ":" + line
}

// level is the table of one level of access.
func (t *whoTables) level(label string) []doc.Block {
	rows := t.rows[label]
	if len(rows) == 0 {
		return nil
	}
	header := []string{strings.ToUpper(label), "CLUSTERS", "DECLARED", "EXPIRES", "LAST USED"}
	table := doc.Table{Split: true, Header: header}
	for _, row := range rows {
		declared := row.declared
		if len(row.sources) > 0 {
			declared = phrase.First(row.sources, 2)
		}
		cells := []string{row.label, phrase.First(row.clusters, t.most), declared, row.expires, row.lastUsed(t.report)}
		style := doc.Plain
		if row.isAlert {
			style = doc.Alert
		}
		var below []doc.Block
		for _, text := range row.below {
			below = append(below, doc.Line{Text: text, Style: doc.Faint, Hang: 4})
		}
		table.AddRaw(cells...)
		table.Styles = append(table.Styles, style)
		table.Below = append(table.Below, below)
		table.Narrow = append(table.Narrow, narrowRow(table.Header, cells, style, below))
	}
	table.Narrow = append([]doc.Block{doc.Line{Text: table.Header[0], Style: doc.Faint}}, table.Narrow...)
	return []doc.Block{doc.Space{}, table}
}

// narrowRow is a row of a table where it does not fit: the cells below the
// label.
func narrowRow(header, cells []string, style doc.Style, below []doc.Block) doc.Block {
	var parts []string
	for i, cell := range cells[2:] {
		if cell != "" && cell != "-" {
			parts = append(parts, strings.ToLower(header[i+2])+" "+cell)
		}
	}
	return doc.Line{Text: cells[0], Whole: true, Style: style, Indent: 2,
		Blocks: append([]doc.Block{doc.Line{Text: phrase.Join("; ", cells[1], strings.Join(parts, ", "))}}, below...)}
}

// details say how a principal gets its access, unless the level says it.
func (t *whoTables) details(a inventory.Access) []string {
	var lines []string
	if t.wide || !isPlainGrant(a) {
		for _, w := range a.Ways {
			if w.Hidden {
				lines = append(lines, "no effect: "+wayText(w))
			} else {
				lines = append(lines, wayText(w))
			}
		}
	}
	about := ""
	if t.wide && a.Owner != "" {
		about = "owner " + word(a.Owner)
	}
	if a.HeldUntil != nil {
		about = phrase.Join("; ", about, "on hold until "+moment(*a.HeldUntil))
	}
	if a.Reason != "" {
		about = phrase.Join("; ", about, "reason "+word(a.Reason))
	}
	for _, text := range []string{stateText(a.State), about} {
		if text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}

// isPlainGrant reports whether an entry gives one policy for users in the whole
// cluster, or what its type gives to nodes.
func isPlainGrant(a inventory.Access) bool {
	if len(a.Ways) != 1 {
		return false
	}
	w := a.Ways[0]
	return w.Via == inventory.ViaType || w.Via == inventory.ViaPolicy && w.Scope == spec.ScopeCluster &&
		eksfacts.PolicyExtent(w.Policy) != eksfacts.ExtentOther
}

// until is the time that is left until an end.
func until(end, now time.Time) string {
	if !now.Before(end) {
		return "expired"
	}
	switch left := end.Sub(now); { // rounded down, so that no more time is left than it says
	case left < 2*time.Hour:
		return fmt.Sprintf("in %dm", left/time.Minute)
	case left < 48*time.Hour:
		return fmt.Sprintf("in %dh", left/time.Hour)
	default:
		return fmt.Sprintf("in %dd", left/(24*time.Hour))
	}
}

// lastUsed is when the principals of a row were last used.
func (row *whoRow) lastUsed(r *inventory.Report) string {
	if len(row.used) == 0 {
		return row.otherUse
	}
	first, last := slices.MinFunc(row.used, time.Time.Compare), slices.MaxFunc(row.used, time.Time.Compare)
	most, least := daysAgo(first, r.ReadAt), daysAgo(last, r.ReadAt)
	switch {
	case most == least && most == 0:
		return "today"
	case most == least:
		return fmt.Sprintf("%dd ago", most)
	}
	return fmt.Sprintf("%d-%dd ago", least, most)
}

// daysAgo is the number of calendar days between two times.
func daysAgo(t, now time.Time) int {
	day := func(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
	return max(0, int(day(now).Sub(day(t))/(24*time.Hour)))
}

// whoGaps are parts of clusters that should have been read and were not.
func whoGaps(r *inventory.Report, names map[string]string) []doc.Block {
	var lines []doc.Block
	for _, n := range r.Gaps {
		if n.What == inventory.WhatCluster || n.NotAsked || isFiltered(r, n) {
			continue
		}
		text := n.Reason
		if n.Count > 0 {
			text += " (" + phrase.Count(n.Count, "principal") + ")"
		}
		if len(n.Clusters) > 0 {
			text += ", in " + gapClusters(n, names, 5)
		}
		lines = append(lines, doc.Line{Lead: doc.Styled(doc.Change, "not read: "), Text: whatText(n.What) + ": " + text,
			Hang: 6, Indent: 6, Blocks: []doc.Block{doc.Hint{Text: n.Hint}}})
	}
	return lines
}

// isFiltered reports whether a gap is that of --admins-only without --kube,
// which the summary mentions.
func isFiltered(r *inventory.Report, n inventory.Gap) bool {
	return n.What == inventory.WhatEntries && n.IsFilter && len(r.Asked.Policies) == 0
}

// whoSummary is the last line:
//
//	3 clusters, 4 principals. Not included: aws-auth and RBAC groups (add --kube).
func whoSummary(r *inventory.Report) string {
	s := r.Summary
	text := phrase.Count(s.Clusters, "cluster")
	if s.Failed > 0 {
		text += fmt.Sprintf(" (%d not read)", s.Failed)
	}
	text = phrase.Join(", ", text, phrase.Count(s.Principals, "principal"), unlistedSummary(r.NotRead)) + "."
	var missing []string
	for _, n := range r.Gaps {
		switch {
		case n.NotAsked && n.What == inventory.WhatAWSAuth:
			missing = append(missing, "aws-auth")
		case n.NotAsked && n.What == inventory.WhatBindings:
			missing = append(missing, "RBAC groups")
		}
	}
	if len(missing) > 0 {
		text += " Not included: " + phrase.And(missing) + " (add --kube)."
	}
	if filter := filterText(r.Asked); filter != "" {
		text += " Only " + filter + "."
	}
	return text
}
