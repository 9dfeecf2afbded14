package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/plan"
)

// A write is done and its answer lost: once, each time, or each but the first,
// so that nobody ever hears of it. What is said of it is never more than what
// is so, nothing is done twice, and the next run gets there.
func TestLostAnswers(t *testing.T) {
	_, want := writesOf(t, killWorld, killFile)
	l := newLab(t)
	for _, operation := range writes {
		for name, faults := range map[string][]ekssim.Fault{
			"from the 2nd": {{Operation: operation, Effect: "lost", After: 1}},
			"once":         {{Operation: operation, Effect: "lost", Count: 1}},
			"each":         {{Operation: operation, Effect: "lost"}},
		} {
			if name != "each" && sparser(1) > 1 {
				continue
			}
			t.Run(operation+" "+name, func(t *testing.T) {
				l.load(t, killWorld, killFile, nil)
				var planned plan.Plan
				if e := l.run("plan", "-f", l.file, "-o", "json"); json.Unmarshal([]byte(e.stdout), &planned) != nil {
					t.Fatal(e)
				}
				if err := l.sim.AddFault(faults...); err != nil {
					t.Fatal(err)
				}
				e := l.run("apply", "-f", l.file, "--yes", "-o", "json")
				calls := l.sim.Calls(ekssim.CallFilter{Mutating: true})
				for _, wrong := range misaccounted(&planned, e, calls, l.sim.World()) {
					t.Error(wrong)
				}
				if name == "once" && e.code != 0 {
					t.Errorf("ends with %d\n%s\n%s", e.code, e.stdout, e.stderr)
				}
				l.sim.RemoveFaults("*")
				if e := l.run("apply", "-f", l.file, "--yes", "-o", "json"); e.code != 0 {
					t.Errorf("the next run ends with %d\n%s\n%s", e.code, e.stdout, e.stderr)
				}
				if diff := cmp.Diff(want, shapes(l.sim)); diff != "" {
					t.Errorf("the next run leads elsewhere (-want +got)\n%s", diff)
				}
				for _, line := range timelines(l.sim) {
					for _, bad := range append(line.gaps(killReplaced), line.lockouts()...) {
						t.Error(bad)
					}
				}
			})
		}
	}
}
