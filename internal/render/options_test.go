package render

import "testing"

func TestParseFormat(t *testing.T) {
	for _, f := range Formats {
		if got, err := Formats.Parse(string(f)); got != f || err != nil {
			t.Errorf("Formats.Parse(%q) = %q, %v", f, got, err)
		}
	}
	if got, err := Formats.Parse(""); got != Text || err != nil {
		t.Errorf("the default is %q, %v", got, err)
	}
	_, err := Formats.Parse("plan.json")
	if want := `unknown output format "plan.json": it is one of text, diff, markdown, json, github`; err == nil ||
		err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
