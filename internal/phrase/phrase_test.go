package phrase_test

import (
	"testing"

	"github.com/eksaccess/eksaccess/internal/phrase"
)

func TestPhrases(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{phrase.Count(0, "entry"), "0 entries"},
		{phrase.Count(1, "entry"), "1 entry"},
		{phrase.Count(3, "undeclared entry"), "3 undeclared entries"},
		{phrase.Count(2, "key"), "2 keys"},
		{phrase.Count(2, "living cluster admin"), "2 living cluster admins"},
		{phrase.Count(2, "address"), "2 addresses"},
		{phrase.Count(2, "y"), "2 ys"},
		{phrase.CountOf(1, "principal moves", "principals move"), "1 principal moves"},
		{phrase.CountOf(2, "principal moves", "principals move"), "2 principals move"},
		{phrase.QuotedList(nil), ""},
		{phrase.QuotedList([]string{"a", `b"`}), `"a", "b\""`},
		{phrase.And(nil), ""},
		{phrase.And([]string{"a"}), "a"},
		{phrase.And([]string{"a", "b"}), "a and b"},
		{phrase.And([]string{"a", "b", "c"}), "a, b and c"},
		{phrase.First([]string{"a", "b"}, 2), "a, b"},
		{phrase.First([]string{"a", "b", "c"}, 2), "a, b and 1 more"},
		{phrase.Join("; ", "", "a", "", "b"), "a; b"},
		{phrase.Join("; "), ""},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestJoinLeavesItsArgumentAlone(t *testing.T) {
	parts := []string{"", "a"}
	phrase.Join(", ", parts...)
	if parts[1] != "a" {
		t.Errorf("changed to %q", parts)
	}
}
