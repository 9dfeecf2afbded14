package apply

import (
	"context"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A Journal is told of every write to one cluster: before it is sent, and what
// became of it. There is one write at a time.
type Journal interface {
	// Begin records a write for good before it is sent. Where it fails, the
	// write is not sent, and the run of the cluster stops.
	Begin(Write) error
	// End records what became of the write begun last.
	End(Answer)
	// Found records the entry that was met where the write begun last was to
	// make one.
	Found(spec.LiveEntry)
	// Finish records that nothing more will be written.
	Finish(Status)
}

// A Write is one call that is about to be sent.
type Write struct {
	Step   StepResult
	Change plan.Change // that the step is part of; the zero value for a mode step
	Before *spec.Entry // the entry as far as this run knows; nil where there is none
	Mode   string      // of the cluster, before a mode step
}

// An Outcome is what is known of a write once it was sent.
type Outcome string

const (
	Done    Outcome = "done"
	NotDone Outcome = "refused"
	Gone    Outcome = "gone"    // what was to be taken away was not there, or was by a first answer that got lost
	Unknown Outcome = "unknown" // no answer tells whether it had its effect
)

// An Answer is what became of a write.
type Answer struct {
	Outcome   Outcome
	RequestID string
	Error     *plan.Error
}

// write sends a step, with the journal told of it.
func (r *run) write(ctx context.Context, j *job, s StepResult) (answer, error) {
	w := Write{Step: s, Mode: r.have.Mode}
	entryARN := ""
	if j != nil {
		w.Change, w.Before, entryARN = j.change, r.known(s.Principal), j.entryARN
	}
	if err := r.begin(w); err != nil {
		return answer{}, err
	}
	a, err := r.send(ctx, s, entryARN)
	end := Answer{Outcome: outcomeOf(s.Step, err), RequestID: a.requestID}
	if err != nil {
		end.Error = r.explain(err, s.Operation, s.Principal)
		end.RequestID = end.Error.RequestID
	}
	if j != nil && (end.Outcome == Done || end.Outcome == Gone) {
		r.knows(s.Principal, s.On(w.Before))
	}
	if r.Journal != nil {
		r.Journal.End(end)
	}
	return a, err
}

// begin stops the cluster's run where a write can't be recorded, but for a
// replace that has deleted already: to stop there would take access away.
func (r *run) begin(w Write) error {
	if r.Journal == nil {
		return nil
	}
	err := r.Journal.Begin(w)
	switch {
	case err == nil:
		return nil
	case r.between:
		r.warn("not in the journal: %s of %s: %s", w.Step.Operation, w.Step.Principal, err)
		return nil
	}
	r.halted = true
	return &plan.Error{Code: "JournalNotWritten", Operation: w.Step.Operation, Resource: w.Step.Principal,
		Message: "it was not sent, since the journal can't be written: " + err.Error(),
		Hint:    "make room for it, name another place with --journal FILE, or go without it with --no-journal"}
}

func outcomeOf(s plan.Step, err error) Outcome {
	switch {
	case err == nil:
		return Done
	case takesAway(s) && notThere(err):
		return Gone
	case unanswered(err):
		return Unknown
	}
	return NotDone
}

// known is an entry as this run knows it: by what it wrote, which readings may
// lag behind, else by the latest reading.
func (r *run) known(principal string) *spec.Entry {
	if e, ok := r.written[principal]; ok {
		return e
	}
	if e := r.have.Entry(principal); e != nil {
		return &e.Entry
	}
	return nil
}

func (r *run) knows(principal string, e *spec.Entry) {
	if r.written == nil {
		r.written = map[string]*spec.Entry{}
	}
	r.written[principal] = e
}
