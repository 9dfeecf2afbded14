package spec

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// A splice adds to the text of a file at places that its nodes give. What is
// there stays, byte for byte.
type splice struct {
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

func newSplice(data []byte, roots []*yaml.Node) *splice {
	s := &splice{data: data, after: map[*yaml.Node]int{}, eol: "\n"}
	for at := 0; ; {
		s.lines = append(s.lines, at)
		text, whole := lineLength(data[at:])
		if text == whole {
			break
		}
		if len(s.lines) == 1 && whole-text == 2 && data[at+text] == '\r' {
			s.eol = "\r\n"
		}
		at += whole
	}
	s.lines = append(s.lines, len(data))
	for _, r := range roots {
		s.gather(r)
		s.nodes = append(s.nodes, nil) // the end of a document
	}
	return s
}

func (s *splice) gather(n *yaml.Node) {
	s.nodes = append(s.nodes, n)
	for _, c := range n.Content {
		s.gather(c)
	}
	s.after[n] = len(s.nodes)
}

// bytes is the text with all that was added.
func (s *splice) bytes() []byte {
	sort.SliceStable(s.added, func(i, j int) bool { return s.added[i].at < s.added[j].at })
	var out bytes.Buffer
	at := 0
	for _, a := range s.added {
		out.Write(s.data[at:a.at])
		out.WriteString(a.text)
		at = a.at
	}
	out.Write(s.data[at:])
	return out.Bytes()
}

func (s *splice) insert(at int, text string) {
	s.added = append(s.added, insertion{at, strings.ReplaceAll(text, "\n", s.eol)})
}

// line is line n, from 1, without its end.
func (s *splice) line(n int) string {
	text, _ := lineLength(s.data[s.lines[n-1]:])
	return string(s.data[s.lines[n-1] : s.lines[n-1]+text])
}

// offset is where a node begins.
func (s *splice) offset(n *yaml.Node) int {
	at := s.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(s.data[at:])
		at += size
	}
	return at
}

// insertBelow puts whole lines below all that n holds, which is block style:
// behind the last line before the next node that has more than a comment.
func (s *splice) insertBelow(n *yaml.Node, text string) {
	end := len(s.lines) // the line behind the last one
	if next := s.nodes[s.after[n]]; next != nil {
		end = next.Line
	} else {
		for l := n.Line + 1; l < len(s.lines); l++ {
			if t := s.line(l); strings.HasPrefix(t, "---") || strings.HasPrefix(t, "...") {
				end = l
				break
			}
		}
	}
	last := end - 1
	for last > n.Line {
		if t := strings.TrimLeft(s.line(last), " \t"); t != "" && t[0] != '#' {
			break
		}
		last--
	}
	at := s.lines[last]
	if last == len(s.lines)-1 && at > 0 && !endsLine(s.data) {
		text = "\n" + strings.TrimSuffix(text, "\n")
	}
	s.insert(at, text)
}

func endsLine(data []byte) bool {
	return bytes.HasSuffix(data, []byte("\n")) || bytes.HasSuffix(data, []byte("\r"))
}

// insertAbove puts whole lines above a key, and above the comments that stand
// right on top of it.
func (s *splice) insertAbove(key *yaml.Node, text string) {
	l := key.Line
	for l > 1 && strings.HasPrefix(s.line(l-1), strings.Repeat(" ", key.Column-1)+"#") {
		l--
	}
	s.insert(s.lines[l-1], text)
}

// insertInFlow puts an item, or a pair, before the bracket that closes n. It
// reports whether the bracket was found.
func (s *splice) insertInFlow(n *yaml.Node, comment, text string) bool {
	begin := s.offset(n)
	end := closing(s.data, begin)
	if end < 0 {
		return false
	}
	comma := ""
	if len(n.Content) > 0 && !bytes.HasSuffix(significant(s.data[begin:end]), []byte(",")) {
		comma = ", "
	}
	if comment != "" {
		line := s.line(n.Line)
		indent := strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))+4)
		comma = strings.TrimSpace(comma) + "\n" + indent + "# " + comment + "\n" + indent
	}
	s.insert(end, comma+text)
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

// scalarEnd is the offset behind a scalar on one line, or -1.
func (s *splice) scalarEnd(n *yaml.Node) int {
	at := s.offset(n)
	rest := s.data[at:]
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

// value is that of a key of a mapping, its own only.
func value(mapping *yaml.Node, key string) (k, v *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}

// shares reports whether a change of n would show elsewhere, or would hide
// what n has from elsewhere.
func shares(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || n.Kind == yaml.MappingNode &&
		slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Tag == "!!merge" })
}

func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }
