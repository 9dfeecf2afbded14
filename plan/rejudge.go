package plan

import (
	"slices"

	"github.com/eksaccess/eksaccess/spec"
)

// Rejudge holds a plan that was made earlier up against a new reading: a
// cluster that moved is refused as stale, any other is judged by the guards
// again, with who applies it and what that run allows. A cluster that failed,
// or that nothing is planned for, stays as it is.
func (c *Cluster) Rejudge(have *spec.Live, callers []string, allow Allow) {
	if c.Status == Failed || c.Watch || len(c.Changes) == 0 && !c.AuthenticationMode.Moves() {
		return
	}
	if Fingerprint(have, c.Changes) != *c.Fingerprint {
		no := false
		c.Status, c.Guards = Refused, []Guard{{Name: "stale", OK: &no,
			Detail: "the mode, an entry of the plan, or who is admin changed since the plan was made",
			Hint:   "plan again, and look at it again"}}
		return
	}
	j := Judgement{Have: have, Changes: c.Changes, Mode: *c.AuthenticationMode, Rules: c.Rules, Callers: callers, Allow: allow}
	var warnings []Warning
	c.Guards, warnings = j.Judge()
	for _, w := range warnings {
		if !slices.Contains(c.Warnings, w) {
			c.Warnings = append(c.Warnings, w)
		}
	}
	c.Status = Changed
	if slices.ContainsFunc(c.Guards, Guard.Refuses) {
		c.Status = Refused
	}
}

// Declared is as much of the cluster's declaration as a plan keeps: where it
// is and how it is reached.
func (c *Cluster) Declared() *spec.Cluster {
	return &spec.Cluster{ID: c.ID(), Owner: c.Rules.Owner, Profile: c.Connection.Profile, AssumeRole: c.Connection.AssumeRole,
		ExternalID: c.Connection.ExternalID, Watch: c.Watch}
}
