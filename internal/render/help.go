package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// widest is how wide help is where the terminal has more columns: longer lines
// are hard to read.
const widest = 100

// Help returns the help of a command, which is called as given: that of the
// program has its commands and the flags of all commands, that of a command only
// its own flags. Command lines to type stay whole, since what is broken cannot
// be pasted; a comment behind one that is too long goes above it.
func Help(c *cliargs.Command, called string, columns int) string {
	h := help{columns: min(max(columns, 40), widest)}
	h.hang("", called+" - "+c.Usage, 2)
	h.section("Usage")
	h.examples(c.Examples)
	if c.Description != "" {
		h.lines = append(h.lines, "")
		h.hang("", c.Description, 0)
	}
	for _, s := range helpSections(c) {
		h.section(s.title)
		h.rows(s.rows)
	}
	if c.Flag(cliargs.Help.Names[0]) == nil {
		runner, _, _ := strings.Cut(called, "eksaccess") // kubectl, of which the program can be a plugin
		h.lines = append(h.lines, "", "Global flags: see "+runner+"eksaccess --help")
	}
	return strings.Join(h.lines, "\n") + "\n"
}

// A helpSection is a list of commands or flags: what to type, and what it does.
type helpSection struct {
	title string
	rows  [][2]string
}

// helpSections returns the commands by group and the flags by category, both in
// the order in which they are declared.
func helpSections(c *cliargs.Command) []helpSection {
	var list []helpSection
	add := func(title, head, text string) {
		i := slices.IndexFunc(list, func(s helpSection) bool { return s.title == title })
		if i < 0 {
			i, list = len(list), append(list, helpSection{title: title})
		}
		list[i].rows = append(list[i].rows, [2]string{head, text})
	}
	for _, below := range c.Commands {
		add(cmp.Or(below.Group, "Commands"), strings.Join(append([]string{below.Name}, below.Aliases...), ", "),
			below.Usage)
	}
	flags := "Flags"
	if c.Flag(cliargs.Help.Names[0]) != nil {
		flags = "Global flags"
	}
	for _, f := range c.Flags {
		if !f.Hidden {
			head, text := flagHelp(f)
			add(cmp.Or(f.Category, flags), head, text)
		}
	}
	return list
}

// flagHelp is "-f, --file FILE" and what the flag does. Long names stand below
// each other.
func flagHelp(f cliargs.Flag) (head, text string) {
	short := "    "
	if len(f.Names) > 1 {
		short = "-" + f.Names[1] + ", "
	}
	text = f.Usage
	if f.Default != "" {
		text += fmt.Sprintf(" (default %s)", f.Default)
	}
	return strings.TrimRight(short+"--"+f.Names[0]+" "+f.Placeholder, " "), text
}

type help struct {
	columns int
	lines   []string
}

func (h *help) section(title string) { h.lines = append(h.lines, "", title+":") }

func (h *help) examples(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		line = "  " + line
		command, comment, ok := strings.Cut(line, "  # ")
		if ok && doc.Width(line) > h.columns {
			h.lines = append(h.lines, "  # "+strings.TrimSpace(comment), strings.TrimRight(command, " "))
		} else {
			h.lines = append(h.lines, line)
		}
	}
}

// rows writes a list in two columns. A row whose first column is too wide has
// the second below it.
func (h *help) rows(rows [][2]string) {
	column := 0
	for _, row := range rows {
		if width := 2 + doc.Width(row[0]) + 2; width <= h.columns/2 {
			column = max(column, width)
		}
	}
	for _, row := range rows {
		width := 2 + doc.Width(row[0]) + 2
		if width > h.columns/2 {
			h.lines = append(h.lines, "  "+row[0])
			h.hang(strings.Repeat(" ", 8), row[1], 8)
		} else {
			h.hang("  "+row[0]+strings.Repeat(" ", column-width+2), row[1], column)
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
