package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// counts joins those that are not zero: {3, "unchanged"} is "3 unchanged".
func counts(list ...counted) string {
	var parts []string
	for _, c := range list {
		if c.n != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return strings.Join(parts, ", ")
}

type counted struct {
	n    int
	what string
}

// policyName is the name of an access policy, or the whole ARN where it is not
// one of EKS's own, so that no other ARN can pass for one.
func policyName(policyARN string) string {
	a, err := arn.Parse(policyARN)
	if err != nil || a.Service != "eks" || a.Region != "" || a.Account != "aws" {
		return policyARN
	}
	return arn.PolicyName(policyARN)
}

// scope is where a policy holds: "cluster", "namespace a", "namespaces a, b".
func scope(kind string, namespaces []string) string {
	switch {
	case kind != spec.ScopeNamespace:
		return kind
	case len(namespaces) == 0:
		return "no namespace"
	case len(namespaces) == 1:
		return "namespace " + word(namespaces[0])
	}
	return "namespaces " + words(namespaces)
}

// policyList is policies in one line of running text.
func policyList(policies []spec.Policy) string {
	parts := make([]string, len(policies))
	for i, p := range policies {
		parts[i] = policyName(p.ARN) + " (" + scope(p.Scope, p.Namespaces) + ")"
	}
	return strings.Join(parts, ", ")
}

// where is the cluster as headings name it.
func where(name, account, region string) string {
	return fmt.Sprintf("%s (%s, %s)", name, account, region)
}

// clusterTitle is the cluster as headings of a terminal name it.
func clusterTitle(name, account, region string) string { return name + "  " + account + "  " + region }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// because is the reason of a change after the place in the file that asks for
// it, in the form that editors and terminals follow.
func because(source, reason string) string {
	switch {
	case source == "":
		return reason
	case reason == "":
		return source
	}
	return source + ": " + reason
}

// adminNote says what a change does to cluster admins: the first thing a
// reviewer looks for.
func adminNote(c plan.Change) string {
	before, after := c.Before != nil && c.Before.IsClusterAdmin(), c.After != nil && c.After.IsClusterAdmin()
	if c.Gains != nil || c.Loses != nil { // by effective access, so with the rows of aws-auth
		admin := func(p access.Permission) bool { return p.ClusterAdmin }
		gains, loses := slices.ContainsFunc(c.Gains, admin), slices.ContainsFunc(c.Loses, admin)
		switch {
		case gains && !before:
			return "gains cluster admin"
		case loses:
			return "loses cluster admin"
		case after && !before:
			return "keeps cluster admin" // which it has by its row
		case before && !after:
			return "" // its row gives the same, or its entry is stale and gave nothing
		}
	}
	switch {
	case before && after && c.Action == plan.Rekey:
		return "keeps cluster admin"
	case before && after && c.Action == plan.Replace:
		return "regains cluster admin"
	case after && !before:
		return "gains cluster admin"
	case before && !after:
		return "loses cluster admin"
	}
	return ""
}

// word is s for a list in running text: quoted where a reader could not see
// where it begins or ends.
func word(s string) string {
	if s != "" && !strings.ContainsAny(s, " ,\"'") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}

// words joins a list of names.
func words(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = word(s)
	}
	return strings.Join(quoted, ", ")
}

// withLabel is a value behind its label; "" for none.
func withLabel(label, value string) string {
	if value == "" {
		return ""
	}
	return label + value
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
