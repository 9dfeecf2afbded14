package spec

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

// Decode reads the documents of one file. It is strict: an unknown key, a
// key given twice, a value of the wrong type and one that YAML would take for
// something else than its text are errors, all of them at once and each with
// its place. Documents come back with what could be read also where there
// are errors; they are to be used only where there are none.
//
// What the values mean is for [Load] to judge.
func Decode(src Source) ([]*Document, Problems) {
	d := decode(src)
	return d.documents, d.report().sortedProblems(nil)
}

func decode(src Source) *decoder {
	data, problem := src.text()
	d := &decoder{Reader: yamlfile.NewReader(src.Name, data)}
	d.ShareHint = "write shared access as a set, and include it"
	if problem != nil {
		return d.giveUp(*problem)
	}
	roots, problem := yamlfile.Parse(src.Name, data)
	for _, root := range roots {
		d.document(root)
	}
	if problem != nil {
		return d.giveUp(*problem)
	}
	if len(roots) == 0 {
		return d.giveUp(yamlfile.Problem{
			Pos:     yamlfile.Pos{File: src.Name},
			Summary: "the file has only comments",
			Hint:    `begin with "apiVersion: ` + APIVersion + `", or remove the file`,
		})
	}
	return d
}

// A decoder fills the types of file.go from the nodes of one file.
type decoder struct {
	*yamlfile.Reader
	documents []*Document
}

// report has the problems of the file.
func (d *decoder) report() *report {
	var r report
	for _, p := range d.Problems {
		r.Errors = append(r.Errors, fromFile(p))
	}
	return &r
}

func (d *decoder) giveUp(p yamlfile.Problem) *decoder {
	d.Problems = append(d.Problems, p)
	d.Lost = true
	return d
}

// pos is where n stands.
func (d *decoder) pos(n *yaml.Node) Pos { return Pos(d.Pos(n)) }

func (d *decoder) errorf(at Pos, hint, format string, args ...any) {
	d.Errorf(yamlfile.Pos(at), hint, format, args...)
}

func (d *decoder) document(root *yaml.Node) {
	at := d.pos(root)
	if d.IsFull(yamlfile.Pos(at)) {
		return
	}
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		d.errorf(at, `remove the "---", or write a document after it`, "empty document")
		d.Lost = true
		return
	}
	if root.Kind == yaml.MappingNode && d.foreign(root) {
		d.Lost = true
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
			hint = `this is a file of eksctl; convert it with: eksaccess import eksctl`
		case value.Value == "v1":
			hint = `this is a Kubernetes object; a file of eksaccess begins with "apiVersion: eksaccess/v1"`
		case strings.HasPrefix(value.Value, "eksaccess/"):
			hint = "this version reads " + APIVersion + "; a newer version may read this file"
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
	if d.IsFull(yamlfile.Pos(at)) {
		return false
	}
	if n.Kind == yaml.AliasNode {
		target, ok := d.Follow(n)
		if !ok {
			return false
		}
		defer d.Leave(target)
		n = target
	}
	if !d.Count(yamlfile.Pos(at)) {
		return false
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.Lost = d.Lost || v.Type() != textType
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
		d.Lost = d.Lost || v.Type() != textType
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
			hint = "write [" + yamlfile.Short(n.Value) + "]"
		}
		return d.WrongType(label, "a list", n, hint)
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(n.Content)))
	for _, item := range n.Content {
		e := reflect.New(v.Type().Elem()).Elem()
		if ok := d.value(e, yamlfile.ItemPrefix+label, item); ok || e.Type() == textType {
			v.Set(reflect.Append(v, e))
		}
	}
	return true
}

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
		return d.WrongType(label, want, n, hint)
	default:
		for _, p := range d.Pairs(label, n) {
			if d.IsFull(d.Pos(p.Key)) {
				break
			}
			name, ok := d.Key(p.Key)
			if !ok {
				flawed = true
				continue
			}
			index, known := keys.index[name]
			if !known {
				d.errorf(d.pos(p.Key), unknownKeyHint(name, keys), "unknown key %q in %s", name, label)
				flawed = true
				continue
			}
			if !d.value(v.FieldByIndex(index), name, p.Value) {
				flawed = true
			}
		}
	}
	if mark.IsValid() {
		mark.Set(reflect.ValueOf(Mark{Pos: at, Flawed: flawed}))
	}
	return true
}
