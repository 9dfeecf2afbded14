package suggest

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"AmazonEKSEditPolicy", "AmazonEKSViewPolicy", "permissionSet", "dev", "ops"}
	for _, tt := range []struct{ typed, want, reason string }{
		{"AmazonEKSEditPolcy", "AmazonEKSEditPolicy", "a letter is missing"},
		{"permission-set", "permissionSet", "case and dashes are not typing errors"},
		{"permissionSte", "permissionSet", "two letters swapped count once"},
		{"AmazonEKSReadPolicy", "", "three letters off is another word"},
		{"qa", "", "short names are near to everything"},
		{"", "", "nothing was typed"},
	} {
		if got, _ := Nearest(tt.typed, names); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q: %s", tt.typed, got, tt.want, tt.reason)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	if got, want := DidYouMean("plna", []string{"apply", "plan"}), `did you mean "plan"?`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := DidYouMean("frobnicate", []string{"apply", "plan"}); got != "" {
		t.Errorf("got %q for a name that is near to none", got)
	}
}

func TestNearestKeys(t *testing.T) {
	keys := []string{"permissionSet", "principal", "policies", "policy", "role", "user", "tags"}
	for _, test := range []struct{ in, want, reason string }{
		{"permissionset", "permissionSet", "case"},
		{"permission_set", "permissionSet", "other conventions"},
		{"polcy", "policy", "a letter left out"},
		{"polciy", "policy", "two swapped are one mistake"},
		{"policys", "policy", "the nearest"},
		{"polices", "policies", ""},
		{"rolle", "role", ""},
		{"tag", "tags", ""},
		{"x", "", "one letter is near to everything short"},
		{"usr", "user", ""},
		{"nope", "", "half of it is another word"},
		{"abc", "", ""},
		{"", "", ""},
		{"groups", "", ""},
	} {
		if got, _ := Nearest(test.in, keys); got != test.want {
			t.Errorf("Nearest(%q) = %q, want %q (%s)", test.in, got, test.want, test.reason)
		}
	}
}
