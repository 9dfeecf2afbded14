package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON writes v, indented by two spaces, with a newline at the end. It is the
// one encoder of the program: a document that is saved, read and shown again
// has the same bytes.
//
// What [Safe] would escape is escaped here as \uXXXX, which any reader decodes
// to the same text. encoding/json does so only below U+0020 and would let
// U+009B, which starts a control sequence, and U+202E through. No line of JSON
// starts with a colon, so of workflow commands only "##[name]" has to be
// broken.
func JSON(w io.Writer, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // "<" and "&" are no danger in a terminal, and hard to read escaped
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encoding JSON: %w", err)
	}
	return write(w, escapeJSON(buf.Bytes()))
}

// escapeJSON replaces every character of a JSON text that is not printable, and
// the second of two number signs. Outside strings JSON is printable ASCII and
// white space without number signs, so only strings can change.
func escapeJSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		c := text[i]
		if c == '#' && i > 0 && text[i-1] == '#' {
			out = append(out, `\u0023`...)
			i++
			continue
		}
		if c < utf8.RuneSelf && c != 0x7f {
			out = append(out, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case printable(r):
			out = append(out, text[i:i+size]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}
