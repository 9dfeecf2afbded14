package render

import (
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// What plans and results of many clusters have in common.

// manyClusters is from how many clusters on a table sums them up: above it
// their headings are no longer seen at once.
const manyClusters = 4

// clustersTail is what comes after the clusters that are shown: in a terminal a
// table of them, then the clusters in sync.
func clustersTail(overview doc.Table, parts int, inSync [][3]string, verbose bool) []doc.Block {
	var tail []doc.Block
	if len(overview.Rows) > manyClusters {
		tail = append(tail, inTerminal(doc.Space{}, overview))
	}
	if len(inSync) > 0 {
		title := phrase.Count(len(inSync), "cluster") + " in sync"
		tail = append(tail, doc.Space{}, doc.Names{Title: title, Names: shortNames(inSync), All: verbose})
	}
	if len(inSync) == 0 || parts > 0 {
		tail = append(tail, doc.Space{})
	}
	return tail
}

// statusLine is a row of an overview where the table does not fit.
func statusLine(at, text string, st doc.Style) doc.Block {
	return doc.Line{Lead: doc.Raw(at + ": "), Text: text, Style: st}
}

func inTerminal(blocks ...doc.Block) doc.Block { return doc.Either{Text: blocks} }
func onPage(blocks ...doc.Block) doc.Block     { return doc.Either{Markdown: blocks} }

func plainStatus(s string) string { return strings.ReplaceAll(s, "-", " ") }

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// shortNames names clusters by their names, and those that share one by
// account, region and name.
func shortNames(clusters [][3]string) []string {
	seen := map[string]int{}
	for _, c := range clusters {
		seen[c[2]]++
	}
	names := make([]string, len(clusters))
	for i, c := range clusters {
		names[i] = c[2]
		if seen[c[2]] > 1 {
			names[i] = strings.Join(c[:], "/")
		}
	}
	return names
}
