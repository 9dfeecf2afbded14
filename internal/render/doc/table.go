package doc

import (
	"bytes"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// A Table is columns under a header, in a terminal without rules, as kubectl
// draws them. Columns with nothing in them are left out.
type Table struct {
	Header []string // in a terminal; none where no column has one
	Titles []string // in Markdown; nil is the header
	Rows   [][]Text
	Signed bool // the first column is a sign
	Right  bool // all columns but the last are to the right, as numbers are; two spaces stand before each
	// Styles are those of the rows, and Below what belongs to each row, in a
	// terminal only. Rows beyond their ends have none.
	Styles []Style
	Below  [][]Block
	// Split: in a terminal that is not wide enough, first cells that are too long
	// stand on a line of their own, if that makes the table fit.
	Split bool
	// Narrow stands in its place in a terminal that is not wide enough: half a
	// table is harder to read than none.
	Narrow []Block
}

// Add appends a row.
func (t *Table) Add(cells ...Text) { t.Rows = append(t.Rows, cells) }

// AddRaw appends a row of cells without any look.
func (t *Table) AddRaw(cells ...string) {
	row := make([]Text, len(cells))
	for i, c := range cells {
		row[i] = Raw(c)
	}
	t.Rows = append(t.Rows, row)
}

func (t Table) text(w *textWriter, indent int) {
	lines, room := t.lines(), w.width-indent
	var above []escaped // first cells on a line of their own, by row
	if t.Narrow != nil && widest(lines) > room {
		if t.Split {
			above = t.split(widest(lines) - room)
			lines = t.lines()
		}
		if widest(lines) > room {
			w.blocks(indent, t.Narrow)
			return
		}
	}
	header := 0
	if headed(t.Header) {
		header = 1
	}
	for i, l := range lines {
		row := i - header
		style := Plain
		if row >= 0 && row < len(t.Styles) {
			style = t.Styles[row]
		}
		if row >= 0 && row < len(above) && above[row] != "" {
			w.line(indent, w.paint(style, above[row]))
		}
		switch {
		case t.Signed && l != "":
			l = w.paint(SignStyle(string(l[:1])), l[:1]) + escaped(strings.TrimPrefix(string(l[1:]), " "))
		case row < 0:
			l = w.paint(Faint, l)
		default:
			l = w.paint(style, l)
		}
		w.line(indent, l)
		if row >= 0 && row < len(t.Below) {
			w.blocks(indent+2, t.Below[row])
		}
	}
}

// split empties the first cells that are too long to make the table narrower by
// excess columns, and returns them by row.
func (t *Table) split(excess int) []escaped {
	if len(t.Header) == 0 || slices.ContainsFunc(t.Rows, func(r []Text) bool { return len(r) == 0 }) {
		return nil
	}
	column := width(safe(t.Header[0]))
	for _, r := range t.Rows {
		column = max(column, width(bare(r[0])))
	}
	above, rows := make([]escaped, len(t.Rows)), make([][]Text, len(t.Rows))
	for i, r := range t.Rows {
		rows[i] = slices.Clone(r)
		if cell := bare(r[0]); width(cell) > column-excess {
			above[i], rows[i][0] = cell, Raw(" ") // a column of empty cells would be dropped
		}
	}
	t.Rows = rows
	return above
}

func widest(lines []escaped) int {
	most := 0
	for _, l := range lines {
		most = max(most, width(l))
	}
	return most
}

func headed(header []string) bool {
	return slices.ContainsFunc(header, func(h string) bool { return h != "" })
}

// lines are those of the table in a terminal, the header first.
func (t Table) lines() []escaped {
	header := make([]escaped, len(t.Header))
	for i, h := range t.Header {
		header[i] = safe(h)
	}
	header, rows := usedColumns(header, t.cells(bare))
	if t.Right {
		return rightLines(append([][]escaped{header}, rows...))
	}
	cell := func() tw.CellConfig {
		return tw.CellConfig{
			Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
			Alignment:  tw.CellAlignment{Global: tw.AlignLeft},
			Padding:    tw.CellPadding{Global: tw.Padding{Right: "  ", Overwrite: true}},
		}
	}
	var out bytes.Buffer
	tb := tablewriter.NewTable(&out,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithConfig(tablewriter.Config{Header: cell(), Row: cell()}),
		// Else the width of some letters depends on the locale.
		tablewriter.WithEastAsian(tw.Off),
	)
	if headed(t.Header) {
		tb.Header(texts(header))
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = texts(r)
	}
	// Bulk and Render fail only on a writer that does, or on cells that are
	// not strings.
	_ = tb.Bulk(cells)
	_ = tb.Render()
	var lines []escaped
	for l := range strings.SplitSeq(strings.TrimRight(out.String(), "\n"), "\n") {
		lines = append(lines, escaped(strings.TrimRight(l, " ")))
	}
	return lines
}

func rightLines(rows [][]escaped) []escaped {
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			widths[i] = max(widths[i], width(c))
		}
	}
	lines := make([]escaped, len(rows))
	for i, r := range rows {
		for j, c := range r {
			if j < len(r)-1 {
				lines[i] += escaped(strings.Repeat(" ", widths[j]-width(c)))
			}
			lines[i] += "  " + c
		}
	}
	return lines
}

func texts(row []escaped) []string {
	out := make([]string, len(row))
	for i, c := range row {
		out[i] = string(c)
	}
	return out
}

// markdown writes the table by hand: tablewriter's Markdown would not escape
// pipes and is of no more help than these lines.
func (t Table) markdown(w *markdownWriter) {
	if len(t.Rows) == 0 {
		return
	}
	titles := t.Titles
	if titles == nil {
		titles = t.Header
	}
	header := make([]escaped, len(titles))
	for i, h := range titles {
		header[i] = markdownText("", h)
	}
	header, rows := usedColumns(header, t.cells(func(c Text) escaped { return w.spans(c, true) }))
	more := w.cut(len(rows))
	w.row(header)
	rule := make([]escaped, len(header))
	for i := range rule {
		rule[i] = "---"
	}
	w.row(rule)
	for _, r := range rows[:len(rows)-more] {
		w.row(r)
	}
	w.WriteByte('\n')
	w.noteCut(more, "row")
}

func (t Table) cells(write func(Text) escaped) [][]escaped {
	rows := make([][]escaped, len(t.Rows))
	for i, r := range t.Rows {
		for _, c := range r {
			rows[i] = append(rows[i], write(c))
		}
	}
	return rows
}

// usedColumns is a table without its empty columns.
func usedColumns(header []escaped, rows [][]escaped) ([]escaped, [][]escaped) {
	columns := len(header)
	for _, row := range rows {
		columns = max(columns, len(row))
	}
	used := make([]bool, columns)
	for _, row := range rows {
		for i, c := range row {
			used[i] = used[i] || c != ""
		}
	}
	keep := func(row []escaped) []escaped {
		var kept []escaped
		for i := range columns {
			switch {
			case !used[i]:
			case i < len(row):
				kept = append(kept, row[i])
			default:
				kept = append(kept, "") // a row may have fewer cells
			}
		}
		return kept
	}
	out := make([][]escaped, len(rows))
	for i, r := range rows {
		out[i] = keep(r)
	}
	return keep(header), out
}
