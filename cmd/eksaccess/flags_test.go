package main

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/render"
)

// A rule about a flag that the command does not have would never apply; those of
// groups of flags are for all commands that have some of them.
func TestRulesAreAboutFlags(t *testing.T) {
	root := (&program{}).commands()
	var flags []string
	root.Walk(func(c *cliargs.Command) {
		for _, f := range c.Flags {
			flags = append(flags, f.Names[0])
		}
	})
	root.Walk(func(c *cliargs.Command) {
		for _, r := range c.Rules {
			for _, name := range slices.Concat(r.When, r.Without, r.Needs) {
				if !slices.Contains(flags, name) {
					t.Errorf("%s: %+v is about --%s, which no command has", c.Name, r, name)
				}
			}
		}
	})
	for _, f := range foreignFlags {
		if !slices.Contains(flags, f.For) && root.Command(f.For) == nil {
			t.Errorf("--%s is for %q, which is neither a command nor a flag", f.Name, f.For)
		}
		if found := root.Command(f.For); found != nil && found.Flag(f.Name) != nil {
			t.Errorf("%s has a flag --%s of its own", f.For, f.Name)
		}
	}
}

// The help of a flag is a noun phrase or an imperative: lower case, no full
// stop, and no placeholder in it.
func TestHelpOfFlags(t *testing.T) {
	(&program{}).commands().Walk(func(c *cliargs.Command) {
		if strings.HasSuffix(c.Usage, ".") || len(c.Usage) > 64 {
			t.Errorf("%s: %q is no short phrase", c.Name, c.Usage)
		}
		for _, f := range c.Flags {
			if f.Hidden {
				continue
			}
			words := strings.Fields(f.Usage)
			first := []rune(words[0])
			if strings.HasSuffix(f.Usage, ".") || unicode.IsUpper(first[0]) && !unicode.IsUpper(first[1]) {
				t.Errorf("%s --%s: %q is no lower-case phrase without a full stop", c.Name, f.Names[0], f.Usage)
			}
			if f.Kind == cliargs.Switch != (f.Placeholder == "") {
				t.Errorf("%s --%s: the placeholder is %q", c.Name, f.Names[0], f.Placeholder)
			}
			if f.Placeholder != "" && f.Placeholder != "ID" && slices.Contains(words, f.Placeholder) {
				t.Errorf("%s --%s: %q repeats the placeholder", c.Name, f.Names[0], f.Usage)
			}
		}
	})
}

// The help of every command fits 80 columns, but for command lines, which stay
// whole to be pasted.
func TestHelpFits(t *testing.T) {
	(&program{}).commands().Walk(func(c *cliargs.Command) {
		examples := strings.Split(c.Examples, "\n")
		for line := range strings.Lines(render.Help(c, "eksaccess "+c.Name, 80)) {
			line = strings.TrimRight(line, "\n")
			isExample := slices.ContainsFunc(examples, func(e string) bool {
				return strings.HasPrefix(e, strings.TrimSpace(line))
			})
			if len(line) > 80 && !isExample {
				t.Errorf("%s: %d columns: %s", c.Name, len(line), line)
			}
		}
	})
}
