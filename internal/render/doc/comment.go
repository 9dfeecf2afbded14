package doc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// LongestComment is how many bytes a comment may have. GitHub takes 65,536 characters
// and refuses the whole of one that has more; the client that posts it may add a few.
const LongestComment = 65_000

// rowLimits are tried in turn on a part that is too long; 0 is all rows.
var rowLimits = []int{0, 100, 30, 10, 3}

// fittedMarkdown is d in Markdown. Where it says where the whole of it can be
// read, what does not fit into a comment is cut where it matters least, and
// the cut is reported.
func (d *Document) fittedMarkdown() []byte {
	var w markdownWriter
	if d.Whole == nil {
		w.blocks(d.blocks())
		return w.Bytes()
	}
	w.blocks(d.Top)
	if head := fitting(d.Head, LongestComment/4); len(head) <= LongestComment/4 {
		w.Write(head)
	} else {
		w.para("What stands here at the top is too long" + notShown)
	}
	tail := fittingEach(d.Tail, LongestComment/8)
	const notice = 4000 // for the names of what is left out
	room := LongestComment - w.Len() - len(tail) - notice
	drawn := make([][]byte, len(d.Parts))
	for _, i := range d.byWeight() {
		if b := fitting(d.Parts[i].Blocks, min(room, max(room/4, LongestComment/16))); len(b) <= room {
			drawn[i] = b
			room -= len(b)
		}
	}
	var left []string
	for i, b := range drawn {
		if b == nil {
			left = append(left, d.Parts[i].Name)
		}
		w.Write(b)
	}
	w.Write(tail)
	if len(left) > 0 {
		w.para("**This was cut to fit: " + count(len(left), "cluster") + " not shown**: " +
			markdownText("", list(left)))
	}
	if len(left) > 0 || strings.Contains(w.String(), notShown) {
		w.para("All of it: " + w.spans(d.Whole, false))
	}
	return w.Bytes()
}

// byWeight are the indices of the parts, those first that are to stay.
func (d *Document) byWeight() []int {
	order := make([]int, len(d.Parts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d.Parts[a].Weight, d.Parts[b].Weight) })
	return order
}

// fitting draws blocks with as many rows as fit into room, or with the fewest.
func fitting(blocks []Block, room int) []byte {
	var w markdownWriter
	for _, rows := range rowLimits {
		w = markdownWriter{rows: rows}
		w.blocks(blocks)
		if w.Len() <= room {
			break
		}
	}
	return w.Bytes()
}

// fittingEach draws blocks with as many rows as fit into room, and leaves out
// those that do not fit with the fewest.
func fittingEach(blocks []Block, room int) []byte {
	var all markdownWriter
	for i, b := range blocks {
		drawn := fitting([]Block{b}, (room-all.Len())/(len(blocks)-i))
		if all.Len()+len(drawn) > room {
			all.para("What stands here is too long" + notShown)
			continue
		}
		all.Write(drawn)
	}
	return all.Bytes()
}

// list is names with commas between, at most some two thousand bytes.
func list(names []string) string {
	var b strings.Builder
	for i, n := range names {
		n = string(safe(n))
		if b.Len()+len(n) > 2000 {
			return b.String() + fmt.Sprintf(" and %d more", len(names)-i)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n)
	}
	return b.String()
}
