package render

import (
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/github"
	"github.com/eksaccess/eksaccess/internal/render/sarif"
)

const home = "https://github.com/eksaccess/eksaccess"

// auditSARIF is a report for code scanning. Findings have the line of the file, if
// there is one, and a logical location of cluster and principal. Waived findings
// are suppressed results, and rules that were not checked are notes.
func auditSARIF(r *audit.Report) sarif.Report {
	log := sarif.Report{Program: "eksaccess", Version: r.ToolVersion, Home: home,
		Complete: len(r.NotRead) == 0 && len(r.Failed) == 0}
	for _, rule := range r.Rules {
		log.Rules = append(log.Rules, sarifRule(rule))
	}
	for _, f := range r.Findings {
		log.Results = append(log.Results, sarifResult(f))
	}
	for _, w := range r.Waived {
		result := sarifResult(w.Finding)
		result.Justification = w.Reason + " (" + w.Owner + ", until " + w.Until + ")"
		log.Results = append(log.Results, result)
	}
	for _, f := range r.Failed {
		log.Notes = append(log.Notes, sarif.Note{Level: sarif.LevelError,
			Text: "cluster " + f.Account + "/" + f.Region + "/" + f.Cluster + " could not be read: " + f.Error.Message})
	}
	for _, n := range ofPlaces(r.NotRead) {
		log.Notes = append(log.Notes, sarif.Note{Level: sarif.LevelError,
			Text: n.Place() + " could not be read: " + n.Reason})
	}
	for _, g := range gaps(r) {
		log.Notes = append(log.Notes, sarif.Note{Level: sarif.LevelNote,
			Text: "not checked: " + strings.Join(g.rules, ", ") + " in " + g.in() + ": " + g.reason})
	}
	return log
}

func sarifRule(r audit.Rule) sarif.Rule {
	help := r.Fix
	if len(r.Refs) > 0 {
		help += "\n\n" + strings.Join(r.Refs, "\n")
	}
	return sarif.Rule{
		ID:               r.ID,
		Name:             r.Name,
		Title:            r.Title,
		Description:      r.Impact,
		Help:             help,
		HelpMarkdown:     audit.RulePage(r),
		HelpURI:          home + "/blob/main/docs/audit.md#" + audit.Anchor(r),
		Level:            sarifLevel(r.Severity),
		SecuritySeverity: securitySeverities[r.Severity],
		Tags:             []string{"security", "eks", "access"},
	}
}

func sarifResult(f audit.Finding) sarif.Result {
	cluster := f.Account + "/" + f.Region + "/" + f.Cluster
	out := sarif.Result{
		Rule:       f.Rule,
		Level:      sarifLevel(f.Severity),
		Message:    phrase.Join(": ", f.Cluster, f.Principal, f.Message) + ". Fix: " + f.Fix,
		Subject:    cluster,
		Properties: []sarif.Property{{Name: "severity", Value: string(f.Severity)}, {Name: "fix", Value: f.Fix}},
	}
	if f.Principal != "" {
		out.Subject = cluster + "/" + f.Principal
	}
	if f.Cluster != "" {
		out.Name = f.Cluster
		if f.Principal != "" {
			out.Name = f.Principal
		}
	}
	file, l, c := github.SplitSource(f.Source)
	line, lineErr := strconv.Atoi(l)
	column, columnErr := strconv.Atoi(c)
	if lineErr == nil && columnErr == nil {
		out.File, out.Line, out.Column = file, line, column
	}
	return out
}

func sarifLevel(s audit.Severity) sarif.Level {
	switch s {
	case audit.Critical, audit.High:
		return sarif.LevelError
	case audit.Medium:
		return sarif.LevelWarning
	}
	return sarif.LevelNote
}

// securitySeverities are the numbers by which GitHub's code scanning sorts:
// over 9.0 is critical, 7.0 high, 4.0 medium (GitHub docs, SARIF support).
var securitySeverities = map[audit.Severity]string{
	audit.Critical: "9.5", audit.High: "8.0", audit.Medium: "5.5", audit.Low: "3.0", audit.Info: "1.0",
}
