package apply

import (
	"context"
	"sync"
)

// Fleet applies to many clusters side by side, at most o.Clusters at once, and
// returns their results in the order of the targets. Each is on its own: what
// goes wrong in one stops no other. Clusters that were not begun when ctx
// ended are in the results as interrupted.
func Fleet(ctx context.Context, targets []Target, o Options) []ClusterResult {
	o = o.filled()
	o.Events = oneAtATime(o.Events)
	results := make([]ClusterResult, len(targets))
	free := make(chan struct{}, o.Clusters)
	var all sync.WaitGroup
	for i, t := range targets {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			results[i] = Run(ctx, t, o)
		})
	}
	all.Wait()
	return results
}

func oneAtATime(events func(Event)) func(Event) {
	var one sync.Mutex
	return func(e Event) {
		one.Lock()
		defer one.Unlock()
		events(e)
	}
}
