package render

import (
	"fmt"
	"io"

	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/phrase"
)

// DoctorFormats are the forms of a checklist.
var DoctorFormats = FormatSet{Text, Machine, Markdown}

// Doctor draws a checklist.
func Doctor(w io.Writer, r *doctor.Report, opts Options) error {
	switch opts.Format {
	case Text, "":
		return write(w, doctorText(r, opts))
	case Machine:
		return JSON(w, r)
	case Markdown:
		return write(w, doctorMarkdown(r))
	}
	return fmt.Errorf("a checklist has no form %q", string(opts.Format))
}

// marks are how a check came out, in few letters.
var marks = map[doctor.Status]struct {
	mark  string
	style style
}{
	doctor.OK:          {"ok", gain},
	doctor.Failed:      {"FAIL", alert},
	doctor.Warned:      {"warn", change},
	doctor.Unchecked:   {"?", change},
	doctor.NotRelevant: {"-", faint},
}

var accessStyles = map[doctor.Access]style{doctor.In: gain, doctor.Out: alert, doctor.Unknown: change}

const (
	markWidth  = 6  // of the widest mark, and two spaces
	checkWidth = 16 // of the longest id, and two spaces
)

func doctorText(r *doctor.Report, opts Options) []byte {
	p := newPage(opts)
	p.line(0, p.paint(strong, doctorPlace(r)))
	if r.Principal != nil {
		p.line(2, Safe(*r.Principal))
	}
	p.hang(2, p.paint(accessStyles[r.Access], accessWords[r.Access]+": "), plain, Safe(r.Why))
	p.blank()
	for _, c := range r.Checks {
		m := marks[c.Status]
		column := 2 + markWidth + checkWidth
		p.hangAt(
			2,
			p.paint(m.style, pad(m.mark, markWidth))+pad(Safe(c.ID), checkWidth),
			plain,
			Safe(c.Summary),
			column,
		)
		for _, e := range c.Evidence {
			p.hangAt(column, "", faint, Safe(e), column+2)
		}
		if c.Status != doctor.OK && told(c.Hint, r.Next) {
			p.hint(column, c.Hint)
		}
	}
	p.verdicts(r.Answers)
	p.blank()
	p.hang(0, p.paint(strong, "next: "), plain, Safe(r.Next.What))
	if r.Next.Command != "" {
		p.line(2, Safe(r.Next.Command))
	}
	return p.Bytes()
}

// doctorPlace is the cluster, whose account is not known to who could not even
// log in to AWS.
func doctorPlace(r *doctor.Report) string {
	if r.Cluster.Account == "" {
		return Safe(r.Cluster.Name) + " (" + Safe(r.Cluster.Region) + ")"
	}
	return where(r.Cluster.Name, r.Cluster.Account, r.Cluster.Region)
}

var accessWords = map[doctor.Access]string{doctor.In: "in", doctor.Out: "out", doctor.Unknown: "not known"}

// told: a hint that is not what is to be done next anyway.
func told(hint string, next doctor.Next) bool {
	return hint != "" && hint != next.What && hint != next.Command
}

func (p *page) verdicts(answers []doctor.Answer) {
	if len(answers) == 0 {
		return
	}
	styles := map[doctor.Verdict]style{doctor.Yes: gain, doctor.No: alert, doctor.NotSure: change}
	p.blank()
	for _, a := range answers {
		p.line(2, p.paint(styles[a.Verdict], pad(verdictMark(a.Verdict), markWidth))+Safe(a.Question))
		p.hang(2+markWidth, "", faint, Safe(howSaid(a)))
	}
}

func verdictMark(v doctor.Verdict) string {
	if v == doctor.NotSure {
		return "?"
	}
	return Safe(string(v))
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

func doctorMarkdown(r *doctor.Report) []byte {
	m := &markdown{}
	m.para("### " + MarkdownText(doctorPlace(r)))
	who := ""
	if r.Principal != nil {
		who = MarkdownCode(*r.Principal) + " "
	}
	m.para(who + "**" + accessWords[r.Access] + "**: " + MarkdownText(r.Why))
	t := table{header: []string{"", "Check", "Found", "Evidence"}}
	for _, c := range r.Checks {
		evidence := ""
		for i, e := range c.Evidence {
			if i > 0 {
				evidence += "<br>"
			}
			evidence += MarkdownText(e)
		}
		if c.Status != doctor.OK && told(c.Hint, r.Next) {
			evidence = phrase.Join("<br>", evidence, "hint: "+MarkdownText(c.Hint))
		}
		t.add(MarkdownText(string(c.Status)), MarkdownText(c.ID), MarkdownText(c.Summary), evidence)
	}
	m.table(t)
	if len(r.Answers) > 0 {
		t := table{header: []string{"", "Question", "Why"}}
		for _, a := range r.Answers {
			t.add(MarkdownText(string(a.Verdict)), MarkdownCell(a.Question), MarkdownText(howSaid(a)))
		}
		m.table(t)
	}
	m.para("**next**: " + MarkdownText(r.Next.What))
	if r.Next.Command != "" {
		m.para(MarkdownCode(r.Next.Command))
	}
	return m.Bytes()
}
