package yamlfile

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// plainText is what may stand without quotes anywhere, in [ ] and { } too, as
// far as its characters go. A colon at the end would make a key of it.
var plainText = regexp.MustCompile(`^[A-Za-z_/.][A-Za-z0-9_./@+=:*-]*$`)

// Quote is s as YAML: plain where every reader takes that for text, else in
// double quotes, on one line.
func Quote(s string) string {
	// An ARN is text to every reader, and asking for each takes long in a large audit.
	if plainText.MatchString(s) && !strings.HasSuffix(s, ":") && (strings.HasPrefix(s, "arn:") || isText(s)) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	var last rune
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case commandRune(last, r):
			b.WriteString(escapeRune(r))
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case IsVisible(r):
			b.WriteRune(r)
		default:
			b.WriteString(escapeRune(r))
		}
		last = r
	}
	b.WriteByte('"')
	return b.String()
}

// isText asks, as [Reader.Text] does, whether a plain scalar is what it says.
func isText(s string) bool {
	if !mayBeRewritten.MatchString(s) {
		return true
	}
	if is, ok := texts.Load(s); ok {
		return is.(bool)
	}
	var n yaml.Node
	is := false
	if yaml.Unmarshal([]byte(s), &n) == nil && len(n.Content) == 1 {
		c := n.Content[0]
		is = c.Kind == yaml.ScalarNode && c.Tag == "!!str" && c.Value == s && readPlain(c.Tag, s).as == ""
	}
	texts.Store(s, is)
	return is
}

// texts are the answers of isText: a large audit asks for few words many times.
var texts sync.Map

// IsVisible reports whether r shows as something, on its own line and in its own
// direction.
func IsVisible(r rune) bool {
	return r != utf8.RuneError && unicode.IsPrint(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// commandRune reports whether r after last may belong to a workflow command,
// "##[name]", which a CI runner reads anywhere in a line (render.Safe).
func commandRune(last, r rune) bool { return r == '#' && last == '#' }

func escapeRune(r rune) string {
	switch {
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}

// Comment is s as the text of a comment, written so that it ends no comment and drives no terminal.
func Comment(s string) string {
	var b strings.Builder
	var last rune
	for _, r := range s {
		if IsVisible(r) && !commandRune(last, r) {
			b.WriteRune(r)
		} else {
			b.WriteString(escapeRune(r))
		}
		last = r
	}
	return b.String()
}
