package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// look is one way to draw; each testdata/*.json is drawn in every one.
var looks = []struct {
	name string
	opts Options
}{
	{"80.txt", Options{Width: 80}},
	{"200.txt", Options{Width: 200}},
	{"color.txt", Options{Width: 120, Color: true}},
	{"verbose.txt", Options{Width: 120, Verbose: true}},
	{"diff", Options{Format: Diff}},
	{"color.diff", Options{Format: Diff, Color: true}},
	{"md", Options{Format: Markdown}},
	{"github", Options{Format: GitHub}},
}

// TestGolden draws recorded plans and results in every form. A diff of the
// goldens is how a change of the output is judged.
func TestGolden(t *testing.T) {
	for _, in := range inputs(t) {
		for _, look := range looks {
			t.Run(in.name+"/"+look.name, func(t *testing.T) {
				var got bytes.Buffer
				if err := in.draw(&got, look.opts); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join("testdata", in.name+"."+look.name)
				if *update {
					if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(string(want), got.String()); d != "" {
					t.Errorf("%s (-want +got), -update rewrites it:\n%s", file, d)
				}
			})
		}
	}
}

// TestJSONIsItself: what is read from a saved document and drawn as JSON is
// the document, byte for byte.
func TestJSONIsItself(t *testing.T) {
	for _, in := range inputs(t) {
		t.Run(in.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := in.draw(&got, Options{Format: Machine}); err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(filepath.Join("testdata", in.name+".json"), got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(in.json), got.String()); d != "" && !*update {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// An input is one recorded document.
type input struct {
	name string
	json []byte
	draw func(io.Writer, Options) error
}

func inputs(t *testing.T) []input {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	var list []input
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in := input{name: strings.TrimSuffix(filepath.Base(file), ".json"), json: data}
		if strings.HasPrefix(in.name, "plan-") {
			p := decode[plan.Plan](t, file, data)
			in.draw = func(w io.Writer, o Options) error { return Plan(w, p, o) }
		} else {
			r := decode[apply.Result](t, file, data)
			in.draw = func(w io.Writer, o Options) error { return Result(w, r, o) }
		}
		list = append(list, in)
	}
	return list
}

func decode[T any](t *testing.T, file string, data []byte) *T {
	t.Helper()
	v := new(T)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", file, err))
	}
	return v
}
