package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/internal/render/github"
	"github.com/eksaccess/eksaccess/plan"
)

// A Format is a form a plan or a result can be drawn in.
type Format string

const (
	Text     Format = "text"
	Diff     Format = "diff"     // unified diffs of the entries as YAML
	Markdown Format = "markdown" // for a pull request
	Machine  Format = "json"
	GitHub   Format = "github" // workflow annotations at the line of the file
	CSV      Format = "csv"
	WebPage  Format = "html"  // one page that needs nothing else
	SARIF    Format = "sarif" // Static Analysis Results Interchange Format 2.1.0, for code scanning
	JUnit    Format = "junit" // XML as test runners write it, for CI
)

// A FormatSet is the formats something can be drawn in, the default first.
type FormatSet []Format

// Formats are those of plans and results, WhoFormats those of who has what.
var (
	Formats    = FormatSet{Text, Diff, Markdown, Machine, GitHub}
	WhoFormats = FormatSet{Text, Machine, CSV, WebPage}
)

// Parse returns the format called s; "" is the default.
func (set FormatSet) Parse(s string) (Format, error) {
	if s == "" {
		return set[0], nil
	}
	if f := Format(s); slices.Contains(set, f) {
		return f, nil
	}
	return "", fmt.Errorf("unknown output format %q: it is one of %s", s, set)
}

// String lists the names.
func (set FormatSet) String() string {
	names := make([]string, len(set))
	for i, f := range set {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// Options say how to draw.
type Options struct {
	Format  Format // "" is Text
	Color   bool
	Width   int  // columns; 0 is 80, less than 40 is 40
	Wide    bool // full ARNs of principals in text, in place of labels
	Verbose bool // also what stays as it is, the calls, and guards that passed one by one
	// Shown is the plan that the reader of a result has just seen, which is not
	// repeated; nil for none.
	Shown *plan.Plan
}

// Plan draws p.
func Plan(w io.Writer, p *plan.Plan, opts Options) error {
	switch opts.Format {
	case Text, "":
		return writeDocument(w, planDocument(p, opts), opts)
	case Markdown:
		return writeDocument(w, planComment(p), opts)
	case Diff:
		return planPatch(p).Write(w, opts.Color)
	case Machine:
		return JSON(w, p)
	case GitHub:
		return github.Write(w, planAnnotations(p))
	}
	return fmt.Errorf("a plan has no form %q", string(opts.Format))
}

// Result draws r. A result has no before and after of its own, so [Diff] is
// drawn as [Text].
func Result(w io.Writer, r *apply.Result, opts Options) error {
	switch opts.Format {
	case Text, Diff, "":
		return writeDocument(w, resultDocument(r, opts), opts)
	case Markdown:
		return writeDocument(w, resultPage(r), opts)
	case Machine:
		return JSON(w, r)
	case GitHub:
		return github.Write(w, resultAnnotations(r))
	}
	return fmt.Errorf("a result has no form %q", string(opts.Format))
}

// writeDocument writes a document as Markdown, or for a terminal.
func writeDocument(w io.Writer, d *doc.Document, opts Options) error {
	if opts.Format == Markdown {
		return d.WriteMarkdown(w)
	}
	return d.WriteText(w, doc.Options{Color: opts.Color, Width: opts.Width})
}
