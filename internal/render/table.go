package render

import (
	"bytes"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// A table is columns under a header, without rules, as kubectl draws them.
// Cells are safe and plain. Columns with nothing in them are left out.
type table struct {
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// draw returns the lines of the table, the header first (none where no column
// has one).
func (t table) draw() []string {
	t = t.packed()
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
	if slices.ContainsFunc(t.header, func(h string) bool { return h != "" }) {
		tb.Header(t.header)
	}
	// Bulk and Render fail only on a writer that does, or on cells that are
	// not strings.
	_ = tb.Bulk(t.rows)
	_ = tb.Render()
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// packed returns t without its empty columns.
func (t table) packed() table {
	used := make([]bool, len(t.header))
	for _, row := range t.rows {
		for i, c := range row {
			used[i] = used[i] || c != ""
		}
	}
	keep := func(row []string) []string {
		var kept []string
		for i, c := range row {
			if used[i] {
				kept = append(kept, c)
			}
		}
		return kept
	}
	packed := table{header: keep(t.header)}
	for _, row := range t.rows {
		packed.add(keep(row)...)
	}
	return packed
}

// table writes t at an indent and reports true, or writes nothing where a line
// would not fit: half a table is harder to read than none.
func (p *page) table(indent int, t table) bool {
	lines := t.draw()
	for _, l := range lines {
		if indent+width(l) > p.width {
			return false
		}
	}
	headed := slices.ContainsFunc(t.header, func(h string) bool { return h != "" })
	for i, l := range lines {
		if i == 0 && headed {
			l = p.paint(faint, l)
		}
		p.line(indent, l)
	}
	return true
}
