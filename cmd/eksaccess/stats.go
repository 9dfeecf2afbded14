package main

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/render"
)

// tellStats is what --stats asks for.
func (p *program) tellStats() {
	if p.statsForm == "" {
		return
	}
	s := render.Stats{Took: time.Since(p.begun)}
	for _, c := range p.tally.Counts() {
		s.Calls = append(
			s.Calls,
			render.CallCount{Service: c.Service, Operation: c.Operation, Calls: c.Calls, Throttled: c.Throttled,
				Failed: c.Failed, Time: c.Time, Longest: c.Longest},
		)
	}
	_ = s.Write(p.stderr, p.statsForm == "json") // what there was to say of the run has been said
}
