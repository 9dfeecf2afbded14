package apply

import (
	"cmp"
	"slices"

	"github.com/eksaccess/eksaccess/plan"
)

// finish books what was not tried, and names the outcome.
func (r *run) finish() ClusterResult {
	for _, m := range r.modes {
		r.recordUntried(StepResult{Step: plan.Step{Operation: plan.UpdateClusterConfig}, Mode: m})
	}
	for _, j := range r.jobs {
		for _, s := range j.rest {
			r.recordUntried(StepResult{Step: s, Note: j.why(s)})
		}
	}
	res := &r.result
	slices.SortFunc(res.Left, func(a, b Left) int {
		return cmp.Or(cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Reason, b.Reason))
	})
	res.Left = slices.Compact(res.Left)
	res.Status = r.status()
	if res.Status == InSync {
		res.Converged, res.Undeclared = true, len(r.Plan.Unmanaged)
	}
	if r.Plan.Status == plan.Failed {
		res.Error = r.Plan.Error
	}
	res.Changes = changeResults(r.jobs, res)
	r.Events(Event{Kind: Finished, Cluster: r.Plan.ARN, Status: res.Status})
	return *res
}

func (r *run) recordUntried(s StepResult) {
	if r.AddOnly && s.Mode != "" && r.Plan.Status == plan.Changed && !r.Plan.Watch {
		s.Note = onlyAdds
	}
	r.result.NotTried = append(r.result.NotTried, s)
}

func (r *run) status() Status {
	switch {
	case r.Plan.Status == plan.Failed:
		return Failed
	case r.Plan.Status == plan.Refused || r.refused:
		return Refused
	case slices.ContainsFunc(r.Plan.NotUndone, plan.NotUndone.CanBeUndone) && len(r.Plan.Changes) == 0:
		return Incomplete
	case len(r.Plan.Changes) == 0 && !r.Plan.AuthenticationMode.Moves():
		return InSync
	case r.Plan.Watch:
		return Watched
	case r.skipped:
		return Skipped
	case r.interrupted:
		return Interrupted
	case r.broken || slices.ContainsFunc(r.result.Failed, func(s StepResult) bool { return !isChangedSince(s.Error) }):
		return Failed
	case len(r.result.Left)+len(r.result.Failed) > 0:
		return Incomplete
	case r.result.Converged:
		return Applied
	}
	return Unconfirmed
}

// Summarise counts clusters by outcome, and steps.
func Summarise(clusters []ClusterResult) Summary {
	s := Summary{Clusters: len(clusters)}
	count := map[Status]*int{
		InSync:      &s.InSync,
		Applied:     &s.Applied,
		Unconfirmed: &s.Unconfirmed,
		Incomplete:  &s.Incomplete,
		Refused:     &s.Refused,
		Failed:      &s.Failed,
		Interrupted: &s.Interrupted,
		Watched:     &s.Watched,
		Skipped:     &s.Skipped,
	}
	for _, c := range clusters {
		if c.Undeclared > 0 {
			s.Drifted++
		} else {
			*count[c.Status]++
		}
		s.Done += len(c.Done)
		s.StepsFailed += len(c.Failed)
		s.NotTried += len(c.NotTried)
		s.InProgress += len(c.InProgress)
	}
	return s
}
