package apply

import (
	"slices"

	"github.com/eksaccess/eksaccess/plan"
)

// A ChangeResult is how one change of the plan ended, or one that came into the
// run with the entries that EKS adds.
type ChangeResult struct {
	Action            plan.Action  `json:"action"`
	Principal         string       `json:"principal"`
	PreviousPrincipal *string      `json:"previousPrincipal,omitempty"` // of a rekey
	Effect            Effect       `json:"effect"`
	Status            ChangeStatus `json:"status"`
}

// An Effect is what a change does to the access of its principal.
type Effect string

const (
	Gains      Effect = "gains"
	Loses      Effect = "loses"
	GainsLoses Effect = "gains and loses"
	Keeps      Effect = "keeps" // tags or a username change, access does not
)

// A ChangeStatus is how far a change came.
type ChangeStatus string

const (
	ChangeDone    ChangeStatus = "done"
	ChangeFailed  ChangeStatus = "failed"
	ChangePartial ChangeStatus = "partial"  // some of its steps were done
	ChangeNotDone ChangeStatus = "not done" // refused, not tried, or left as it is
)

func effectOf(c plan.Change) Effect {
	switch gains, loses := len(c.Gains) > 0, len(c.Loses) > 0; {
	case c.Gains != nil && !gains && !loses:
		return Keeps
	case gains && loses:
		return GainsLoses
	case gains:
		return Gains
	case loses:
		return Loses
	}
	// A plan that was saved by an earlier version does not have them.
	return map[plan.Action]Effect{plan.Create: Gains, plan.Delete: Loses}[c.Action]
}

// changeResults is how each change of a cluster ended, in the order of the plan.
func changeResults(jobs []*job, res *ClusterResult) []ChangeResult {
	var list []ChangeResult
	for _, j := range jobs {
		c := j.change
		list = append(list, ChangeResult{Action: c.Action, Principal: c.Principal,
			PreviousPrincipal: c.PreviousPrincipal, Effect: effectOf(c), Status: changeStatus(c, res)})
	}
	return list
}

func changeStatus(c plan.Change, res *ClusterResult) ChangeStatus {
	of := func(principal string) bool {
		return principal == c.Principal || c.PreviousPrincipal != nil && principal == *c.PreviousPrincipal
	}
	has := func(steps []StepResult) bool {
		return slices.ContainsFunc(steps, func(s StepResult) bool { return of(s.Principal) })
	}
	left := slices.ContainsFunc(res.Left, func(l Left) bool { return of(l.Principal) })
	switch done := has(res.Done); {
	case has(res.Failed):
		return ChangeFailed
	case done && !left && !has(res.NotTried):
		return ChangeDone
	case done:
		return ChangePartial
	}
	return ChangeNotDone
}
