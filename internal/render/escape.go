package render

import (
	"html"
	"strings"
)

// HTML returns s safe to stand as text or as a quoted attribute in HTML.
func HTML(s string) string { return html.EscapeString(Safe(s)) }

// MarkdownText returns s safe to stand as running text in Markdown, in a table
// too: nothing in it marks up, ends a cell, links, or calls anybody.
//
// On GitHub "@name" notifies and "#1" links even when escaped, because they
// are looked for in the finished page; an empty comment parts them.
func MarkdownText(s string) string {
	var b strings.Builder
	s = Safe(s)
	for i, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@' || r == '#':
			b.WriteRune('\\')
			b.WriteRune(r)
			b.WriteString("<!-- -->")
		case strings.ContainsRune("\\`*_[]~|", r),
			r == ':' && strings.HasPrefix(s[i:], "://"),
			r == '.' && strings.HasSuffix(strings.ToLower(s[:i]), "www"),
			// A line that begins so would be a list, a rule, or a command to a bot.
			i == 0 && strings.ContainsRune("+-=/", r),
			(r == '.' || r == ')') && i > 0 && strings.Trim(s[:i], "0123456789") == "":
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// MarkdownCode returns s as a code span, in which nothing marks up, links or
// notifies. In a table even a code span ends at a pipe; [MarkdownCell] is for
// those.
func MarkdownCode(s string) string {
	s = Safe(s)
	if s == "" {
		return ""
	}
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	// One space on each side is taken off again; without it a span could not
	// begin or end with a backtick, or keep its own outer spaces.
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") ||
		strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// MarkdownCell is [MarkdownCode] for a cell of a table.
func MarkdownCell(s string) string {
	// GFM takes \| for a pipe in a table even within code, and leaves every
	// other backslash there alone (GFM spec 4.10, example 200).
	return strings.ReplaceAll(MarkdownCode(s), "|", `\|`)
}
