package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Run applies the plan of one cluster. When ctx ends, the call in flight is
// finished (a replace up to its last step) and nothing more is begun. Every
// step of the plan is in exactly one of Done, Failed and NotTried of the
// result; steps that the plan did not have (putting back, going on from an
// entry that was there) may be there as well, with a note.
func Run(ctx context.Context, t Target, o Options) ClusterResult {
	o = o.withDefaults()
	o.Events = oneAtATime(o.Events)
	r := newRun(t, o)
	var free [2]context.CancelFunc
	r.finishing, free[0] = outliving(ctx, finishWithin)
	r.puttingBack, free[1] = outliving(ctx, putBackWithin)
	defer free[0]()
	defer free[1]()
	r.carryOut(ctx)
	result := r.finish()
	if t.Journal != nil {
		t.Journal.Finish(result.Status)
	}
	return result
}

// A run is the state of applying to one cluster.
type run struct {
	Target
	Options
	finishing   context.Context // for what a stopped run finishes
	puttingBack context.Context // for what a stopped run puts back

	result ClusterResult
	start  *spec.Live // the first reading
	have   *spec.Live // the latest reading
	pieced bool       // have was read in pieces, at different times
	jobs   []*job
	modes  []string // still to be gone to

	refused     bool        // by a guard
	skipped     bool        // not begun
	interrupted bool        // told to stop before all was begun
	broken      bool        // something other than a step failed
	unitFailed  atomic.Bool // an entry that hides a row did not get its policies: no further one is created
	halted      atomic.Bool // a replace failed, or the journal: nothing more is begun
	between     bool        // a replace has deleted, and is not done

	mu        sync.Mutex                 // of the rest, which jobs side by side share
	newcomers time.Time                  // until when principals that EKS does not know are tried again
	written   map[string]*spec.Entry     // by principal, as this run left them; nil where it left none
	fresh     map[string]*spec.LiveEntry // entries read since the latest reading, found changed
	states    map[string][]*spec.Entry   // all states in which this run left them, or found them to go on from
}

func newRun(t Target, o Options) *run {
	p := &t.Plan
	r := &run{Target: t, Options: o, have: t.Have, result: ClusterResult{
		Name: p.Name, Region: p.Region, Account: p.Account, ARN: p.ARN, AuthenticationMode: p.AuthenticationMode,
		Done: []StepResult{}, Failed: []StepResult{}, NotTried: []StepResult{},
		Guards: append([]plan.Guard{}, p.Guards...), Warnings: []plan.Warning{},
	}}
	for _, n := range p.NotUndone {
		if n.CanBeUndone() {
			r.result.Left = append(r.result.Left, Left{Principal: n.Principal, Reason: n.Reason})
		}
	}
	for _, w := range p.Warnings {
		if !w.IsLeft { // it is in Left
			r.result.Warnings = append(r.result.Warnings, w)
		}
	}
	for _, c := range p.Changes {
		r.jobs = append(r.jobs, newJob(c))
	}
	if p.AuthenticationMode.Moves() {
		r.modes = slices.Clone(eksfacts.ModeSteps(p.AuthenticationMode.Before, p.AuthenticationMode.After))
	}
	return r
}

// carryOut goes through the stages until one says stop.
func (r *run) carryOut(ctx context.Context) {
	switch {
	case r.Plan.Status == plan.Failed, r.Plan.Status == plan.Refused, r.Plan.Watch:
		return
	case len(r.jobs) == 0 && len(r.modes) == 0:
		return
	}
	if r.AddOnly {
		for _, j := range r.jobs {
			r.withhold(j)
		}
	}
	_ = r.first(ctx) && r.opening(ctx) && r.grants(ctx) && r.revocations(ctx) && r.confirmAll(ctx)
}

// first judges the reading that the run starts from.
func (r *run) first(ctx context.Context) bool {
	if r.stopped(ctx) || r.have == nil && !r.read(ctx) {
		return false
	}
	r.start = r.have
	return r.permits(r.remaining())
}

// grants reports whether every grant was made. Entries that hide a row of
// aws-auth come last: all others have what they need by then.
func (r *run) grants(ctx context.Context) bool {
	units, others := r.units()
	return r.phase(ctx, plan.Grant, others) && r.migrate(ctx, units) && len(r.result.Failed) == 0
}

// phase sends the steps of one phase. Within a turn entries do not depend on
// each other, so several are at work at a time; what replaces an entry waits
// until the others are done, and comes one by one.
func (r *run) phase(ctx context.Context, p plan.Phase, jobs []*job) bool {
	for turn := range turns {
		r.sideBySide(jobs, r.Entries, func(j *job) {
			for j.ready(p, turn) && !j.replaces() && ctx.Err() == nil && !r.halted.Load() {
				r.step(ctx, j)
			}
		})
		for _, j := range jobs {
			for j.ready(p, turn) {
				switch {
				case r.stopped(ctx) || r.halted.Load():
					return false
				case j.replaces():
					r.replace(ctx, j)
				default:
					r.step(ctx, j)
				}
			}
		}
	}
	return true
}

// step sends the next step of a job, if its entry did not change since the plan.
func (r *run) step(ctx context.Context, j *job) bool {
	return r.checked(ctx, j) && r.perform(ctx, j)
}

// checked reads the entry of a job again where its next step needs that, and
// reports whether the step may be sent.
func (r *run) checked(ctx context.Context, j *job) bool {
	return r.between || !j.needsCheck(j.rest[0]) || r.unchanged(ctx, j)
}

// perform sends the next step of a job and books it.
func (r *run) perform(ctx context.Context, j *job) bool {
	s := StepResult{Step: j.rest[0], Note: j.why(j.rest[0])}
	j.rest = j.rest[1:]
	r.Events(Event{Kind: StepStarted, Cluster: r.Plan.ARN, Step: s})
	o := r.try(ctx, j, s)
	if o.note != "" {
		s.Note = phrase.Join("; ", s.Note, o.note)
	}
	if o.err != nil {
		j.failed = true
		s.Error = r.explain(o.err, s.Operation, s.Principal)
		s.RequestID = s.Error.RequestID
		r.fail(j, s)
		return false
	}
	s.RequestID, s.Adopted = o.requestID, o.adopted
	r.recordDone(j, s)
	for _, f := range o.fulfilled {
		r.recordDone(j, StepResult{Step: f, Note: phrase.Join("; ", j.note, alreadyFulfilled)})
	}
	return true
}

// recordError keeps the first error as that of the cluster.
func (r *run) recordError(err *plan.Error) {
	if r.result.Error == nil {
		r.result.Error = err
	}
}

// warn adds a warning about the run. Jobs side by side use warnOf.
func (r *run) warn(format string, args ...any) {
	r.result.Warnings = append(r.result.Warnings, plan.Warning{Message: fmt.Sprintf(format, args...)})
}

const onlyAdds = "this run only adds access"

func (r *run) withhold(j *job) {
	for _, s := range j.withhold() {
		r.book(j, asNotTried, StepResult{Step: s, Note: onlyAdds})
	}
}

func (r *run) haltIf(yes bool) {
	if yes {
		r.halted.Store(true)
	}
}

// newcomersUntil is one time for all principals that EKS does not know yet.
func (r *run) newcomersUntil() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newcomers.IsZero() {
		r.newcomers = r.Now().Add(r.RetryFor)
	}
	return r.newcomers
}

// stopped reports whether the run was told to stop, just before something new
// would be begun.
func (r *run) stopped(ctx context.Context) bool {
	if ctx.Err() != nil && !r.interrupted {
		r.interrupted = true
		r.recordError(&plan.Error{Code: fault.Interrupted, Resource: r.Plan.ARN,
			Message: "stopped before completion: " + context.Cause(ctx).Error(),
			Hint:    "run the command again; it continues from the current state"})
	}
	return r.interrupted
}

// checkGuards checks the guards on what remains, once what changed since the plan
// is left out of it.
func (r *run) checkGuards() bool {
	r.mergeNoticed()
	r.dropChangedEntries()
	return r.permits(r.remaining())
}

// remaining are the changes that are still to be made, in whole or in part.
func (r *run) remaining() []plan.Change {
	remaining := []plan.Change{}
	for _, j := range r.jobs {
		if !j.failed && len(j.rest) > 0 {
			remaining = append(remaining, j.remainingChange())
		}
	}
	return remaining
}

// permits checks the guards on changes, as the cluster was read last.
func (r *run) permits(remaining []plan.Change) bool {
	if r.Judge == nil {
		return true
	}
	r.result.Guards = append([]plan.Guard{}, r.Judge(r.have, remaining, nil)...)
	r.refused = slices.ContainsFunc(r.result.Guards, plan.Guard.Refuses)
	return !r.refused
}
