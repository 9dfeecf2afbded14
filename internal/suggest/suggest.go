// Package suggest finds the name that a mistyped one was meant to be.
package suggest

import (
	"fmt"
	"strings"
)

// DidYouMean is the hint that names the candidate s was probably meant to be,
// or "".
func DidYouMean(s string, candidates []string) string {
	if best, ok := Nearest(s, candidates); ok {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return ""
}

// Nearest finds the candidate that is s but for case, "-" and "_", or else
// the first of those that are one or two letters off.
func Nearest(s string, candidates []string) (string, bool) {
	if len(s) > 100 {
		return "", false
	}
	limit := 2
	if len(s) <= 4 {
		limit = 1 // "dev" and "ops" have nothing to do with each other
	}
	plain := Squash(s)
	best, found := "", limit+1
	for _, c := range candidates {
		other := Squash(c)
		if plain == other && plain != "" {
			return c, true
		}
		if len(s) < 2 || abs(len(plain)-len(other)) > limit {
			continue
		}
		if d := Distance(plain, other); d < found {
			best, found = c, d
		}
	}
	return best, found <= limit
}

// Squash is s without what people mistype most: case, "-", "_" and spaces.
func Squash(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// Distance counts the letters to insert, delete, change or swap with their
// neighbour that make a of b.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	last, row, next := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next[0] = i + 1
		for j := range y {
			change := row[j]
			if x[i] != y[j] {
				change++
			}
			next[j+1] = min(change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], last[j-1]+1)
			}
		}
		last, row, next = row, next, last
	}
	return row[len(y)]
}

func abs(n int) int { return max(n, -n) }
