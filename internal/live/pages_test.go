package live

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A server whose list never ends ends in an error, however it does that.
func TestPagesEnd(t *testing.T) {
	endless := func(next func(n int) string, items int) func(*string) ([]string, *string, error) {
		n := 0
		return func(*string) ([]string, *string, error) {
			n++
			if n > maxPages+1 {
				t.Fatalf("page %d is asked for", n)
			}
			return make([]string, items), aws.String(next(n)), nil
		}
	}
	for _, test := range []struct {
		name string
		page func(*string) ([]string, *string, error)
		want string
	}{
		{"always a new token", endless(func(n int) string { return fmt.Sprint(n) }, 0), "more than 3000 pages"},
		{"one token again and again", endless(func(int) string { return "x" }, 1), "points back"},
		{"a circle", endless(func(n int) string { return fmt.Sprint(n % 7) }, 1), "points back"},
		{"large pages", endless(func(n int) string { return fmt.Sprint(n) }, 1000), "more than 100000 items"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := collectPages(test.page); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
	n := 0
	all, err := collectPages(func(*string) ([]int, *string, error) { // the longest list that can be, an item a page
		if n++; n == maxPages {
			return []int{n}, nil, nil
		}
		return []int{n}, aws.String(fmt.Sprint(n)), nil
	})
	if err != nil || len(all) != maxPages {
		t.Errorf("%d items, %v", len(all), err)
	}
}
