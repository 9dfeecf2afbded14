package apply

import (
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A job is one change on its way. Every planned step is in rest until it is
// done, has failed, or is known not to be tried.
type job struct {
	change plan.Change // as planned
	rest   []plan.Step // still to be sent, in order, grants first
	failed bool        // a step failed; the rest is not tried
	note   string      // on every step of it: why an unplanned job exists

	found    *spec.Entry // what was already there when a create was due
	entryARN string      // where known; tags are set by it
	made     time.Time   // when this run made or found the entry
	replaced string      // ARN of the entry that was deleted to be recreated
	checked  bool        // its entry was read again before its grants
	dropped  bool        // its entry changed since the plan
	withheld bool        // steps were taken out of rest, see Options.AddOnly
	record   Record      // of the latest write; nil without a journal

	beside   bool           // other jobs are at work at the same time
	booked   []booked       // meanwhile; see run.sideBySide
	warnings []plan.Warning // the same
}

func newJob(c plan.Change) *job { return &job{change: c, rest: slices.Clone(c.Steps)} }

// remainingChange is the change as it still stands, for the guards.
func (j *job) remainingChange() plan.Change {
	c := j.change
	c.Steps = j.rest
	if j.found != nil && c.Action == plan.Create {
		c.Action, c.Before = plan.Update, j.found
	}
	return c
}

// ready reports whether the next step is of the phase, and its turn has come.
func (j *job) ready(p plan.Phase, turn int) bool {
	return !j.failed && len(j.rest) > 0 && j.rest[0].Phase == p && j.turn() <= turn
}

// turns is how many there are within a phase. In every turn all jobs advance,
// so that entries exist before policies are associated, and are narrowed
// before others are deleted.
const turns = 4

func (j *job) turn() int {
	switch j.rest[0].Operation {
	case plan.CreateAccessEntry:
		return 0
	case plan.UpdateAccessEntry, plan.AssociateAccessPolicy:
		return 1
	case plan.TagResource, plan.UntagResource, plan.DisassociateAccessPolicy:
		return 2
	}
	if j.replaces() {
		return 0 // may grant, too: what fails here stops the revocations after it
	}
	return 3
}

// replaces reports whether the next step begins a replace.
func (j *job) replaces() bool {
	return j.change.Action == plan.Replace && len(j.rest) > 0 &&
		j.rest[0].Operation == plan.DeleteAccessEntry && j.rest[0].Principal == j.change.Principal
}

// creates reports whether the next step makes the entry of the change.
func (j *job) creates() bool {
	return !j.failed && len(j.rest) > 0 && j.rest[0].Operation == plan.CreateAccessEntry
}

// continuesFromEntry is the note of steps that the plan did not have.
const continuesFromEntry = "not planned: continues from the existing entry"

// why is the note of a step that the plan did not have.
func (j *job) why(s plan.Step) string {
	planned := slices.ContainsFunc(j.change.Steps, func(p plan.Step) bool { return sameCall(p, s) })
	if j.found != nil && !planned {
		return phrase.Join("; ", j.note, continuesFromEntry)
	}
	return j.note
}

// adopt goes on from an entry that was found in the place of one to be created:
// the remaining steps become those that turn it into added, which has all that it
// has. It returns the planned steps that are fulfilled by what is there.
func (j *job) adopt(live *spec.LiveEntry, after, added spec.Entry, now time.Time) (fulfilled []plan.Step) {
	j.found, j.entryARN, j.made = &live.Entry, live.ARN, now
	j.change.After = &after
	steps := plan.UpdateSteps(live.Entry, added)
	for i := range steps {
		steps[i].Phase = plan.Grant // it takes nothing
	}
	var others []plan.Step // a rekey's deletion of the old entry
	for _, s := range j.rest {
		switch {
		case s.Principal != j.change.Principal:
			others = append(others, s)
		case !slices.ContainsFunc(steps, func(t plan.Step) bool { return sameCall(s, t) }):
			fulfilled = append(fulfilled, s)
		}
	}
	j.rest = append(steps, others...)
	return fulfilled
}

// sameCall reports whether two steps would send the same. The phase is no part
// of that: what a create plans as a grant may narrow what is there.
func sameCall(s, t plan.Step) bool {
	return s.Operation == t.Operation && s.Principal == t.Principal && s.Policy == t.Policy &&
		s.Scope == t.Scope && slices.Equal(s.Namespaces, t.Namespaces)
}

// withhold takes out what a run that only adds must not send.
func (j *job) withhold() (out []plan.Step) {
	replace := j.change.Action == plan.Replace
	j.rest = slices.DeleteFunc(j.rest, func(s plan.Step) bool {
		takes := replace || s.Phase != plan.Grant || s.Operation == plan.UntagResource
		if takes {
			out = append(out, s)
		}
		return takes
	})
	j.withheld = j.withheld || len(out) > 0
	return out
}
