package render

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/html"
)

// An auditView is what the page shows without its script.
type auditView struct {
	ReadAt, CreatedAt string
	Read, Created     string // the same for people
	ToolVersion       string
	Rules             string // how many were asked
	Summary           audit.Summary
	Severities        []severityCount
	Failed            []auditFailure
	Gaps              []auditGap
	Waivers           []auditWaiver
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

// auditData is what its script works from.
type auditData struct {
	Severities []string       `json:"severities"` // the gravest first
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
	Rule      int    `json:"rule"`     // place in rules
	Severity  int    `json:"severity"` // place in severities
	Cluster   int    `json:"cluster"`  // place in clusters; -1: of the files
	Principal string `json:"principal"`
	Message   string `json:"message"`
	Fix       string `json:"fix"`
	Source    string `json:"source"`
}

// auditPage is the page for a browser.
func auditPage(r *audit.Report) html.Page {
	s := r.Summary
	view := auditView{
		ReadAt:      stamp(r.ReadAt),
		CreatedAt:   stamp(r.CreatedAt),
		Read:        moment(r.ReadAt),
		Created:     moment(r.CreatedAt),
		ToolVersion: r.ToolVersion,
		Rules:       phrase.Count(len(r.Rules), "rule"),
		Summary:     s,
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
	title := "Audit of access: " + phrase.Count(s.Clusters, "cluster") + ", " + phrase.Count(s.Findings, "finding")
	return html.Page{Template: "audit", Title: title, View: view, Data: auditPageData(r)}
}

// placeList names clusters, at most twelve of them.
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
	known := func(id string) int {
		i, ok := rules[id]
		if !ok {
			i = len(d.Rules)
			rules[id] = i
			d.Rules = append(d.Rules, auditRule{ID: id, Title: id, Refs: []string{}})
		}
		return i
	}
	for _, rule := range r.Rules {
		i := known(rule.ID)
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
	for _, f := range r.Findings {
		d.Findings = append(
			d.Findings,
			auditFinding{
				Rule:      known(f.Rule),
				Severity:  max(0, slices.Index(audit.Severities, f.Severity)),
				Cluster:   at(f),
				Principal: f.Principal,
				Message:   f.Message,
				Fix:       f.Fix,
				Source:    f.Source,
			},
		)
	}
	d.Clusters = append(d.Clusters, shortNames(places)...)
	return d
}
