package inventory

import (
	"fmt"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A Match selects principals of a report. A name is matched in every account,
// and every form may contain "*".
type Match struct {
	text    string
	kind    string // permissionSet, role, user; "" for an ARN
	pattern string
}

// ParseMatch reads a principal as the command line has it: an ARN, a glob over
// ARNs, or permissionSet=NAME, role=NAME, user=NAME. The error is of type
// [spec.Problems].
func ParseMatch(s string) (Match, error) {
	kind, name, _ := strings.Cut(s, "=")
	named := kind == "permissionSet" || kind == "role" || kind == "user"
	switch {
	case named && arn.HasGlob(name):
		return Match{s, kind, name}, nil
	case !named && arn.HasGlob(s):
		return Match{s, "", s}, nil
	}
	if _, err := spec.ParsePrincipalFlag(s); err != nil {
		return Match{}, err
	}
	if named {
		return Match{s, kind, name}, nil
	}
	return Match{s, "", s}, nil
}

// Matches reports whether m selects p.
func (m Match) Matches(p arn.Principal) bool {
	switch m.kind {
	case "permissionSet":
		set, _, ok := p.PermissionSet()
		return ok && arn.Match(m.pattern, set)
	case "":
		return arn.Match(m.pattern, p.String())
	}
	return string(p.Kind) == m.kind && arn.Match(m.pattern, p.Name)
}

// A Question limits a report; the zero value asks for everything.
type Question struct {
	Principals []Match  // any of them
	Policies   []string // access policies by name or ARN, "*" allowed; any of them
	AdminsOnly bool
}

// ParseQuestion reads the filters of a command line. Warnings are about names of
// policies.
func ParseQuestion(principals, policies []string, adminsOnly bool) (q Question, warnings spec.Problems, err error) {
	q.AdminsOnly = adminsOnly
	for _, text := range principals {
		m, err := ParseMatch(text)
		if err != nil {
			return q, warnings, fmt.Errorf("--principal: %w", err)
		}
		q.Principals = append(q.Principals, m)
	}
	for _, text := range policies {
		if !arn.HasGlob(text) {
			policy, problems, err := spec.ParsePolicyFlag(text, nil, "aws")
			if err != nil {
				return q, warnings, fmt.Errorf("--policy: %w", err)
			}
			warnings.Warnings = append(warnings.Warnings, problems.Warnings...)
			text = arn.PolicyName(policy.ARN)
		}
		q.Policies = append(q.Policies, text)
	}
	return q, warnings, nil
}

// policy reports whether the question asks for an access policy.
func (q Question) policy(policyARN string) bool {
	for _, p := range q.Policies {
		if arn.Match(p, policyARN) || arn.Match(p, arn.PolicyName(policyARN)) {
			return true
		}
	}
	return false
}

// Filter returns the policies by which EKS can filter entries, so that not all
// have to be read; nil where that would not answer the question. A group can be
// bound to cluster-admin, so where bindings are read all entries are needed.
func (q Question) Filter(kube bool) []string {
	var names []string
	switch {
	case len(q.Policies) > 0:
		for _, p := range q.Policies {
			if arn.HasGlob(p) {
				return nil
			}
			names = append(names, arn.PolicyName(p))
		}
	case q.AdminsOnly && !kube:
		names = []string{eksfacts.ClusterAdminPolicy}
	}
	return names
}

func (q Question) filter() Asked {
	a := Asked{Principals: []string{}, Policies: append([]string{}, q.Policies...), AdminsOnly: q.AdminsOnly}
	for _, m := range q.Principals {
		a.Principals = append(a.Principals, m.text)
	}
	return a
}
