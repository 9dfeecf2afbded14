// Package phrase forms the parts of messages that every package needs:
// numbers with their nouns, quoted names, and lists.
package phrase

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Count is n with its noun in the singular or the regular plural: "1 entry",
// "3 entries".
func Count(n int, noun string) string { return CountOf(n, noun, plural(noun)) }

// CountOf is n with one or many: "1 principal moves", "2 principals move".
func CountOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// plural is the regular plural of a noun: "entry" is "entries", "key" is
// "keys", "address" is "addresses".
func plural(noun string) string {
	stem, isY := strings.CutSuffix(noun, "y")
	switch {
	case isY && stem != "" && !strings.ContainsAny(stem[len(stem)-1:], "aeiou"):
		return stem + "ies"
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "ch"):
		return noun + "es"
	}
	return noun + "s"
}

// QuoteEach is each of list in double quotes, in Go's notation.
func QuoteEach(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return out
}

// QuotedList is "\"a\", \"b\"".
func QuotedList(list []string) string { return strings.Join(QuoteEach(list), ", ") }

// And is "a", "a and b", or "a, b and c".
func And(list []string) string { return joinList(list, " and ") }

// Or is "a", "a or b", or "a, b or c".
func Or(list []string) string { return joinList(list, " or ") }

func joinList(list []string, word string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + word + list[last]
}

// First lists at most the first most of list: "a, b and 3 more".
func First(list []string, most int) string {
	if more := len(list) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), more)
	}
	return strings.Join(list, ", ")
}

// Join joins the parts that are not empty.
func Join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" }), sep)
}
