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
	lines := t.lines()
	for _, l := range lines {
		if t.Narrow != nil && indent+width(l) > w.width {
			w.blocks(indent, t.Narrow)
			return
		}
	}
	for i, l := range lines {
		switch {
		case t.Signed && l != "":
			l = w.paint(SignStyle(string(l[:1])), l[:1]) + escaped(strings.TrimPrefix(string(l[1:]), " "))
		case i == 0 && headed(t.Header):
			l = w.paint(Faint, l)
		}
		w.line(indent, l)
	}
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
	header, rows := packed(header, t.cells(bare))
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
		// Else the width of some letters hangs on the locale.
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
	header, rows := packed(header, t.cells(func(c Text) escaped { return w.spans(c, true) }))
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
	w.left(more, "row")
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

// packed is a table without its empty columns.
func packed(header []escaped, rows [][]escaped) ([]escaped, [][]escaped) {
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
