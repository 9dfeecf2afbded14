// Package escape makes text from outside safe to print. Only packages that
// write output import it: what builds output works on raw text.
package escape

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with everything shown as an escape that could drive a
// terminal or deceive the eye: control characters, ESC and C1 (\x1b, \u009b),
// marks that turn the direction of text (\u202e), zero-width and other
// invisible characters (\u200b), unusual spaces, line and paragraph separators,
// and bytes that are not UTF-8 (\xff).
//
// It also breaks workflow commands. The runners of GitHub Actions and Azure
// Pipelines read what a step prints: "::name::" at the start of a line, after
// any white space, and "##[name]" and "##vso[name]" anywhere in a line
// (github.com/actions/runner, src/Runner.Common/ActionCommand.cs, TryParseV2
// and TryParse; azure-pipelines-agent, Command.cs). A colon that starts a word
// is escaped, because output wraps at spaces, and so is the second of two
// number signs.
//
// The result is one line, Text of it is itself, and a string of plain text in
// any script comes back as it was. A backslash is not escaped: the result is
// made for the eye and not to be undone.
func Text(s string) string { return After(0, s) }

// After is Text for s that is printed on the same line as, and right behind,
// the character last; 0 is none.
func After(last rune, s string) string {
	if isSafe(last, s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case startsCommand(last, r):
			fmt.Fprintf(&b, `\x%02x`, r)
			r = 'x' // the escape separates what follows
		case Printable(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		last = r
		i += size
	}
	return b.String()
}

// startsCommand reports whether r would make a workflow command of what
// follows it; last is the character before it, 0 at the start.
func startsCommand(last, r rune) bool {
	return r == ':' && (last == 0 || last == ' ') || r == '#' && last == '#'
}

func isSafe(last rune, s string) bool {
	before := last
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c < 0x20, c == 0x7f, startsCommand(last, rune(c)):
			return false
		case c >= utf8.RuneSelf:
			return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !Printable(r) }) &&
				!holdsCommand(before, s)
		}
		last = rune(c)
	}
	return true
}

func holdsCommand(last rune, s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return startsCommand(last, first) || strings.Contains(s, " :") || strings.Contains(s, "##")
}

// Printable reports whether r may stand in output: a letter, mark, number,
// punctuation or symbol that can be seen, or an ordinary space. Some that
// Unicode counts among those are drawn as nothing: fillers, variation
// selectors, and the empty cell of Braille.
func Printable(r rune) bool {
	return r < utf8.RuneSelf && ' ' <= r && r <= '~' ||
		r >= utf8.RuneSelf && unicode.IsPrint(r) && r != '\u2800' &&
			!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
