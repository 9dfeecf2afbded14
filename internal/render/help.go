package render

import (
	"regexp"
	"strings"

	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// widest is how wide prose is where the terminal has more columns: longer
// lines are hard to follow.
const widest = 100

// Help folds what the command line library wrote as help: sections with
// indented lines, in two columns where they list commands or flags. Command
// lines to type stay whole, since what is broken can't be pasted; a comment
// behind one that is too long goes above it.
func Help(text string, columns int) string {
	columns = min(max(columns, 40), widest)
	var out, paragraph []string
	section := ""
	flush := func() {
		if len(paragraph) > 0 {
			out = append(out, folded("   "+strings.Join(paragraph, " "), 3, columns)...)
			paragraph = nil
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		prose := section == "DESCRIPTION:" && strings.HasPrefix(line, "   ") && !strings.HasPrefix(line, "    ")
		if prose {
			paragraph = append(paragraph, line[3:])
			continue
		}
		flush()
		switch two := twoColumns.FindStringSubmatch(line); {
		case line != "" && line[0] != ' ':
			section = line
			out = append(out, line)
		case doc.Width(line) <= columns:
			out = append(out, line)
		case section == "USAGE:":
			if command, comment, ok := strings.Cut(line, "  # "); ok {
				out = append(out, "   # "+strings.TrimSpace(comment), strings.TrimRight(command, " "))
			} else {
				out = append(out, line)
			}
		case two != nil && doc.Width(two[1]) <= columns/2:
			out = append(out, folded(line, doc.Width(two[1]), columns)...)
		case two != nil:
			out = append(out, strings.TrimRight(two[1], " "))
			out = append(out, folded(strings.Repeat(" ", 8)+two[2], 8, columns)...)
		default:
			out = append(out, folded(line, 6, columns)...)
		}
	}
	flush()
	return strings.Join(out, "\n") + "\n"
}

// twoColumns is a line of a list: what leads up to the second column, and
// that.
var twoColumns = regexp.MustCompile(`^( +\S+(?: \S+)*  +)(\S.*)$`)

// folded breaks a line at spaces, the lines after the first beginning at
// column.
func folded(line string, column, columns int) []string {
	text := strings.TrimLeft(line, " ")
	lead := line[:len(line)-len(text)]
	if at := column - len(lead); at > 0 && at < len(text) && strings.HasSuffix(line[:column], " ") {
		lead, text = line[:column], line[column:]
	}
	lines := doc.Wrap(text, columns-doc.Width(lead), columns-column)
	for i := range lines {
		if i == 0 {
			lines[i] = lead + lines[i]
		} else {
			lines[i] = strings.Repeat(" ", column) + lines[i]
		}
	}
	return lines
}
