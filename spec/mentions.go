package spec

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// Mentions returns a test for the principals of live entries: whether the
// cluster's lines say something of one, by whatever name, be it that it has
// access or that it must have none. A permission set means all its suffixes.
func (c *Cluster) Mentions() func(principal string) bool {
	known := map[string]bool{} // most are ARNs
	var others []PrincipalRef
	for _, item := range c.Items {
		if item.Principal.ARN != "" {
			known[item.Principal.ARN] = true
		} else {
			others = append(others, item.Principal)
		}
	}
	for _, a := range c.Absent {
		others = append(others, a.Principal)
	}
	return func(principal string) bool {
		return known[principal] ||
			slices.ContainsFunc(others, func(r PrincipalRef) bool { return r.Matches(principal, c.ID.Account) })
	}
}

// Standard returns a test for the principals of live entries: whether the
// cluster declares one with type STANDARD, which it then most likely has.
func (c *Cluster) Standard() func(principal string) bool {
	arns, roles := map[string]bool{}, map[string]bool{}
	for _, item := range c.Items {
		if item.Type != "" && item.Type != eksfacts.Standard {
			continue
		}
		switch {
		case item.Principal.ARN != "":
			arns[item.Principal.ARN] = true
		case item.Principal.Role != "":
			roles[item.Principal.Role] = true
		}
	}
	return func(principal string) bool {
		p, err := arn.ParsePrincipal(principal)
		return arns[principal] || err == nil && p.Kind == arn.Role && p.Account == c.ID.Account && roles[p.Name]
	}
}
