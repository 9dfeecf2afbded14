package apply

import (
	"fmt"
	"sync"

	"github.com/eksaccess/eksaccess/plan"
)

// A list is where in the result a step ends up.
type list int

const (
	asDone list = iota
	asFailed
	asNotTried
	asInProgress
)

// What is booked of a step while other jobs are at work.
type booked struct {
	list list
	step StepResult
}

// sideBySide lets several jobs do something at a time, at most n. What they
// book comes into the result in the order of the jobs, so that the account of a
// run does not depend on which call was answered first.
func (r *run) sideBySide(jobs []*job, n int, do func(*job)) {
	free := make(chan struct{}, n)
	var all sync.WaitGroup
	for _, j := range jobs {
		j.beside = true
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			do(j)
		})
	}
	all.Wait()
	for _, j := range jobs {
		for _, b := range j.booked {
			r.enterResult(b.list, b.step)
		}
		r.result.Warnings = append(r.result.Warnings, j.warnings...)
		j.beside, j.booked, j.warnings = false, nil, nil
	}
}

// warnOf adds a warning about a job, at once or when the jobs beside are done.
func (r *run) warnOf(j *job, format string, args ...any) {
	if j.beside {
		j.warnings = append(j.warnings, plan.Warning{Message: fmt.Sprintf(format, args...)})
		return
	}
	r.warn(format, args...)
}

// book puts a step into the result, at once or when the jobs beside are done.
// A step that belongs to no job is one of the mode.
func (r *run) book(j *job, l list, s StepResult) {
	if j != nil && j.beside {
		j.booked = append(j.booked, booked{l, s})
		return
	}
	r.enterResult(l, s)
}

func (r *run) enterResult(l list, s StepResult) {
	switch res := &r.result; l {
	case asDone:
		res.Done = append(res.Done, s)
	case asFailed:
		res.Failed = append(res.Failed, s)
		r.recordError(s.Error)
	case asNotTried:
		res.NotTried = append(res.NotTried, s)
	case asInProgress:
		res.InProgress = append(res.InProgress, s)
	}
}

func (r *run) recordDone(j *job, s StepResult) {
	r.book(j, asDone, s)
	r.Events(Event{Kind: StepDone, Cluster: r.Plan.ARN, Step: s})
}

func (r *run) fail(j *job, s StepResult) {
	r.book(j, asFailed, s)
	r.Events(Event{Kind: StepFailed, Cluster: r.Plan.ARN, Step: s})
}
