package render

import (
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/eksaccess/eksaccess/internal/audit"
)

const home = "https://github.com/eksaccess/eksaccess"

// auditSARIF is a report as SARIF 2.1.0. A finding that a line of a file is
// about has that place; all have a logical one, cluster and principal. What is
// waived is there as suppressed, what was not checked as a notification.
func auditSARIF(r *audit.Report) *sarif.Report {
	run := sarif.NewRunWithInformationURI("eksaccess", home)
	run.Tool.Driver.WithVersion(r.ToolVersion)
	for _, rule := range r.Rules {
		run.Tool.Driver.AddRule(sarifRule(rule))
	}
	for _, f := range r.Findings {
		run.AddResult(sarifResult(run, f))
	}
	for _, w := range r.Waived {
		run.AddResult(
			sarifResult(
				run,
				w.Finding,
			).AddSuppression(sarif.NewSuppression().WithKind("external").WithStatus("accepted").
				WithJustification(sarifText(w.Reason + " (" + w.Owner + ", until " + w.Until + ")"))),
		)
	}
	ran := sarif.NewInvocation().WithExecutionSuccessful(len(r.NotRead) == 0 && len(r.Failed) == 0)
	for _, f := range r.Failed {
		ran.AddToolExecutionNotification(
			notification(
				"error",
				"cluster "+f.Account+"/"+f.Region+"/"+f.Cluster+" could not be read: "+f.Error.Message,
			),
		)
	}
	for _, n := range ofPlaces(r.NotRead) {
		ran.AddToolExecutionNotification(notification("error", n.Place()+" could not be read: "+n.Reason))
	}
	for _, g := range gaps(r) {
		ran.AddToolExecutionNotification(
			notification("note", "not checked: "+strings.Join(g.rules, ", ")+" in "+g.in(Safe)+": "+g.reason),
		)
	}
	run.AddInvocation(ran)
	return sarif.NewReport().AddRun(run)
}

func notification(level, text string) *sarif.Notification {
	return sarif.NewNotification().WithLevel(level).WithMessage(sarif.NewTextMessage(sarifText(text)))
}

func sarifRule(r audit.Rule) *sarif.ReportingDescriptor {
	text := func(s string) *sarif.MultiformatMessageString {
		return sarif.NewMultiformatMessageString().WithText(s)
	}
	properties := sarif.NewPropertyBag()
	properties.Add("security-severity", securitySeverity(r.Severity))
	properties.WithTags([]string{"security", "eks", "access"})
	help := r.Fix
	if len(r.Refs) > 0 {
		help += "\n\n" + strings.Join(r.Refs, "\n")
	}
	return sarif.NewReportingDescriptor().
		WithID(r.ID).
		WithName(r.Name).
		WithShortDescription(text(r.Title)).
		WithFullDescription(text(r.Means)).
		WithHelp(text(help).WithMarkdown(audit.RulePage(r))).
		WithHelpURI(home + "/blob/main/docs/audit.md#" + audit.Anchor(r)).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(sarifLevel(r.Severity))).
		WithProperties(properties)
}

func sarifResult(run *sarif.Run, f audit.Finding) *sarif.Result {
	properties := sarif.NewPropertyBag()
	properties.Add("severity", string(f.Severity))
	properties.Add("fix", f.Fix)
	cluster := f.Account + "/" + f.Region + "/" + f.Cluster
	subject, name := cluster, f.Cluster
	if f.Principal != "" {
		subject, name = cluster+"/"+f.Principal, f.Principal
	}
	location := sarif.NewLocation()
	if f.Cluster != "" {
		location.AddLogicalLocation(
			sarif.NewLogicalLocation().WithKind("resource").WithName(name).WithFullyQualifiedName(subject),
		)
	}
	file, l, c := splitSource(f.Source)
	line, lineErr := strconv.Atoi(l)
	column, columnErr := strconv.Atoi(c)
	if lineErr == nil && columnErr == nil && line > 0 && column > 0 {
		location.WithPhysicalLocation(
			sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(fileURI(file))).
				WithRegion(sarif.NewRegion().WithStartLine(line).WithStartColumn(column)),
		)
	}
	message := f.Message
	if f.Principal != "" {
		message = f.Principal + ": " + message
	}
	if f.Cluster != "" {
		message = f.Cluster + ": " + message
	}
	return sarif.NewRuleResult(f.Rule).WithRuleIndex(run.GetRuleIndex(f.Rule)).WithLevel(sarifLevel(f.Severity)).
		WithMessage(sarif.NewTextMessage(sarifText(message + ". Fix: " + f.Fix))).
		WithLocations([]*sarif.Location{location}).
		WithPartialFingerprints(map[string]string{"finding/v1": f.Rule + "|" + subject}).WithProperties(properties)
}

// sarifText keeps a message from holding a link (SARIF 2.1.0, 3.11.6).
func sarifText(s string) string { return strings.ReplaceAll(Safe(s), "](", "] (") }

func sarifLevel(s audit.Severity) string {
	switch s {
	case audit.Critical, audit.High:
		return sarif.LevelError
	case audit.Medium:
		return sarif.LevelWarning
	}
	return sarif.LevelNote
}

// securitySeverity is the number by which GitHub's code scanning sorts: over
// 9.0 is critical, 7.0 high, 4.0 medium (GitHub docs, SARIF support).
func securitySeverity(s audit.Severity) string {
	return map[audit.Severity]string{audit.Critical: "9.5", audit.High: "8.0", audit.Medium: "5.5", audit.Low: "3.0", audit.Info: "1.0"}[s]
}

// fileURI is a file's name as a URI reference, relative as it was given.
func fileURI(name string) string {
	u := url.URL{Path: filepath.ToSlash(name)}
	if filepath.IsAbs(name) {
		u.Scheme = "file"
	}
	return u.String()
}
