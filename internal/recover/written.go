package recover

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
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

// writtenSteps says how the steps that change something ended, from what was
// planned and what was done; id is what IAM knows of the principal.
func writtenSteps(p plan.Cluster, done apply.ClusterResult, policy spec.Policy, id spec.Identity) []Step {
	steps, made := plannedSteps(p, policy, id), verbsOf(true)
	for i := range steps {
		s := &steps[i]
		if s.Status == NotNeeded {
			continue
		}
		s.Status = Done
		if e, failed := findFailure(done, s.Name); failed {
			s.Status, s.Error = Failed, e
		} else if isNotTried(done, s.Name) {
			s.Status = NotTried
		}
		if s.Status == Done && s.Name == Entry {
			s.Detail = entryDetail(entryStep(p, id, made).Detail, done)
		}
	}
	attributeError(steps, p, done)
	return steps
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

// entryDetail says so where an entry turned up in the place of one to be made.
func entryDetail(detail string, done apply.ClusterResult) string {
	if slices.ContainsFunc(done.Done, func(s apply.StepResult) bool { return s.Adopted }) {
		return "it was there already, made by somebody else meanwhile; it keeps its owner and its end"
	}
	return detail
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

// attributeUnseen gives to each step the fields of it that the last reading did not
// show, and reports whether there were any.
func attributeUnseen(steps []Step, p plan.Cluster, done apply.ClusterResult) bool {
	status := Unproven
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
				Hint:    "run it again; it goes on from what is there"}
		}
	}
	return len(done.Unseen) > 0
}

// attributeError gives an error of the whole run, or that it was not seen when read
// back, to the step it keeps from being done.
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
		s.Status = Unproven
		s.Error = &plan.Error{
			Code:     fault.NotConfirmed,
			Resource: p.ARN,
			Message:  "it was done, and could not be read back",
			Hint:     "run it again; it goes on from what is there",
		}
		for _, l := range done.Left {
			s.Error.Message = l.Principal + ": " + l.Reason
		}
	}
}

// plannedSteps are the steps that change something, as a plan has them: what would
// be done, or that it is not needed.
func plannedSteps(p plan.Cluster, policy spec.Policy, id spec.Identity) []Step {
	return []Step{modeStep(p), entryStep(p, id, verbsOf(false)), policyStep(p, policy)}
}

func modeStep(p plan.Cluster) Step {
	m := p.AuthenticationMode
	if !m.Moves() {
		return Step{Name: Mode, Status: NotNeeded, Detail: "it is " + m.After + ", which has access entries"}
	}
	return Step{Name: Mode, Status: Would, Detail: m.Before + " -> " + m.After + ", which EKS never takes back"}
}

// verbs are what is done to an entry, or what was.
type verbs struct{ create, remake, keep string }

func verbsOf(done bool) verbs {
	if done {
		return verbs{"created", "made again", "kept"}
	}
	return verbs{"create it", "make it again", "keep it"}
}

func entryStep(p plan.Cluster, id spec.Identity, v verbs) Step {
	s := Step{Name: Entry, Status: NotNeeded}
	if len(p.Changes) == 0 {
		s.Detail = "it is there, and " + aliveText(id)
		return s
	}
	c := p.Changes[0]
	marks := "held until " + c.After.Tags[spec.TagHoldUntil]
	if c.Action == plan.Create && c.After.Tags[spec.TagExpires] == c.After.Tags[spec.TagHoldUntil] {
		marks = "held until its end, " + c.After.Tags[spec.TagExpires]
	}
	if c.Action == plan.Update {
		s.Detail = "it is there, and " + aliveText(id) + "; " + marks
		if isTagged(c) {
			s.Status, s.Detail = Would, v.keep+", "+marks
		}
		return s
	}
	s.Status = Would
	switch {
	case c.Action == plan.Create && c.Finishes:
		s.Detail = v.remake + " with all it had, since an earlier run was cut off; " + marks
	case c.Action == plan.Create:
		s.Detail = v.create + ", of owner " + c.After.Tags[spec.TagOwner] + "; " + marks
	default:
		s.Detail = v.remake + " with all it had: " + c.Reason + "; " + marks
	}
	return s
}

func isTagged(c plan.Change) bool {
	return slices.ContainsFunc(c.Steps, func(s plan.Step) bool { return s.Operation == plan.TagResource })
}

// aliveText says of an entry that stays what is known of its principal.
func aliveText(id spec.Identity) string {
	if id.Existence != spec.Exists {
		return "IAM could not be asked whether it is alive"
	}
	return "alive: IAM has the principal it was made for"
}

func policyStep(p plan.Cluster, policy spec.Policy) Step {
	s := Step{Name: Policy, Status: NotNeeded, Detail: "it has " + policyText(policy)}
	for _, c := range p.Changes {
		for _, step := range c.Steps {
			if step.Operation != plan.AssociateAccessPolicy || step.Policy != policy.ARN {
				continue
			}
			s.Status = Would
			s.Detail = policyText(spec.Policy{ARN: step.Policy, Scope: step.Scope, Namespaces: step.Namespaces})
			if c.Before != nil {
				if was, ok := c.Before.Policy(policy.ARN); ok && c.Action == plan.Update {
					s.Detail += ", widened from " + scopeText(was)
				}
			}
		}
	}
	return s
}

func policyText(p spec.Policy) string { return arn.PolicyName(p.ARN) + " " + scopeText(p) }

func scopeText(p spec.Policy) string {
	if p.Scope == spec.ScopeCluster {
		return "in the whole cluster"
	}
	return fmt.Sprintf("in namespaces %s", strings.Join(p.Namespaces, ", "))
}
