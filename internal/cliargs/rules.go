package cliargs

import (
	"fmt"
	"slices"
	"strings"
)

// A Rule is what some flags of a command mean for others. It applies where one
// of the flags When is given, or always where there are none.
type Rule struct {
	When    []string
	Without []string // none of these can be given
	Needs   []string // one of these is required

	// Message and Hint replace the usual ones. "{when}" and "{other}" stand for
	// the flag of When and the one of Without that were given.
	Message, Hint string
}

// Exclusive returns the rule that only one of the flags can be given.
func Exclusive(flags ...string) []Rule {
	var rules []Rule
	for i := range flags[1:] {
		rules = append(rules, Rule{When: flags[i : i+1], Without: flags[i+1:]})
	}
	return rules
}

// check returns the error of a rule that is broken. Given are the long names of
// flags.
func (r Rule) check(l line, given map[string]bool) error {
	first := func(names []string) string {
		if i := slices.IndexFunc(names, func(name string) bool { return given[name] }); i >= 0 {
			return l.withDashes(names[i])
		}
		return ""
	}
	when, other := first(r.When), first(r.Without)
	broken := other != "" || len(r.Needs) > 0 && first(r.Needs) == ""
	if len(r.When) > 0 && when == "" || !broken {
		return nil
	}
	message, hint := r.Message, r.Hint
	if message == "" && len(r.Needs) > 0 {
		var needs []string
		for _, name := range r.Needs {
			needs = append(needs, l.withDashes(name))
		}
		message = fmt.Sprintf("%s requires %s", when, strings.Join(needs, " or "))
	} else if message == "" {
		message = fmt.Sprintf("%s cannot be combined with %s", other, when)
	}
	fill := strings.NewReplacer("{when}", when, "{other}", other)
	err := &Error{Message: fill.Replace(message)}
	if hint != "" {
		err.Hints = []string{fill.Replace(hint)}
	}
	return err
}

// withDashes is a flag as it is typed, in its short form if it has one: "-f".
func (l line) withDashes(name string) string {
	if f := l.flag(name); f != nil && len(f.Names) > 1 {
		name = f.Names[1]
	}
	return withDashes(name)
}

// withDashes returns a flag with its dashes.
func withDashes(name string) string { return "--"[:min(len(name), 2)] + name }
