package eksfacts

import "testing"

func TestLeastPlatform(t *testing.T) {
	for _, tt := range []struct {
		version, least    string
		impossible, known bool
	}{
		{"1.22", "", true, true}, {"1.23", "eks.17", false, true}, {"1.28", "eks.6", false, true},
		{"1.30", "eks.2", false, true},
		{"1.31", "", false, true}, {"1.40", "", false, true}, {"", "", false, false}, {"2.0", "", false, false},
		{"1.x", "", false, false},
	} {
		least, impossible, known := LeastPlatform(tt.version)
		if least != tt.least || impossible != tt.impossible || known != tt.known {
			t.Errorf("%q: %q, %v, %v", tt.version, least, impossible, known)
		}
	}
	for _, tt := range []struct {
		a, b      string
		older, ok bool
	}{{"eks.9", "eks.10", true, true}, {"eks.10", "eks.10", false, true}, {"eks.11", "eks.9", false, true},
		{"", "eks.1", true, false}, {"x", "eks.1", true, false}} {
		older, ok := OlderPlatform(tt.a, tt.b)
		if ok != tt.ok || ok && older != tt.older {
			t.Errorf("%q before %q: %v, %v", tt.a, tt.b, older, ok)
		}
	}
}
