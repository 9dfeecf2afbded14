// Package sarif makes logs of SARIF 2.1.0, the Static Analysis Results
// Interchange Format, for code scanning.
package sarif

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// A Report is one run of a program in raw text.
type Report struct {
	Program, Version, Home string
	Rules                  []Rule
	Results                []Result
	Notes                  []Note // what could not be read or checked
	Complete               bool   // all of it could be read
}

// A Rule is what results refer to. Its texts are the program's own.
type Rule struct {
	ID, Name, Title, Description string
	Help, HelpMarkdown, HelpURI  string
	Level                        Level
	SecuritySeverity             string // see GitHub's docs on SARIF support: "9.5"
	Tags                         []string
}

// A Level is how grave a result or a note is.
type Level string

const (
	LevelError   Level = sarif.LevelError
	LevelWarning Level = sarif.LevelWarning
	LevelNote    Level = sarif.LevelNote
)

// A Result is a finding.
type Result struct {
	Rule          string // its ID
	Level         Level
	Message       string
	Subject       string // the full name of what it is about, also its fingerprint
	Name          string // the short one; "" where it is only about a place in a file
	File          string
	Line, Column  int // from 1; 0 where it is not about a place in a file
	Properties    []Property
	Justification string // why it is suppressed; "" where it is not
}

// A Property is a further value of a result.
type Property struct{ Name, Value string }

// A Note is about the run itself.
type Note struct {
	Level Level
	Text  string
}

// Log is r in the types of the format, with messages escaped. The encoder of
// JSON escapes the rest.
func (r Report) Log() *sarif.Report {
	run := sarif.NewRunWithInformationURI(r.Program, r.Home)
	run.Tool.Driver.WithVersion(r.Version)
	for _, rule := range r.Rules {
		run.Tool.Driver.AddRule(rule.descriptor())
	}
	for _, x := range r.Results {
		run.AddResult(x.result(run))
	}
	invocation := sarif.NewInvocation().WithExecutionSuccessful(r.Complete)
	for _, n := range r.Notes {
		invocation.AddToolExecutionNotification(
			sarif.NewNotification().WithLevel(string(n.Level)).WithMessage(message(n.Text)))
	}
	run.AddInvocation(invocation)
	return sarif.NewReport().AddRun(run)
}

// message is text that holds no link (SARIF 2.1.0, 3.11.6).
func message(s string) *sarif.Message { return sarif.NewTextMessage(plainText(s)) }

func plainText(s string) string { return strings.ReplaceAll(escape.Text(s), "](", "] (") }

func (r Rule) descriptor() *sarif.ReportingDescriptor {
	text := func(s string) *sarif.MultiformatMessageString {
		return sarif.NewMultiformatMessageString().WithText(s)
	}
	properties := sarif.NewPropertyBag()
	properties.Add("security-severity", r.SecuritySeverity)
	properties.WithTags(r.Tags)
	return sarif.NewReportingDescriptor().
		WithID(r.ID).
		WithName(r.Name).
		WithShortDescription(text(r.Title)).
		WithFullDescription(text(r.Description)).
		WithHelp(text(r.Help).WithMarkdown(r.HelpMarkdown)).
		WithHelpURI(r.HelpURI).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(string(r.Level))).
		WithProperties(properties)
}

func (r Result) result(run *sarif.Run) *sarif.Result {
	properties := sarif.NewPropertyBag()
	for _, p := range r.Properties {
		properties.Add(p.Name, p.Value)
	}
	location := sarif.NewLocation()
	if r.Name != "" {
		location.AddLogicalLocation(
			sarif.NewLogicalLocation().WithKind("resource").WithName(r.Name).WithFullyQualifiedName(r.Subject))
	}
	if r.Line > 0 && r.Column > 0 {
		location.WithPhysicalLocation(
			sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(fileURI(r.File))).
				WithRegion(sarif.NewRegion().WithStartLine(r.Line).WithStartColumn(r.Column)))
	}
	out := sarif.NewRuleResult(r.Rule).WithRuleIndex(run.GetRuleIndex(r.Rule)).WithLevel(string(r.Level)).
		WithMessage(message(r.Message)).
		WithLocations([]*sarif.Location{location}).
		WithPartialFingerprints(map[string]string{"finding/v1": r.Rule + "|" + r.Subject}).
		WithProperties(properties)
	if r.Justification != "" {
		out.AddSuppression(sarif.NewSuppression().WithKind("external").WithStatus("accepted").
			WithJustification(plainText(r.Justification)))
	}
	return out
}

// fileURI is a file's name as a URI reference, relative as it was given.
func fileURI(name string) string {
	u := url.URL{Path: filepath.ToSlash(name)}
	if filepath.IsAbs(name) {
		u.Scheme = "file"
	}
	return u.String()
}
