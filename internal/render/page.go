package render

import (
	"bytes"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// A page is text under way: lines with hanging indents, wrapped at spaces.
// Words longer than a line, as ARNs are, stay whole, to be copied.
type page struct {
	bytes.Buffer
	palette
	width int
	prose int // width of running text, which is hard to read in long lines
}

func newPage(opts Options) *page {
	width := opts.Width
	if width <= 0 {
		width = 80
	}
	width = max(width, 40)
	return &page{palette: palette(opts.Color), width: width, prose: min(width, 120)}
}

// line writes text at an indent, as it is.
func (p *page) line(indent int, text string) {
	p.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+text, " "))
	p.WriteByte('\n')
}

// blank writes an empty line, unless there is nothing above it.
func (p *page) blank() {
	if p.Len() > 0 && !bytes.HasSuffix(p.Bytes(), []byte("\n\n")) {
		p.WriteByte('\n')
	}
}

// hang writes prefix, which may be painted, and then text, which is plain and
// wraps at the column where it began.
func (p *page) hang(indent int, prefix string, st style, text string) {
	p.hangAt(indent, prefix, st, text, indent+width(prefix))
}

// hangAt is hang with the lines after the first beginning at column, or where
// that leaves little room, a bit further in than the first.
func (p *page) hangAt(indent int, prefix string, st style, text string, column int) {
	if column > p.prose-24 {
		column = indent + 4
	}
	for i, l := range wrap(text, p.prose-indent-width(prefix), p.prose-column) {
		if i == 0 {
			p.line(indent, prefix+p.paint(st, l))
		} else {
			p.line(column, p.paint(st, l))
		}
	}
}

// wrap breaks text at spaces into lines no wider than the room: that of the
// first line, and of the others. Text without words is one empty line.
func wrap(text string, first, rest int) []string {
	var lines []string
	line, used, room := "", 0, first
	for i, w := range strings.Split(text, " ") {
		n := width(w)
		switch {
		case i == 0:
			line, used = w, n
		case used+1+n <= room:
			line, used = line+" "+w, used+1+n
		default:
			lines = append(lines, line)
			line, used, room = w, n, rest
		}
	}
	return append(lines, line)
}

// width is how many columns s takes without its paint, in any locale.
func width(s string) int { return twwidth.WidthWithOptions(s, twwidth.Options{}) }

// pad fills s up to n columns.
func pad(s string, n int) string {
	if missing := n - width(s); missing > 0 {
		return s + strings.Repeat(" ", missing)
	}
	return s
}
