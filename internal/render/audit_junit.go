package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/audit"
)

// JUnit's XML as CI systems read it: there is no one schema; these are the
// elements and attributes that Jenkins, GitLab and GitHub's reporters share.
// A suite is a cluster, a case a rule in it.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string         `xml:"name,attr"`
		Class   string         `xml:"classname,attr"`
		Error   *junitOutcome  `xml:"error,omitempty"`
		Failure []junitOutcome `xml:"failure,omitempty"`
		Skipped *junitOutcome  `xml:"skipped,omitempty"`
	}
	junitOutcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// auditJUnit writes every rule of every cluster: passed, failed with its
// findings, or skipped with why it was not checked or what waives it.
func auditJUnit(w io.Writer, r *audit.Report) error {
	type key struct{ rule, cluster string }
	findings, waived, unchecked := map[key][]audit.Finding{}, map[key][]audit.Waived{}, map[key][]string{}
	path := func(f audit.Finding) string { return f.Account + "/" + f.Region + "/" + f.Cluster }
	for _, f := range r.Findings {
		findings[key{f.Rule, path(f)}] = append(findings[key{f.Rule, path(f)}], f)
	}
	for _, f := range r.Waived {
		waived[key{f.Rule, path(f.Finding)}] = append(waived[key{f.Rule, path(f.Finding)}], f)
	}
	for _, n := range r.NotChecked {
		unchecked[key{n.Rule, n.Cluster}] = append(unchecked[key{n.Rule, n.Cluster}], n.Reason)
	}
	all := junitSuites{Name: "eksaccess audit"}
	failed := map[string]audit.Failed{}
	for _, f := range r.Failed {
		failed[f.Account+"/"+f.Region+"/"+f.Cluster] = f
	}
	for _, n := range ofPlaces(r.NotRead) {
		s := junitSuite{Name: Safe(n.Place()), Tests: 1, Errors: 1}
		s.Timestamp = r.CreatedAt.Format("2006-01-02T15:04:05")
		s.Cases = []junitCase{{Name: "list clusters", Class: s.Name, Error: &junitOutcome{Message: Safe(n.Reason)}}}
		all.Suites = append(all.Suites, s)
		all.Tests, all.Errors = all.Tests+1, all.Errors+1
	}
	places := r.Clusters
	if slices.ContainsFunc(r.Findings, func(f audit.Finding) bool { return f.Cluster == "" }) {
		places = append(append([]string{}, places...), "//")
	}
	for _, cluster := range places {
		s := junitSuite{Name: Safe(cluster), Timestamp: r.CreatedAt.Format("2006-01-02T15:04:05")}
		if cluster == "//" {
			s.Name = "waivers"
		}
		if f, ok := failed[cluster]; ok {
			s.Cases = []junitCase{
				{
					Name:  "read",
					Class: s.Name,
					Error: &junitOutcome{
						Message: Safe(f.Error.Message),
						Type:    Safe(f.Error.Code),
						Text:    Safe(f.Error.Hint),
					},
				},
			}
			s.Errors = 1
		}
		for _, rule := range r.Rules {
			if rule.OfCluster() == (cluster == "//") {
				continue
			}
			k := key{rule.ID, cluster}
			c := junitCase{Name: rule.ID + " " + rule.Name, Class: s.Name}
			for _, f := range findings[k] {
				c.Failure = append(
					c.Failure,
					junitOutcome{
						Message: Safe(strings.TrimSpace(f.Principal + " " + f.Message)),
						Type:    string(f.Severity),
						Text:    Safe(strings.TrimSpace(f.Source + " " + "fix: " + f.Fix)),
					},
				)
			}
			switch {
			case len(c.Failure) > 0:
				s.Failures++
			case len(unchecked[k]) > 0:
				c.Skipped = &junitOutcome{Message: Safe("not checked: " + strings.Join(unchecked[k], "; "))}
				s.Skipped++
			case len(waived[k]) > 0:
				by := waived[k][0]
				c.Skipped = &junitOutcome{
					Message: Safe(fmt.Sprintf("waived by %s until %s: %s", by.Owner, by.Until, by.Reason)),
				}
				s.Skipped++
			}
			s.Cases = append(s.Cases, c)
		}
		s.Tests = len(s.Cases)
		all.Suites = append(all.Suites, s)
		all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding XML: %w", err)
	}
	return write(w, append([]byte(xml.Header), append(text, '\n')...))
}
