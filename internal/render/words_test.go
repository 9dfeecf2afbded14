package render

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	for _, test := range []struct {
		in   []string
		want string
	}{
		{[]string{"a", "b"}, "a, b"},
		{[]string{"a, b"}, `"a, b"`},
		{[]string{"", " x"}, `"", " x"`},
		{[]string{`a"b`}, `"a\"b"`},
	} {
		if got := words(test.in); got != test.want {
			t.Errorf("words(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestShortNames(t *testing.T) {
	list := [][3]string{{"1", "r", "dev"}, {"2", "r", "dev"}, {"1", "r", "prod"}}
	if d := cmp.Diff([]string{"1/r/dev", "2/r/dev", "prod"}, shortNames(list)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
