package audit

import (
	"fmt"
	"strings"
)

// Anchor is where a rule stands on the page of all rules.
func Anchor(r Rule) string { return strings.ToLower(r.ID + "-" + r.Name) }

// RulePage is one rule in Markdown, below its heading.
func RulePage(r Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. Severity: %s.\n\n%s\n\n", r.Title, r.Severity, r.Means)
	fmt.Fprintf(&b, "- Looks at: %s\n- Fix: %s\n", r.Evidence, r.Fix)
	if r.Mistakes != "" {
		fmt.Fprintf(&b, "- When it may be wrong: %s\n", r.Mistakes)
	}
	if len(r.Refs) > 0 {
		fmt.Fprintf(&b, "- See: %s.\n", strings.Join(r.Refs, "; "))
	}
	return b.String()
}

// intro is what the page of all rules begins with.
const intro = `# What an audit looks for

` + "`eksaccess audit`" + ` reads clusters, or a snapshot of them, and changes nothing.
Each rule has an id that never changes. What a rule could not look at is told
under "not checked", with why; such a rule counts as not passed. Findings that
somebody accepts are waived, see "Waivers" in [file.md](file.md).

<!-- run: exit 0 0 0 2 -->

    eksaccess audit -f clusters.yaml --kube
    eksaccess audit --all-clusters --regions eu-west-1,us-east-1 -o sarif > audit.sarif
    eksaccess snapshot -f clusters.yaml --kube --save snapshot.json
    eksaccess audit --snapshot snapshot.json --fail-on high

With ` + "`-f`" + ` the rules about what is declared are checked too, and findings name
the line of the file. With ` + "`--kube`" + ` the clusters themselves are asked for
aws-auth, RBAC and namespaces. ` + "`--rule`" + ` and ` + "`--skip`" + ` choose rules by id or name,
or a glob over these. ` + "`--fail-on SEVERITY`" + ` ends with 2 where a finding is that
grave or graver. ` + "`-o html`" + ` is one page for a browser, filtered by words and
severity, that needs no network. References to CIS are to the CIS Amazon EKS
Benchmark v1.7.0.

<!-- written from the rules by "make golden" -->

`

// Page is the documentation of all rules, in Markdown.
func Page() string {
	var b strings.Builder
	b.WriteString(intro)
	b.WriteString("| rule | severity | finds |\n| --- | --- | --- |\n")
	for _, r := range Rules() {
		fmt.Fprintf(&b, "| [%s](#%s) %s | %s | %s |\n", r.ID, Anchor(r), r.Name, r.Severity, r.Title)
	}
	for _, r := range Rules() {
		fmt.Fprintf(&b, "\n## %s %s\n\n%s", r.ID, r.Name, RulePage(r))
	}
	return b.String()
}
