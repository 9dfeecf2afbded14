package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// An Entry is one access entry with its associated policies: what one IAM
// principal is and may do in one cluster. Entries of both sides, wanted and
// live, are kept in canonical form (see [Entry.Canonical]), so that equal
// entries are equal values.
type Entry struct {
	Principal string            `json:"principal"` // ARN of an IAM role or user
	Type      string            `json:"type"`      // STANDARD, EC2_LINUX, …
	Username  string            `json:"username"`  // the effective one: as set, else as EKS derives it
	Groups    []string          `json:"groups"`    // Kubernetes groups
	Tags      map[string]string `json:"tags"`
	Policies  []Policy          `json:"policies"` // at most one a policy ARN
}

// Scopes of a policy, as EKS spells them.
const (
	ScopeCluster   = "cluster"
	ScopeNamespace = "namespace"
)

// A Policy is an access policy associated with an entry, and where it holds.
type Policy struct {
	ARN        string   `json:"policy"`
	Scope      string   `json:"scope"`      // cluster or namespace
	Namespaces []string `json:"namespaces"` // names or patterns; empty for cluster scope
}

// Canonical returns e with groups, namespaces and policies sorted and without
// repetition, and with empty lists and maps in place of nil ones.
func (e Entry) Canonical() Entry {
	e.Groups = sortedSet(e.Groups)
	if e.Tags = maps.Clone(e.Tags); e.Tags == nil {
		e.Tags = map[string]string{}
	}
	policies := make([]Policy, len(e.Policies))
	for i, p := range e.Policies {
		p.Namespaces = sortedSet(p.Namespaces)
		policies[i] = p
	}
	slices.SortFunc(policies, func(a, b Policy) int { return strings.Compare(a.ARN, b.ARN) })
	e.Policies = policies
	return e
}

// Clone returns a copy that shares nothing with e.
func (e Entry) Clone() Entry { return e.Canonical() }

// Equal reports whether two policies grant the same at the same scope.
func (p Policy) Equal(q Policy) bool {
	return p.ARN == q.ARN && p.Scope == q.Scope && slices.Equal(p.Namespaces, q.Namespaces)
}

// Policy returns the association of the policy ARN, if e has it.
func (e Entry) Policy(policyARN string) (Policy, bool) {
	for _, p := range e.Policies {
		if p.ARN == policyARN {
			return p, true
		}
	}
	return Policy{}, false
}

// IsClusterAdmin reports whether e gives its principal everything: type
// STANDARD, AmazonEKSClusterAdminPolicy at cluster scope, and no service-linked
// role. Whether that principal still lives is not the entry's to say.
func (e Entry) IsClusterAdmin() bool {
	if e.Type != eksfacts.Standard || arn.IsServiceLinked(e.Principal) {
		return false
	}
	return slices.ContainsFunc(e.Policies, func(p Policy) bool {
		return eksfacts.IsClusterAdmin(p.ARN) && p.Scope == ScopeCluster
	})
}

// Compare orders entries by principal.
func (e Entry) Compare(f Entry) int { return strings.Compare(e.Principal, f.Principal) }

func sortedSet(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	if s = slices.Compact(s); s == nil {
		return []string{}
	}
	return s
}
