package render

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/render/rendertest"
	"github.com/eksaccess/eksaccess/plan"
)

// TestHostile takes the recorded documents, puts hostile text in every place
// where text can stand, and draws them in every form: no character gets
// through that is not seen, and none that breaks the form.
func TestHostile(t *testing.T) {
	for _, in := range inputs(t) {
		if !strings.HasSuffix(in.name, "-rich") {
			continue // the others have nothing that these have not
		}
		t.Run(in.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				var doc any
				if err := json.Unmarshal(in.json, &doc); err != nil {
					t.Fatal(err)
				}
				text, err := json.Marshal(poison(t, "", doc))
				if err != nil {
					t.Fatal(err)
				}
				drawAll(t, in.name, text)
			})
		})
	}
}

// poison replaces strings with others. Those that choose between forms of the
// output stay now and then, or few forms would be drawn.
func poison(t *rapid.T, key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			v[k] = poison(t, k, v[k])
		}
		return v
	case []any:
		for i, x := range v {
			v[i] = poison(t, key, x)
		}
		return v
	case string:
		switch key {
		case "createdAt", "until":
			return v
		case "status", "action", "scope", "type", "operation", "policy":
			if rapid.IntRange(0, 3).Draw(t, "keep") > 0 {
				return v
			}
		}
		if rapid.Bool().Draw(t, "known") {
			return rapid.SampledFrom(rendertest.Hostile).Draw(t, "text")
		}
		return v + rapid.String().Draw(t, "text")
	}
	return v
}

func drawAll(t *rapid.T, name string, text []byte) {
	for _, look := range looks {
		if strings.HasPrefix(name, "result-") && look.opts.Format == Diff {
			continue // it is text
		}
		if rapid.IntRange(0, 3).Draw(t, "skip") > 0 {
			continue // a form in four: one document is as good as another
		}
		var out bytes.Buffer
		var err error
		if strings.HasPrefix(name, "plan-") {
			p := new(plan.Plan)
			if err := json.Unmarshal(text, p); err != nil {
				t.Fatal(err)
			}
			err = Plan(&out, p, look.opts)
		} else {
			r := new(apply.Result)
			if err := json.Unmarshal(text, r); err != nil {
				t.Fatal(err)
			}
			err = Result(&out, r, look.opts)
		}
		if err != nil {
			t.Fatal(err)
		}
		judge(t, look.opts, out.String())
	}
}

var (
	paint          = regexp.MustCompile(`\x1b\[[0-9;]+m`)
	diffLine       = regexp.MustCompile(`^(# |--- live/|\+\+\+ want/|@@ |[-+ ]|$)`)
	annotationLine = regexp.MustCompile(`^::(notice|warning|error) `)
)

func judge(t *rapid.T, opts Options, out string) {
	if opts.Color {
		out = paint.ReplaceAllString(out, "")
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, l := range lines {
		if opts.Format == GitHub && annotationLine.MatchString(l) {
			rendertest.MustBePlain(t, l[2:]) // a command that is meant
		} else {
			rendertest.MustBePlain(t, l)
		}
		switch opts.Format {
		case Diff:
			if !diffLine.MatchString(l) {
				t.Errorf("not a line of a diff: %q", l)
			}
		case GitHub:
			if !annotationLine.MatchString(l) {
				t.Errorf("not an annotation: %q", l)
			}
		}
	}
	if opts.Format == Markdown {
		rendertest.MustBeTables(t, out)
		if open, closed := strings.Count(out, "\n<details"), strings.Count(out, "\n</details>"); open != closed {
			t.Errorf("%d parts are opened and %d closed", open, closed)
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
			if d := cmp.Diff(bare.String(), trim.ReplaceAllString(paint.ReplaceAllString(painted.String(), ""), "")); d != "" {
				t.Errorf("%s (-bare +painted):\n%s", in.name, d)
			}
		}
	}
}
