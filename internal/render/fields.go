package render

import (
	"maps"
	"slices"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// fields are what a change shows: for an entry that comes or goes everything
// that matters of it, for an update what differs. With all, nothing is left
// out. A replace or rekey shows what the entry will have, whether it differs
// or not, since all of it is created.
func fields(c plan.Change, all bool) []doc.Field {
	switch {
	case c.Before == nil && c.After == nil:
		return nil
	case c.Before == nil:
		return whole(*c.After, all)
	case c.After == nil:
		return whole(*c.Before, all)
	}
	return compare(*c.Before, *c.After, all || c.Action == plan.Replace || c.Action == plan.Rekey, all)
}

// whole is an entry that comes or goes. Its type and username are shown where
// they are not the usual ones.
func whole(e spec.Entry, all bool) []doc.Field {
	var out []doc.Field
	if all || e.Type != eksfacts.Standard {
		out = append(out, doc.Field{Label: "type", After: e.Type})
	}
	if all || !derived(e) {
		out = append(out, doc.Field{Label: "username", After: e.Username})
	}
	for _, g := range e.Groups {
		out = append(out, doc.Field{Label: "groups", Name: word(g)})
	}
	for _, p := range e.Policies {
		out = append(out, doc.Field{Label: "policies", Name: policyName(p.ARN), After: scope(p.Scope, p.Namespaces)})
	}
	for _, k := range slices.Sorted(maps.Keys(e.Tags)) {
		out = append(out, doc.Field{Label: "tags", Name: k, After: "= " + word(e.Tags[k])})
	}
	return out
}

// derived reports whether the username is the one EKS gives the entry.
func derived(e spec.Entry) bool {
	return e.Username == "" || e.Username == eksfacts.DefaultUsername(e.Type, e.Principal)
}

// compare is two states of an entry. With same, what stays is shown too; with
// all, even the type and username that stay as they usually are.
func compare(before, after spec.Entry, same, all bool) []doc.Field {
	var out []doc.Field
	single := func(field, b, a string, usual bool) {
		if b != a && !usual {
			out = append(out, doc.Field{Label: field, Sign: "~", Before: word(b), After: word(a)})
		} else if all || same && !usual {
			out = append(out, doc.Field{Label: field, After: a})
		}
	}
	single("type", before.Type, after.Type, before.Type == after.Type && after.Type == eksfacts.Standard)
	// The derived username of a rekey follows the principal; that is no news.
	single("username", before.Username, after.Username, derived(before) && derived(after))
	for _, g := range union(before.Groups, after.Groups) {
		r := doc.Field{Label: "groups", Name: word(g)}
		r.Sign = sign(slices.Contains(before.Groups, g), slices.Contains(after.Groups, g), true)
		out = append(out, r)
	}
	for _, id := range union(policyARNs(before), policyARNs(after)) {
		out = append(out, comparePolicy(id, before, after))
	}
	for _, k := range union(slices.Collect(maps.Keys(before.Tags)), slices.Collect(maps.Keys(after.Tags))) {
		b, had := before.Tags[k]
		a, has := after.Tags[k]
		r := doc.Field{Label: "tags", Name: k, Sign: sign(had, has, b == a)}
		switch {
		case r.Sign == "~":
			r.Before, r.After = "= "+word(b), word(a)
		case has:
			r.After = "= " + word(a)
		default:
			r.Before = "= " + word(b)
		}
		out = append(out, r)
	}
	if same {
		return out
	}
	return slices.DeleteFunc(out, func(f doc.Field) bool { return f.Sign == "" })
}

func comparePolicy(id string, before, after spec.Entry) doc.Field {
	b, had := before.Policy(id)
	a, has := after.Policy(id)
	r := doc.Field{Label: "policies", Name: policyName(id), Sign: sign(had, has, b.Equal(a))}
	if had {
		r.Before = scope(b.Scope, b.Namespaces)
	}
	if has {
		r.After = scope(a.Scope, a.Namespaces)
	}
	// Of two long lists a reader wants the difference.
	if r.Sign == "~" && b.Scope == spec.ScopeNamespace && a.Scope == spec.ScopeNamespace &&
		len(b.Namespaces)+len(a.Namespaces) > 6 {
		r.Before, r.After = "", listChange(b.Namespaces, a.Namespaces)
	}
	return r
}

// listChange is what a list of namespaces gains, loses and keeps.
func listChange(before, after []string) string {
	missing := func(from, in []string) []string {
		return slices.DeleteFunc(slices.Clone(from), func(s string) bool { return slices.Contains(in, s) })
	}
	added, dropped := missing(after, before), missing(before, after)
	s := "namespaces"
	if len(added) > 0 {
		s += " + " + words(added) + ";"
	}
	if len(dropped) > 0 {
		s += " - " + words(dropped) + ";"
	}
	return s + " " + counts(counted{len(after) - len(added), "kept"})
}

func sign(had, has, equal bool) string {
	switch {
	case !had:
		return "+"
	case !has:
		return "-"
	case !equal:
		return "~"
	}
	return ""
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func policyARNs(e spec.Entry) []string {
	ids := make([]string, len(e.Policies))
	for i, p := range e.Policies {
		ids[i] = p.ARN
	}
	return ids
}
