package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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

// A cluster with undeclared entries is called in sync by no form of a plan or a
// result.
func TestDriftIsNotInSync(t *testing.T) {
	pl := plan.New([]plan.Cluster{{Name: "dev", Account: "111122223333", Region: "eu-west-1", Status: plan.Drifted,
		AuthenticationMode: &plan.ModeChange{Before: "API", After: "API"},
		Unmanaged: []plan.Unmanaged{
			{Principal: "arn:aws:iam::111122223333:role/a", Type: "STANDARD"},
		}}}, time.Now(), "v1")
	done := []apply.ClusterResult{
		{
			Name:       "dev",
			Account:    "111122223333",
			Region:     "eu-west-1",
			Status:     apply.InSync,
			Undeclared: 2,
			Converged:  true,
		},
	}
	result := &apply.Result{Clusters: done, Summary: apply.Summarise(done)}
	for _, form := range []Format{Text, Markdown, GitHub, Diff} {
		var b bytes.Buffer
		if err := Plan(&b, pl, Options{Format: form, Width: 100}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "in sync") ||
			form == Text && !strings.Contains(b.String(), "no changes, 1 undeclared entry") {
			t.Errorf("plan as %s:\n%s", form, b.String())
		}
		b.Reset()
		if err := Result(&b, result, Options{Format: form, Width: 100}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "in sync") ||
			form == Text && !strings.Contains(b.String(), "no changes, 2 undeclared entries") {
			t.Errorf("result as %s:\n%s", form, b.String())
		}
	}
}

// TestColorOnlyPaints: what is drawn in colour is what is drawn without it.
func TestColorOnlyPaints(t *testing.T) {
	for _, in := range inputs(t) {
		for _, format := range []Format{Text, Diff} {
			var bare, painted bytes.Buffer
			if err := in.draw(&bare, Options{Format: format, Width: 100}); err != nil {
				t.Fatal(err)
			}
			if err := in.draw(&painted, Options{Format: format, Width: 100, Color: true}); err != nil {
				t.Fatal(err)
			}
			trim := regexp.MustCompile(`(?m) +$`)
			unpainted := trim.ReplaceAllString(paint.ReplaceAllString(painted.String(), ""), "")
			if d := cmp.Diff(bare.String(), unpainted); d != "" {
				t.Errorf("%s (-bare +painted):\n%s", in.name, d)
			}
		}
	}
}
