package audit

import (
	"fmt"
	"strings"
)

// Anchor returns the anchor of a rule on the page of all rules.
func Anchor(r Rule) string { return strings.ToLower(r.ID + "-" + r.Name) }

// RulePage returns the documentation of a rule in Markdown, without its heading.
func RulePage(r Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. Severity: %s.\n\n%s\n\n", r.Title, r.Severity, r.Impact)
	fmt.Fprintf(&b, "- Checks: %s\n- Fix: %s\n", r.Evidence, r.Fix)
	if r.FalsePositives != "" {
		fmt.Fprintf(&b, "- Known false positives: %s\n", r.FalsePositives)
	}
	if len(r.Refs) > 0 {
		fmt.Fprintf(&b, "- References: %s.\n", strings.Join(r.Refs, "; "))
	}
	return b.String()
}

// intro is the beginning of the page of all rules.
const intro = `# Find problems with access

` + "`eksaccess audit`" + ` checks the access to clusters and changes nothing. It lists the
findings by rule, the most severe first, each with its fix:

<!-- run -->

    $ eksaccess audit -f clusters.yaml
    HIGH    EA101  Authentication mode is CONFIG_MAP
            staging  only aws-auth and the cluster creator give access
            fix: eksaccess apply -f clusters.yaml --cluster 111122223333/eu-west-1/staging

    HIGH    EA503  Cluster admin not declared in any file
            prod  role contractors/deploy-tmp, created 2025-03-01, no owner tag
            fix: add under prod (clusters.yaml:36)
                 absent: [arn:aws:iam::444455556666:role/contractors/deploy-tmp]
    ...
    13 findings: 2 high, 11 medium
    3 of 43 rules were not checked: 3 need --kube
    ...

The permissions that an audit needs are in [iam.md](iam.md).

## Make a pipeline fail

With ` + "`--fail-on SEVERITY`" + ` the exit code is 2 if a finding has that severity or a
higher one. A cluster that could not be read results in 1 or 5, never in 0 or 2.

<!-- run: exit 2 -->

    eksaccess audit -f clusters.yaml --fail-on high

## Audit all clusters, or a snapshot

<!-- run: exit 0 0 0 -->

    eksaccess audit --all-clusters --regions eu-west-1,us-east-1 -o sarif > audit.sarif
    eksaccess snapshot -f clusters.yaml --kube --save snapshot.json
    eksaccess audit --snapshot snapshot.json -o html > audit.html   # no AWS calls

Without ` + "`-f`" + ` the rules about declared access are not checked. ` + "`-o`" + ` writes
` + "`text`, `json`, `sarif`, `junit`, `markdown` or `html`" + `; the page for a browser
needs no network.

## Accept a finding

A waiver in a file accepts findings until a date. The audit lists what was waived
and does not count it. See "Waivers" in [file.md](file.md).

## Reference

| flag | effect |
| --- | --- |
| ` + "`--kube`" + ` | also reads aws-auth, RBAC bindings and namespaces from the clusters |
| ` + "`--rule RULE`, `--skip RULE`" + ` | selects rules by id or name; ` + "`*`" + ` matches any text |
| ` + "`--wide`" + ` | shows full ARNs, every way to fix a finding, and the rules that were not checked |
| ` + "`--max-admins N`" + ` | the limit of EA206 |
| ` + "`--unused-days N`" + ` | the limit of EA211 |
| ` + "`--rules`" + ` | lists the rules; with ` + "`-o markdown`" + ` their documentation |

The id of a rule never changes. A rule whose data could not be read is reported as
not checked, and does not count as passed. References to CIS are to the CIS Amazon
EKS Benchmark v1.7.0.

<!-- written from the rules by "make golden" -->

`

// Page returns the documentation of all rules in Markdown.
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
