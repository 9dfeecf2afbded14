package apply

import "time"

// An EventKind says what an [Event] is about.
type EventKind string

const (
	StepStarted EventKind = "step-started"
	StepDone    EventKind = "step-done"
	StepFailed  EventKind = "step-failed"
	Retrying    EventKind = "retrying"    // the step was refused for a cause that passes
	Waiting     EventKind = "waiting"     // for an update of the cluster
	ReadingBack EventKind = "readingback" // until the cluster shows what was written
	Finished    EventKind = "finished"    // with the cluster
)

// An Event is progress, for those who watch the run. Those of one entry come in order,
// and no two of a cluster, or of a [Fleet], at once.
type Event struct {
	Kind    EventKind
	Cluster string        // ARN
	Step    StepResult    // of the step kinds, Retrying and Waiting
	Elapsed time.Duration // of Retrying, Waiting, ReadingBack: how long so far
	Detail  string        // what is waited for, in words
	Status  Status        // of Finished
}
