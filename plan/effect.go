package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// On returns what the entry of the step's principal is once the step is done
// on it. nil stands for no entry, before and after.
func (s Step) On(entry *spec.Entry) *spec.Entry {
	if s.Operation == CreateAccessEntry {
		e := spec.Entry{Principal: s.Principal, Type: s.Type, Groups: s.Groups, Tags: s.Tags}
		e.Username = s.usernameOf(e)
		e = e.Canonical()
		return &e
	}
	if entry == nil || s.Operation == DeleteAccessEntry {
		return nil
	}
	e := entry.Clone()
	others := func(p spec.Policy) bool { return p.ARN == s.Policy }
	switch s.Operation {
	case UpdateAccessEntry:
		e.Username, e.Groups = s.usernameOf(e), s.Groups
	case AssociateAccessPolicy:
		e.Policies = append(
			slices.DeleteFunc(e.Policies, others),
			spec.Policy{ARN: s.Policy, Scope: s.Scope, Namespaces: s.Namespaces},
		)
	case DisassociateAccessPolicy:
		e.Policies = slices.DeleteFunc(e.Policies, others)
	case TagResource:
		maps.Copy(e.Tags, s.Tags)
	case UntagResource:
		maps.DeleteFunc(e.Tags, func(k, _ string) bool { return slices.Contains(s.TagKeys, k) })
	}
	e = e.Canonical()
	return &e
}

// usernameOf is the one sent, or what EKS derives where none was.
func (s Step) usernameOf(e spec.Entry) string {
	if s.Username != nil {
		return *s.Username
	}
	return eksfacts.DefaultUsername(e.Type, s.Principal)
}

// Alike reports whether two entries are the same in all that a caller may set;
// nil is alike to nil only.
func Alike(a, b *spec.Entry) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Type != b.Type || !slices.EqualFunc(a.Policies, b.Policies, spec.Policy.Equal) ||
		!maps.Equal(sendableTags(a.Tags), sendableTags(b.Tags)) {
		return false
	}
	return !eksfacts.TakesNames(a.Type) ||
		slices.Equal(a.Groups, b.Groups) && (a.Username == b.Username || a.Username == "" || b.Username == "")
}

// Restore returns the change that turns an entry as it is into what it was, to
// the letter: tags of other people too. It reports false where the two are
// alike.
func Restore(now, was *spec.Entry) (Change, bool) {
	if Alike(now, was) {
		return Change{}, false
	}
	c := Change{Before: now, After: was}
	switch {
	case now == nil:
		c.Action, c.Principal, c.Steps = Create, was.Principal, CreateSteps(*was)
	case was == nil:
		c.Action, c.Principal, c.Steps = Delete, now.Principal, []Step{deleteEntry(now.Principal)}
	case now.Type != was.Type:
		c.Action, c.Principal, c.Steps = Replace, was.Principal, ReplaceSteps(*was, false)
	default:
		c.Action, c.Principal, c.Steps = Update, was.Principal, append(
			untagOthers(*now, *was),
			UpdateSteps(*now, *was)...)
	}
	return c, true
}

// untagOthers takes off the tags that [UpdateSteps] leaves as not ours.
func untagOthers(now, was spec.Entry) []Step {
	var keys []string
	for _, k := range slices.Sorted(maps.Keys(sendableTags(now.Tags))) {
		if _, ok := was.Tags[k]; !ok && !strings.HasPrefix(k, spec.TagPrefix) {
			keys = append(keys, k)
		}
	}
	if keys == nil {
		return nil
	}
	return []Step{{Operation: UntagResource, Principal: now.Principal, Phase: Grant, TagKeys: keys}}
}

// Within is e without what limit does not have as well: the rights of both.
func Within(e, limit spec.Entry) spec.Entry {
	e = e.Clone()
	if e.Username != limit.Username {
		e.Username = ""
	}
	e.Groups = slices.DeleteFunc(e.Groups, func(g string) bool { return !slices.Contains(limit.Groups, g) })
	e.Policies = slices.DeleteFunc(e.Policies, func(p spec.Policy) bool {
		q, ok := limit.Policy(p.ARN)
		return !ok || !covers(q, p)
	})
	return e
}
