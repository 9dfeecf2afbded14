package apply

import (
	"context"
	"fmt"
	"sync"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
)

// Fleet applies to many clusters side by side, at most o.Clusters at once, and
// returns their results in the order of the targets. Each is on its own: what
// goes wrong in one stops no other, unless o.MaxFailures have failed, those
// that could not be read among them; clusters with anything to do that were
// not begun by then are skipped. Clusters that were not begun when ctx ended
// are in the results as interrupted.
func Fleet(ctx context.Context, targets []Target, o Options) []ClusterResult {
	o = o.withDefaults()
	o.Events = oneAtATime(o.Events)
	results := make([]ClusterResult, len(targets))
	free := make(chan struct{}, o.Clusters)
	f := failures{most: o.MaxFailures}
	for _, t := range targets {
		f.count(t.Plan.Status == plan.Failed)
	}
	var all sync.WaitGroup
	for i, t := range targets {
		free <- struct{}{}
		if n := f.tooMany(); n > 0 && t.Plan.Status == plan.Changed && !t.Plan.Watch {
			results[i] = skippedResult(t, o, n)
			<-free
			continue
		}
		all.Go(func() {
			defer func() { <-free }()
			results[i] = Run(ctx, t, o)
			f.count(results[i].Status == Failed && t.Plan.Status != plan.Failed)
		})
	}
	all.Wait()
	return results
}

// failures are the clusters that failed so far.
type failures struct {
	most int
	mu   sync.Mutex
	n    int
}

func (f *failures) count(failed bool) {
	if failed {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.n++
	}
}

// tooMany returns how many there are once no further cluster is to be begun,
// else 0.
func (f *failures) tooMany() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.most == 0 || f.n < f.most {
		return 0
	}
	return f.n
}

// skippedResult is the account of a cluster that is not begun.
func skippedResult(t Target, o Options, failed int) ClusterResult {
	r := newRun(t, o)
	r.recordError(&plan.Error{Code: fault.NotBegun, Resource: t.Plan.ARN,
		Message: fmt.Sprintf("not started, because too many other clusters failed: %d", failed),
		Hint:    "fix the failed clusters, then run the command again"})
	r.skipped = true
	return r.finish()
}

func oneAtATime(events func(Event)) func(Event) {
	var one sync.Mutex
	return func(e Event) {
		one.Lock()
		defer one.Unlock()
		events(e)
	}
}
