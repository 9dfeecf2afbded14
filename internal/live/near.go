package live

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/suggest"
)

// near returns up to three of names that are most like name, quoted: those a
// few letters off, and those that hold it or are held by it.
func near(name string, names []string) []string {
	type rated struct {
		name string
		off  int
	}
	var like []rated
	wanted := strings.ToLower(name)
	names = slices.Clone(names)
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		have := strings.ToLower(n)
		off := suggest.Distance(wanted, have)
		if off > 1+len(wanted)/5 {
			if !strings.Contains(have, wanted) && !strings.Contains(wanted, have) || len(have) < 3 || len(wanted) < 3 {
				continue
			}
			off += 10
		}
		like = append(like, rated{n, off})
	}
	slices.SortStableFunc(like, func(a, b rated) int { return cmp.Compare(a.off, b.off) })
	out := make([]string, 0, 3)
	for _, l := range like[:min(3, len(like))] {
		out = append(out, strconv.Quote(l.name))
	}
	return out
}
