package render

import (
	"fmt"
	"io"

	"github.com/eksaccess/eksaccess/internal/rescue"
)

// stepColumn is where the words of a step begin: names are shorter.
const stepColumn = 13

// RecoveryStep draws one step of a recovery, so that it can be seen while the
// next is at work.
func RecoveryStep(w io.Writer, s rescue.Step, opts Options) error {
	p := newPage(opts)
	word, st := recoveryWord(s.Status)
	name := Safe(s.Name)
	p.hangAt(0, p.paint(strong, pad(name, stepColumn-1))+" "+p.paint(st, word)+": ", plain, Safe(s.Detail), stepColumn)
	if s.Error != nil {
		p.failure(stepColumn, s.Error)
	}
	if s.Next != "" {
		p.line(stepColumn, Safe(s.Next)) // not wrapped, to be copied
	}
	return write(w, p.Bytes())
}

func recoveryWord(s rescue.Status) (string, style) {
	switch s {
	case rescue.Done:
		return "done", gain
	case rescue.NotNeeded:
		return "not needed", faint
	case rescue.Failed:
		return "failed", alert
	case rescue.Unproven:
		return "not confirmed", alert
	case rescue.NotTried:
		return "not tried", change
	case rescue.Would:
		return "would", change
	case rescue.Unknown:
		return "not checked", change
	}
	return Safe(string(s)), plain
}

// RecoveryEnd draws what comes after the steps: what else is broken, what it
// all came to, and what takes it back.
func RecoveryEnd(w io.Writer, r *rescue.Report, opts Options) error {
	p := newPage(opts)
	for _, n := range r.Notes {
		p.WriteByte('\n')
		p.hangAt(0, p.paint(change, "also: "), plain, Safe(n.Message), 6)
		for _, l := range n.Mend {
			p.line(6, Safe(l)) // not wrapped, to be copied
		}
	}
	p.WriteByte('\n')
	text, st := recoveryOutcome(r)
	p.hang(0, "", st, text)
	if r.Undo != "" {
		p.line(0, "Undo: "+Safe(r.Undo))
	}
	return write(w, p.Bytes())
}

func recoveryOutcome(r *rescue.Report) (string, style) {
	who, at := Safe(r.Principal), where(r.Name, r.Account, r.Region)
	if r.Account == "" {
		at = fmt.Sprintf("%s (%s)", Safe(r.Name), Safe(r.Region))
	}
	if who == "" {
		who = "whoever runs this"
	}
	switch r.Outcome {
	case rescue.Recovered:
		if !r.Proven() {
			return who + " has access to " + at + ", as EKS tells; the cluster itself was not asked", gain
		}
		return who + " is back in " + at, gain
	case rescue.WasIn:
		if !r.Proven() {
			return "nothing is missing in " + at + ", as EKS tells; the cluster itself was not asked", gain
		}
		return "nothing was wrong: " + who + " gets into " + at, gain
	case rescue.Unconfirmed:
		if r.Proven() {
			return who + " gets into " + at + "; not all else went well, see above", change
		}
		return "not confirmed: what was missing was given, but that " + who + " gets into " + at + " was not " +
			"seen", alert
	case rescue.Refused:
		return "refused: nothing was changed in " + at, alert
	case rescue.WouldWork:
		return "drill: recovery of " + who + " in " + at + " would succeed; nothing was changed", gain
	case rescue.WouldFail:
		return "drill: recovery of " + who + " in " + at + " would fail; nothing was changed", alert
	}
	return "failed: " + who + " is not known to be back in " + at, alert
}
