package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// A Rule is one thing that may be wrong. Its id never changes and is never
// used again for another.
type Rule struct {
	ID       string   `json:"id"`       // EA101
	Name     string   `json:"name"`     // config-map-mode
	Severity Severity `json:"severity"` // of its findings; some are graver or milder, which their text explains

	Title    string   `json:"title"`      // one line
	Means    string   `json:"means"`      // why it matters
	Evidence string   `json:"evidence"`   // what it looks at
	Fix      string   `json:"fix"`        // in general; each finding has its own
	Refs     []string `json:"references"` // of frameworks and AWS
	Mistakes string   `json:"mistakes"`   // when a finding may be none

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

// An outcome is what a rule found in one cluster, and what it could not look
// at.
type outcome struct {
	hits      []hit
	unchecked []string
}

// A hit is a finding before it knows its rule and cluster.
type hit struct {
	principal, message, fix string
	severity                Severity // "" for the rule's
	source                  string   // "" for where the principal is declared, or the cluster
}

// find adds a finding. Values in the message are quoted where they come from
// outside.
func (o *outcome) find(principal, fix, format string, args ...any) *hit {
	o.hits = append(o.hits, hit{principal: principal, fix: fix, message: fmt.Sprintf(format, args...)})
	return &o.hits[len(o.hits)-1]
}

// skip says what was not looked at, and why.
func (o *outcome) skip(format string, args ...any) {
	if why := fmt.Sprintf(format, args...); !slices.Contains(o.unchecked, why) {
		o.unchecked = append(o.unchecked, why)
	}
}

// Rules are all rules, by id.
func Rules() []Rule {
	all := slices.Concat(authRules, adminRules, principalRules, rightsRules, emergencyRules, clusterRules, waiverRules)
	slices.SortFunc(all, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Choose returns the rules that globs over ids and names choose, less those
// that others take out. Without globs, all are chosen. A glob that fits none is
// an error.
func Choose(only, skip []string) ([]Rule, error) {
	rules := Rules()
	for _, glob := range slices.Concat(only, skip) {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.matches(glob) }) {
			return nil, fmt.Errorf("no rule is called %q", glob)
		}
	}
	return slices.DeleteFunc(rules, func(r Rule) bool {
		return len(only) > 0 && !slices.ContainsFunc(only, r.matches) || slices.ContainsFunc(skip, r.matches)
	}), nil
}

func (r Rule) matches(glob string) bool {
	return arn.Match(strings.ToUpper(glob), r.ID) || arn.Match(strings.ToLower(glob), r.Name)
}

// OfCluster reports whether the rule is asked of every cluster, and not once.
func (r Rule) OfCluster() bool { return r.check != nil }
