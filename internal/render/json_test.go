package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/render/rendertest"
	"github.com/google/go-cmp/cmp"
)

func TestJSON(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"html stays readable", "<a> & b", `"<a> & b"`},
		{"controls", "\x1b\x7f\u009b", `"\u001b\u007f\u009b"`},
		{"direction and separators", "\u202e\u2028\ufeff", `"\u202e\u2028\ufeff"`},
		{"beyond the first plane", "\U000e0041😀", `"\udb40\udc41😀"`},
		{"text", "Größe 日本語", `"Größe 日本語"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := JSON(&got, test.in); err != nil {
				t.Fatal(err)
			}
			if got.String() != test.want+"\n" {
				t.Errorf("got %swant %s", got.String(), test.want)
			}
		})
	}
}

// FuzzJSON: any value of any document comes out so that it can be printed, and
// decodes to itself.
func FuzzJSON(f *testing.F) {
	for _, s := range rendertest.Hostile {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		// What is not UTF-8 can't be said in JSON.
		key, value = strings.ToValidUTF8(key, "?"), strings.ToValidUTF8(value, "?")
		in := map[string]any{"k" + key: []any{value, map[string]any{"x": value}}}
		var text, again bytes.Buffer
		if err := JSON(&text, in); err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(text.String(), "\n") {
			rendertest.MustBePlain(t, l)
		}
		var out map[string]any
		if err := json.Unmarshal(text.Bytes(), &out); err != nil {
			t.Fatalf("%v in %s", err, text.String())
		}
		if d := cmp.Diff(in, out); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if err := JSON(&again, out); err != nil || again.String() != text.String() {
			t.Errorf("again %s, at first %s", again.String(), text.String())
		}
	})
}
