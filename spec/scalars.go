package spec

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"
)

var (
	textType  = reflect.TypeFor[Text]()
	pairsType = reflect.TypeFor[Pairs]()
)

func (t *Text) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	t.Pos = d.pos(n)
	s, ok := d.text(label, n)
	if ok && s == "" {
		d.errorf(t.Pos, "write a value, or remove the key", "%s is empty", label)
		return false
	}
	t.Value = s
	return ok
}

// text is the value of a string field: quoted, or a plain scalar that is text
// to every reader of YAML.
func (d *decoder) text(label string, n *yaml.Node) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		hint := ""
		if n.Style&yaml.FlowStyle != 0 {
			hint = `a value that begins with "{" or "[" needs quotes`
		}
		return "", d.wrongType(label, "text", n, hint)
	}
	label = strings.TrimPrefix(label, itemPrefix)
	if n.Style == 0 {
		if r := d.read(n); r.as != "" {
			what := r.as
			if r.value != "" {
				what += " " + r.value
			}
			d.errorf(d.pos(n), `put it in quotes: "`+n.Value+`"`, "%s %s would be read as %s", label, n.Value, what)
			return "", false
		}
	}
	if i := strings.IndexFunc(n.Value, unicode.IsControl); i >= 0 {
		hint := "write it on one line"
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			hint = `write it on one line; "|" and ">" add a line break at the end`
		}
		d.errorf(d.pos(n), hint, "%s %.80q holds a line break or another control character", label, n.Value)
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
func (d *decoder) read(n *yaml.Node) reading {
	if n.Tag == "!!str" && !mayBeRewritten.MatchString(n.Value) {
		return reading{}
	}
	r, ok := d.readings[n.Value]
	if !ok {
		r = readPlain(n.Tag, n.Value)
		d.readings[n.Value] = r
	}
	return r
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

func (f *Flag) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	f.Pos = d.pos(n)
	if n.Kind != yaml.ScalarNode || n.Style != 0 || n.Value != "true" && n.Value != "false" {
		return d.wrongType(label, "true or false", n, "")
	}
	f.Value = n.Value == "true"
	return true
}

var wholeNumber = regexp.MustCompile(`^(?:0|[1-9][0-9]{0,8})$`)

func (c *Count) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	c.Pos = d.pos(n)
	if n.Kind != yaml.ScalarNode || n.Style != 0 || !wholeNumber.MatchString(n.Value) {
		hint := ""
		if n.Kind == yaml.ScalarNode && wholeNumber.MatchString(n.Value) {
			hint = "write it without quotes"
		}
		return d.wrongType(label, "a whole number", n, hint)
	}
	c.Value, _ = strconv.Atoi(n.Value)
	return true
}

func (s *ShareText) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	s.Pos = d.pos(n)
	if n.Kind != yaml.ScalarNode {
		return d.wrongType(label, "a count or a percentage", n, "")
	}
	share, err := ParseShare(n.Value)
	if err != nil || !share.Set {
		d.errorf(
			s.Pos,
			`write a count such as 5, or a percentage such as 25%`,
			"%s must be a count or a percentage from 0%% to 100%%, not %.80q",
			label,
			n.Value,
		)
		return false
	}
	s.Share = share
	return true
}

func (m *Moment) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	m.Pos = d.pos(n)
	if n.Kind != yaml.ScalarNode {
		return d.wrongType(label, "a time", n, "")
	}
	t, err := time.Parse(time.RFC3339, n.Value)
	if err != nil {
		d.errorf(
			m.Pos,
			"write it like 2026-12-01T18:00:00Z or 2026-12-01T18:00:00+01:00",
			"%s must be an RFC 3339 time, not %.80q",
			label,
			n.Value,
		)
		return false
	}
	if t = t.UTC(); t.Year() < 2000 || t.Year() > 9998 {
		d.errorf(m.Pos, "", "%s %s is no year to end an access in", label, n.Value)
		return false
	}
	m.Time, m.Text = t.Truncate(time.Second), n.Value // as a tag keeps it
	return true
}

func (p *Period) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	p.Pos = d.pos(n)
	if n.Kind != yaml.ScalarNode {
		return d.wrongType(label, "a duration", n, "")
	}
	value, err := time.ParseDuration(n.Value)
	if err != nil || value <= 0 {
		d.errorf(p.Pos, "write it like 24h or 90m", "%s must be a duration greater than 0, not %.80q", label, n.Value)
		return false
	}
	p.Value = value
	return true
}

func (y *Day) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	y.Pos = d.pos(n)
	if n.Kind != yaml.ScalarNode {
		return d.wrongType(label, "a date", n, "")
	}
	t, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		d.errorf(y.Pos, "write it like 2026-12-31", "%s must be a date, not %.80q", label, n.Value)
		return false
	}
	y.Time = t
	return true
}

func (p *Pairs) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		return d.wrongType(label, "a mapping", n, `write "key: value" lines`)
	}
	*p = Pairs{}
	ok := true
	for _, line := range d.pairs(label, n) {
		key, good := d.key(line.key)
		if !good {
			ok = false
			continue
		}
		var value emptyText
		if !d.value(reflect.ValueOf(&value).Elem(), key, line.value) {
			ok = false
			continue
		}
		*p = append(*p, Pair{Text{key, d.pos(line.key)}, Text(value)})
	}
	return ok
}

// An emptyText may be "": a tag's value.
type emptyText Text

func (t *emptyText) decodeNode(d *decoder, label string, n *yaml.Node) (ok bool) {
	t.Pos = d.pos(n)
	t.Value, ok = d.text(label, n)
	return ok
}

func (s *SetLines) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		hint := ""
		if n.Kind == yaml.SequenceNode {
			hint = `sets have names: write "name:" in place of each "- "`
		}
		return d.wrongType(label, "a mapping", n, hint)
	}
	for _, line := range d.pairs(label, n) {
		name, ok := d.key(line.key)
		if !ok {
			d.lost = true
			continue
		}
		set := SetLine{Name: Text{name, d.pos(line.key)}}
		if d.value(reflect.ValueOf(&set).Elem(), "set "+strconv.Quote(name), line.value) {
			*s = append(*s, set)
		} else {
			d.lost = true
		}
	}
	return true
}
