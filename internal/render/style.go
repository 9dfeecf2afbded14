package render

import "strings"

// A style is one of the six ways text may stand out. The symbols carry the
// meaning; styles only repeat it.
type style string

const (
	plain  style = ""
	strong style = "\x1b[1m"    // headings
	faint  style = "\x1b[2m"    // what can be skipped
	gain   style = "\x1b[32m"   // made, added, passed
	change style = "\x1b[33m"   // changed; warnings
	loss   style = "\x1b[31m"   // taken away
	alert  style = "\x1b[1;31m" // refused, failed
)

const reset = "\x1b[0m"

// A palette draws styles, or nothing.
type palette bool

func (p palette) paint(s style, text string) string {
	if !p || s == plain || strings.TrimSpace(text) == "" {
		return text
	}
	return string(s) + text + reset
}

// signStyle is the style of a sign: "+", "~", "-", "-/+", "=>".
func signStyle(sign string) style {
	switch sign {
	case "+":
		return gain
	case "-":
		return loss
	case "~", "=>":
		return change
	case "-/+", "!":
		return alert
	}
	return plain
}
