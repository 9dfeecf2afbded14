package render

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// An effect is what a change does to the access of its principal.
type effect struct{ gains, loses []access.Permission }

func effectOf(c plan.Change) effect {
	if c.Gains != nil || c.Loses != nil {
		return effect{c.Gains, c.Loses}
	}
	gains, loses := access.Difference(accessOf(c.Before), accessOf(c.After))
	return effect{gains, loses}
}

func accessOf(e *spec.Entry) access.Access {
	if e == nil {
		return access.Access{}
	}
	return access.FromEntry(e)
}

// signOf is the sign of a change: "+" where access is only gained, "-" where it
// is only lost, "~" for both or neither, and where a policy keeps a part of its
// scope.
func signOf(c plan.Change, e effect) string {
	switch {
	case len(e.gains) > 0 && len(e.loses) == 0:
		return "+"
	case len(e.loses) > 0 && len(e.gains) == 0 && !slices.ContainsFunc(e.loses, func(p access.Permission) bool {
		return keepsPart(c, p)
	}):
		return "-"
	}
	return "~"
}

// keepsPart reports whether a lost permission is of a policy that the principal
// keeps in a smaller scope.
func keepsPart(c plan.Change, p access.Permission) bool {
	if p.Policy == nil || c.After == nil {
		return false
	}
	_, kept := c.After.Policy(p.Policy.ARN)
	return kept
}

// permissions are permissions in one line: "cluster admin, group \"ops\"".
func permissions(list []access.Permission) string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = p.String()
	}
	return strings.Join(texts, ", ")
}

// lossText are the permissions that a change takes, in one line.
func lossText(c plan.Change, list []access.Permission) string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = p.String()
		if keepsPart(c, p) && p.Policy.Scope == spec.ScopeCluster {
			texts[i] = strings.Replace(texts[i], "in all namespaces", "in all other namespaces", 1)
		}
	}
	return strings.Join(texts, ", ")
}

// An effectLine is what a change does to its principal, for people.
type effectLine struct {
	sign, subject string
	effect        string   // "cluster admin", "edit in payments"
	details       []string // more on the effect
	fields        []doc.Field
	place         string // file:line
}

func effectLineOf(c plan.Change, l Labels, made time.Time) effectLine {
	e := effectOf(c)
	line := effectLine{sign: signOf(c, e), subject: l.Of(c.Principal), place: lineOf(c.Source)}
	e.gains, e.loses = withoutUsername(e.gains), withoutUsername(e.loses)
	kept := withoutUsername(access.Excess(accessOf(c.After), access.Access{}))
	detail := func(text string) {
		if text != "" {
			line.details = append(line.details, text)
		}
	}
	all := fields(c, false)
	switch c.Action {
	case plan.Create:
		line.effect = permissions(e.gains)
		switch {
		case len(e.gains) > 0:
		case len(kept) == 0:
			line.effect = noPermissions
		default:
			line.effect = phrase.Join(", ", adminNote(c), "same access as now")
		}
		if len(e.loses) > 0 {
			line.effect = "gains " + line.effect
			detail("loses " + lossText(c, e.loses))
		}
	case plan.Delete:
		all = nil
		line.effect = "loses " + permissions(e.loses)
		if len(e.loses) == 0 {
			line.effect = "entry removed, no permissions lost"
		}
		if len(e.gains) > 0 {
			detail("gains " + permissions(e.gains))
		}
	case plan.Update:
		line.effect = adminNote(c)
		for _, text := range scopeChanges(c) {
			detail(text)
		}
		detail(withLabel("gains ", permissions(withoutAdmin(e.gains))))
		detail(withLabel("loses ", lossText(c, withoutAdmin(e.loses))))
	default:
		line.effect = adminNote(c)
		if line.effect == "" {
			line.effect = phrase.Join("; ", withLabel("gains ", permissions(e.gains)),
				withLabel("loses ", lossText(c, e.loses)))
		}
		if line.effect == "" {
			line.effect = withLabel("keeps ", permissions(kept))
		}
		if line.effect == "" {
			line.effect = noPermissions
		}
		if c.PreviousPrincipal != nil {
			detail("instead of " + l.Of(*c.PreviousPrincipal))
		}
		e.gains = slices.Concat(e.gains, kept)
	}
	if c.Source == "" || c.Finishes || c.Action != plan.Create && c.Action != plan.Update || changesOwner(c) {
		detail(c.Reason)
	}
	line.fields = otherFields(all, e, c.Finishes)
	if end := ends(c, made); end != "" {
		detail("expires " + end)
	}
	return line
}

// changesOwner reports whether an update gives the entry another owner, or its
// first.
func changesOwner(c plan.Change) bool {
	return c.Before != nil && c.After != nil && c.Before.Tags[spec.TagOwner] != c.After.Tags[spec.TagOwner]
}

// noPermissions is the effect of an entry without policies and groups.
const noPermissions = "authentication only, no permissions"

// withoutUsername leaves out usernames: they permit nothing, and fields show
// those that are not the usual ones.
func withoutUsername(list []access.Permission) []access.Permission {
	return slices.DeleteFunc(slices.Clone(list), func(p access.Permission) bool {
		return p.Policy == nil && p.Group == "" && !p.ClusterAdmin && !p.Node
	})
}

func withoutAdmin(list []access.Permission) []access.Permission {
	return slices.DeleteFunc(slices.Clone(list), func(p access.Permission) bool { return p.ClusterAdmin })
}

// scopeChanges are the policies that a change gives another scope:
// "AmazonEKSEditPolicy: all namespaces -> payments, payments-*".
func scopeChanges(c plan.Change) []string {
	if c.Before == nil || c.After == nil {
		return nil
	}
	var list []string
	for _, after := range c.After.Policies {
		before, had := c.Before.Policy(after.ARN)
		if !had || before.Equal(after) {
			continue
		}
		was, is := namespaces(before), namespaces(after)
		if before.Scope == spec.ScopeNamespace && after.Scope == spec.ScopeNamespace &&
			len(before.Namespaces)+len(after.Namespaces) > 6 {
			list = append(list, policyName(after.ARN)+": "+listChange(before.Namespaces, after.Namespaces))
			continue
		}
		list = append(list, policyName(after.ARN)+": "+was+" -> "+is)
	}
	return list
}

func namespaces(p spec.Policy) string {
	switch {
	case p.Scope != spec.ScopeNamespace:
		return "all namespaces"
	case len(p.Namespaces) == 0:
		return "no namespace"
	}
	return words(p.Namespaces)
}

// otherFields are the fields of a change that its effect does not show.
func otherFields(list []doc.Field, e effect, finishes bool) []doc.Field {
	explains := func(f doc.Field) bool {
		return slices.ContainsFunc(slices.Concat(e.gains, e.loses), func(p access.Permission) bool {
			switch f.Label {
			case "policies":
				return p.Policy != nil && policyName(p.Policy.ARN) == f.Name ||
					p.ClusterAdmin && f.Name == eksfacts.ClusterAdminPolicy
			case "groups":
				return p.Group != "" && word(p.Group) == f.Name
			}
			return false
		})
	}
	return slices.DeleteFunc(list, func(f doc.Field) bool {
		// The tags of a new entry are those of its file, or of an entry that an
		// earlier run deleted.
		return explains(f) || f.Label == "policies" && f.Sign == "~" || f.Label == "tags" && f.Sign == "" && !finishes
	})
}

var column = regexp.MustCompile(`(:[0-9]+):[0-9]+$`)

// lineOf is a place without its column: "clusters.yaml:21".
func lineOf(source string) string { return column.ReplaceAllString(source, "$1") }
