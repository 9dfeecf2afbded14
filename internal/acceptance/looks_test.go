//go:build acceptance

package acceptance

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// These begin with PRINCIPAL having View in the namespace, and only look.

func (s *suite) who(t *testing.T) {
	out := s.run(t, []int{0}, "who", "-f", s.program.path("clusters.yaml"), "--principal", s.principal, "-o", "json")
	w := decode[struct {
		Principals []struct {
			Principal string
			Works     bool
			Access    []struct {
				Cluster, Owner string
				Ways           []struct {
					Policy     string
					Namespaces []string
				}
			}
		}
	}](t, out)
	if len(w.Principals) != 1 || w.Principals[0].Principal != s.principal || !w.Principals[0].Works ||
		len(w.Principals[0].Access) != 1 {
		t.Fatalf("who has what: %s", out)
	}
	a := w.Principals[0].Access[0]
	if a.Cluster != s.clusterARN || len(a.Ways) != 1 || a.Ways[0].Policy != *s.policy("AmazonEKSViewPolicy") ||
		!slices.Equal(a.Ways[0].Namespaces, []string{namespace}) {
		t.Errorf("its access: %s", out)
	}
}

// doctor derives what another principal may from published policies: it asks
// the cluster nothing in its name.
func (s *suite) doctor(t *testing.T) {
	ask := func(code int, question, verdict string) {
		t.Helper()
		out := s.run(
			t,
			[]int{code},
			"doctor",
			"--cluster",
			s.clusterARN,
			"--principal",
			s.principal,
			"--can",
			question,
			"-o",
			"json",
		)
		d := decode[struct {
			Access  string
			Answers []struct{ Verdict string }
		}](t, out)
		if d.Access != "in" || len(d.Answers) != 1 || d.Answers[0].Verdict != verdict {
			t.Errorf("%s: %s", question, out)
		}
	}
	ask(0, "get pods -n "+namespace, "yes")
	ask(2, "delete pods -n "+namespace, "no")
	ask(2, "get pods -n default", "no")
}

// What was read is enough to plan from, offline, and says the same.
func (s *suite) snapshot(t *testing.T) {
	f, taken := s.file(t, viewInNamespace), s.program.path("snapshot.json")
	s.run(t, []int{0}, "snapshot", "-f", f, "--save", taken)
	if changes := s.plan(t, "-f", f, "--snapshot", taken); len(changes) > 0 {
		t.Errorf("planned from a snapshot: %+v", changes)
	}
	if changes := s.plan(t, "-f", s.file(t), "--snapshot", taken); len(changes) != 1 || changes[0].Action != "delete" {
		t.Errorf("planned from a snapshot, with nobody in the file: %+v", changes)
	}
	if out := s.run(t, []int{0}, "show", taken); !strings.Contains(out, s.cluster) {
		t.Errorf("shown:\n%s", out)
	}
}

// An entry that no file declares is found, one that is declared is not.
func (s *suite) audit(t *testing.T) {
	found := func(file string) (found, all int) {
		out := s.run(t, []int{0}, "audit", "-f", file, "-o", "json")
		a := decode[struct {
			Kind     string
			Summary  struct{ Clusters, Failed, Findings int }
			Findings []struct{ Rule, Principal string }
		}](t, out)
		if a.Kind != "Audit" || a.Summary.Clusters != 1 || a.Summary.Failed != 0 ||
			a.Summary.Findings != len(a.Findings) {
			t.Fatalf("audited:\n%s", out)
		}
		for _, f := range a.Findings {
			if f.Rule == "EA503" && f.Principal == s.principal {
				found++
			}
		}
		return found, len(a.Findings)
	}
	if n, all := found(s.file(t)); n != 1 {
		t.Errorf("not declared: %d findings of it among %d", n, all)
	}
	if n, all := found(s.file(t, viewInNamespace)); n != 0 {
		t.Errorf("declared: %d findings of it among %d", n, all)
	}
}

// What is live becomes a file, and that file finds nothing to change but the
// entries of principals that were recreated since. It is not applied.
func (s *suite) importLive(t *testing.T) {
	text := s.run(t, []int{0}, "import", "live", "--cluster", s.clusterARN)
	if !strings.Contains(text, s.principal) {
		t.Errorf("it lacks %s:\n%s", s.principal, text)
	}
	f := s.program.write(t, "imported.yaml", text)
	for _, c := range s.planOf(t, "-f", f) {
		if c.Principal == s.principal || c.Action != "replace" {
			t.Errorf("planned, what was imported is to %s %s: %s", c.Action, c.Principal, c.Reason)
		}
	}
}

// drill says what an emergency grant would do, and does none of it.
func (s *suite) drill(t *testing.T) {
	before, err := s.readAll(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	out := s.run(
		t,
		[]int{0},
		"recover",
		"--cluster",
		s.clusterARN,
		"--principal",
		s.principal,
		"--drill",
		"--no-verify",
		"-o",
		"json",
	)
	d := decode[struct {
		Drill     bool
		Principal string
		Outcome   string
	}](t, out)
	if !d.Drill || d.Principal != s.principal || d.Outcome != "would-recover" {
		t.Errorf("drilled:\n%s", out)
	}
	if _, err := os.Stat(s.program.path("kubeconfig")); err == nil {
		t.Error("it wrote a kubeconfig")
	}
	after, err := s.readAll(s.ctx)
	if err != nil || len(after) != len(before) || (after[s.principal] == nil) != (before[s.principal] == nil) {
		t.Errorf("%d entries before and %d after, error %v", len(before), len(after), err)
	}
}
