package apply

import (
	"context"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A Journal is informed of every write to one cluster: before it is sent, and what
// became of it. Several may be under way at a time, of different entries.
type Journal interface {
	// Begin records a write for good before it is sent. Where it fails, the
	// write is not sent, and the run of the cluster stops.
	Begin(Write) (Record, error)
	// Finish records that nothing more will be written.
	Finish(Status)
}

// A Record is that of one write.
type Record interface {
	// End records what became of the write.
	End(Answer)
	// Found records the entry that was met where the write was to make one.
	Found(spec.LiveEntry)
}

// A Write is one call that is about to be sent.
type Write struct {
	Step   StepResult
	Change plan.Change // that the step is part of; the zero value for a mode step
	Before *spec.Entry // the entry as far as this run knows; nil where there is none
	Stale  bool        // that entry gave nothing: its principal was recreated after it
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
		w.Change, w.Before, entryARN = j.change, r.knownEntry(s.Principal), j.entryARN
		w.Stale = r.isStale(s.Principal)
	}
	record, err := r.begin(w)
	if err != nil {
		return answer{}, err
	}
	if j != nil {
		j.record = record
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
	if record != nil {
		record.End(end)
	}
	return a, err
}

// begin stops the cluster's run where a write can't be recorded, but for a
// replace that has deleted already: to stop there would take access away.
func (r *run) begin(w Write) (Record, error) {
	if r.Journal == nil {
		return nil, nil
	}
	record, err := r.Journal.Begin(w)
	switch {
	case err == nil:
		return record, nil
	case r.between:
		r.warn("not recorded in the journal: %s of %s: %s", w.Step.Operation, w.Step.Principal, err)
		return nil, nil
	}
	r.halted.Store(true)
	return nil, &plan.Error{Code: fault.JournalNotWritten, Operation: w.Step.Operation, Resource: w.Step.Principal,
		Message: "not sent, because the journal cannot be written: " + err.Error(),
		Hint:    "free disk space, choose another file with --journal FILE, or pass --no-journal"}
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

// knownEntry is an entry as this run knows it: by what it wrote, which readings may
// lag behind, else by the latest reading.
func (r *run) knownEntry(principal string) *spec.Entry {
	if e, ok := r.wrote(principal); ok {
		return e
	}
	if e := r.have.Entry(principal); e != nil {
		return &e.Entry
	}
	return nil
}

// isStale reports whether the entry of a principal is stale, and not one that
// this run created.
func (r *run) isStale(principal string) bool {
	if _, written := r.wrote(principal); written {
		return false
	}
	e := r.have.Entry(principal)
	return e != nil && r.have.IsDead(e)
}

// wrote is an entry as this run left it, if it did; nil where it left none.
func (r *run) wrote(principal string) (*spec.Entry, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.written[principal]
	return e, ok
}

func (r *run) knows(principal string, e *spec.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.written == nil {
		r.written, r.states = map[string]*spec.Entry{}, map[string][]*spec.Entry{}
	}
	r.written[principal] = e
	r.states[principal] = append(r.states[principal], e)
}
