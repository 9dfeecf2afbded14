package yamlfile

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// An Edit adds to the text of a file at places that its nodes give. What is
// there stays, byte for byte.
type Edit struct {
	data  []byte
	lines []int // offsets of the beginnings of lines; one more for the end
	nodes []*yaml.Node
	after map[*yaml.Node]int // node → place in nodes behind it and all it holds
	added []insertion
	eol   string
}

type insertion struct {
	at   int
	text string
}

// NewEdit returns an edit of a file with these bytes, which were parsed into
// these roots; see [Parse].
func NewEdit(data []byte, roots []*yaml.Node) *Edit {
	e := &Edit{data: data, after: map[*yaml.Node]int{}, eol: "\n"}
	for at := 0; ; {
		e.lines = append(e.lines, at)
		text, whole := lineLength(data[at:])
		if text == whole {
			break
		}
		if len(e.lines) == 1 && whole-text == 2 && data[at+text] == '\r' {
			e.eol = "\r\n"
		}
		at += whole
	}
	e.lines = append(e.lines, len(data))
	for _, r := range roots {
		e.gather(r)
		e.nodes = append(e.nodes, nil) // the end of a document
	}
	return e
}

func (e *Edit) gather(n *yaml.Node) {
	e.nodes = append(e.nodes, n)
	for _, c := range n.Content {
		e.gather(c)
	}
	e.after[n] = len(e.nodes)
}

// Bytes is the text with all that was added.
func (e *Edit) Bytes() []byte {
	sort.SliceStable(e.added, func(i, j int) bool { return e.added[i].at < e.added[j].at })
	var out bytes.Buffer
	at := 0
	for _, a := range e.added {
		out.Write(e.data[at:a.at])
		out.WriteString(a.text)
		at = a.at
	}
	out.Write(e.data[at:])
	return out.Bytes()
}

// Insert puts text at an offset, with the line ends of the file.
func (e *Edit) Insert(at int, text string) {
	e.added = append(e.added, insertion{at, strings.ReplaceAll(text, "\n", e.eol)})
}

// line is line n, from 1, without its end.
func (e *Edit) line(n int) string {
	text, _ := lineLength(e.data[e.lines[n-1]:])
	return string(e.data[e.lines[n-1] : e.lines[n-1]+text])
}

// Offset is where a node begins.
func (e *Edit) Offset(n *yaml.Node) int {
	at := e.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(e.data[at:])
		at += size
	}
	return at
}

// InsertBelow puts whole lines below all that n holds, which is block style:
// behind the last line before the next node that has more than a comment.
func (e *Edit) InsertBelow(n *yaml.Node, text string) {
	end := len(e.lines) // the line behind the last one
	if next := e.nodes[e.after[n]]; next != nil {
		end = next.Line
	} else {
		for l := n.Line + 1; l < len(e.lines); l++ {
			if t := e.line(l); strings.HasPrefix(t, "---") || strings.HasPrefix(t, "...") {
				end = l
				break
			}
		}
	}
	last := end - 1
	for last > n.Line {
		if t := strings.TrimLeft(e.line(last), " \t"); t != "" && t[0] != '#' {
			break
		}
		last--
	}
	at := e.lines[last]
	if last == len(e.lines)-1 && at > 0 && !endsLine(e.data) {
		text = "\n" + strings.TrimSuffix(text, "\n")
	}
	e.Insert(at, text)
}

func endsLine(data []byte) bool {
	return bytes.HasSuffix(data, []byte("\n")) || bytes.HasSuffix(data, []byte("\r"))
}

// InsertAbove puts whole lines above a key, and above the comments that stand
// right on top of it.
func (e *Edit) InsertAbove(key *yaml.Node, text string) {
	l := key.Line
	for l > 1 && strings.HasPrefix(e.line(l-1), strings.Repeat(" ", key.Column-1)+"#") {
		l--
	}
	e.Insert(e.lines[l-1], text)
}

// InsertInFlow puts an item, or a pair, before the bracket that closes n. It
// reports whether the bracket was found.
func (e *Edit) InsertInFlow(n *yaml.Node, comment, text string) bool {
	begin := e.Offset(n)
	end := closing(e.data, begin)
	if end < 0 {
		return false
	}
	comma := ""
	if len(n.Content) > 0 && !bytes.HasSuffix(significant(e.data[begin:end]), []byte(",")) {
		comma = ", "
	}
	if comment != "" {
		line := e.line(n.Line)
		indent := strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))+4)
		comma = strings.TrimSpace(comma) + "\n" + indent + "# " + comment + "\n" + indent
	}
	e.Insert(end, comma+text)
	return true
}

// significant is flow text up to its last character that is neither space nor
// of a comment.
func significant(flow []byte) []byte {
	last := 0
	scan(flow, func(i int, c byte) bool {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			last = i + 1
		}
		return true
	})
	return flow[:last]
}

// closing is the offset of the bracket that closes the one at begin, or -1.
func closing(data []byte, begin int) int {
	if begin >= len(data) || data[begin] != '[' && data[begin] != '{' {
		return -1
	}
	depth, found := 0, -1
	scan(data[begin:], func(i int, c byte) bool {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth == 0 {
			found = begin + i
		}
		return depth > 0
	})
	return found
}

// scan gives the bytes of flow text that are no comment and not within quotes,
// the quotes themselves too, until told to stop.
func scan(data []byte, each func(i int, c byte) bool) {
	var quote byte
	before := byte('[') // the last byte that was not space
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case quote == '"' && c == '\\':
			i++
			continue
		case quote == '\'' && c == '\'' && i+1 < len(data) && data[i+1] == '\'':
			i++
			continue
		case quote != 0 && c != quote:
			continue
		case quote != 0:
			quote = 0
			c = '"'
		case (c == '"' || c == '\'') && strings.IndexByte("[{,:", before) >= 0:
			quote = c
		case c == '#' && (i == 0 || strings.IndexByte(" \t\r\n", data[i-1]) >= 0):
			text, _ := lineLength(data[i:])
			i += text - 1
			continue
		}
		if !each(i, c) {
			return
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			before = c
		}
	}
}

// ScalarEnd is the offset behind a scalar on one line, or -1.
func (e *Edit) ScalarEnd(n *yaml.Node) int {
	at := e.Offset(n)
	rest := e.data[at:]
	switch n.Style {
	case 0:
		if bytes.HasPrefix(rest, []byte(n.Value)) {
			return at + len(n.Value)
		}
	case yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle:
		quote, i := rest[0], 1
		for ; i < len(rest) && rest[i] != quote; i++ {
			if rest[i] == '\\' || rest[i] == '\n' || rest[i] == '\r' {
				return -1
			}
		}
		if i < len(rest) && (i+1 == len(rest) || rest[i+1] != quote) {
			return at + i + 1
		}
	}
	return -1
}

// Value is that of a key of a mapping, its own only.
func Value(mapping *yaml.Node, key string) (k, v *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}

// IsShared reports whether a change of n would show elsewhere, or would hide
// what n has from elsewhere.
func IsShared(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || n.Kind == yaml.MappingNode &&
		slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Tag == "!!merge" })
}

// IsFlow reports whether n is written in brackets.
func IsFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }
