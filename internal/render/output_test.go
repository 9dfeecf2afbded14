package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/recover"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/internal/render/rendertest"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// outputs are the functions of this package that write, each with how it is
// called with a value that is filled in. TestAllOutputsAreTested keeps the list
// complete.
var outputs = map[string]func(rendertest.Filler, io.Writer, Options) error{
	"Plan": output(func(w io.Writer, p *plan.Plan, opts Options) error {
		for i, c := range p.Clusters { // the same error in two clusters is reported once
			p.Clusters = append(p.Clusters, plan.Cluster{Name: fmt.Sprint(c.Name, i), Account: c.Account,
				Region: c.Region, Status: plan.Failed, Error: p.Clusters[0].Error})
		}
		return Plan(w, p, opts)
	}),
	"Result": output(func(w io.Writer, r *apply.Result, opts Options) error {
		for i, c := range r.Clusters {
			r.Clusters = append(r.Clusters, apply.ClusterResult{Name: fmt.Sprint(c.Name, i), Account: c.Account,
				Region: c.Region, Status: apply.Failed, Error: r.Clusters[0].Error})
		}
		return Result(w, r, opts)
	}),
	"FailureSummary": outputOf(only(func(w io.Writer, all []Failure, _ Options) error {
		_, err := fmt.Fprintln(w, FailureSummary("reading failed", all, 9))
		return err
	}, Text)),
	"Doctor":      output(Doctor),
	"Who":         output(Who),
	"Snapshot":    output(Snapshot),
	"Import":      output(only(Import, Text)),
	"RecoveryEnd": output(only(RecoveryEnd, Text)),
	"RecoveryStep": outputOf(only(func(w io.Writer, r recover.Report, opts Options) error {
		for _, s := range r.Steps {
			if err := RecoveryStep(w, &r, s, opts); err != nil {
				return err
			}
		}
		return nil
	}, Text)),
	"RecoveryPlan": outputOf(only(func(w io.Writer, r recover.Report, opts Options) error {
		return RecoveryPlan(w, &r, r.Steps, r.Grant, false, opts)
	}, Text)),
	"RecoveryRegion": outputOf(only(func(w io.Writer, r recover.Report, opts Options) error {
		return RecoveryRegion(w, r.Region, r.Name, opts)
	}, Text)),
	"Problems":   outputOf(only(Problems, Text)),
	"Journal":    outputOf(Journal),
	"Runs":       outputOf(only(Runs, Text, Machine)),
	"AuditRules": outputOf(AuditRules),
	"Audit": output(func(w io.Writer, r *audit.Report, opts Options) error {
		r.Rules = append(r.Rules, audit.Rules()...)
		for i, f := range r.Findings {
			r.Clusters = append(r.Clusters, clusterPath(f))
			for j := range r.NotChecked {
				r.NotChecked[j].Cluster = clusterPath(r.Findings[i])
			}
		}
		for _, f := range r.Waived {
			r.Clusters = append(r.Clusters, clusterPath(f.Finding))
		}
		r.Clusters = slices.DeleteFunc(r.Clusters, func(s string) bool { return s == "" })
		r.NotRead = slices.DeleteFunc(r.NotRead, func(n snapshot.NotRead) bool { return n.Place() == "" })
		return Audit(w, r, opts)
	}),
	"JSON": outputOf(only(func(w io.Writer, v plan.Plan, _ Options) error { return JSON(w, v) }, Machine)),
	"SnapshotJSON": output(only(func(w io.Writer, s *snapshot.Snapshot, _ Options) error {
		return SnapshotJSON(w, s)
	}, Machine)),
	"Stats.Write": outputOf(only(func(w io.Writer, s Stats, opts Options) error {
		return s.Write(w, opts.Format == Machine)
	}, Text, Machine)),
}

// only is for a function that does not look at the format.
func only[T any](write func(io.Writer, T, Options) error, formats ...Format) func(io.Writer, T, Options) error {
	return func(w io.Writer, v T, opts Options) error {
		if !slices.Contains(formats, opts.Format) {
			return errNoForm
		}
		return write(w, v, opts)
	}
}

var errNoForm = errors.New("no form")

func output[T any](write func(io.Writer, *T, Options) error) func(rendertest.Filler, io.Writer, Options) error {
	return outputOf(func(w io.Writer, v T, opts Options) error { return write(w, &v, opts) })
}

func outputOf[T any](write func(io.Writer, T, Options) error) func(rendertest.Filler, io.Writer, Options) error {
	return func(f rendertest.Filler, w io.Writer, opts Options) error {
		var v T
		f.Fill(&v)
		return write(w, v, opts)
	}
}

var allFormats = []Format{Text, Diff, Markdown, Machine, GitHub, CSV, WebPage, SARIF, JUnit}

// commonWords choose between branches of the builders.
var commonWords = map[string][]string{
	"Scope": {spec.ScopeCluster, spec.ScopeNamespace}, "Type": {"STANDARD", "EC2_LINUX"},
	"Operation": {plan.CreateAccessEntry, plan.DeleteAccessEntry, plan.AssociateAccessPolicy},
	"By":        {plan.ByNobody, plan.ByEntry, plan.ByRow},
	"ARN":       {viewPolicy, adminPolicy},
	"What":      {inventory.WhatBindings, inventory.WhatIAM, inventory.WhatCluster},
	"State":     {audit.Used, audit.Unused, audit.Expired},
	"Rule":      {"EA207", "EA901"},
	"Source":    {"access.yaml:3:4", "/etc/access.yaml:5:6"},
}

// TestHostileOutput writes every subject in every form, with hostile text in
// every place where text can stand: no character gets through that is not
// seen, no line is a command to a runner, and nothing breaks the form.
func TestHostileOutput(t *testing.T) {
	schema := sarifSchema(t)
	for name, write := range outputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(24) {
				formats := 0
				for _, format := range allFormats {
					opts := Options{Format: format, Width: []int{0, 40, 80, 200}[seed%4], Color: seed%3 == 0,
						Verbose: seed%2 == 0}
					var out, clean bytes.Buffer
					if err := write(hostileFiller(seed), &out, opts); err != nil {
						if !strings.Contains(err.Error(), "no form") || out.Len() > 0 {
							t.Fatalf("%s: %v, after %q", format, err, out.String())
						}
						continue
					}
					formats++
					if err := write(cleanFiller(seed), &clean, opts); err != nil {
						t.Fatal(err)
					}
					checkOutput(t, name, opts, out.String(), clean.String(), schema)
					if t.Failed() {
						t.Fatalf("seed %d as %s:\n%.3000s", seed, format, out.String())
					}
				}
				if formats == 0 {
					t.Fatal("it has no form at all")
				}
			}
		})
	}
}

func hostileFiller(seed uint64) rendertest.Filler {
	text, count := rand.New(rand.NewPCG(seed, 2)), 0
	f := cleanFiller(seed)
	f.Text = func() string {
		count++
		s := rendertest.Hostile[text.IntN(len(rendertest.Hostile))]
		switch n := text.IntN(200); {
		case n == 0:
			return strings.Repeat("very long \u202e", 2000) + fmt.Sprint(count)
		case n%2 == 0:
			return fmt.Sprint(s, "x", count)
		}
		return fmt.Sprint("x", count, s)
	}
	return f
}

// cleanFiller makes the same values as hostileFiller, with other text. No two
// texts are the same in either, so that both are put together alike.
func cleanFiller(seed uint64) rendertest.Filler {
	count := 0
	return rendertest.Filler{
		Shape:    rand.New(rand.NewPCG(seed, 1)),
		Text:     func() string { count++; return fmt.Sprint("x", count) },
		Root:     "../..",
		Words:    commonWords,
		Required: []string{"Run"},
	}
}

var (
	paint          = regexp.MustCompile(`\x1b\[[0-9;]+m`)
	diffLine       = regexp.MustCompile(`^(# |--- live/|\+\+\+ want/|@@ |[-+ ]|$)`)
	annotationLine = regexp.MustCompile(`^::(notice|warning|error) `)
)

func checkOutput(t *testing.T, name string, opts Options, out, clean string, schema *jsonschema.Schema) {
	t.Helper()
	if opts.Color && opts.Format != Markdown {
		out = paint.ReplaceAllString(out, "")
	}
	for l := range strings.Lines(out) {
		l = strings.TrimSuffix(l, "\n")
		switch opts.Format {
		case GitHub:
			if !annotationLine.MatchString(l) {
				t.Errorf("not an annotation: %q", l)
			}
			l = strings.TrimPrefix(l, "::") // a command that is meant
		case Diff:
			if name == "Plan" && !diffLine.MatchString(l) {
				t.Errorf("not a line of a diff: %q", l)
			}
		case WebPage:
			l = strings.ReplaceAll(l, "\t", " ")
		}
		rendertest.MustBePlain(t, l)
	}
	switch opts.Format {
	case Markdown:
		if name == "AuditRules" {
			return // its Markdown is the program's own
		}
		rendertest.MustBeTables(t, out)
		if open, closed := strings.Count(out, "\n<details"), strings.Count(out, "\n</details>"); open != closed {
			t.Errorf("%d parts are opened and %d closed", open, closed)
		}
		if len(out) > doc.LongestComment && (name == "Plan" || name == "Result") {
			t.Errorf("a comment of %d bytes", len(out))
		}
	case Machine:
		if !json.Valid([]byte(out)) {
			t.Error("not JSON")
		}
	case SARIF:
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil {
			t.Error(err)
		}
	case JUnit:
		if err := xml.Unmarshal([]byte(out), new(junitSuites)); err != nil {
			t.Error(err)
		}
		checkJUnit(t, []byte(out))
	case CSV:
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil {
			t.Error(err)
		}
		for _, cell := range slices.Concat(rows...) {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("a spreadsheet would calculate %q", cell)
			}
		}
	case WebPage:
		if got, want := tagsOf(out), tagsOf(clean); got != want {
			t.Errorf("another page:\n%s", cmp.Diff(want, got))
		}
		if !json.Valid([]byte(pageScripts.FindAllStringSubmatch(out, -1)[0][1])) {
			t.Error("the data of the page are not JSON")
		}
	}
}

// TestAllOutputsAreTested reads the source: every exported function with a
// writer is in outputs, allFormats has every format, nothing but those
// functions gets a writer that could print text that is not escaped, and the
// builders have no other way to escape text than to pass it on.
func TestAllOutputsAreTested(t *testing.T) {
	// Files that write, and therefore escape: encoders and what is printed while
	// a run is at work.
	writers := []string{"json.go", "progress.go", "stats.go", "failures.go", "safe.go"}
	formats := 0
	for name, file := range rendertest.Sources(t) {
		for _, spec := range file.Imports {
			if strings.HasSuffix(spec.Path.Value, `/escape"`) && !slices.Contains(writers, name) {
				t.Errorf("%s imports package escape: text is escaped where it is written", name)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				function := functionName(n)
				if hasWriter(n) && ast.IsExported(n.Name.Name) && outputs[function] == nil {
					t.Errorf("%s is not in outputs", function)
				}
			case *ast.ValueSpec:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == "Format" {
					formats++
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.SelectorExpr); ok && !slices.Contains(writers, name) && prints(f, n.Args) {
					t.Errorf("%s writes with %s: a package of writers should", name, f.Sel.Name)
				}
			}
			return true
		})
	}
	if formats != len(allFormats) {
		t.Errorf("%d formats are declared and %d tested", formats, len(allFormats))
	}
}

func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		if f.Name.Name == "NewProgress" {
			return "Progress"
		}
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if p, ok := of.(*ast.StarExpr); ok {
		of = p.X
	}
	return of.(*ast.Ident).Name + "." + f.Name.Name
}

// hasWriter reports whether a function has a parameter of type io.Writer.
func hasWriter(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		sel, ok := p.Type.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Writer"
	})
}

// prints reports whether a call writes bytes of its own: w.Write(b), io.WriteString(w, s),
// fmt.Fprint(w, …). A Write that gets a writer is that of another package.
func prints(f *ast.SelectorExpr, args []ast.Expr) bool {
	if f.Sel.Name != "Write" {
		return f.Sel.Name == "WriteString" || strings.HasPrefix(f.Sel.Name, "Fprint")
	}
	return len(args) == 1 && isIdent(f.X, "w")
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
