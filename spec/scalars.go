package spec

import (
	"reflect"
	"regexp"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

var (
	textType  = reflect.TypeFor[Text]()
	pairsType = reflect.TypeFor[Pairs]()
)

func (t *Text) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	t.Pos = d.pos(n)
	s, ok := d.Text(label, n)
	if ok && s == "" {
		d.errorf(t.Pos, "write a value, or remove the key", "%s is empty", label)
		return false
	}
	t.Value = s
	return ok
}

func (f *Flag) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	f.Pos = d.pos(n)
	if n.Kind != yaml.ScalarNode || n.Style != 0 || n.Value != "true" && n.Value != "false" {
		return d.WrongType(label, "true or false", n, "")
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
		return d.WrongType(label, "a whole number", n, hint)
	}
	c.Value, _ = strconv.Atoi(n.Value)
	return true
}

func (s *ShareText) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	s.Pos = d.pos(n)
	if n.Kind != yaml.ScalarNode {
		return d.WrongType(label, "a count or a percentage", n, "")
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
		return d.WrongType(label, "a time", n, "")
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
		d.errorf(m.Pos, "", "%s %s is not a year in which access can expire", label, n.Value)
		return false
	}
	m.Time, m.Text = t.Truncate(time.Second), n.Value // as a tag keeps it
	return true
}

func (p *Period) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	p.Pos = d.pos(n)
	if n.Kind != yaml.ScalarNode {
		return d.WrongType(label, "a duration", n, "")
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
		return d.WrongType(label, "a date", n, "")
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
		return d.WrongType(label, "a mapping", n, `write "key: value" lines`)
	}
	*p = Pairs{}
	ok := true
	for _, line := range d.Pairs(label, n) {
		key, good := d.Key(line.Key)
		if !good {
			ok = false
			continue
		}
		var value emptyText
		if !d.value(reflect.ValueOf(&value).Elem(), key, line.Value) {
			ok = false
			continue
		}
		*p = append(*p, Pair{Text{key, d.pos(line.Key)}, Text(value)})
	}
	return ok
}

// An emptyText may be "": a tag's value.
type emptyText Text

func (t *emptyText) decodeNode(d *decoder, label string, n *yaml.Node) (ok bool) {
	t.Pos = d.pos(n)
	t.Value, ok = d.Text(label, n)
	return ok
}

func (s *SetLines) decodeNode(d *decoder, label string, n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		hint := ""
		if n.Kind == yaml.SequenceNode {
			hint = `sets have names: write "name:" in place of each "- "`
		}
		return d.WrongType(label, "a mapping", n, hint)
	}
	for _, line := range d.Pairs(label, n) {
		name, ok := d.Key(line.Key)
		if !ok {
			d.Lost = true
			continue
		}
		set := SetLine{Name: Text{name, d.pos(line.Key)}}
		if d.value(reflect.ValueOf(&set).Elem(), "set "+strconv.Quote(name), line.Value) {
			*s = append(*s, set)
		} else {
			d.Lost = true
		}
	}
	return true
}
