package recover

import (
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// stepOf is the step of a recovery that an EKS call belongs to.
func stepOf(operation string) string {
	switch operation {
	case plan.UpdateClusterConfig:
		return Mode
	case plan.AssociateAccessPolicy:
		return Policy
	}
	return Entry
}

// writtenSteps are the planned steps with the result of each.
func writtenSteps(steps []Step, p plan.Cluster, result apply.ClusterResult, now time.Time) []Step {
	for i := range steps {
		s := &steps[i]
		if s.Status == NotNeeded {
			continue
		}
		s.Status = Done
		if e, failed := findFailure(result, s.Name); failed {
			s.Status, s.Error = Failed, e
		} else if isNotTried(result, s.Name) {
			s.Status = NotTried
		}
		if s.Status == Done {
			s.Detail, s.Text = doneDetail(*s, p, result, now)
		}
	}
	attributeError(steps, p, result)
	return steps
}

// doneDetail describes a step that was done, for machines and for people.
func doneDetail(s Step, p plan.Cluster, result apply.ClusterResult, now time.Time) (detail, text string) {
	switch {
	case s.Name == Mode:
		return s.Detail, "changed to " + p.AuthenticationMode.After
	case s.Name == Policy:
		return s.Detail, "associated"
	case isAdopted(result):
		text = "exists already, created by EKS or another program; its owner and expiry were not changed"
		return text, text
	}
	c := p.Changes[0]
	switch {
	case c.Action == plan.Update:
		return withTimes("kept", c, now)
	case c.Action == plan.Create && !c.Finishes:
		detail, _ = withTimes("created, owner "+c.After.Tags[spec.TagOwner], c, now)
		return detail, "created"
	}
	detail, _ = withTimes("recreated with the same access", c, now)
	return detail, "recreated with the same access"
}

// withTimes adds to a description of an entry when it expires, or until when
// it is on hold: in RFC 3339, and for people.
func withTimes(what string, c plan.Change, now time.Time) (detail, text string) {
	label, key := "on hold until ", spec.TagHoldUntil
	if c.Action == plan.Create && c.After.Tags[spec.TagExpires] == c.After.Tags[key] {
		label, key = "expires ", spec.TagExpires
	}
	value := c.After.Tags[key]
	if value == "" {
		return what, what
	}
	at, when := tagTime(c.After.Tags, key), value
	switch {
	case at.IsZero():
	case key == spec.TagExpires:
		when = phrase.When(at, now)
	default:
		when = phrase.Clock(at, now)
	}
	return what + ", " + label + value, what + ", " + label + when
}

func findFailure(done apply.ClusterResult, name string) (*plan.Error, bool) {
	for _, f := range done.Failed {
		if stepOf(f.Operation) == name {
			return f.Error, true
		}
	}
	return nil, false
}

func isNotTried(done apply.ClusterResult, name string) bool {
	return slices.ContainsFunc(done.NotTried, func(s apply.StepResult) bool { return stepOf(s.Operation) == name })
}

// isAdopted reports whether an entry that was to be created existed already.
func isAdopted(result apply.ClusterResult) bool {
	return slices.ContainsFunc(result.Done, func(s apply.StepResult) bool { return s.Adopted })
}

// stepOfField is the step that a field of an entry belongs to.
func stepOfField(field string) string {
	switch field {
	case plan.FieldMode:
		return Mode
	case plan.FieldPolicies:
		return Policy
	}
	return Entry
}

// attributeUnseen adds to each step the fields that the read-back did not show,
// and reports whether there were any.
func attributeUnseen(steps []Step, p plan.Cluster, done apply.ClusterResult) bool {
	status := Unverified
	if done.Status == apply.Failed {
		status = Failed
	}
	for i := range steps {
		var fields []plan.Unseen
		for _, u := range done.Unseen {
			if stepOfField(u.Field) == steps[i].Name {
				fields = append(fields, u)
			}
		}
		if len(fields) > 0 {
			steps[i].Status = status
			steps[i].Error = &plan.Error{Code: fault.NotConfirmed, Resource: p.ARN,
				Message: "not seen when read back: " + plan.UnseenText(fields),
				Hint:    "run it again; it continues from the current state"}
		}
	}
	return len(done.Unseen) > 0
}

// attributeError adds an error of the whole run, or a missing confirmation, to the
// step that it concerns.
func attributeError(steps []Step, p plan.Cluster, done apply.ClusterResult) {
	last := -1
	for i, s := range steps {
		if s.Status == Failed {
			return
		}
		if s.Status != NotNeeded {
			last = i
		}
	}
	switch done.Status {
	case apply.Unconfirmed, apply.Incomplete, apply.Failed:
		if attributeUnseen(steps, p, done) {
			return
		}
	}
	if last < 0 {
		return
	}
	s := &steps[last]
	switch done.Status {
	case apply.Failed, apply.Interrupted:
		for i := range steps {
			if steps[i].Status == NotTried {
				s = &steps[i]
				break
			}
		}
		s.Status, s.Error = Failed, done.Error
	case apply.Refused:
		s.Status = Failed
		for _, g := range done.Guards {
			if g.Refuses() {
				s.Error = &plan.Error{Code: fault.Refused, Message: g.Name + ": " + g.Detail, Hint: g.Hint}
			}
		}
	case apply.Unconfirmed, apply.Incomplete:
		s.Status = Unverified
		s.Error = &plan.Error{
			Code:     fault.NotConfirmed,
			Resource: p.ARN,
			Message:  "applied, but not confirmed by the read-back",
			Hint:     "run it again; it continues from the current state",
		}
		for _, l := range done.Left {
			s.Error.Message = l.Principal + ": " + l.Reason
		}
	}
}

// plannedSteps are the steps of a plan that change something: planned, or not
// needed.
func plannedSteps(p plan.Cluster, policy spec.Policy, id spec.Identity, now time.Time) []Step {
	return []Step{modeStep(p), entryStep(p, id, now), policyStep(p, policy)}
}

func modeStep(p plan.Cluster) Step {
	m := p.AuthenticationMode
	if !m.Moves() {
		return Step{Name: Mode, Status: NotNeeded, Detail: m.After + ", which has access entries"}
	}
	return Step{
		Name:   Mode,
		Status: Planned,
		Detail: m.Before + " -> " + m.After + ", cannot be undone, takes minutes",
	}
}

func entryStep(p plan.Cluster, id spec.Identity, now time.Time) Step {
	s := Step{Name: Entry, Status: NotNeeded, Detail: "exists, " + existenceText(id)}
	if len(p.Changes) == 0 {
		return s
	}
	c := p.Changes[0]
	switch {
	case c.Action == plan.Update && !isTagged(c):
		return s
	case c.Action == plan.Update:
		s.Detail, s.Text = withTimes("exists and is kept", c, now)
	case c.Action == plan.Create && c.Finishes:
		const interrupted = "to be recreated with the same access, because an earlier run was interrupted"
		s.Detail, s.Text = withTimes(interrupted, c, now)
	case c.Action == plan.Create:
		s.Detail, _ = withTimes("to be created, owner "+c.After.Tags[spec.TagOwner], c, now)
		_, s.Text = withTimes("to be created", c, now)
	default:
		s.Detail, s.Text = withTimes("to be recreated with the same access", c, now)
		s.Detail, s.Text = s.Detail+": "+c.Reason, s.Text+": "+c.Reason
	}
	s.Status = Planned
	return s
}

func isTagged(c plan.Change) bool {
	return slices.ContainsFunc(c.Steps, func(s plan.Step) bool { return s.Operation == plan.TagResource })
}

// existenceText says whether IAM confirms that an entry works.
func existenceText(id spec.Identity) string {
	if id.Existence != spec.Exists {
		return "but whether it is stale is not known: IAM could not be asked"
	}
	return "and is not stale"
}

func policyStep(p plan.Cluster, policy spec.Policy) Step {
	s := Step{Name: Policy, Status: NotNeeded, Detail: "has " + policyText(policy)}
	for _, c := range p.Changes {
		for _, step := range c.Steps {
			if step.Operation != plan.AssociateAccessPolicy || step.Policy != policy.ARN {
				continue
			}
			s.Status = Planned
			s.Detail = policyText(spec.Policy{ARN: step.Policy, Scope: step.Scope, Namespaces: step.Namespaces})
			if c.Before != nil {
				if was, ok := c.Before.Policy(policy.ARN); ok && c.Action == plan.Update {
					s.Detail += ", until now " + scopeText(was)
				}
			}
		}
	}
	return s
}

func policyText(p spec.Policy) string { return arn.PolicyName(p.ARN) + " " + scopeText(p) }

func scopeText(p spec.Policy) string {
	if p.Scope == spec.ScopeCluster {
		return "for the whole cluster"
	}
	if len(p.Namespaces) == 1 {
		return "in namespace " + p.Namespaces[0]
	}
	return "in namespaces " + strings.Join(p.Namespaces, ", ")
}
