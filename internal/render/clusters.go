package render

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// What plans and results of many clusters have in common.

func inTerminal(blocks ...doc.Block) doc.Block { return doc.Either{Text: blocks} }
func onPage(blocks ...doc.Block) doc.Block     { return doc.Either{Markdown: blocks} }

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
