//go:build chaos

package main

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"testing"
)

// TestChaos is what make chaos runs: every moment at which a run can be killed,
// many worlds in trouble, many with a writer outside, and every way two applies
// can meet. It prints what
// was done, and what must be none. CHAOS_WORLDS and CHAOS_SEED change how many
// worlds, and which.
func TestChaos(t *testing.T) {
	worlds, seed := number(t, "CHAOS_WORLDS", 200), number(t, "CHAOS_SEED", 20261123)
	var all findings
	var killed, duels int

	t.Run("kills", func(t *testing.T) {
		writes, want := writesOf(t, killWorld, killFile)
		if writes < 40 {
			t.Fatalf("%d writes are too few", writes)
		}
		stride := 1
		if worlds < 100 { // a smaller count of everything
			stride = 5
		}
		for _, again := range []bool{false, true} {
			f, n := kills(t, killWorld, killFile, everyMoment(writes, stride), again, want)
			all.add(f)
			killed += n
		}
		f, n := killMigrations(t, 1)
		all.add(f)
		killed += n
	})
	t.Run("writers outside", func(t *testing.T) {
		l := newLab(t)
		for i := range worlds {
			x := safetyTrials.Example(seed + i)
			f := l.trySafely(t, x)
			for _, bad := range f.bad() {
				t.Logf("world %d\n%s\n%s", seed+i, bad, x)
			}
			all.add(f)
		}
	})
	t.Run("worlds", func(t *testing.T) {
		l := newLab(t)
		for i := range worlds {
			x := trials.Example(seed + i)
			f := l.try(t, x)
			for _, bad := range f.bad() {
				t.Logf("world %d\n%s\n%s", seed+i, bad, x)
			}
			all.add(f)
		}
	})
	t.Run("duels", func(t *testing.T) {
		stride := 3
		if worlds < 100 {
			stride = 9
		}
		duels = rivals(t, stride)
		if t.Failed() {
			all.lockouts = append(all.lockouts, "two applies left nobody")
		}
	})
	for _, bad := range all.bad() {
		t.Error(bad)
	}
	fmt.Printf("worlds: %d of two kinds (seed %d)\nmutations: %d\nkills: %d\nfaults injected: %d\nduels: %d\n"+
		"lockouts: %d\ngaps: %d\nunplanned revocations: %d\nnot converged: %d\nwrong accounts: %d\n",
		worlds, seed, all.mutations, killed, all.faults, duels,
		len(all.lockouts), len(all.gaps), len(all.unplanned), len(all.unconverged), len(all.wrong))
}

func number(t *testing.T, name string, preset int) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(preset)))
	if err != nil || n < 0 {
		t.Fatalf("%s=%s is no number", name, os.Getenv(name))
	}
	return n
}
