package render

import (
	"maps"
	"slices"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
)

// stepSign is the symbol of a step: what it does to access.
func stepSign(s plan.Step) string {
	switch s.Operation {
	case plan.CreateAccessEntry, plan.AssociateAccessPolicy:
		return "+"
	case plan.DeleteAccessEntry, plan.DisassociateAccessPolicy:
		return "-"
	}
	return "~"
}

// stepText is the call and what it was given.
func stepText(s plan.Step, mode string) string {
	return phrase.Join(", ", s.Operation, stepArguments(s, mode))
}

func stepArguments(s plan.Step, mode string) string {
	args := []string{mode, s.Type}
	if s.Policy != "" {
		args = append(args, policyName(s.Policy))
	}
	if s.Scope != "" {
		args = append(args, scope(s.Scope, s.Namespaces))
	}
	// An update sends the derived username too, which is not a choice of the file.
	if s.Username != nil && *s.Username != eksfacts.DefaultUsername(eksfacts.Standard, s.Principal) {
		args = append(args, "username "+word(*s.Username))
	}
	switch {
	case s.Groups == nil:
	case len(s.Groups) == 0:
		args = append(args, "no groups")
	default:
		args = append(args, "groups "+words(s.Groups))
	}
	for _, k := range slices.Sorted(maps.Keys(s.Tags)) {
		args = append(args, k+"="+word(s.Tags[k]))
	}
	if len(s.TagKeys) > 0 {
		args = append(args, words(s.TagKeys))
	}
	return phrase.Join(", ", args...)
}
