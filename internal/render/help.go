package render

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// widest is how wide prose is where the terminal has more columns: longer
// lines are hard to follow.
const widest = 100

// Help returns the help of a command, which is called as given: sections with
// indented lines, in two columns where they list commands or flags. Command
// lines to type stay whole, since what is broken can't be pasted; a comment
// behind one that is too long goes above it.
func Help(c *cliargs.Command, called string, columns int) string {
	h := help{columns: min(max(columns, 40), widest)}
	h.section("NAME")
	h.hang("   ", called+" - "+c.Usage, 6)
	h.section("USAGE")
	h.examples(c.Examples)
	if c.Description != "" {
		h.section("DESCRIPTION")
		h.hang("   ", strings.ReplaceAll(c.Description, "\n", " "), 3)
	}
	if len(c.Commands) > 0 {
		h.section("COMMANDS")
		var rows [][2]string
		for _, below := range c.Commands {
			names := append([]string{below.Name}, below.Aliases...)
			rows = append(rows, [2]string{strings.Join(names, ", "), below.Usage})
		}
		h.rows(rows)
	}
	h.flags(c)
	return strings.Join(h.lines, "\n") + "\n"
}

type help struct {
	columns int
	lines   []string
}

func (h *help) section(title string) {
	if len(h.lines) > 0 {
		h.lines = append(h.lines, "")
	}
	h.lines = append(h.lines, title+":")
}

func (h *help) examples(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		line = "   " + line
		command, comment, ok := strings.Cut(line, "  # ")
		if ok && doc.Width(line) > h.columns {
			h.lines = append(h.lines, "   # "+strings.TrimSpace(comment), strings.TrimRight(command, " "))
		} else {
			h.lines = append(h.lines, line)
		}
	}
}

// flags lists the flags by category. Those of the program itself have none.
func (h *help) flags(c *cliargs.Command) {
	byCategory := map[string][]cliargs.Flag{}
	var categories []string
	for _, f := range c.Flags {
		if f.Hidden {
			continue
		}
		if byCategory[f.Category] == nil {
			categories = append(categories, f.Category)
		}
		byCategory[f.Category] = append(byCategory[f.Category], f)
	}
	if slices.Equal(categories, []string{""}) {
		h.section("GLOBAL OPTIONS")
		h.rows(flagRows(byCategory[""]))
		return
	}
	h.section("OPTIONS")
	slices.Sort(categories)
	for _, category := range categories {
		if category != "" {
			h.lines = append(h.lines, "   "+category, "")
		}
		h.rows(flagRows(byCategory[category]))
		h.lines = append(h.lines, "")
	}
}

func flagRows(flags []cliargs.Flag) [][2]string {
	var rows [][2]string
	for _, f := range flags {
		var names []string
		for _, name := range f.Names {
			names = append(names, strings.TrimRight("--"[:min(len(name), 2)]+name+" "+f.Placeholder, " "))
		}
		usage := f.Usage
		if f.Default != "" {
			usage += " (default: " + f.Default + ")"
		}
		rows = append(rows, [2]string{strings.Join(names, ", "), usage})
	}
	slices.SortFunc(rows, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return rows
}

// rows writes a list in two columns. Where the first leaves no room for the
// second, that goes below it.
func (h *help) rows(rows [][2]string) {
	column := 0
	for _, row := range rows {
		column = max(column, 3+doc.Width(row[0])+2)
	}
	for _, row := range rows {
		lead := "   " + row[0] + strings.Repeat(" ", column-3-doc.Width(row[0]))
		if column > h.columns/2 && column+doc.Width(row[1]) > h.columns {
			h.lines = append(h.lines, "   "+row[0])
			h.hang(strings.Repeat(" ", 8), row[1], 8)
		} else {
			h.hang(lead, row[1], column)
		}
	}
}

// hang writes text behind lead and breaks it at spaces, the lines after the
// first beginning at column.
func (h *help) hang(lead, text string, column int) {
	for i, line := range doc.Wrap(text, h.columns-doc.Width(lead), h.columns-column) {
		if i > 0 {
			lead = strings.Repeat(" ", column)
		}
		h.lines = append(h.lines, strings.TrimRight(lead+line, " "))
	}
}
