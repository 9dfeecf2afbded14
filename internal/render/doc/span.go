package doc

import "strings"

// A Style is one of the six ways text may stand out in a terminal. The symbols
// carry the meaning; styles only repeat it. In Markdown, [Strong] is bold and
// the others are plain.
type Style uint8

const (
	Plain  Style = iota
	Strong       // headings
	Faint        // what can be skipped
	Gain         // made, added, passed
	Change       // changed; warnings
	Loss         // removed
	Alert        // refused, failed
)

var styleCodes = [...]string{Strong: "1", Faint: "2", Gain: "32", Change: "33", Loss: "31", Alert: "1;31"}

// Paint draws text, which is escaped already, in the style.
func (st Style) Paint(text string) string {
	if st == Plain || strings.TrimSpace(text) == "" {
		return text
	}
	return "\x1b[" + styleCodes[st] + "m" + text + "\x1b[0m"
}

// SignStyle is the style of a sign: "+", "~", "-", "-/+", "=>", "!".
func SignStyle(sign string) Style {
	switch sign {
	case "+":
		return Gain
	case "-":
		return Loss
	case "~", "=>":
		return Change
	case "-/+", "!":
		return Alert
	}
	return Plain
}

// Text is raw text in spans of different looks.
type Text []Span

// A Span is raw text of one look.
type Span struct {
	Text  string
	Style Style
	Code  bool // in Markdown a code span
	Break bool // in Markdown a line break within a cell; in a terminal a space
	Pad   int  // in a terminal, the columns that it fills at least
}

// Raw is s without any look.
func Raw(s string) Text { return Text{{Text: s}} }

// Styled is s in a style.
func Styled(st Style, s string) Text { return Text{{Text: s, Style: st}} }

// Code is s as it stands in a file or a command.
func Code(s string) Text { return Text{{Text: s, Code: true}} }

// Padded is s in a style, filled with spaces up to n columns in a terminal.
func Padded(st Style, s string, n int) Text { return Text{{Text: s, Style: st, Pad: n}} }

// Join puts texts one behind the other.
func Join(parts ...Text) Text {
	var all Text
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// Lines are texts of one cell, a line each.
func Lines(lines ...Text) Text {
	var all Text
	for i, l := range lines {
		if i > 0 {
			all = append(all, Span{Break: true})
		}
		all = append(all, l...)
	}
	return all
}
