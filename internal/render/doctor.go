package render

import (
	"fmt"
	"io"

	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// DoctorFormats are the forms of a checklist.
var DoctorFormats = FormatSet{Text, Machine, Markdown}

// Doctor draws a checklist.
func Doctor(w io.Writer, r *doctor.Report, opts Options) error {
	switch opts.Format {
	case Text, Markdown, "":
		return writeDocument(w, doctorDocument(r), opts)
	case Machine:
		return JSON(w, r)
	}
	return fmt.Errorf("a checklist has no form %q", string(opts.Format))
}

// marks are how a check came out, in few letters.
var marks = map[doctor.Status]struct {
	mark  string
	style doc.Style
}{
	doctor.OK:          {"ok", doc.Gain},
	doctor.Failed:      {"FAIL", doc.Alert},
	doctor.Warned:      {"warn", doc.Change},
	doctor.Unchecked:   {"?", doc.Change},
	doctor.NotRelevant: {"-", doc.Faint},
}

var (
	accessWords  = map[doctor.Access]string{doctor.In: "in", doctor.Out: "out", doctor.Unknown: "not known"}
	accessStyles = map[doctor.Access]doc.Style{
		doctor.In: doc.Gain, doctor.Out: doc.Alert, doctor.Unknown: doc.Change,
	}
	verdictStyles = map[doctor.Verdict]doc.Style{
		doctor.Yes: doc.Gain, doctor.No: doc.Alert, doctor.NotSure: doc.Change,
	}
)

const (
	markWidth  = 6  // of the widest mark, and two spaces
	checkWidth = 16 // of the longest id, and two spaces
)

// doctorDocument is a checklist: whether the principal has access, the checks,
// and what to do next.
func doctorDocument(r *doctor.Report) *doc.Document {
	d := &doc.Document{}
	who := doc.Line{Text: doctorPlace(r), Style: doc.Strong, Whole: true, Indent: 2}
	onPageWho := doc.Text{}
	if r.Principal != nil {
		who.Blocks = append(who.Blocks, doc.Line{Text: *r.Principal, Whole: true})
		onPageWho = doc.Join(doc.Code(*r.Principal), doc.Raw(" "))
	}
	access := accessWords[r.Access]
	who.Blocks = append(who.Blocks, doc.Line{Lead: doc.Styled(accessStyles[r.Access], access+": "), Text: r.Why})
	d.Top = []doc.Block{doc.Either{
		Text: []doc.Block{who, doc.Space{}},
		Markdown: []doc.Block{
			doc.Title{Level: 3, Text: doctorPlace(r)},
			doc.Line{Lead: doc.Join(onPageWho, doc.Styled(doc.Strong, access), doc.Raw(": ")), Text: r.Why},
		},
	}}
	d.Top = append(d.Top, doc.Inset{Blocks: []doc.Block{doctorChecks(r), verdicts(r.Answers)}})
	d.Tail = []doc.Block{doc.Space{}, doctorNext(r.Next)}
	return d
}

// doctorChecks are the checks: in a terminal with what they found below, on a
// page in a table.
func doctorChecks(r *doctor.Report) doc.Block {
	var e doc.Either
	t := doc.Table{Titles: []string{"", "Check", "Found", "Evidence"}}
	const column = markWidth + checkWidth
	for _, c := range r.Checks {
		m := marks[c.Status]
		line := doc.Line{
			Lead: doc.Join(doc.Padded(m.style, m.mark, markWidth), doc.Padded(doc.Plain, c.ID, checkWidth)),
			Text: c.Summary, Hang: column, Indent: column,
		}
		var evidence []doc.Text
		for _, e := range c.Evidence {
			line.Blocks = append(line.Blocks, doc.Line{Text: e, Style: doc.Faint, Hang: 2})
			evidence = append(evidence, doc.Raw(e))
		}
		if c.Status != doctor.OK && told(c.Hint, r.Next) {
			line.Blocks = append(line.Blocks, doc.Hint{Text: c.Hint})
			evidence = append(evidence, doc.Join(doc.Raw("hint: "), doc.Raw(c.Hint)))
		}
		e.Text = append(e.Text, line)
		t.Add(doc.Raw(string(c.Status)), doc.Raw(c.ID), doc.Raw(c.Summary), doc.Lines(evidence...))
	}
	e.Markdown = []doc.Block{t}
	return e
}

// doctorPlace is the cluster, whose account is not known to who could not even
// log in to AWS.
func doctorPlace(r *doctor.Report) string {
	if r.Cluster.Account == "" {
		return r.Cluster.Name + " (" + r.Cluster.Region + ")"
	}
	return where(r.Cluster.Name, r.Cluster.Account, r.Cluster.Region)
}

// told: a hint that is not what is to be done next anyway.
func told(hint string, next doctor.Next) bool {
	return hint != "" && hint != next.What && hint != next.Command
}

// verdicts are the answers to questions of access.
func verdicts(answers []doctor.Answer) doc.Block {
	if len(answers) == 0 {
		return doc.Either{}
	}
	e := doc.Either{Text: []doc.Block{doc.Space{}}}
	t := doc.Table{Titles: []string{"", "Question", "Why"}}
	for _, a := range answers {
		e.Text = append(e.Text, doc.Line{
			Lead: doc.Padded(verdictStyles[a.Verdict], verdictMark(a.Verdict), markWidth),
			Text: a.Question, Whole: true, Indent: markWidth,
			Blocks: []doc.Block{doc.Line{Text: howSaid(a), Style: doc.Faint}},
		})
		t.Add(doc.Raw(string(a.Verdict)), doc.Code(a.Question), doc.Raw(howSaid(a)))
	}
	e.Markdown = []doc.Block{t}
	return e
}

func verdictMark(v doctor.Verdict) string {
	if v == doctor.NotSure {
		return "?"
	}
	return string(v)
}

// howSaid says who gave the answer, and why it is so.
func howSaid(a doctor.Answer) string {
	by := "the cluster says so"
	if a.How == doctor.Derived {
		by = "derived, not asked"
	}
	if a.Reason == "" {
		return by
	}
	return by + ": " + a.Reason
}

// doctorNext is what to do next.
func doctorNext(next doctor.Next) doc.Block {
	line := doc.Line{Lead: doc.Styled(doc.Strong, "next: "), Text: next.What, Indent: 2}
	e := doc.Either{
		Markdown: []doc.Block{doc.Line{Lead: doc.Join(doc.Styled(doc.Strong, "next"), doc.Raw(": ")), Text: next.What}},
	}
	if next.Command != "" {
		line.Blocks = []doc.Block{doc.Command{Text: next.Command}}
		e.Markdown = append(e.Markdown, doc.Command{Text: next.Command})
	}
	e.Text = []doc.Block{line}
	return e
}
