package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/html"
)

// An auditView is what the page shows without its script.
type auditView struct {
	Source             pageSource
	Answer             string // for executives
	CreatedAt, Created string // for programs and for people
	ToolVersion        string
	NotChecked         string // "9 of 43"
	Summary            audit.Summary
	Severities         []severityCount
	Failed             []auditFailure
	Gaps               []auditGap
	Waivers            []auditWaiver
}

type severityCount struct {
	Name  string
	Count int
}

type (
	auditFailure struct{ Cluster, Reason, Hint string }
	auditGap     struct{ Reason, Rules, Clusters string }
	auditWaiver  struct {
		Rule, State, Reason, Owner, Until, Source string
		Bad                                       bool
	}
)

// auditData is the data of the script of the page.
type auditData struct {
	Severities []string       `json:"severities"` // the highest first
	Rules      []auditRule    `json:"rules"`
	Clusters   []string       `json:"clusters"`
	Findings   []auditFinding `json:"findings"`
}

type auditRule struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Means    string   `json:"means"`
	Fix      string   `json:"fix"`
	Mistakes string   `json:"mistakes"`
	Refs     []string `json:"refs"`
}

type auditFinding struct {
	Rule       int    `json:"rule"`     // index of rules
	Severity   int    `json:"severity"` // index of severities
	Cluster    int    `json:"cluster"`  // index of clusters; -1 for the files
	Principal  string `json:"principal"`
	Label      string `json:"label"` // of the principal
	Title      string `json:"title"`
	Detail     string `json:"detail"`
	Message    string `json:"message"`
	Undeclared int    `json:"undeclared,omitempty"` // a cluster admin that no file declares
	Fix        string `json:"fix"`
	Source     string `json:"source"`
}

// auditPage is the page for a browser.
func auditPage(r *audit.Report) html.Page {
	s := r.Summary
	notChecked := map[string]bool{}
	for _, n := range r.NotChecked {
		notChecked[n.Rule] = true
	}
	view := auditView{
		Source:      newPageSource(r.Files, r.ReadBy, r.ReadAt),
		Answer:      adminCounts(r.Admins, r.UndeclaredAdmins, r.ExpiringAdmins, len(r.Files) > 0),
		CreatedAt:   stamp(r.CreatedAt),
		Created:     moment(r.CreatedAt),
		ToolVersion: r.ToolVersion,
		NotChecked:  fmt.Sprintf("%d of %d", len(notChecked), len(r.Rules)),
		Summary:     s,
	}
	for _, c := range r.Clusters {
		account, _, _ := strings.Cut(c, "/")
		view.Source.addAccount(account)
	}
	for i, n := range []int{s.Critical, s.High, s.Medium, s.Low, s.Info} {
		view.Severities = append(view.Severities, severityCount{string(audit.Severities[i]), n})
	}
	for _, f := range r.Failed {
		view.Failed = append(
			view.Failed,
			auditFailure{
				where(f.Cluster, f.Account, f.Region),
				phrase.Join(": ", f.Error.Code, f.Error.Message),
				f.Error.Hint,
			},
		)
	}
	for _, n := range ofPlaces(r.NotRead) {
		view.Failed = append(view.Failed, auditFailure{n.Place(), n.Reason, ""})
	}
	for _, g := range gaps(r) {
		view.Gaps = append(view.Gaps, auditGap{g.reason, words(g.rules), placeList(g.clusters, len(r.Clusters))})
	}
	for _, w := range r.Waivers {
		view.Waivers = append(
			view.Waivers,
			auditWaiver{
				w.Rule,
				waiverText(w),
				w.Reason,
				w.Owner,
				w.Until,
				w.Source,
				w.State == audit.Expired,
			},
		)
	}
	return html.Page{Template: "audit", Title: "Access audit", View: view, Data: auditPageData(r)}
}

// placeList lists clusters, at most twelve of them.
func placeList(list []string, all int) string {
	if len(list) == all && all > 3 {
		return "all clusters"
	}
	names := slices.Clone(list[:min(12, len(list))])
	if more := len(list) - len(names); more > 0 {
		names = append(names, phrase.Count(more, "more cluster"))
	}
	return strings.Join(names, ", ")
}

func auditPageData(r *audit.Report) *auditData {
	d := &auditData{Rules: []auditRule{}, Clusters: []string{}, Findings: []auditFinding{}}
	for _, s := range audit.Severities {
		d.Severities = append(d.Severities, string(s))
	}
	rules := map[string]int{}
	indexOf := func(id string) int {
		i, ok := rules[id]
		if !ok {
			i = len(d.Rules)
			rules[id] = i
			d.Rules = append(d.Rules, auditRule{ID: id, Title: id, Refs: []string{}})
		}
		return i
	}
	for _, rule := range r.Rules {
		i := indexOf(rule.ID)
		d.Rules[i] = auditRule{
			rule.ID,
			rule.Name,
			rule.Title,
			rule.Impact,
			rule.Fix,
			rule.FalsePositives,
			slices.Clone(rule.Refs),
		}
		if d.Rules[i].Refs == nil {
			d.Rules[i].Refs = []string{}
		}
	}
	names := map[place]int{}
	var places [][3]string
	at := func(f audit.Finding) int {
		p := placeOf(f)
		if p == (place{}) {
			return -1
		}
		i, ok := names[p]
		if !ok {
			i = len(places)
			names[p] = i
			places = append(places, [3]string{p.account, p.region, p.cluster})
		}
		return i
	}
	labels := newAuditNames(r, Options{})
	for _, f := range r.Findings {
		d.Findings = append(
			d.Findings,
			auditFinding{
				Rule:       indexOf(f.Rule),
				Severity:   max(0, slices.Index(audit.Severities, f.Severity)),
				Cluster:    at(f),
				Principal:  f.Principal,
				Label:      labels.principal(f, f.Principal),
				Title:      f.Title,
				Detail:     phrase.Join("; ", strings.Join(f.Others, ", "), f.Detail),
				Message:    f.Message,
				Undeclared: count(f.IsUndeclaredAdmin),
				Fix:        f.Fix,
				Source:     f.Source,
			},
		)
	}
	d.Clusters = append(d.Clusters, shortNames(places)...)
	return d
}
