package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// Defaults of limits.
const (
	DefaultMaxAdmins  = 5
	DefaultUnusedDays = 90
)

// An Input is what [Run] needs.
type Input struct {
	Snapshot   *snapshot.Snapshot
	Declared   []*spec.Cluster // of the files; nil where none was given
	Files      []string        // the values of -f, for commands
	Waivers    []spec.Waiver
	Rules      []Rule    // those to check; see [Choose]
	Now        time.Time // for the end of grants and waivers
	MaxAdmins  int       // 0 for the default
	UnusedDays int       // 0 for the default
	Version    string    // of eksaccess
}

// Run checks every rule in every cluster. The same input gives the same value.
func Run(in Input) *Report {
	if in.MaxAdmins == 0 {
		in.MaxAdmins = DefaultMaxAdmins
	}
	if in.UnusedDays == 0 {
		in.UnusedDays = DefaultUnusedDays
	}
	r := &Report{
		APIVersion:  APIVersion,
		Kind:        Kind,
		CreatedAt:   in.Now.UTC().Truncate(time.Second),
		ToolVersion: in.Version,
		ReadAt:      in.Snapshot.CreatedAt,
		Findings:    []Finding{},
		NotChecked:  []NotChecked{},
		Waived:      []Waived{},
		Waivers:     []WaiverState{},
		Failed:      []Failed{},
		Rules:       in.Rules,
		NotRead:     append([]snapshot.NotRead{}, in.Snapshot.NotRead...),
		Files:       in.Files,
		ReadBy:      in.Snapshot.Readers(),
	}
	r.Summary.Clusters = len(in.Snapshot.Clusters)
	declared := make(map[arn.Cluster]*spec.Cluster, len(in.Declared))
	for _, c := range in.Declared {
		declared[c.ID] = c
	}
	w := newWaivers(in.Waivers, in.Now)
	var admins adminSet
	for i := range in.Snapshot.Clusters {
		c := &in.Snapshot.Clusters[i]
		r.Clusters = append(r.Clusters, c.ID().Path())
		if c.Error != nil {
			r.fail(c, in.Rules)
			continue
		}
		v := newView(&in, c, declared[c.ID()])
		admins.add(v)
		for _, rule := range in.Rules {
			if rule.check != nil {
				r.check(rule, v, w)
			}
		}
	}
	r.Admins, r.UndeclaredAdmins, r.ExpiringAdmins = len(admins.all), len(admins.undeclared), len(admins.expiring)
	r.Waivers = w.states()
	if i := slices.IndexFunc(in.Rules, func(rule Rule) bool { return rule.ID == expiredWaiver.ID }); i >= 0 {
		r.Findings = append(r.Findings, w.expiredFindings()...)
	}
	r.Findings = append(r.Findings, w.tooWide(in.Rules)...)
	r.finish()
	return r
}

// An adminSet collects the cluster admins of all clusters by ARN.
type adminSet struct{ all, undeclared, expiring map[string]bool }

func (s *adminSet) add(v *view) {
	if s.all == nil {
		s.all, s.undeclared, s.expiring = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	for _, a := range v.admins {
		expires := false
		if e := v.live.Entry(a.Principal); e != nil && a.Via == access.ViaEntry {
			end, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
			expires = err == nil && v.readAt.Before(end)
		}
		s.all[a.Principal] = true
		switch {
		case expires:
			s.expiring[a.Principal] = true
		case v.in.Declared != nil && len(v.items(a.Principal)) == 0:
			s.undeclared[a.Principal] = true
		}
	}
}

// check checks one rule in one cluster.
func (r *Report) check(rule Rule, v *view, w *waivers) {
	var o outcome
	rule.check(v, &o)
	if n := len(r.Findings); cap(r.Findings)-n < len(o.hits) { // in large steps: a finding is large, and copied by each
		r.Findings = slices.Grow(r.Findings, max(3*n, len(o.hits)))
	}
	for _, h := range o.hits {
		f := Finding{
			Rule:      rule.ID,
			Severity:  cmp.Or(h.severity, rule.Severity),
			Cluster:   v.c.Name,
			Region:    v.c.Region,
			Account:   v.c.Account,
			Principal: h.principal,
			Fix:       h.fix.String(),
			Source:    cmp.Or(h.source, v.source(h.principal)),
			Title:     cmp.Or(h.title, rule.Title),
			Others:    h.others,
			Detail:    h.detail,
			Steps:     h.fix,

			IsUndeclaredAdmin: h.isUndeclaredAdmin,
		}
		about := phrase.Join("; ", phrase.First(h.others, mostOthers), h.detail)
		f.Message = phrase.Join(": ", f.Title, about)
		if waived, ok := w.cover(f, rule, v.c.ID()); ok {
			r.Waived = append(r.Waived, waived)
		} else {
			r.Findings = append(r.Findings, f)
		}
	}
	for _, s := range o.skipped {
		r.NotChecked = append(r.NotChecked,
			NotChecked{Rule: rule.ID, Cluster: v.c.ID().Path(), Reason: s.why, Cause: s.cause})
	}
}

// mostOthers is how many principals a message lists.
const mostOthers = 5

// fail counts every rule as not checked in a cluster that could not be read.
func (r *Report) fail(c *snapshot.Cluster, rules []Rule) {
	r.Failed = append(r.Failed, Failed{Cluster: c.Name, Region: c.Region, Account: c.Account, Error: *c.Error})
	for _, rule := range rules {
		if rule.check != nil {
			r.NotChecked = append(
				r.NotChecked,
				NotChecked{Rule: rule.ID, Cluster: c.ID().Path(), Reason: "the cluster could not be read",
					Cause: ClusterNotRead},
			)
		}
	}
}

func (r *Report) finish() {
	slices.SortStableFunc(r.Findings, Finding.compare)
	slices.SortStableFunc(r.Waived, func(a, b Waived) int { return a.compare(b.Finding) })
	slices.SortStableFunc(r.NotChecked, func(a, b NotChecked) int {
		return cmp.Or(
			strings.Compare(a.Rule, b.Rule),
			strings.Compare(a.Cluster, b.Cluster),
			strings.Compare(a.Reason, b.Reason),
		)
	})
	s := &r.Summary
	s.Failed, s.Findings, s.Waived, s.NotChecked = len(r.Failed), len(r.Findings), len(r.Waived), len(r.NotChecked)
	for _, f := range r.Findings {
		*map[Severity]*int{Critical: &s.Critical, High: &s.High, Medium: &s.Medium, Low: &s.Low,
			Info: &s.Info}[f.Severity]++
	}
}

func (f Finding) compare(g Finding) int {
	return cmp.Or(
		strings.Compare(f.Account, g.Account),
		strings.Compare(f.Region, g.Region),
		strings.Compare(f.Cluster, g.Cluster),
		cmp.Compare(slices.Index(Severities, f.Severity), slices.Index(Severities, g.Severity)),
		strings.Compare(
			f.Rule,
			g.Rule,
		),
		strings.Compare(f.Principal, g.Principal),
		strings.Compare(f.Message, g.Message),
	)
}

// Fails reports whether a finding has the severity least, or a higher one.
func (r *Report) Fails(least Severity) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity.AtLeast(least) })
}
