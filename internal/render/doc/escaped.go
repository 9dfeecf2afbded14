package doc

import (
	"html"
	"strings"

	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// htmlText is s as text of HTML within Markdown. GitHub finds names and issue
// numbers there too; an empty comment parts them.
func htmlText(s string) escaped {
	text := html.EscapeString(escape.Text(s))
	return escaped(strings.NewReplacer("@", "@<!-- -->", "#", "#<!-- -->").Replace(text))
}

// markdownText is s as running text in Markdown, in a table too: nothing in it
// marks up, ends a cell, links, or calls anybody. before is what stands before
// it on the line.
//
// On GitHub "@name" notifies and "#1" links even when escaped, because they
// are looked for in the finished page; an empty comment parts them.
func markdownText(before, s string) escaped {
	var b strings.Builder
	s = escape.After(lastRune(before), s)
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
			r == '.' && strings.HasSuffix(strings.ToLower(before+s[:i]), "www"),
			// A line that begins so would be a list, a rule, or a command to a bot.
			i == 0 && strings.ContainsRune("+-=/", r),
			(r == '.' || r == ')') && i > 0 && strings.Trim(s[:i], "0123456789") == "":
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return escaped(b.String())
}

// markdownCode is s as a code span, in which nothing marks up, links or
// notifies. In a table even a code span ends at a pipe; cell escapes those.
func markdownCode(s string, cell bool) escaped {
	s = escape.Text(s)
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
	s = fence + s + fence
	if cell {
		// GFM takes \| for a pipe in a table even within code, and leaves every
		// other backslash there alone (GFM spec 4.10, example 200).
		s = strings.ReplaceAll(s, "|", `\|`)
	}
	return escaped(s)
}
