package render

import (
	"strings"

	"github.com/eksaccess/eksaccess/plan"
)

// What plans and results have in common, as text under a cluster's heading.

func modeChange(m *plan.ModeChange) string {
	return "authentication mode: " + Safe(m.Before) + " -> " + Safe(m.After)
}

// failure is an error with all that AWS said of it, and what to do.
func (p *page) failure(indent int, e *plan.Error) {
	message := Safe(e.Message)
	if e.Code != "" {
		message = Safe(e.Code) + ": " + message
	}
	p.hangAt(indent, p.paint(alert, "error: "), plain, message, indent+4)
	for _, f := range []struct{ label, value string }{
		{"operation", e.Operation}, {"resource", e.Resource}, {"missing", e.Action}, {"request", e.RequestID},
	} {
		if f.value != "" {
			p.hang(indent+4, p.paint(faint, pad(f.label, 11)), plain, Safe(f.value))
		}
	}
	p.hint(indent+4, e.Hint)
}

// hint is not wrapped: it may hold a command, to be copied.
func (p *page) hint(indent int, hint string) {
	if hint != "" {
		p.line(indent, p.paint(strong, "hint:")+" "+Safe(hint))
	}
}

// guards writes those that refuse, and for a plan of some weight those that
// can't be judged, in full; those that passed fold into a line.
func (p *page) guards(indent int, guards []plan.Guard, verbose bool) {
	var passed []string
	for _, g := range guards {
		switch {
		case g.Refuses():
			p.hangAt(indent, p.paint(alert, "refused by "+Safe(g.Name)+": "), plain, Safe(g.Detail), indent+4)
			p.hint(indent+4, g.Hint)
		case g.OK == nil:
			p.hangAt(indent, p.paint(change, "guard not judged: "), plain, because(g.Name, g.Detail), indent+4)
			p.hint(indent+4, g.Hint)
		case verbose:
			p.hangAt(indent, p.paint(faint, "guard passed: "), plain, because(g.Name, g.Detail), indent+4)
		default:
			passed = append(passed, Safe(g.Name))
		}
	}
	if len(passed) > 0 {
		p.hang(indent, p.paint(faint, "guards passed: "), faint, strings.Join(passed, ", "))
	}
}

func (p *page) warnings(indent int, warnings []plan.Warning) {
	for _, w := range warnings {
		p.hangAt(indent, p.paint(change, "warning: "), plain, because(w.Source, w.Message), indent+4)
	}
}

// names folds clusters into one line, as many as it takes unless all are
// wanted.
func (p *page) names(label string, names []string, all bool) {
	if len(names) == 0 {
		return
	}
	text := names[0]
	for i, n := range names[1:] {
		more := ""
		if left := len(names) - i - 2; left > 0 {
			more = ", and " + counts(counted{left, "more"})
		}
		if !all && width(label)+width(text)+2+width(n)+width(more) > p.width {
			text += ", and " + counts(counted{len(names) - i - 1, "more"})
			break
		}
		text += ", " + n
	}
	p.hang(0, p.paint(gain, label), plain, text)
}

// shortNames names clusters by their names, and those that share one by
// account, region and name.
func shortNames(clusters [][3]string) []string {
	seen := map[string]int{}
	for _, c := range clusters {
		seen[c[2]]++
	}
	names := make([]string, len(clusters))
	for i, c := range clusters {
		names[i] = Safe(c[2])
		if seen[c[2]] > 1 {
			names[i] = Safe(strings.Join(c[:], "/"))
		}
	}
	return names
}
