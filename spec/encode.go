package spec

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

// Encode writes a document as a person would: the keys in the order of
// file.go, lists of words on one line where they fit, an item that is its ARN
// and nothing else as that, text in quotes where YAML would take it for
// something else. Values are what is written: positions are not looked at.
// Comments are those of the [Mark] of each part.
//
// [Decode] reads the same document back, and says so where a value can't be
// in a file at all. The same document is the same bytes.
func Encode(doc *Document) []byte {
	var e encoder
	v := reflect.ValueOf(doc).Elem()
	e.comments(0, doc.Comments)
	if len(doc.Comments) > 0 {
		e.WriteByte('\n')
	}
	for _, name := range keysOf(v.Type()).names {
		f := v.FieldByIndex(keysOf(v.Type()).index[name])
		if !written(f) {
			continue
		}
		if _, word := f.Interface().(Text); !word {
			e.blank()
		}
		e.field(0, name, f)
	}
	return e.Bytes()
}

// EncodeAccess writes an item of access as it stands in a block list whose
// dashes are at an indent; EncodeAdmin does the same for admins.
func EncodeAccess(indent int, line AccessLine) []byte { return encodeItem(indent, line) }

// EncodeAdmin is [EncodeAccess] for an item of admins.
func EncodeAdmin(indent int, line AdminLine) []byte { return encodeItem(indent, line) }

func encodeItem(indent int, item any) []byte {
	var e encoder
	e.item(indent, reflect.ValueOf(item))
	return e.Bytes()
}

// maxWidth is how long a line with a list or a mapping in it may be.
const maxWidth = 100

type encoder struct{ bytes.Buffer }

// blank parts what follows from what is above, once.
func (e *encoder) blank() {
	if b := e.Bytes(); len(b) > 0 && !bytes.HasSuffix(b, []byte("\n\n")) {
		e.WriteByte('\n')
	}
}

func (e *encoder) line(indent int, text string) {
	e.WriteString(strings.Repeat(" ", indent))
	e.WriteString(text)
	e.WriteByte('\n')
}

func (e *encoder) comments(indent int, lines []string) {
	for _, l := range lines {
		e.line(indent, strings.TrimRight("# "+yamlfile.Comment(l), " "))
	}
}

// written reports whether a value is in the text at all.
func written(v reflect.Value) bool {
	switch x := v.Interface().(type) {
	case Text:
		return x.Value != ""
	case Flag:
		return x.Value || x.Pos.Line > 0
	case Count:
		return x.Value != 0 || x.Pos.Line > 0
	case ShareText:
		return x.Set
	case Moment:
		return !x.Time.IsZero()
	case Day:
		return !x.Time.IsZero()
	case Period:
		return x.Value != 0
	case emptyText, Mark:
		return false
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.Type() == pairsType || v.Type() == reflect.TypeFor[SetLines]() {
			return v.Len() > 0
		}
		return !v.IsNil()
	case reflect.Struct:
		k := keysOf(v.Type())
		for _, index := range k.index {
			if written(v.FieldByIndex(index)) {
				return true
			}
		}
		return false
	}
	panic(fmt.Sprintf("spec: Encode cannot write a %v", v.Type()))
}

// scalar is the text of a value that is neither a list nor a mapping.
func scalar(v reflect.Value) (string, bool) {
	switch x := v.Interface().(type) {
	case Text:
		return yamlfile.Quote(x.Value), true
	case Flag:
		return fmt.Sprint(x.Value), true
	case Count:
		return fmt.Sprint(x.Value), true
	case ShareText:
		return x.Share.String(), true
	case Moment:
		return x.Time.UTC().Format(time.RFC3339), true
	case Day:
		return x.Time.Format(time.DateOnly), true
	case Period:
		return shortDuration(x.Value), true
	}
	return "", false
}

// field writes one key and its value.
func (e *encoder) field(indent int, name string, v reflect.Value) {
	key := yamlfile.Quote(name) + ":"
	if s, ok := scalar(v); ok {
		e.line(indent, key+" "+s)
		return
	}
	if s, ok := flow(v); ok && (indent+len(key)+1+len(s) <= maxWidth || v.Len() == 0) {
		e.line(indent, key+" "+s)
		return
	}
	if m := markOf(v); len(m.Comments) > 0 || m.Aside != "" {
		e.comments(indent, m.Comments)
		key += aside(m)
	}
	e.line(indent, key)
	switch x := v.Interface().(type) {
	case Pairs:
		for _, p := range x {
			e.line(indent+2, yamlfile.Quote(p.Key.Value)+": "+yamlfile.Quote(p.Value.Value))
		}
	case SetLines:
		for i, set := range x {
			if i > 0 {
				e.blank()
			}
			e.comments(indent+2, set.Comments)
			e.set(indent+2, set)
		}
	default:
		if v.Kind() == reflect.Struct {
			e.fields(indent+2, v)
			return
		}
		for i := range v.Len() {
			before := e.Len()
			e.item(indent+2, v.Index(i))
			if i > 0 && v.Type().Elem() == reflect.TypeFor[ClusterLine]() {
				e.part(before)
			}
		}
	}
}

// part puts an empty line before the item that begins at a byte, where it or
// the one above it has several lines.
func (e *encoder) part(at int) {
	b := e.Bytes()
	above := b[:at-1]
	above = above[bytes.LastIndexByte(above, '\n')+1:]
	if bytes.Count(b[at:], []byte("\n")) == 1 && bytes.HasPrefix(bytes.TrimLeft(above, " "), []byte("- ")) {
		return
	}
	item := bytes.Clone(b[at:])
	e.Truncate(at)
	e.WriteByte('\n')
	e.Write(item)
}

func (e *encoder) fields(indent int, v reflect.Value) {
	k := keysOf(v.Type())
	for _, name := range k.names {
		if f := v.FieldByIndex(k.index[name]); written(f) {
			e.field(indent, name, f)
		}
	}
}

func (e *encoder) set(indent int, set SetLine) {
	v := reflect.ValueOf(set)
	if !written(v) {
		e.line(indent, yamlfile.Quote(set.Name.Value)+": {}")
		return
	}
	e.line(indent, yamlfile.Quote(set.Name.Value)+":"+aside(set.Mark))
	e.fields(indent+2, v)
}

// item writes one item of a block list.
func (e *encoder) item(indent int, v reflect.Value) {
	if s, ok := scalar(v); ok {
		e.line(indent, "- "+s)
		return
	}
	m := markOf(v)
	e.comments(indent, m.Comments)
	k := keysOf(v.Type())
	var names []string
	for _, name := range k.names {
		if written(v.FieldByIndex(k.index[name])) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		e.line(indent, "- {}"+aside(m))
		return
	}
	if k.bare != nil && len(names) == 1 && written(v.FieldByIndex(k.bare)) {
		s, _ := scalar(v.FieldByIndex(k.bare))
		e.line(indent, "- "+s+aside(m))
		return
	}
	start := e.Len()
	e.fields(indent+2, v)
	b := e.Bytes()
	b[start+indent] = '-'
	if note := aside(m); note != "" {
		end := start + bytes.IndexByte(b[start:], '\n')
		rest := bytes.Clone(b[end:])
		e.Truncate(end)
		e.WriteString(note)
		e.Write(rest)
	}
}

func markOf(v reflect.Value) Mark {
	if v.Kind() == reflect.Struct {
		if f := v.FieldByName("Mark"); f.IsValid() {
			return f.Interface().(Mark)
		}
	}
	return Mark{}
}

// aside is the comment behind the first line of a part.
func aside(m Mark) string {
	if m.Aside == "" {
		return ""
	}
	return "  # " + yamlfile.Comment(m.Aside)
}

// flow is a list of words, or pairs, on one line; ok is false for what always
// takes several.
func flow(v reflect.Value) (text string, ok bool) {
	var parts []string
	open, end := "[", "]"
	switch x := v.Interface().(type) {
	case []Text:
		for _, t := range x {
			parts = append(parts, yamlfile.Quote(t.Value))
		}
	case Pairs:
		open, end = "{", "}"
		for _, p := range x {
			parts = append(parts, yamlfile.Quote(p.Key.Value)+": "+yamlfile.Quote(p.Value.Value))
		}
	default:
		if v.Kind() != reflect.Slice || v.Len() > 0 {
			return "", false
		}
	}
	return open + strings.Join(parts, ", ") + end, true
}

// flowValue is any value on one line.
func flowValue(v reflect.Value) string {
	if s, ok := scalar(v); ok {
		return s
	}
	if s, ok := flow(v); ok {
		return s
	}
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = flowValue(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	k := keysOf(v.Type())
	var parts []string
	for _, name := range k.names {
		f := v.FieldByIndex(k.index[name])
		if !written(f) {
			continue
		}
		if k.bare != nil && slices.Equal(k.index[name], k.bare) && onlyOne(v, k) {
			return flowValue(f)
		}
		parts = append(parts, yamlfile.Quote(name)+": "+flowValue(f))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func onlyOne(v reflect.Value, k *keys) bool {
	n := 0
	for _, index := range k.index {
		if written(v.FieldByIndex(index)) {
			n++
		}
	}
	return n == 1
}

// YAMLText is s as YAML: plain where every reader takes that for text, else in
// double quotes, on one line.
func YAMLText(s string) string { return yamlfile.Quote(s) }
