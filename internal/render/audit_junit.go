package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/junit"
)

// A check is the result of a rule in one cluster.
type check struct {
	findings   []audit.Finding
	waived     []audit.Waived
	notChecked []string // reasons
}

// auditJUnit has every rule in every cluster: passed, failed with its findings, or
// skipped with the reason or the waiver. Rules about files with findings are a
// suite of their own.
func auditJUnit(r *audit.Report) junit.Report {
	all := junit.Report{Name: "eksaccess audit", Time: r.CreatedAt}
	for _, n := range ofPlaces(r.NotRead) {
		all.Suites = append(all.Suites, junit.Suite{Name: n.Place(), Cases: []junit.Case{
			{Name: "list clusters", Error: &junit.Outcome{Message: n.Reason}},
		}})
	}
	type key struct{ rule, cluster string }
	checks := map[key]check{}
	change := func(rule, cluster string, f func(*check)) {
		c := checks[key{rule, cluster}]
		f(&c)
		checks[key{rule, cluster}] = c
	}
	for _, f := range r.Findings {
		change(f.Rule, clusterPath(f), func(c *check) { c.findings = append(c.findings, f) })
	}
	for _, w := range r.Waived {
		change(w.Rule, clusterPath(w.Finding), func(c *check) { c.waived = append(c.waived, w) })
	}
	for _, n := range r.NotChecked {
		change(n.Rule, n.Cluster, func(c *check) { c.notChecked = append(c.notChecked, n.Reason) })
	}
	failed := map[string]audit.Failed{}
	for _, f := range r.Failed {
		failed[f.Account+"/"+f.Region+"/"+f.Cluster] = f
	}
	for _, cluster := range r.Clusters {
		s := junit.Suite{Name: cluster}
		if f, ok := failed[cluster]; ok {
			s.Cases = append(s.Cases, junit.Case{Name: "read",
				Error: &junit.Outcome{Message: f.Error.Message, Type: f.Error.Code, Text: f.Error.Hint}})
		}
		for _, rule := range r.Rules {
			if rule.OfCluster() {
				s.Cases = append(s.Cases, checks[key{rule.ID, cluster}].junit(rule))
			}
		}
		all.Suites = append(all.Suites, s)
	}
	if slices.ContainsFunc(r.Findings, func(f audit.Finding) bool { return placeOf(f) == place{} }) {
		s := junit.Suite{Name: "waivers"}
		for _, rule := range r.Rules {
			if !rule.OfCluster() {
				s.Cases = append(s.Cases, checks[key{rule.ID, ""}].junit(rule))
			}
		}
		all.Suites = append(all.Suites, s)
	}
	return all
}

// clusterPath is ACCOUNT/REGION/NAME, as a report names clusters; "" for a
// finding about the files.
func clusterPath(f audit.Finding) string {
	if placeOf(f) == (place{}) {
		return ""
	}
	return f.Account + "/" + f.Region + "/" + f.Cluster
}

func (c check) junit(rule audit.Rule) junit.Case {
	out := junit.Case{Name: rule.ID + " " + rule.Name}
	for _, f := range c.findings {
		out.Failures = append(out.Failures, junit.Outcome{
			Message: phrase.Join(": ", f.Principal, f.Message),
			Type:    string(f.Severity),
			Text:    strings.TrimSpace(f.Source + " fix: " + f.Fix),
		})
	}
	switch {
	case len(c.notChecked) > 0:
		out.Skipped = "not checked: " + strings.Join(c.notChecked, "; ")
	case len(c.waived) > 0:
		by := c.waived[0]
		out.Skipped = fmt.Sprintf("waived by %s until %s: %s", by.Owner, by.Until, by.Reason)
	}
	return out
}
