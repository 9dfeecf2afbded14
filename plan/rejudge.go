package plan

import (
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// Rejudge holds a plan that was made earlier up against a new reading: a
// cluster that moved is refused as stale, any other is judged by the guards
// again, with who applies it and what that run allows. A cluster that failed,
// or that nothing is planned for, stays as it is.
func (c *Cluster) Rejudge(have *spec.Live, callers []string, allow Allow, now time.Time) {
	if c.Status == Failed || c.Watch || len(c.Changes) == 0 && !c.AuthenticationMode.Moves() {
		return
	}
	if Fingerprint(have, c.Changes) != *c.Fingerprint {
		no := false
		c.Status, c.Guards = Refused, []Guard{{Name: GuardStalePlan, OK: &no,
			Detail: "the mode, an entry of the plan or the set of cluster admins changed after the plan was made",
			Hint:   "plan and review again"}}
		return
	}
	var warnings []Warning
	c.Guards, warnings = c.Judgement(have, c.Changes, callers, allow, now).Judge()
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

// Judgement is the check of the plan's guards on a reading, with the changes
// that remain to be made.
func (c *Cluster) Judgement(
	have *spec.Live,
	remaining []Change,
	callers []string,
	allow Allow,
	now time.Time,
) Judgement {
	mode := ModeChange{Before: have.Mode, After: have.Mode}
	if c.AuthenticationMode != nil && eksfacts.ModeRank(c.AuthenticationMode.After) > eksfacts.ModeRank(have.Mode) {
		mode.After = c.AuthenticationMode.After
	}
	return Judgement{Have: have, Changes: remaining, Mode: mode, Rules: c.Rules, Callers: callers, Allow: allow,
		Now: now, Declared: c.declares, Ends: c.DeclaredEnds}
}

// declares reports whether the file that the plan was made from declares a
// principal, as far as the plan keeps that.
func (c *Cluster) declares(principal string) bool {
	return slices.ContainsFunc(c.Unchanged, func(e spec.Entry) bool { return e.Principal == principal }) ||
		slices.ContainsFunc(c.Changes, func(ch Change) bool { return ch.Principal == principal && ch.After != nil })
}

// Declaration is as much of the cluster's declaration as a plan keeps: where it
// is and how it is reached.
func (c *Cluster) Declaration() *spec.Cluster {
	return &spec.Cluster{
		ID:         c.ID(),
		Owner:      c.Rules.Owner,
		Profile:    c.Connection.Profile,
		AssumeRole: c.Connection.AssumeRole,
		ExternalID: c.Connection.ExternalID,
		Watch:      c.Watch,
	}
}
