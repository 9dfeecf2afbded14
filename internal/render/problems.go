package render

import (
	"io"

	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/spec"
)

// Problems writes what is wrong with files, warnings first, so that errors are
// nearest to the prompt:
//
//	access.yaml:14:16: unknown access policy "AmazonEKSEditorPolicy"
//	  hint: did you mean "AmazonEKSEditPolicy"?
//
// Each begins with its place, which editors follow, and takes one line however
// long it is.
func Problems(w io.Writer, problems spec.Problems, opts Options) error {
	return writeDocument(w, problemsDocument(problems), opts)
}

func problemsDocument(problems spec.Problems) *doc.Document {
	d := &doc.Document{}
	for _, p := range problems.Warnings {
		d.Top = append(d.Top, problemLine(p, doc.Styled(doc.Change, "warning:"), doc.Raw(" ")))
	}
	for _, p := range problems.Errors {
		d.Top = append(d.Top, problemLine(p))
	}
	return d
}

func problemLine(p spec.Problem, severity ...doc.Text) doc.Block {
	lead := doc.Join(severity...)
	if pos := p.Pos.String(); pos != "" {
		lead = doc.Join(doc.Styled(doc.Strong, pos), doc.Raw(": "), lead)
	}
	// A hint may be a few lines to paste.
	return doc.Line{Lead: lead, Text: p.Summary, Whole: true, Indent: 2,
		Blocks: []doc.Block{doc.Hint{Text: p.Hint, Lines: true}}}
}
