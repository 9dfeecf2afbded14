package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/recover"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/spec"
)

const (
	stepWidth = 12 // of the name of a step, which is shorter
	nextWidth = 7  // of "undo:" and the like
)

// RecoveryRegion draws the region of a recovery, and its source.
func RecoveryRegion(w io.Writer, region, source string, opts Options) error {
	line := doc.Line{Text: "region " + region + " (from " + source + ")"}
	return writeDocument(w, &doc.Document{Top: []doc.Block{line}}, opts)
}

// RecoveryStep draws one step of a recovery while the recovery runs.
func RecoveryStep(w io.Writer, r *recover.Report, s recover.Step, opts Options) error {
	isShown := s.Status != recover.NotNeeded // in the plan
	switch s.Name {
	case recover.Entry, recover.Policy:
		isShown = isShown || r.Drill
	case recover.Mode:
	default:
		isShown = true
	}
	if !isShown {
		return nil
	}
	return writeDocument(w, &doc.Document{Top: []doc.Block{recoveryStep(s, recoveryLabels(r, opts))}}, opts)
}

// RecoveryPlan draws what a recovery is going to write. The grant is nil if
// nothing is to be written. It is announced unless a question follows.
func RecoveryPlan(
	w io.Writer, r *recover.Report, steps []recover.Step, grant *recover.Grant, asks bool, opts Options,
) error {
	d := &doc.Document{}
	for _, s := range steps {
		if s.Name != recover.Mode || s.Status != recover.NotNeeded { // the mode is in the step of the cluster
			d.Top = append(d.Top, recoveryStep(s, recoveryLabels(r, opts)))
		}
	}
	if grant != nil {
		d.Top = append(d.Top, doc.Space{})
		if !asks {
			d.Top = append(d.Top, doc.Line{Text: RecoveryAnnouncement(r, *grant, opts), Style: doc.Strong})
		}
	}
	return writeDocument(w, d, opts)
}

// RecoveryQuestion asks whether to write a grant.
func RecoveryQuestion(r *recover.Report, g recover.Grant, opts Options) string {
	return grantSentence(r, g, opts, "change", "make", "give") + "?"
}

// RecoveryAnnouncement says what is written without a question.
func RecoveryAnnouncement(r *recover.Report, g recover.Grant, opts Options) string {
	return grantSentence(r, g, opts, "changing", "making", "giving")
}

// grantSentence says what is written, with the verbs for a change of the
// authentication mode, for cluster admin, and for other access.
func grantSentence(r *recover.Report, g recover.Grant, opts Options, change, makeAdmin, give string) string {
	verb := give
	if isAdminGrant(g) {
		verb = makeAdmin
	}
	text := verb + " " + recoveryLabels(r, opts).Of(g.Principal) + " " + grantText(g) + grantPeriod(g)
	if g.Mode.Moves() {
		text = fmt.Sprintf("%s the authentication mode of %s to %s, which cannot be undone, and %s",
			change, g.Cluster.Name, g.Mode.After, text)
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func isAdminGrant(g recover.Grant) bool {
	return eksfacts.IsClusterAdmin(g.Policy.ARN) && g.Policy.Scope == spec.ScopeCluster
}

// grantText is the access of a grant: "cluster admin of dev", "view in shop
// (cluster dev)".
func grantText(g recover.Grant) string {
	if isAdminGrant(g) {
		return "cluster admin of " + g.Cluster.Name
	}
	return access.PolicyText(g.Policy) + " (cluster " + g.Cluster.Name + ")"
}

// grantPeriod is how long a grant lasts. An entry that existed before gets no
// expiry.
func grantPeriod(g recover.Grant) string {
	if g.Expires.IsZero() {
		return " (no expiry, on hold for " + phrase.Duration(g.Lasts) + ")"
	}
	return " for " + phrase.Duration(g.Lasts)
}

// recoveryLabels name the principals of a recovery.
func recoveryLabels(r *recover.Report, opts Options) Labels {
	if opts.Wide {
		return Labels{}
	}
	return NewLabels(r.Account, r.Principals)
}

func recoveryStep(s recover.Step, labels Labels) doc.Block {
	text := s.Detail
	if s.Text != "" {
		text = s.Text
	}
	lead := doc.Join(doc.Raw("  "), doc.Padded(doc.Strong, stepLabel(s.Name), stepWidth))
	status, style := stepStatus(s)
	if status != "" {
		lead = doc.Join(lead, doc.Styled(style, status), doc.Raw(": "))
	}
	line := doc.Line{Lead: lead, Text: labels.In(text), Hang: 2 + stepWidth, Indent: 2 + stepWidth}
	if s.Status == recover.NotNeeded {
		line.Style = doc.Faint
	}
	if s.Error != nil {
		e := *s.Error
		e.Message = labels.In(e.Message)
		line.Blocks = problem(&e)
	}
	return line
}

// stepLabel is the name of a step for people.
func stepLabel(name string) string {
	switch name {
	case recover.Reach:
		return "cluster"
	case recover.Proof:
		return "access"
	}
	return name
}

// stepStatus is the status of a step that was not simply done, or is not simply
// planned.
func stepStatus(s recover.Step) (string, doc.Style) {
	switch s.Status {
	case recover.Failed:
		return "failed", doc.Alert
	case recover.Unverified:
		return "not confirmed", doc.Alert
	case recover.NotTried:
		if s.Name == recover.Proof {
			return "not verified", doc.Change
		}
		return "not tried", doc.Change
	case recover.NotChecked:
		return "not checked", doc.Change
	}
	return "", doc.Plain
}

// RecoveryEnd draws what comes after the steps: other problems of the cluster,
// the result, and the next commands.
func RecoveryEnd(w io.Writer, r *recover.Report, opts Options) error {
	return writeDocument(w, recoveryEnd(r, opts), opts)
}

func recoveryEnd(r *recover.Report, opts Options) *doc.Document {
	labels := recoveryLabels(r, opts)
	d := &doc.Document{Continues: true}
	var cleanup []string
	for _, n := range r.Notes {
		if n.OfExpiry {
			cleanup = n.Fix
			continue
		}
		line := doc.Line{Lead: doc.Styled(doc.Change, "also: "), Text: labels.In(n.Message), Hang: 6, Indent: 6}
		for _, l := range n.Fix {
			line.Blocks = append(line.Blocks, doc.Command{Text: l})
		}
		d.Top = append(d.Top, doc.Space{}, line)
	}
	if text, style := recoveryResult(r, labels); text != "" {
		d.Tail = append(d.Tail, doc.Space{}, doc.Line{Text: text, Style: style})
	} else if r.Undo != "" {
		d.Tail = append(d.Tail, doc.Space{})
	}
	next := func(label, command string) {
		lead := doc.Join(doc.Raw("  "), doc.Padded(doc.Strong, label+":", nextWidth))
		d.Tail = append(d.Tail, doc.Line{Lead: lead, Text: command, Whole: true})
	}
	if r.Drill {
		return d
	}
	recoveryNext(r, labels, next, func(b doc.Block) { d.Tail = append(d.Tail, b) })
	if r.Undo != "" {
		next("undo", r.Undo)
	}
	if g := r.Grant; len(cleanup) > 0 && g != nil && !g.Expires.IsZero() {
		next("end", cleanup[0])
		d.Tail = append(d.Tail, doc.Line{
			Lead: doc.Padded(doc.Plain, "", 2+nextWidth),
			Text: "EKS does not delete the entry: run this after " + phrase.Clock(g.Expires, r.CreatedAt) +
				", or schedule it",
			Style: doc.Faint,
		})
	}
	return d
}

// recoveryNext adds the commands that use the access: those of the caller, or of
// the principal if that is another one.
func recoveryNext(r *recover.Report, labels Labels, next func(label, command string), add func(doc.Block)) {
	kubeconfig, proof := r.Step(recover.Kubeconfig), r.Step(recover.Proof)
	if kubeconfig == nil || proof == nil {
		return
	}
	if r.Self {
		if kubeconfig.Next != "" {
			next("now", kubeconfig.Next)
		}
		if proof.Next != "" {
			next("check", proof.Next)
		}
		return
	}
	line := doc.Line{Lead: doc.Raw("  "), Text: "then, as " + labels.Of(r.Principal) + ":", Indent: 2 + nextWidth}
	for _, s := range []*recover.Step{kubeconfig, proof} {
		if s.Next != "" {
			line.Blocks = append(line.Blocks, doc.Command{Text: s.Next})
		}
	}
	if len(line.Blocks) > 0 {
		add(line)
	}
}

// recoveryResult is the result of a recovery in one sentence; "" if it failed,
// which is reported as an error.
func recoveryResult(r *recover.Report, labels Labels) (string, doc.Style) {
	who := recoveryPrincipal(r, labels)
	switch r.Outcome {
	case recover.Refused:
		return "no changes were made in " + r.Name, doc.Alert
	case recover.WouldRecover:
		return fmt.Sprintf("drill: a recovery of %s in %s would succeed; no changes were made", who, r.Name), doc.Gain
	case recover.WouldNotRecover:
		return fmt.Sprintf("drill: a recovery of %s in %s would fail; no changes were made", who, r.Name), doc.Alert
	case recover.RecoveryFailed:
		return "", doc.Plain
	}
	if r.Grant == nil {
		return "", doc.Plain
	}
	access := grantText(*r.Grant)
	switch g := r.Grant; {
	case !g.Expires.IsZero():
		access += " until " + phrase.Clock(g.Expires, r.CreatedAt)
	case r.Outcome != recover.NothingMissing && !g.HoldUntil.IsZero():
		access += "; its entry is on hold until " + phrase.Clock(g.HoldUntil, r.CreatedAt)
	}
	verb := "has"
	if isAdminGrant(*r.Grant) {
		verb = "is"
	}
	switch {
	case r.Outcome == recover.Unconfirmed && r.Proven():
		return fmt.Sprintf("%s %s %s; not every step succeeded", who, verb, access), doc.Change
	case r.Outcome == recover.Unconfirmed:
		return fmt.Sprintf("not confirmed: %s %s %s", who, verb, access), doc.Alert
	case r.Outcome == recover.NothingMissing:
		access += "; nothing was changed"
		verb += " already"
	}
	if !r.Proven() {
		access += " (not verified in the cluster)"
	}
	return fmt.Sprintf("%s %s %s", who, verb, access), doc.Gain
}

// recoveryPrincipal names the principal of a recovery, or if it was not found,
// what was requested.
func recoveryPrincipal(r *recover.Report, labels Labels) string {
	switch asked := r.Asked; {
	case r.Principal != "":
		return labels.Of(r.Principal)
	case asked.ARN != "":
		return labels.Of(asked.ARN)
	case asked.Role != "":
		return "role " + asked.Role
	case asked.User != "":
		return "user " + asked.User
	case asked.PermissionSet != "":
		return "permission set " + asked.PermissionSet
	}
	return "the caller"
}

// RecoveryFailure says what a recovery did not reach and why, by the first step
// that failed; "" if it reached everything.
func RecoveryFailure(r *recover.Report, opts Options) string {
	labels := recoveryLabels(r, opts)
	who := recoveryPrincipal(r, labels)
	text, step := "", r.FirstWith(recover.Failed)
	switch {
	case r.Outcome == recover.RecoveryFailed, r.Outcome == recover.Refused:
		text = fmt.Sprintf("could not give %s access to %s", who, r.Name)
	case r.Outcome == recover.Unconfirmed && r.Proven():
		text = fmt.Sprintf("%s has access to %s, but not every step succeeded", who, r.Name)
		step = r.FirstWith(recover.Unverified)
	case r.Outcome == recover.Unconfirmed:
		text = fmt.Sprintf("could not confirm access for %s in %s", who, r.Name)
		step = r.FirstWith(recover.Unverified)
	case r.Outcome == recover.WouldNotRecover && r.IsUnread():
		text = fmt.Sprintf("could not check the recovery of %s in %s", who, r.Name)
	default:
		return ""
	}
	if step == nil {
		return text
	}
	text += ": " + stepLabel(step.Name)
	switch {
	case step.Error != nil:
		text += ": " + labels.In(step.Error.Message)
	case step.Detail != "":
		text += ": " + labels.In(step.Detail)
	}
	return text
}
