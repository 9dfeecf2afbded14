package plan

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// Fulfilled reports whether the cluster, as read, is what the change wanted.
func Fulfilled(c Change, have *spec.Live) bool {
	if c.After == nil {
		return have.Entry(c.Principal) == nil
	}
	if c.PreviousPrincipal != nil && removes(c, *c.PreviousPrincipal) && have.Entry(*c.PreviousPrincipal) != nil {
		return false
	}
	e := have.Entry(c.Principal)
	return e != nil && same(e.Entry, *c.After)
}

// Granted reports whether everything the change's grants should have given is
// there. What its revocations will take may be there too.
func Granted(c Change, have *spec.Live) bool {
	if !slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Phase == Grant }) {
		return true
	}
	e := have.Entry(c.Principal)
	if e == nil || c.After == nil || e.Type != c.After.Type {
		return false
	}
	for _, p := range c.After.Policies {
		q, ok := e.Policy(p.ARN)
		if !ok || !covers(q, p) {
			return false
		}
	}
	return (!eksfacts.TakesNames(e.Type) || subset(c.After.Groups, e.Groups)) && tagsThere(e.Tags, c.After.Tags)
}

// same compares what this program can set. Other people's tags, and what EKS
// derives for nodes, are not looked at.
func same(have, want spec.Entry) bool {
	if have.Type != want.Type || !slices.EqualFunc(have.Policies, want.Policies, spec.Policy.Equal) {
		return false
	}
	if eksfacts.TakesNames(want.Type) {
		if !slices.Equal(have.Groups, want.Groups) || want.Username != "" && have.Username != want.Username {
			return false
		}
	}
	for k := range have.Tags {
		if _, ok := want.Tags[k]; !ok && strings.HasPrefix(k, spec.TagPrefix) {
			return false
		}
	}
	return tagsThere(have.Tags, want.Tags)
}

func tagsThere(have, want map[string]string) bool {
	for k, v := range sendableTags(want) {
		if got, ok := have[k]; !ok || got != v {
			return false
		}
	}
	return true
}

func removes(c Change, principal string) bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool {
		return s.Operation == DeleteAccessEntry && s.Principal == principal
	})
}
