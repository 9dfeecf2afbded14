package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// policy checks a policy with its namespaces; an empty list of them is refused,
// since it may be meant as either scope.
func (r *report) policy(list []policyDraft, policy Text, namespaces []Text, at Pos) []policyDraft {
	draft := policyDraft{written: policy.Value, pos: at}
	if namespaces != nil && len(namespaces) == 0 {
		r.errorf(at, "remove namespaces for the whole cluster", "the policy has an empty list of namespaces")
	}
	for _, n := range namespaces {
		if n.Value != "" && r.addVerdict(n.Pos, judgeNamespace(n.Value)) {
			draft.namespaces = append(draft.namespaces, n.Value)
		}
	}
	draft.namespaces = slices.Compact(slices.Sorted(slices.Values(draft.namespaces)))
	if policy.Value == "" {
		return list
	}
	v, known := judgePolicy(policy.Value)
	if !r.addVerdict(policy.Pos, v) {
		return list
	}
	switch {
	case known.OnlyScope == ScopeCluster && namespaces != nil:
		r.warnf(policy.Pos, "remove namespaces", "access policy %q is for the whole cluster", known.Name)
	case known.OnlyScope == ScopeNamespace && namespaces == nil:
		r.warnf(policy.Pos, "add namespaces", "access policy %q is for single namespaces", known.Name)
	}
	for _, other := range list {
		if arn.PolicyName(other.written) == arn.PolicyName(draft.written) &&
			!slices.Equal(other.namespaces, draft.namespaces) {
			r.errorf(draft.pos, onePolicy, "the item has access policy %q twice, %s here and %s at %v",
				arn.PolicyName(draft.written), where(draft.namespaces), where(other.namespaces), other.pos)
			return list
		}
	}
	return append(list, draft)
}

const onePolicy = "write a policy once for a principal: for the whole cluster, or with one list of namespaces"

// where is a scope in words.
func where(namespaces []string) string {
	if len(namespaces) == 0 {
		return "in the whole cluster"
	}
	return fmt.Sprintf("in namespaces %.200q", namespaces)
}

var (
	namespaceName = regexp.MustCompile(`^[a-z0-9*]([a-z0-9*-]*[a-z0-9*])?$`)
	policyName    = regexp.MustCompile(`^[A-Za-z0-9_+=.@-]+$`)
)

func judgeNamespace(s string) verdict {
	switch {
	case strings.ContainsAny(s, ", \t"):
		return refuse("write a list: [one, two]", "namespace %.200q has a comma or a space", s)
	case len(s) > 63 || !namespaceName.MatchString(s):
		return doubt(
			"a namespace has lower-case letters, digits and -, at most 63 of them",
			"%.200q is not a valid namespace",
			s,
		)
	}
	return verdict{}
}

// judgePolicy looks a policy up by the name or ARN written.
func judgePolicy(written string) (verdict, eksfacts.Policy) {
	none := eksfacts.Policy{}
	name := written
	if strings.Contains(written, ":") {
		if summary, hint := placeholderProblem(written); summary != "" {
			return refuse(hint, "%s", summary), none
		}
		filled := fill(written, example)
		a, err := arn.Parse(filled)
		if name = arn.PolicyName(filled); err != nil || arn.AccessPolicy(a.Partition, name) != filled {
			hint := "write the name of an access policy, as in policy: AmazonEKSViewPolicy"
			if a.Service == "iam" {
				hint = "an access entry cannot have IAM policies; write an access policy, as in policy: " +
					"AmazonEKSViewPolicy"
			}
			return refuse(hint, "%.200q is not the ARN of an access policy", written), none
		}
	}
	if !policyName.MatchString(name) {
		return refuse(
			"write the name of an access policy, as in policy: AmazonEKSViewPolicy",
			"%.200q is not the name of an access policy",
			written,
		), none
	}
	known, ok := eksfacts.PolicyNamed(name)
	if !ok {
		return doubt(policyHint(name), "unknown access policy %.200q", written), none
	}
	if known.Use == eksfacts.ForServiceLinked {
		return doubt("policies for people are AmazonEKSViewPolicy, AmazonEKSEditPolicy and others",
			"access policy %q is for service-linked roles; EKS may refuse it here", name), known
	}
	return verdict{}, known
}

// policyHint suggests the policy meant: a letter off, or a name without what
// all of them share, such as "view" or "cluster-admin".
func policyHint(name string) string {
	names := make([]string, len(eksfacts.Policies))
	for i, p := range eksfacts.Policies {
		names[i] = p.Name
	}
	core := strings.TrimSuffix(strings.TrimPrefix(suggest.Squash(name), "amazoneks"), "policy")
	for _, n := range names {
		if suggest.Squash(n) == "amazoneks"+core+"policy" {
			return suggest.DidYouMean(n, names)
		}
	}
	// "Editor" for "Edit", "Viewer" for "View".
	for _, n := range names[:7] {
		if c := strings.TrimSuffix(strings.TrimPrefix(suggest.Squash(n), "amazoneks"), "policy"); len(core) >= 4 &&
			(strings.HasPrefix(core, c) && len(core)-len(c) <= 3) {
			return suggest.DidYouMean(n, names)
		}
	}
	return suggest.DidYouMean(name, names)
}
