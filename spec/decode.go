package spec

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decode reads the documents of one file. It is strict: a key nobody knows, a
// key given twice, a value of the wrong type and one that YAML would take for
// something else than its text are errors, all of them at once and each with
// its place. Documents come back with what could be read also where there
// are errors; they are to be used only where there are none.
//
// What the values mean is for [Load] to judge.
func Decode(src Source) ([]*Document, Problems) {
	d := decode(src)
	return d.documents, d.sorted(nil)
}

func decode(src Source) *decoder {
	d := &decoder{file: src.Name, following: map[*yaml.Node]bool{}, readings: map[string]reading{}}
	data, problem := src.text()
	if problem != nil {
		return d.giveUp(*problem)
	}
	d.end = place(src.Name, data, len(data))
	roots, problem := parse(src.Name, data)
	for _, root := range roots {
		d.document(root)
	}
	if problem != nil {
		return d.giveUp(*problem)
	}
	if len(roots) == 0 {
		return d.giveUp(Problem{Pos{File: src.Name}, "the file holds nothing but comments",
			`begin with "apiVersion: ` + APIVersion + `", or leave the file out`})
	}
	return d
}

// A decoder fills the types of file.go from the nodes of one file.
type decoder struct {
	report
	file      string
	end       Pos
	documents []*Document

	// lost: part of the file could not be read at all, so that what is not
	// found in it may be there.
	lost bool

	following map[*yaml.Node]bool // anchors whose aliases are being followed
	borrowed  int                 // values reached through aliases
	exhausted bool                // nothing more is read
	readings  map[string]reading
}

func (d *decoder) giveUp(p Problem) *decoder {
	d.Errors = append(d.Errors, p)
	d.lost = true
	return d
}

// maxErrors bounds what is told of one file. Who has that many has one mistake
// many times, or no file of ours.
const maxErrors = 1000

// full reports whether enough has been read or told.
func (d *decoder) full(at Pos) bool {
	if !d.exhausted && len(d.Errors) >= maxErrors {
		d.exhausted, d.lost = true, true
		d.errorf(at, "", "the file has more than %d errors; the rest was not read", maxErrors)
	}
	return d.exhausted
}

// pos is where n stands. The parser puts what is missing at the end of a file
// behind its last line.
func (d *decoder) pos(n *yaml.Node) Pos {
	if n.Line > d.end.Line {
		return d.end
	}
	return Pos{d.file, n.Line, n.Column}
}

func (d *decoder) document(root *yaml.Node) {
	at := d.pos(root)
	if d.full(at) {
		return
	}
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		d.errorf(at, `remove the "---", or write a document behind it`, "empty document")
		d.lost = true
		return
	}
	if root.Kind == yaml.MappingNode && d.foreign(root) {
		d.lost = true
		return
	}
	doc := &Document{}
	if d.value(reflect.ValueOf(doc).Elem(), "a document", root) {
		d.documents = append(d.documents, doc)
	}
}

// foreign reports a document of another program as that and nothing else.
func (d *decoder) foreign(root *yaml.Node) bool {
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if key.Value != "apiVersion" || value.Kind != yaml.ScalarNode || value.Tag != "!!str" ||
			value.Value == APIVersion {
			continue
		}
		hint := `write "apiVersion: ` + APIVersion + `"`
		switch {
		case strings.HasPrefix(value.Value, "eksctl.io/"):
			hint = `this is a file of eksctl; "eksaccess import eksctl" makes one of ours of it`
		case value.Value == "v1":
			hint = `this is a Kubernetes object; a file of ours begins with "apiVersion: eksaccess/v1"`
		case strings.HasPrefix(value.Value, "eksaccess/"):
			hint = "this program reads " + APIVersion + "; a newer one may read this"
		}
		d.errorf(d.pos(value), hint, "unknown apiVersion %q", value.Value)
		return true
	}
	return false
}

// A nodeDecoder is a type of the format that is neither a struct nor a list.
type nodeDecoder interface {
	decodeNode(d *decoder, label string, n *yaml.Node) bool
}

// value fills v from n. It reports whether n had the shape that v needs; where
// not, that has been told.
func (d *decoder) value(v reflect.Value, label string, n *yaml.Node) bool {
	at := d.pos(n)
	if t, ok := v.Addr().Interface().(*Text); ok {
		t.Pos = at // also of a bad one, see Text.Given
	}
	if d.full(at) {
		return false
	}
	if n.Kind == yaml.AliasNode {
		target, ok := d.follow(n)
		if !ok {
			return false
		}
		defer d.leave(target)
		n = target
	}
	if !d.count(at) {
		return false
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.lost = d.lost || v.Type() != textType
		d.errorf(at, "write the value without a tag, in quotes if it is text", "%s has the YAML tag %q", label, n.Tag)
		return false
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		hint := "write a value, or remove the key"
		if v.Kind() == reflect.Slice && v.Type() != pairsType {
			hint = "write [] for none, or remove the key"
		}
		if n.Value != "" {
			hint += "; as text it needs quotes"
		}
		d.lost = d.lost || v.Type() != textType
		d.errorf(at, hint, "%s has no value", label)
		return false
	}
	if nd, ok := v.Addr().Interface().(nodeDecoder); ok {
		return nd.decodeNode(d, label, n)
	}
	if v.Kind() == reflect.Slice {
		return d.list(v, label, n)
	}
	return d.structure(v, label, n, at)
}

func (d *decoder) list(v reflect.Value, label string, n *yaml.Node) bool {
	if n.Kind != yaml.SequenceNode {
		hint := `begin each item with "- "`
		if n.Kind == yaml.ScalarNode {
			hint = "write [" + shown(n.Value) + "]"
		}
		return d.wrongType(label, "a list", n, hint)
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(n.Content)))
	for _, item := range n.Content {
		e := reflect.New(v.Type().Elem()).Elem()
		if ok := d.value(e, itemPrefix+label, item); ok || e.Type() == textType {
			v.Set(reflect.Append(v, e))
		}
	}
	return true
}

const itemPrefix = "an item of "

// structure fills a struct from a mapping, or where one of its fields is
// marked bare, from that field's value alone.
func (d *decoder) structure(v reflect.Value, label string, n *yaml.Node, at Pos) bool {
	keys := keysOf(v.Type())
	mark := v.FieldByName("Mark")
	flawed := false
	switch {
	case n.Kind == yaml.ScalarNode && keys.bare != nil:
		flawed = !d.value(v.FieldByIndex(keys.bare), label, n)
	case n.Kind != yaml.MappingNode:
		hint, want := "", "a mapping"
		if keys.bare != nil {
			want = "a mapping or text"
		}
		if n.Kind == yaml.SequenceNode {
			hint = `write "key: value" lines`
		}
		return d.wrongType(label, want, n, hint)
	default:
		for _, p := range d.pairs(label, n) {
			if d.full(d.pos(p.key)) {
				break
			}
			name, ok := d.key(p.key)
			if !ok {
				flawed = true
				continue
			}
			index, known := keys.index[name]
			if !known {
				d.errorf(d.pos(p.key), unknownKeyHint(name, keys), "unknown key %q in %s", name, label)
				flawed = true
				continue
			}
			if !d.value(v.FieldByIndex(index), name, p.value) {
				flawed = true
			}
		}
	}
	if mark.IsValid() {
		mark.Set(reflect.ValueOf(Mark{Pos: at, Flawed: flawed}))
	}
	return true
}

func (d *decoder) wrongType(label, want string, n *yaml.Node, hint string) bool {
	if want != "text" {
		d.lost = true
	}
	d.errorf(d.pos(n), hint, "%s must be %s, not %s", label, want, kindOf(n))
	return false
}

// kindOf names what n is in the words of the error messages.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "the number " + shown(n.Value)
	default:
		return "the text " + fmt.Sprintf("%.80q", n.Value)
	}
}

// shown is a short value as YAML may be given it in a hint.
func shown(s string) string {
	if len(s) > 60 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "…"
	}
	if strings.ContainsAny(s, ",[]{}#:&*!|>'\"%@` ") {
		return fmt.Sprintf("%q", s)
	}
	return s
}
