package github

import "testing"

func TestSplitSource(t *testing.T) {
	for _, test := range []struct{ in, file, line, column string }{
		{"a.yaml:3:4", "a.yaml", "3", "4"},
		{`C:\x\a.yaml:3:4`, `C:\x\a.yaml`, "3", "4"},
		{"a.yaml:3", "a.yaml", "3", ""},
		{"a.yaml", "a.yaml", "", ""},
		{"", "", "", ""},
	} {
		file, line, column := SplitSource(test.in)
		if file != test.file || line != test.line || column != test.column {
			t.Errorf("SplitSource(%q) = %q, %q, %q", test.in, file, line, column)
		}
	}
}
