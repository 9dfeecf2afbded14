package doc

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// A textWriter writes for a terminal: lines with hanging indents, wrapped at
// spaces. Words longer than a line, as ARNs are, stay whole, to be copied.
type textWriter struct {
	bytes.Buffer
	color bool
	width int
	prose int  // width of running text, which is hard to read in long lines
	below bool // it continues something that is written already
}

func newTextWriter(opts Options) *textWriter {
	width := opts.Width
	if width <= 0 {
		width = 80
	}
	width = max(width, 40)
	return &textWriter{color: opts.Color, width: width, prose: min(width, 120)}
}

func (w *textWriter) blocks(indent int, blocks []Block) {
	for _, b := range blocks {
		b.text(w, indent)
	}
}

// line writes text at an indent, as it is.
func (w *textWriter) line(indent int, text escaped) {
	w.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+string(text), " "))
	w.WriteByte('\n')
}

// blank writes an empty line, unless there is nothing above it.
func (w *textWriter) blank() {
	if w.Len() == 0 && w.below || w.Len() > 0 && !bytes.HasSuffix(w.Bytes(), []byte("\n\n")) {
		w.WriteByte('\n')
	}
}

// hang writes lead, which may be painted, and then text, which is plain and
// wraps at column, or where that leaves little room, a bit further in than the
// first line.
func (w *textWriter) hang(indent int, lead escaped, st Style, text escaped, column int) {
	if column > w.prose-24 {
		column = indent + 4
	}
	for i, l := range wrap(text, w.prose-indent-width(lead), w.prose-column) {
		if i == 0 {
			w.line(indent, lead+w.paint(st, l))
		} else {
			w.line(column, w.paint(st, l))
		}
	}
}

// paint draws text in a style, where there is colour.
func (w *textWriter) paint(st Style, text escaped) escaped {
	if !w.color {
		return text
	}
	return escaped(st.Paint(string(text)))
}

// spans is t on one line, each run of one style painted as one.
func (w *textWriter) spans(t Text) escaped {
	var line, run escaped
	style := Plain
	flush := func() { line, run = line+w.paint(style, run), "" }
	var last rune
	for _, s := range t {
		if s.Style != style {
			flush()
			style = s.Style
		}
		text := escaped(escape.After(last, s.Text))
		if s.Break {
			text = " "
		}
		run += pad(text, s.Pad)
		if text != "" {
			last = lastRune(string(run))
		}
	}
	flush()
	return line
}

// bare is t without styles.
func bare(t Text) escaped {
	w := textWriter{}
	return w.spans(t)
}

// Wrap breaks text at spaces into lines no wider than the room: that of the
// first line, and of the others. Text without words is one empty line.
func Wrap(text string, first, rest int) []string {
	lines := wrap(escaped(text), first, rest)
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = string(l)
	}
	return out
}

func wrap(text escaped, first, rest int) []escaped {
	var lines []escaped
	line, used, room := "", 0, first
	for i, w := range strings.Split(string(text), " ") {
		n := Width(w)
		switch {
		case i == 0:
			line, used = w, n
		case used+1+n <= room:
			line, used = line+" "+w, used+1+n
		default:
			lines = append(lines, escaped(line))
			line, used, room = w, n, rest
		}
	}
	return append(lines, escaped(line))
}

// Width is how many columns s takes without its paint, in any locale.
func Width(s string) int { return twwidth.WidthWithOptions(s, twwidth.Options{}) }

func width(s escaped) int { return Width(string(s)) }

// pad fills s up to n columns.
func pad(s escaped, n int) escaped {
	if missing := n - width(s); missing > 0 {
		return s + escaped(strings.Repeat(" ", missing))
	}
	return s
}

// lastRune is the last character of s; 0 for none.
func lastRune(s string) rune {
	if s == "" {
		return 0
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}
