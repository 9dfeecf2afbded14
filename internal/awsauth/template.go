package awsauth

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/spec"
)

// sessionTemplates are the templates that the authenticator itself renders, in
// usernames and groups (kubernetes-sigs/aws-iam-authenticator, pkg/server,
// renderTemplates).
var sessionTemplates = []string{"AccountID", "SessionName", "SessionNameRaw", "AccessKeyID", "EC2PrivateDNSName"}

var (
	// unquoted is a template at the beginning of a YAML value. YAML reads the
	// braces as two mappings.
	unquoted = regexp.MustCompile(`(?:^\s*|[:\-,\[]\s+|\[)(\{\{[^{}\n]*\}\})`)
	// placeholder is text that a tool or a person replaces before the file is
	// used: of Helm and Jinja, of Terraform and shells, of documentation.
	placeholder = regexp.MustCompile(
		`\{\{[^{}\n]*\}\}|\{%[^\n]*?%\}|\$\{[^}\n]+\}|\$[A-Z_][A-Z0-9_]*|<[A-Za-z][^<>\n]*>|%\{[^}\n]*\}`)
)

// unrenderedTemplate says which template keeps a key of aws-auth from being parsed, or
// "". Lines are counted from the line of the key.
func unrenderedTemplate(text string) string {
	if whole := strings.TrimSpace(text); whole != "" && placeholder.FindString(whole) == whole {
		return fmt.Sprintf("%.80s is a template that was not rendered", whole)
	}
	for n, line := range strings.Split(text, "\n") {
		m := unquoted.FindStringSubmatch(line)
		switch {
		case m == nil || strings.HasPrefix(strings.TrimSpace(line), "#"):
		case isSessionTemplate(m[1]):
			return fmt.Sprintf("line %d: %s begins the value: write it in quotes", n+2, m[1])
		default:
			return fmt.Sprintf("line %d: %s is a template that was not rendered", n+2, m[1])
		}
	}
	return ""
}

func isSessionTemplate(s string) bool {
	name, isTemplate := strings.CutPrefix(s, "{{")
	return isTemplate && slices.Contains(sessionTemplates, strings.TrimSuffix(name, "}}"))
}

// control are templates that are no YAML: of Helm and Jinja.
var control = regexp.MustCompile(`\{\{[^{}\n]*\}\}|\{%[^\n]*?%\}`)

// templateIn returns the first template that keeps a file from being YAML, and
// its line.
func templateIn(data []byte) (template string, line int) {
	for n, text := range strings.Split(string(data), "\n") {
		if strings.HasPrefix(strings.TrimSpace(text), "#") {
			continue
		}
		for _, m := range control.FindAllString(text, -1) {
			if !isSessionTemplate(m) {
				return m, n + 1
			}
		}
	}
	return "", 0
}

// RenderHint says how to get a manifest without templates.
const RenderHint = "render the template first (helm template, kustomize build, envsubst), or: " +
	"kubectl get configmap aws-auth -n kube-system -o yaml"

// TemplateOf returns the text of a template or a placeholder that stands where
// the ARN of a row belongs, or "".
func TemplateOf(items []Item) string {
	for _, i := range items {
		for _, text := range append([]string{i.Row.ARN}, i.Notes...) {
			if m := placeholder.FindString(text); m != "" && !isSessionTemplate(m) {
				return m
			}
		}
	}
	return ""
}

// Unreadable says why nothing can be imported from aws-auth: a key cannot be
// parsed, or no row could be read. It is "" where that is not so.
func Unreadable(data map[string]string) (why, hint string) {
	parsed, items := Parse(data), Items(data)
	template := TemplateOf(items)
	hint = "put it right with: kubectl edit configmap aws-auth -n kube-system"
	if template != "" {
		hint = RenderHint
	}
	switch {
	case len(parsed.Unparsed) > 0:
		return "aws-auth cannot be parsed: " + strings.Join(parsed.Unparsed, "; "), hint
	case len(items) == 0 || slices.ContainsFunc(items, Item.isReadable):
		return "", ""
	case template != "":
		return fmt.Sprintf("no row of aws-auth could be read: %s is a template that was not rendered",
			strconv.Quote(template)), hint
	}
	return "no row of aws-auth could be read: " + strings.Join(parsed.Malformed[:min(len(parsed.Malformed), 3)], "; "),
		hint
}

// isReadable reports whether an item names a principal.
func (i Item) isReadable() bool {
	return i.Row.ARN != "" && !i.NoARN && TemplateOf([]Item{i}) == ""
}

// recognizeForm recognises what a file is that is no manifest: a template, or the
// output of kubectl describe. The problem is zero if it is neither.
func recognizeForm(file spec.Source) (spec.Problem, bool) {
	p := spec.Problem{Pos: spec.Pos{File: file.Name}}
	if isDescribeOutput(file.Data) {
		p.Summary = `this is what "kubectl describe" prints, which cannot be read back`
		p.Hint = "kubectl get configmap aws-auth -n kube-system -o yaml"
		return p, true
	}
	if template, line := templateIn(file.Data); template != "" {
		p.Pos.Line, p.Pos.Column = line, 1
		p.Summary = fmt.Sprintf("%.80s is a template that was not rendered", template)
		p.Hint = RenderHint
		return p, true
	}
	return p, false
}

// isDescribeOutput reports whether data is the output of kubectl describe: "Name:",
// and a heading that is underlined (kubectl, pkg/describe, ConfigMapDescriber).
func isDescribeOutput(data []byte) bool {
	return described.Match(data)
}

var described = regexp.MustCompile(`(?s)^\s*Name:\s.*\nData\r?\n====`)

var lineNumber = regexp.MustCompile(`\bline ([0-9]+)\b`)

// withLinesFromKey counts the lines of a message of the YAML library from the line
// of the key, above the text.
func withLinesFromKey(message string) string {
	return lineNumber.ReplaceAllStringFunc(message, func(s string) string {
		n, err := strconv.Atoi(strings.TrimPrefix(s, "line "))
		if err != nil {
			return s
		}
		return fmt.Sprintf("line %d", n+1)
	})
}
