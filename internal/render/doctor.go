package render

import (
	"fmt"
	"io"
	"slices"

	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// DoctorFormats are the formats of a report of doctor.
var DoctorFormats = FormatSet{Text, Machine, Markdown}

// Doctor draws a report of doctor.
func Doctor(w io.Writer, r *doctor.Report, opts Options) error {
	switch opts.Format {
	case Text, Markdown, "":
		return writeDocument(w, doctorDocument(r, opts), opts)
	case Machine:
		return JSON(w, r)
	}
	return fmt.Errorf("a report of doctor has no format %q", string(opts.Format))
}

// marks are the results of checks.
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

var verdictStyles = map[doctor.Verdict]doc.Style{
	doctor.Yes: doc.Gain, doctor.No: doc.Alert, doctor.NotSure: doc.Change,
}

const (
	markWidth    = 6  // of the widest mark, and two spaces
	checkWidth   = 16 // of the longest id, and two spaces
	problemWidth = 9  // of "problem: "
)

// doctorDocument is a report: whether the principal has access, what the problem
// is, and the next step; then the answers and the checks.
func doctorDocument(r *doctor.Report, opts Options) *doc.Document {
	labels := doctorLabels(r, opts)
	d := &doc.Document{Top: []doc.Block{doctorVerdict(r, labels)}}
	next := doc.Line{Lead: doc.Join(doc.Raw("  "), doc.Padded(doc.Strong, "next:", problemWidth)), Text: r.Next.What,
		Indent: 2 + problemWidth}
	markdown := []doc.Block{
		doc.Line{Lead: doc.Join(doc.Styled(doc.Strong, "next"), doc.Raw(": ")), Text: r.Next.What},
	}
	if r.Next == (doctor.Next{What: doctor.NoProblems}) {
		next.Lead = doc.Raw("  ")
		markdown = []doc.Block{doc.Line{Text: r.Next.What}}
	}
	if r.Next.Command != "" {
		next.Blocks = []doc.Block{doc.Command{Text: r.Next.Command}}
		markdown = append(markdown, doc.Command{Text: r.Next.Command})
	}
	d.Top = append(d.Top, doc.Either{Text: []doc.Block{next}, Markdown: markdown})
	d.Top = append(d.Top, doc.Inset{Blocks: []doc.Block{verdicts(r.Answers)}})
	d.Tail = []doc.Block{doc.Either{Text: []doc.Block{doc.Space{}}},
		doc.Inset{Blocks: []doc.Block{doctorChecks(r, labels)}}}
	return d
}

// doctorLabels name the principals of a report.
func doctorLabels(r *doctor.Report, opts Options) Labels {
	if opts.Wide || opts.Format == Markdown {
		return Labels{}
	}
	var principals []string
	if r.Principal != nil {
		principals = append(principals, *r.Principal)
	}
	return NewLabels(r.Cluster.Account, principals)
}

// doctorVerdict says whether the principal has access, and what the problem is.
func doctorVerdict(r *doctor.Report, labels Labels) doc.Block {
	who := "the caller"
	if r.Principal != nil {
		who = labels.Of(*r.Principal)
	}
	text, style := fmt.Sprintf("%s has access to %s", who, doctorPlace(r)), doc.Gain
	var lines []doc.Block
	line := func(label, text string) {
		lead := doc.Join(doc.Raw("  "), doc.Padded(doc.Strong, label+":", problemWidth))
		lines = append(lines, doc.Line{Lead: lead, Text: labels.In(text)})
	}
	why := r.Why
	switch r.Access {
	case doctor.HasAccess:
		line("reason", why)
	case doctor.NoAccess:
		text, style = fmt.Sprintf("%s has no access to %s", who, doctorPlace(r)), doc.Alert
		line("problem", why)
	default:
		text, style = fmt.Sprintf("not known whether %s has access to %s", who, doctorPlace(r)), doc.Change
		line("reason", why)
	}
	if r.Problem != "" && r.Problem != why {
		line("problem", r.Problem)
	}
	onPage := []doc.Block{doc.Title{Level: 3, Text: doctorPlace(r)}, doc.Line{Lead: doc.Styled(doc.Strong, text)}}
	for _, why := range slices.Compact([]string{why, r.Problem}) {
		if why != "" {
			onPage = append(onPage, doc.Line{Text: labels.In(why)})
		}
	}
	return doc.Either{
		Text:     append([]doc.Block{doc.Line{Text: text, Style: style}}, lines...),
		Markdown: onPage,
	}
}

// doctorChecks are the checks: in a terminal with their evidence below, in Markdown
// as a table.
func doctorChecks(r *doctor.Report, labels Labels) doc.Block {
	var e doc.Either
	t := doc.Table{Titles: []string{"", "Check", "Found", "Evidence"}}
	const column = markWidth + checkWidth
	for _, c := range r.Checks {
		m := marks[c.Status]
		line := doc.Line{
			Lead: doc.Join(doc.Padded(m.style, m.mark, markWidth), doc.Padded(doc.Plain, c.ID, checkWidth)),
			Text: labels.In(c.Summary), Hang: column, Indent: column,
		}
		var evidence []doc.Text
		for _, e := range c.Evidence {
			switch c.ID {
			case doctor.CheckNodes: // has commands
				line.Blocks = append(line.Blocks, doc.Line{Text: e, Style: doc.Faint, Whole: true})
			case doctor.CheckAWSAuth: // has ARNs for aws-auth
				line.Blocks = append(line.Blocks, doc.Line{Text: e, Style: doc.Faint, Hang: 2})
			default:
				line.Blocks = append(line.Blocks, doc.Line{Text: labels.In(e), Style: doc.Faint, Hang: 2})
			}
			evidence = append(evidence, doc.Raw(e))
		}
		if c.Status != doctor.OK && isExtraHint(c.Hint, r.Next) {
			line.Blocks = append(line.Blocks, doc.Hint{Text: c.Hint})
			evidence = append(evidence, doc.Join(doc.Raw("hint: "), doc.Raw(c.Hint)))
		}
		e.Text = append(e.Text, line)
		t.Add(doc.Raw(string(c.Status)), doc.Raw(c.ID), doc.Raw(c.Summary), doc.Lines(evidence...))
	}
	e.Markdown = []doc.Block{t}
	return e
}

// doctorPlace is the cluster, with its account unless the caller could not log in.
func doctorPlace(r *doctor.Report) string {
	if r.Cluster.Account == "" {
		return r.Cluster.Name + " (" + r.Cluster.Region + ")"
	}
	return where(r.Cluster.Name, r.Cluster.Account, r.Cluster.Region)
}

// isExtraHint reports whether a hint is not the next step anyway.
func isExtraHint(hint string, next doctor.Next) bool {
	return hint != "" && hint != next.What && hint != next.Command
}

// verdicts are the answers to questions.
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
			Blocks: []doc.Block{doc.Line{Text: answerSource(a), Style: doc.Faint}},
		})
		t.Add(doc.Raw(string(a.Verdict)), doc.Code(a.Question), doc.Raw(answerSource(a)))
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

// answerSource is the source of an answer, and its reason.
func answerSource(a doctor.Answer) string {
	by := "answered by the cluster"
	if a.How == doctor.Derived {
		by = "derived, the cluster was not asked"
	}
	if a.Reason == "" {
		return by
	}
	return by + ": " + a.Reason
}
