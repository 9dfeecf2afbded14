package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// read reads the cluster, again for a while if it fails: entries may be
// refused for some time after a mode step was confirmed.
func (r *run) read(ctx context.Context) bool {
	err := r.reread(ctx, r.Now().Add(r.ReadBackFor))
	if err != nil && !r.stopped(ctx) {
		r.recordError(r.explain(err, "DescribeCluster", ""))
		r.broken = true
	}
	return err == nil
}

func (r *run) reread(ctx context.Context, until time.Time) error {
	var p pause
	began := r.Now()
	for {
		have, err := r.Reader.Read(ctx)
		if err == nil && eksfacts.ReadsEntries(have.Mode) && !have.EntriesRead {
			err = &plan.Error{
				Code:     fault.NotConfirmed,
				Resource: r.Plan.ARN,
				Message:  "the entries of the cluster could not be read",
			}
		}
		if err == nil {
			r.have, r.fresh = have, nil
			return nil
		}
		if !r.waitAfter(ctx, err, &p, began, until) {
			return err
		}
	}
}

// readBack reads until nothing is unseen of any job, at most ReadBackFor. It
// returns the fields that were not seen. The cluster is read as a whole once;
// after that only entries with such fields are read, since reading all of a
// large cluster costs thousands of calls.
func (r *run) readBack(
	ctx context.Context, what string, of func(*job) []plan.Unseen,
) (unseen []plan.Unseen, err error) {
	var p pause
	began := r.Now()
	until := began.Add(r.ReadBackFor)
	r.Events(Event{Kind: ReadingBack, Cluster: r.Plan.ARN, Detail: what})
	if err := r.reread(ctx, until); err != nil {
		return nil, err
	}
	r.pieced = false
	for {
		unseen = nil
		var missing []string
		for _, j := range r.jobs {
			if list := of(j); len(list) > 0 {
				unseen, missing = append(unseen, list...), append(missing, j.principals()...)
			}
		}
		if r.result.Unseen = unseen; len(unseen) == 0 || !r.wait(ctx, &p, until) {
			return unseen, nil
		}
		r.Events(Event{Kind: ReadingBack, Cluster: r.Plan.ARN, Elapsed: r.Now().Sub(began), Detail: what})
		for _, principal := range missing {
			e, err := r.Reader.ReadEntry(ctx, principal)
			switch {
			case err == nil:
				r.have, r.pieced = with(r.have, principal, e), true
			case awserr.IsPermanent(err):
				return unseen, err
			}
		}
	}
}

// principals are those whose entries the change is about.
func (j *job) principals() []string {
	if j.change.PreviousPrincipal != nil {
		return []string{j.change.Principal, *j.change.PreviousPrincipal}
	}
	return []string{j.change.Principal}
}

// with is a reading in which one entry was read again; nil says that it is not
// there.
func with(live *spec.Live, principal string, e *spec.LiveEntry) *spec.Live {
	l := *live
	l.Entries = slices.DeleteFunc(
		slices.Clone(live.Entries),
		func(have spec.LiveEntry) bool { return have.Principal == principal },
	)
	if e != nil {
		l.Entries = append(l.Entries, *e)
		slices.SortFunc(l.Entries, func(a, b spec.LiveEntry) int { return a.Entry.Compare(b.Entry) })
	}
	return &l
}

// verifyGrants reads back before anything is taken away: what replaces it must be
// seen, and the guards must still hold.
func (r *run) verifyGrants(ctx context.Context) bool {
	if r.stopped(ctx) {
		return false
	}
	unseen, err := r.readBack(ctx, "the grants", func(j *job) []plan.Unseen {
		if j.dropped {
			return nil
		}
		return plan.UngrantedFields(j.change, r.have)
	})
	switch {
	case r.stopped(ctx):
		return false
	case err != nil:
		r.broken = true
		r.recordError(r.explain(err, "DescribeCluster", ""))
		return false
	case len(unseen) > 0:
		r.broken = true
		r.recordError(&plan.Error{Code: fault.NotConfirmed, Resource: r.Plan.ARN,
			Message: fmt.Sprintf("the grants could not be verified after %s, so nothing was revoked: %s",
				r.ReadBackFor, fieldsOf(unseen)),
			Hint: "run the command again; it continues from the current state"})
		return false
	}
	// The guards are to see the cluster as it is now, not one entry of now and
	// the others of a minute ago.
	if r.pieced && !r.read(ctx) {
		return false
	}
	return r.checkGuards()
}

// confirmAll reads until the cluster is as planned. All is done by then: where
// the time of the run is over, that is not an interruption but something not
// confirmed.
func (r *run) confirmAll(ctx context.Context) bool {
	if !outOfTime(ctx) && r.stopped(ctx) {
		return false
	}
	unseen, err := r.readBack(ctx, "all changes", r.unseenFields)
	switch {
	case err != nil:
		if outOfTime(ctx) {
			r.warn("not verified: %v", context.Cause(ctx))
		} else if !r.stopped(ctx) {
			r.warn("not verified: %s", r.explain(err, "DescribeCluster", "").Message)
		}
		return false
	case len(unseen) > 0:
		if outOfTime(ctx) {
			r.warn("not as planned, and %v: %s", context.Cause(ctx), fieldsOf(unseen))
		} else if !r.stopped(ctx) {
			r.warn("not as planned after %s: %s", r.ReadBackFor, fieldsOf(unseen))
		}
		return false
	}
	m := r.Plan.AuthenticationMode
	if m.Moves() && len(r.modes) == 0 && !modeReached(r.have.Mode, m.After) {
		r.warn("the cluster has mode %s, not %s", r.have.Mode, m.After)
		r.result.Unseen = []plan.Unseen{{Field: plan.FieldMode, Have: r.have.Mode, Want: m.After}}
		return false
	}
	return r.verify()
}

// verify checks all declared entries and the guards on the last reading,
// also what others changed meanwhile.
func (r *run) verify() bool {
	for _, want := range r.Plan.Unchanged {
		if why := plan.Difference(want, r.have.Entry(want.Principal), r.AddOnly); why != "" {
			r.recordLeft(want.Principal, "changed during this run: "+why)
		}
	}
	for _, j := range r.jobs {
		if list := r.unseenFields(j); !j.failed && len(list) > 0 {
			r.recordLeft(j.change.Principal, "changed during this run: "+plan.UnseenText(list))
			r.result.Unseen = append(r.result.Unseen, list...)
		}
	}
	if r.Judge != nil {
		r.result.Guards = append([]plan.Guard{}, r.Judge(r.have, nil, r.start)...)
		r.refused = slices.ContainsFunc(r.result.Guards, plan.Guard.Refuses)
	}
	for _, g := range r.result.Guards {
		if g.Refuses() {
			r.recordError(&plan.Error{Code: fault.GuardNoLongerHolds, Resource: r.Plan.ARN,
				Message: fmt.Sprintf(
					"the plan was applied, but guard %s no longer passes: %s",
					g.Name,
					g.Detail,
				),
				Hint: "others changed the cluster during this run; inspect it with eksaccess plan"})
		}
	}
	r.result.Converged = !r.refused && len(r.result.Left) == 0
	return r.result.Converged
}

func outOfTime(ctx context.Context) bool { return errors.Is(ctx.Err(), context.DeadlineExceeded) }

// unseenFields lists what the last reading does not show of a job.
func (r *run) unseenFields(j *job) []plan.Unseen {
	switch {
	case j.dropped:
		return nil // it is listed as left
	case !j.withheld:
		return plan.UnfulfilledFields(j.change, r.have)
	case j.change.Action == plan.Replace || j.change.After == nil:
		return nil
	}
	return plan.UngrantedFields(j.change, r.have)
}

// fieldsOf is fields that were not seen, by principal: of at most three of them.
func fieldsOf(unseen []plan.Unseen) string {
	var order []string
	by := map[string][]plan.Unseen{}
	for _, u := range unseen {
		if by[u.Principal] == nil {
			order = append(order, u.Principal)
		}
		by[u.Principal] = append(by[u.Principal], u)
	}
	more := ""
	if n := len(order); n > 3 {
		order, more = order[:3], fmt.Sprintf("; and %d more", n-3)
	}
	for i, principal := range order {
		order[i] = principal + ": " + plan.UnseenText(by[principal])
	}
	return strings.Join(order, "; ") + more
}
