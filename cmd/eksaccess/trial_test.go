package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/plan"
)

// findings are what one world under trouble has shown.
type findings struct {
	mutations, faults int

	lockouts, gaps, unconverged []string
	unplanned                   []string // taken without being planned, or from what changed since
	wrong                       []string // an account that does not agree with the world
}

func (f *findings) bad() []string {
	return slices.Concat(f.lockouts, f.gaps, f.unplanned, f.unconverged, f.wrong)
}

func (f *findings) add(g findings) {
	f.mutations, f.faults = f.mutations+g.mutations, f.faults+g.faults
	f.lockouts, f.gaps = append(f.lockouts, g.lockouts...), append(f.gaps, g.gaps...)
	f.unplanned = append(f.unplanned, g.unplanned...)
	f.unconverged, f.wrong = append(f.unconverged, g.unconverged...), append(f.wrong, g.wrong...)
}

// A trial is a world, a file and the trouble that applying it meets.
type trial struct {
	scene
	trouble
}

var trials = rapid.Custom(func(t *rapid.T) trial {
	x := trial{drawScene(t), drawTrouble(t)}
	if x.other {
		// Whoever runs it is no admin any more, and somebody new is.
		x.world = strings.NewReplacer(
			"  - eksaccess\n",
			"  - eksaccess\n  - f\n",
			"{principal: role/eksaccess,",
			"{principal: role/eksaccess, tags: {eksaccess:owner: platform},",
		).Replace(x.world)
		x.file = strings.ReplaceAll(x.file, "admins: [{role: eksaccess}]", "admins: [{role: f}]")
	}
	return x
})

func (x trial) String() string {
	return fmt.Sprintf("%+v\n--- world\n%s\n--- file\n%s", x.trouble, x.world, x.file)
}

// try applies a file to a world under trouble, and again without any until it
// is as the file says.
func (l *lab) try(t fataler, x trial) (f findings) {
	t.Helper()
	l.load(t, x.world, x.file, func(w *ekssim.World) {
		w.Settings.Seed, w.Settings.VisibilityLag = x.seed, ekssim.Duration(x.lag)
		bury(w)
	})
	planned := l.plan(t, x)
	replaced := replacedBy(planned, nil)
	had := map[ekssim.ClusterID]int{}
	for _, line := range timelines(l.sim) {
		had[line.cluster] = admins(line.before)
	}

	x.begin(l, t)
	e := l.run("apply", "-f", l.file, "--yes", "-o", "json")
	calls := l.sim.Calls(ekssim.CallFilter{Mutating: true})
	f.faults = x.end(l)
	f.mutations = applied(calls)
	f.wrong = misaccounted(planned, e, calls, l.sim.World())
	f.wrong = append(f.wrong, afterRefusal(planned, calls)...)
	if x.rival > 0 {
		f.lockouts = lastTaken(l.sim, had)
	}

	refused := planned.Summary.Refused > 0 || x.rival > 0
	for n := 0; ; n++ {
		l.sim.ForgetCalls()
		again := l.plan(t, x)
		replaced = replacedBy(again, replaced)
		e := l.run("apply", "-f", l.file, "--yes", "-o", "json")
		calls := l.sim.Calls(ekssim.CallFilter{Mutating: true})
		f.mutations += applied(calls)
		f.wrong = append(f.wrong, misaccounted(again, e, calls, l.sim.World())...)
		if e.code == 0 &&
			again.Summary.Create+again.Summary.Update+again.Summary.Replace+again.Summary.Rekey+
				again.Summary.Delete+again.Summary.ModeChanges == 0 ||
			e.code == 3 && refused {
			break
		}
		if n == 4 {
			f.unconverged = append(
				f.unconverged,
				fmt.Sprintf("the run %d after the trouble ends with %d\n%s\n%s", n+1, e.code, e.stdout, e.stderr),
			)
			break
		}
	}
	if x.rival == 0 {
		for _, line := range timelines(l.sim) {
			f.gaps = append(f.gaps, line.gaps(replaced)...)
			f.lockouts = append(f.lockouts, line.lockouts()...)
		}
	}
	l.wait(context.Background(), time.Minute)
	return f
}

// bury binds entries that are older than their role to the one before it, as
// they must be: the simulator then knows that they admit nobody.
func bury(w *ekssim.World) {
	born := map[string]time.Time{}
	for _, a := range w.Accounts {
		for _, r := range a.Roles {
			born["role"+cmp.Or(r.Path, "/")+r.Name] = r.CreatedAt
		}
	}
	for _, c := range w.Clusters {
		for i, e := range c.Entries {
			if born[e.Principal].After(e.CreatedAt) {
				c.Entries[i].BoundTo = "AROAFORMER"
			}
		}
	}
}

func (l *lab) plan(t fataler, x trial) *plan.Plan {
	t.Helper()
	e := l.run("plan", "-f", l.file, "-o", "json")
	var p plan.Plan
	if err := json.Unmarshal([]byte(e.stdout), &p); err != nil {
		t.Fatalf("plan ends with %d: %v\n%s\n%s\n%s", e.code, err, e.stdout, e.stderr, x)
	}
	return &p
}

// replacedBy adds who is deleted and made again, as the plan announces.
func replacedBy(p *plan.Plan, list []string) []string {
	for _, c := range p.Clusters {
		for _, ch := range c.Changes {
			if ch.Action == plan.Replace {
				list = append(list, c.Name+" "+ch.Principal)
			}
		}
	}
	return list
}

func applied(calls []ekssim.Call) (n int) {
	for _, c := range calls {
		if c.Applied {
			n++
		}
	}
	return n
}

// afterRefusal are writes to clusters that the plan refuses.
func afterRefusal(p *plan.Plan, calls []ekssim.Call) (wrong []string) {
	for _, c := range p.Clusters {
		if c.Status == plan.Refused &&
			slices.ContainsFunc(calls, func(call ekssim.Call) bool { return call.Cluster == c.Name }) {
			wrong = append(wrong, "written to after a refusal: "+c.Name)
		}
	}
	return wrong
}

// lastTaken are clusters that a run left without an admin, having taken the
// last one itself: whatever others did meanwhile.
func lastTaken(sim *ekssim.Server, had map[ekssim.ClusterID]int) (out []string) {
	for _, line := range timelines(sim) {
		if admins(line.after) > 0 || had[line.cluster] == 0 {
			continue
		}
		for _, h := range slices.Backward(line.changes) {
			if h.Before != nil && h.Before.Admin {
				if h.Operation != "edit" {
					out = append(
						out,
						fmt.Sprintf(
							"%s: no living admin; %s took the last, %s",
							line.cluster.Name,
							h.Operation,
							h.Principal,
						),
					)
				}
				break
			}
		}
	}
	return out
}

// Whatever the world, whatever fails and whoever else writes: no gap, never
// fewer admins than before and after, an exact account, and no success that is
// none; and the next run gets there.
func TestTrouble(t *testing.T) {
	fewer(t, 10)
	l := newLab(t)
	rapid.Check(t, func(t *rapid.T) {
		x := trials.Draw(t, "trial")
		if f := l.try(t, x); len(f.bad()) > 0 {
			t.Fatalf("%s\n%s", strings.Join(f.bad(), "\n"), x)
		}
	})
}
