package yamlfile

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Encode writes a value with comments above it, as the file of another program. What does
// not show as itself, or turns the direction of what follows, is written by its
// number: a reader of such a file sees what it holds.
func Encode(above string, value any) []byte {
	var root yaml.Node
	if err := root.Encode(value); err != nil {
		panic(err) // of plain structs in memory it can't be
	}
	quote(&root)
	b := bytes.NewBufferString(above)
	encoder := yaml.NewEncoder(b)
	encoder.SetIndent(2)
	if err := encoder.Encode(&root); err != nil {
		panic(err)
	}
	return spellOut(b.Bytes())
}

// quote puts text that is to be spelled out into double quotes, where numbers
// stand for characters.
func quote(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && (strings.ContainsFunc(n.Value, hidden) || strings.Contains(n.Value, "##")) {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, child := range n.Content {
		quote(child)
	}
}

func spellOut(text []byte) []byte {
	var b bytes.Buffer
	var last rune
	for _, r := range string(text) {
		switch {
		case r == '#' && last == '#': // "##[name]" is a command to a CI runner (render.Safe)
			b.WriteString(`\u0023`)
		case !hidden(r) || r == '\n':
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		last = r
	}
	return b.Bytes()
}

func hidden(r rune) bool {
	return !unicode.IsPrint(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
