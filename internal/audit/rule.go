package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// A Rule finds one kind of problem. Its id never changes and is never used for
// another rule.
type Rule struct {
	ID       string   `json:"id"`       // EA101
	Name     string   `json:"name"`     // config-map-mode
	Severity Severity `json:"severity"` // of its findings; some are more or less severe, which their title explains

	Title          string   `json:"title"` // one line
	Impact         string   `json:"means"`
	Evidence       string   `json:"evidence"`   // the data that is checked
	Fix            string   `json:"fix"`        // in general; each finding has its own
	Refs           []string `json:"references"` // of frameworks and AWS
	FalsePositives string   `json:"mistakes"`   // known ones

	check func(*view, *outcome)
}

// References that several rules have. The CIS numbers are those of the CIS
// Amazon EKS Benchmark v1.7.0.
const (
	cis411 = "CIS EKS 4.1.1: cluster-admin only where required"
	cis412 = "CIS EKS 4.1.2: minimize access to secrets"
	cis417 = "CIS EKS 4.1.7: use the Cluster Access Manager API"
	cis551 = "CIS EKS 5.5.1: manage Kubernetes RBAC users with the IAM Authenticator"
	cis211 = "CIS EKS 2.1.1: enable audit logs"
	cis541 = "CIS EKS 5.4.1: restrict access to the control plane endpoint"

	guideEntries  = "EKS user guide: creating-access-entries"
	guidePolicies = "EKS user guide: access-policy-permissions"
	guideMode     = "EKS user guide: setting-up-access-entries"
	guideMigrate  = "EKS user guide: migrating-access-entries"
	guideSSO      = "IAM Identity Center user guide: referencing permission sets"
)

// An outcome is what a rule found in one cluster, and what it could not check.
type outcome struct {
	hits    []hit
	skipped []skipped
}

// A skipped is a check that was not made.
type skipped struct {
	cause Cause
	why   string
}

// A hit is a finding without its rule and cluster.
type hit struct {
	principal string
	detail    string
	others    []string // principals
	fix       Fix
	severity  Severity // "" for that of the rule
	title     string   // "" for that of the rule
	source    string   // "" for where the principal or cluster is declared

	isUndeclaredAdmin bool
}

// find adds a finding with a detail. Values of a cluster are quoted in it.
func (o *outcome) find(principal string, fix Fix, format string, args ...any) *hit {
	o.hits = append(o.hits, hit{principal: principal, fix: fix, detail: fmt.Sprintf(format, args...)})
	return &o.hits[len(o.hits)-1]
}

// skip records why something was not checked.
func (o *outcome) skip(format string, args ...any) { o.skipFor("", format, args...) }

// skipFor is like skip, for a cause that has a flag.
func (o *outcome) skipFor(cause Cause, format string, args ...any) {
	s := skipped{cause, fmt.Sprintf(format, args...)}
	if !slices.Contains(o.skipped, s) {
		o.skipped = append(o.skipped, s)
	}
}

// Rules returns all rules, by id.
func Rules() []Rule {
	all := slices.Concat(authRules, adminRules, principalRules, rightsRules, emergencyRules, clusterRules, waiverRules)
	slices.SortFunc(all, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Choose returns the rules whose id or name matches one of the patterns in only
// and none in skip. Without only, all rules are chosen. A pattern that matches no
// rule is an error.
func Choose(only, skip []string) ([]Rule, error) {
	rules := Rules()
	for _, glob := range slices.Concat(only, skip) {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.matches(glob) }) {
			return nil, fmt.Errorf("no rule matches %q", glob)
		}
	}
	return slices.DeleteFunc(rules, func(r Rule) bool {
		return len(only) > 0 && !slices.ContainsFunc(only, r.matches) || slices.ContainsFunc(skip, r.matches)
	}), nil
}

func (r Rule) matches(glob string) bool {
	return arn.Match(strings.ToUpper(glob), r.ID) || arn.Match(strings.ToLower(glob), r.Name)
}

// OfCluster reports whether the rule is checked in every cluster, and not once.
func (r Rule) OfCluster() bool { return r.check != nil }
