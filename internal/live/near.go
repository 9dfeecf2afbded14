package live

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
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
		off := distance(wanted, have)
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

// distance is how many letters have to be added, taken or changed to make one
// string the other (Levenshtein). Strings too different in length are far.
func distance(a, b string) int {
	if d := len(a) - len(b); d > 8 || d < -8 {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
