package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
)

// longest is how many bytes a comment may have. GitHub takes 65,536 characters
// and refuses the whole of one that has more; whoever posts it may add a few.
const longest = 65_000

// A comment is a Markdown document that is to fit into one comment on a pull
// request. What does not fit is cut where it matters least, and said.
type comment struct {
	title   string // Markdown
	summary string
	head    func(*markdown) // what comes before the clusters; nil for none
	parts   []part          // one a cluster, in the order shown
	inSync  [][3]string     // clusters with nothing to see
	whole   string          // where all of it can be read, Markdown
}

// A part is what there is to say of one cluster.
type part struct {
	name   [3]string // account, region, name
	weight int       // the lower, the longer it stays
	draw   func(*markdown)
}

// rowLimits are tried in turn on a part that is too long; 0 is all rows.
var rowLimits = []int{0, 100, 30, 10, 3}

func (c comment) bytes() []byte {
	var m markdown
	m.para(c.title)
	m.para("**" + MarkdownText(c.summary) + "**")
	if c.head != nil {
		if head := fitting(c.head, longest/4); len(head) <= longest/4 {
			m.Write(head)
		} else {
			m.para("What stands here at the top is too long" + notShown)
		}
	}
	tail := fitting(func(t *markdown) { t.quietClusters(c.inSync) }, longest/8)
	const notice = 4000 // for the names of what is left out
	room := longest - m.Len() - len(tail) - notice
	drawn := make([][]byte, len(c.parts))
	for _, i := range c.byWeight() {
		if b := fitting(c.parts[i].draw, min(room, max(room/4, longest/16))); len(b) <= room {
			drawn[i] = b
			room -= len(b)
		}
	}
	var left [][3]string
	for i, b := range drawn {
		if b == nil {
			left = append(left, c.parts[i].name)
		}
		m.Write(b)
	}
	m.Write(tail)
	if len(left) > 0 {
		m.para(
			fmt.Sprintf(
				"**This was cut to fit: %s not shown**: %s",
				phrase.Count(len(left), "cluster"),
				MarkdownText(list(shortNames(left))),
			),
		)
	}
	if len(left) > 0 || strings.Contains(m.String(), notShown) {
		m.para("All of it: " + c.whole)
	}
	return m.Bytes()
}

// byWeight are the indices of the parts, those first that are to stay.
func (c comment) byWeight() []int {
	order := make([]int, len(c.parts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.parts[a].weight, c.parts[b].weight) })
	return order
}

// fitting draws with as many rows as fit into room, or with the fewest.
func fitting(draw func(*markdown), room int) []byte {
	var m markdown
	for _, rows := range rowLimits {
		m = markdown{rows: rows}
		draw(&m)
		if m.Len() <= room {
			break
		}
	}
	return m.Bytes()
}

// list is names with commas between, at most some two thousand bytes.
func list(names []string) string {
	var b strings.Builder
	for i, n := range names {
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

// quietClusters folds clusters in which there is nothing to see.
func (m *markdown) quietClusters(clusters [][3]string) {
	switch names := shortNames(clusters); {
	case len(names) == 0:
	case len(names) <= 10:
		m.para(phrase.Count(len(names), "cluster") + " in sync: " + MarkdownText(list(names)))
	default:
		m.open(fmt.Sprintf("%d clusters in sync", len(names)), "", false)
		m.para(MarkdownText(list(names)))
		m.close()
	}
}
