package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// A stage is a lab that random worlds are played on.
type stage struct{ *lab }

func newStage(t *testing.T) *stage { return &stage{newLab(t)} }

// fewer tests a property with one world in so many: a world takes many runs.
func fewer(t *testing.T, by int) {
	f := flag.Lookup("rapid.checks")
	was := f.Value.String()
	n, err := strconv.Atoi(was)
	if err != nil {
		t.Fatal(err)
	}
	f.Value.Set(strconv.Itoa(max(1, n/by)))
	t.Cleanup(func() { f.Value.Set(was) })
}

// begin loads a scene. Clusters in CONFIG_MAP are left to other tests: what
// EKS adds at a switch is no run's to take back.
func (s *stage) begin(t *rapid.T, sc scene) {
	sc.world = strings.ReplaceAll(sc.world, "mode: CONFIG_MAP", "mode: API_AND_CONFIG_MAP")
	s.load(t, sc.world, sc.file, nil)
}

func (s *stage) do(t *rapid.T, args ...string) (code int, output string) {
	args = append(append([]string{"eksaccess"}, args...), allowed(args, []string{"--take-ownership"})...)
	args = append(
		args,
		"--allow-node-removal",
		"--allow-self-lockout",
		"--allow-api-only",
		"--allow-aws-auth-hidden",
		"--min-admins=0",
		"--max-removals=99",
		"--concurrency=8",
		"--yes",
		"--progress=none",
	)
	var out bytes.Buffer
	p := s.program(&out, &out)
	return p.run(context.Background(), args), out.String()
}

func (s *stage) journal(t *rapid.T, name string) string {
	path := filepath.Join(s.dir, name)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return path
}

// rights are the entries of the world as a person would write them.
func (s *stage) rights() map[string]string {
	out := map[string]string{}
	for _, c := range s.sim.World().Clusters {
		for _, e := range c.Entries {
			var policies []string
			for _, p := range e.Policies {
				slices.Sort(p.Namespaces)
				policies = append(policies, fmt.Sprint(p.Policy, p.Namespaces))
			}
			slices.Sort(policies)
			slices.Sort(e.Groups)
			out[c.Name+" "+e.Principal] = fmt.Sprint(e.Type, " ", e.Username, " ", e.Groups, " ", e.Tags, " ", policies)
		}
	}
	return out
}

// lasting leaves out what no undo can bring back: entries of roles that IAM
// has no more, with those that took their place, and entries that were dead.
func (s *stage) lasting(before ekssim.World, rights map[string]string) map[string]string {
	born := map[string]time.Time{}
	for _, a := range before.Accounts {
		for _, r := range a.Roles {
			born[r.Name] = r.CreatedAt
		}
	}
	for _, c := range before.Clusters {
		for _, e := range c.Entries {
			if name := e.Principal[strings.LastIndexByte(e.Principal, '/')+1:]; born[name].After(e.CreatedAt) {
				delete(rights, c.Name+" "+e.Principal)
			}
			if e.Orphan {
				delete(rights, c.Name+" "+e.Principal)
				delete(rights, c.Name+" "+strings.ReplaceAll(e.Principal, "ffffffffffffffff", "0123456789abcdef"))
			}
		}
	}
	return rights
}

// Whatever a run did, and wherever it was stopped: undo makes the world what
// it was, and undoing that makes it what the run had made of it.
func TestUndoTakesBack(t *testing.T) {
	fewer(t, 10)
	s := newStage(t)
	rapid.Check(t, func(t *rapid.T) {
		sc := drawScene(t)
		s.begin(t, sc)
		before := s.sim.World()
		want := s.lasting(before, s.rights())
		run, undo := s.journal(t, "run.jsonl"), s.journal(t, "undo.jsonl")
		if rapid.Bool().Draw(t, "stopped") {
			s.stop(t, rapid.IntRange(0, 12).Draw(t, "after"))
		}
		_, told := s.do(t, "apply", "-f", s.file, "--journal", run)
		s.sim.RemoveFaults("stop")
		made := s.lasting(before, s.rights())
		if _, err := os.Stat(run); err != nil {
			return // nothing was written
		}
		code, undone := s.do(t, "undo", run, "--journal", undo)
		if code != exitOK && !impossible(code, undone) {
			t.Fatalf("undo ends with %d\n%s\n%s\n--- world\n%s\n--- file\n%s", code, told, undone, sc.world, sc.file)
		}
		if diff := cmp.Diff(want, s.lasting(before, s.rights())); diff != "" {
			t.Fatalf(
				"not what it was (-want +got):\n%s\n%s\n%s\n--- world\n%s\n--- file\n%s",
				diff,
				told,
				undone,
				sc.world,
				sc.file,
			)
		}
		if _, err := os.Stat(undo); err != nil {
			return
		}
		if code, again := s.do(t, "undo", undo, "--no-journal"); code != exitOK && !impossible(code, again) {
			t.Fatalf(
				"undoing the undo ends with %d\n%s\n%s\n--- world\n%s\n--- file\n%s",
				code,
				undone,
				again,
				sc.world,
				sc.file,
			)
		}
		if diff := cmp.Diff(made, s.lasting(before, s.rights())); diff != "" {
			t.Fatalf(
				"not what the run made (-want +got):\n%s\n%s\n%s\n--- world\n%s\n--- file\n%s",
				diff,
				told,
				undone,
				sc.world,
				sc.file,
			)
		}
	})
}

// impossible reports whether an undo left only what no undo can revert: steps of
// the mode, and entries that were stale or whose principal IAM has no more.
func impossible(code int, output string) bool {
	planned, _, _ := strings.Cut(strings.Join(strings.Fields(output), " "), " Plan: ")
	left := strings.Count(planned, "warning: not undone:")
	reasons := []string{"which EKS cannot revert", "no longer exists in IAM", "was recreated in IAM after that entry"}
	for _, reason := range reasons {
		left -= strings.Count(planned, reason)
	}
	return code == exitUnconfirmed && left == 0
}

// stop refuses every write but the first few, those that would put something
// back too: what is left is what a run leaves that is killed there.
func (s *stage) stop(t *rapid.T, after int) {
	stop := ekssim.Fault{Name: "stop", Mutating: true, Service: "eks", Effect: "deny", After: after}
	if err := s.sim.AddFault(stop); err != nil {
		t.Fatal(err)
	}
}

// Wherever a run is stopped, running it again leads to what it would have led
// to by itself, with all that entries had that were deleted to be replaced.
func TestStoppedRunIsFinished(t *testing.T) {
	fewer(t, 10)
	s := newStage(t)
	rapid.Check(t, func(t *rapid.T) {
		sc := drawScene(t)
		s.begin(t, sc)
		switch code, told := s.do(t, "apply", "-f", s.file, "--no-journal"); {
		case code == exitRefused && strings.Contains(told, "x ownership"):
			t.Skip("entries of other owners")
		case code != exitOK:
			t.Fatalf("apply ends with %d\n%s", code, told)
		}
		want := s.rights()

		s.begin(t, sc)
		run := s.journal(t, "run.jsonl")
		s.stop(t, rapid.IntRange(0, 12).Draw(t, "after"))
		_, first := s.do(t, "apply", "-f", s.file, "--journal", run)
		s.sim.RemoveFaults("stop")
		code, second := s.do(t, "apply", "-f", s.file, "--journal", run)
		if code != exitOK {
			t.Fatalf(
				"the second apply ends with %d\n%s\n%s\n--- world\n%s\n--- file\n%s",
				code,
				first,
				second,
				sc.world,
				sc.file,
			)
		}
		if diff := cmp.Diff(want, s.rights()); diff != "" {
			t.Fatalf(
				"not what one run makes (-want +got):\n%s\n%s\n%s\n--- world\n%s\n--- file\n%s",
				diff,
				first,
				second,
				sc.world,
				sc.file,
			)
		}
	})
}
