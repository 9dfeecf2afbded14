package yamlfile

import (
	"regexp"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"
)

// ItemPrefix begins the label of an item of a list.
const ItemPrefix = "an item of "

// Text is the value of a string field: quoted, or a plain scalar that is text
// to every reader of YAML. It reports what is neither, or would be a line break.
func (r *Reader) Text(label string, n *yaml.Node) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		hint := ""
		if n.Style&yaml.FlowStyle != 0 {
			hint = `a value that begins with "{" or "[" needs quotes`
		}
		return "", r.WrongType(label, "text", n, hint)
	}
	label = strings.TrimPrefix(label, ItemPrefix)
	if n.Style == 0 {
		if as := r.read(n); as.as != "" {
			what := as.as
			if as.value != "" {
				what += " " + as.value
			}
			r.Errorf(r.Pos(n), `put it in quotes: "`+n.Value+`"`, "%s %s would be read as %s", label, n.Value, what)
			return "", false
		}
	}
	if i := strings.IndexFunc(n.Value, unicode.IsControl); i >= 0 {
		hint := "write it on one line"
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			hint = `write it on one line; "|" and ">" add a line break at the end`
		}
		r.Errorf(r.Pos(n), hint, "%s %.80q holds a line break or another control character", label, n.Value)
		return "", false
	}
	return n.Value, true
}

// A reading is what a plain scalar becomes; as is "" where that is its text.
type reading struct{ as, value string }

// mayBeRewritten is a quick test for the plain scalars some reader of YAML may
// take for anything but text.
var mayBeRewritten = regexp.MustCompile(`^(?:[-+.0-9~<=].*|.{0,5})$`)

// read asks both libraries, since they differ: yaml/v3 takes "no" for text,
// sigs.k8s.io/yaml makes it false; a date stays text in the second and is a
// time in the first. Numbers are refused also where their digits would
// survive: in the next file the account number begins with a zero.
func (r *Reader) read(n *yaml.Node) reading {
	if n.Tag == "!!str" && !mayBeRewritten.MatchString(n.Value) {
		return reading{}
	}
	known, ok := r.readings[n.Value]
	if !ok {
		known = readPlain(n.Tag, n.Value)
		r.readings[n.Value] = known
	}
	return known
}

func readPlain(tag, text string) reading {
	if tag == "!!timestamp" {
		return reading{"a time", ""}
	}
	var any any
	var s string
	if sigsyaml.Unmarshal([]byte(text), &any) != nil || sigsyaml.Unmarshal([]byte(text), &s) != nil {
		if tag == "!!str" {
			return reading{}
		}
		return reading{"a number", ""} // .inf and .nan, which JSON has not
	}
	switch any.(type) {
	case float64:
		return reading{"the number", s}
	case bool:
		return reading{"the boolean", s}
	case nil:
		return reading{"no value", ""}
	case string:
		if tag == "!!int" || tag == "!!float" || tag == "!!bool" {
			return reading{"something else by other programs", ""}
		}
	}
	return reading{}
}

// Key is the text of a mapping's key.
func (r *Reader) Key(n *yaml.Node) (string, bool) {
	if n.Kind == yaml.AliasNode {
		r.Errorf(r.Pos(n), "write it out", "a key must be text, not an alias")
		return "", false
	}
	if n.Kind != yaml.ScalarNode || n.Style&yaml.TaggedStyle != 0 {
		r.Errorf(r.Pos(n), `a value that begins with "{" or "[" needs quotes`, "a key must be text, not %s", kindOf(n))
		return "", false
	}
	if n.Tag == "!!null" {
		r.Errorf(r.Pos(n), "", "a key is missing")
		return "", false
	}
	return r.Text("key", n)
}
