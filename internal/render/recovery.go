package render

import (
	"fmt"
	"io"

	"github.com/eksaccess/eksaccess/internal/recover"
	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// stepColumn is where the words of a step begin: names are shorter.
const stepColumn = 13

// RecoveryStep draws one step of a recovery, so that it can be seen while the
// next is at work.
func RecoveryStep(w io.Writer, s recover.Step, opts Options) error {
	return writeDocument(w, recoveryStepDocument(s), opts)
}

func recoveryStepDocument(s recover.Step) *doc.Document {
	status, st := recoveryWord(s.Status)
	line := doc.Line{
		Lead: doc.Join(doc.Padded(doc.Strong, s.Name, stepColumn-1), doc.Raw(" "), doc.Styled(st, status),
			doc.Raw(": ")),
		Text: s.Detail, Hang: stepColumn, Indent: stepColumn, Blocks: problem(s.Error),
	}
	if s.Next != "" {
		line.Blocks = append(line.Blocks, doc.Command{Text: s.Next})
	}
	return &doc.Document{Top: []doc.Block{line}}
}

func recoveryWord(s recover.Status) (string, doc.Style) {
	switch s {
	case recover.Done:
		return "done", doc.Gain
	case recover.NotNeeded:
		return "not needed", doc.Faint
	case recover.Failed:
		return "failed", doc.Alert
	case recover.Unproven:
		return "not confirmed", doc.Alert
	case recover.NotTried:
		return "not tried", doc.Change
	case recover.Would:
		return "would", doc.Change
	case recover.Unknown:
		return "not checked", doc.Change
	}
	return string(s), doc.Plain
}

// RecoveryEnd draws what comes after the steps: what else is broken, what it
// all came to, and what takes it back.
func RecoveryEnd(w io.Writer, r *recover.Report, opts Options) error {
	return writeDocument(w, recoveryEndDocument(r), opts)
}

func recoveryEndDocument(r *recover.Report) *doc.Document {
	d := &doc.Document{Continues: true}
	for _, n := range r.Notes {
		line := doc.Line{Lead: doc.Styled(doc.Change, "also: "), Text: n.Message, Hang: 6, Indent: 6}
		for _, l := range n.Mend {
			line.Blocks = append(line.Blocks, doc.Command{Text: l})
		}
		d.Top = append(d.Top, doc.Space{}, line)
	}
	text, st := recoveryOutcome(r)
	d.Tail = []doc.Block{doc.Space{}, doc.Line{Text: text, Style: st}}
	if r.Undo != "" {
		d.Tail = append(d.Tail, doc.Line{Text: "Undo: " + r.Undo, Whole: true})
	}
	return d
}

func recoveryOutcome(r *recover.Report) (string, doc.Style) {
	who, at := r.Principal, where(r.Name, r.Account, r.Region)
	if r.Account == "" {
		at = fmt.Sprintf("%s (%s)", r.Name, r.Region)
	}
	if who == "" {
		who = "whoever runs this"
	}
	switch r.Outcome {
	case recover.Recovered:
		if !r.Proven() {
			return who + " has access to " + at + ", as EKS tells; the cluster itself was not asked", doc.Gain
		}
		return who + " is back in " + at, doc.Gain
	case recover.WasIn:
		if !r.Proven() {
			return "nothing is missing in " + at + ", as EKS tells; the cluster itself was not asked", doc.Gain
		}
		return "nothing was wrong: " + who + " gets into " + at, doc.Gain
	case recover.Unconfirmed:
		if r.Proven() {
			return who + " gets into " + at + "; not all else went well, see above", doc.Change
		}
		return "not confirmed: what was missing was given, but that " + who + " gets into " + at + " was not " +
			"seen", doc.Alert
	case recover.Refused:
		return "refused: nothing was changed in " + at, doc.Alert
	case recover.WouldWork:
		return "drill: recovery of " + who + " in " + at + " would succeed; nothing was changed", doc.Gain
	case recover.WouldFail:
		return "drill: recovery of " + who + " in " + at + " would fail; nothing was changed", doc.Alert
	}
	return "failed: " + who + " is not known to be back in " + at, doc.Alert
}
