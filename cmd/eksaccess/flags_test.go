package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/fault"
)

func TestRules(t *testing.T) {
	for _, test := range []struct {
		rule       rule
		given      string
		want, hint string // "" for none
	}{
		{rule{when: []string{"a"}, without: []string{"b", "c"}}, "a", "", ""},
		{rule{when: []string{"a"}, without: []string{"b", "c"}}, "b c", "", ""},
		{rule{when: []string{"a"}, without: []string{"b", "c"}}, "a c", "--a cannot be combined with --c",
			"pass one of them"},
		{rule{when: []string{"a", "b"}, needs: []string{"c"}, hint: "pass --c"}, "b", "--b requires --c", "pass --c"},
		{rule{when: []string{"a"}, needs: []string{"c", "d"}}, "a", "--a requires --c or --d", ""},
		{rule{when: []string{"a"}, needs: []string{"c", "d"}}, "a d", "", ""},
		{rule{needs: []string{"a", "b"}, message: "of what?"}, "", "of what?", ""},
		{rule{needs: []string{"a", "b"}, message: "of what?"}, "b", "", ""},
		{rule{without: []string{"a"}, message: "no --{other} here", hint: "leave out --{other}"}, "a",
			"no --a here", "leave out --a"},
	} {
		given := strings.Fields(test.given)
		err := checkRules([]rule{test.rule}, func(name string) bool { return slices.Contains(given, name) })
		message, hint := "", strings.Join(fault.Hints(err), ", ")
		if err != nil {
			message = err.Error()
		}
		if message != test.want || hint != test.hint {
			t.Errorf("%+v with %q: got %q and %q, want %q and %q", test.rule, test.given, message, hint, test.want,
				test.hint)
		}
	}
}

// A rule about a flag that no command has would never apply.
func TestRulesAreAboutFlags(t *testing.T) {
	var flags []string
	for _, c := range (&program{}).app().Commands {
		for _, f := range c.Flags {
			flags = append(flags, f.Names()...)
		}
		for _, below := range c.Subcommands {
			for _, f := range below.Flags {
				flags = append(flags, f.Names()...)
			}
		}
	}
	for _, o := range []options{
		&applyOptions{}, &auditOptions{}, &cleanupOptions{}, &planCommandOptions{}, &snapshotOptions{},
		&undoOptions{}, &validateOptions{}, &whoOptions{},
	} {
		for _, r := range o.rules() {
			for _, name := range slices.Concat(r.when, r.without, r.needs) {
				if !slices.Contains(flags, name) {
					t.Errorf("%T: %+v is about --%s, which no command has", o, r, name)
				}
			}
		}
	}
}
