//go:build acceptance

package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A program is the binary that users get, and a folder for what it writes.
type program struct{ binary, dir string }

func build(t *testing.T, env []string) program {
	t.Helper()
	p := program{dir: t.TempDir()}
	p.binary = filepath.Join(p.dir, "eksaccess")
	cmd := exec.Command("go", "build", "-o", p.binary, "../../cmd/eksaccess")
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return p
}

func (p program) path(name string) string { return filepath.Join(p.dir, name) }

func (p program) write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(p.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p.path(name)
}

// run ends the test where the program does not end with one of the codes. AWS
// is found as the environment says; journals and kubeconfigs stay in the folder.
func (s *suite) run(t *testing.T, codes []int, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.program.binary, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // finishes the call in flight
	cmd.WaitDelay = time.Minute
	cmd.Dir = s.program.dir
	cmd.Env = append(
		os.Environ(),
		"XDG_STATE_HOME="+s.program.path("state"),
		"KUBECONFIG="+s.program.path("kubeconfig"),
		"NO_COLOR=1",
		"COLUMNS=120",
	)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || !slices.Contains(codes, cmd.ProcessState.ExitCode()) {
		t.Fatalf(
			"eksaccess %s: %v, want exit code %v\n%s%s",
			strings.Join(args, " "),
			err,
			codes,
			out.String(),
			errOut.String(),
		)
	}
	return out.String()
}

// A change and a planned are what is looked at of "plan -o json".
type change struct {
	Action, Principal, Reason string
	Steps                     []struct {
		Operation, Policy, Scope string
		Namespaces               []string
	}
}

type planned struct {
	Clusters []struct {
		ARN, Status string
		Changes     []change
		Warnings    []struct{ Message string }
	}
}

// plan returns what would be changed. Whatever is not about PRINCIPAL ends the
// test: no apply may follow.
func (s *suite) plan(t *testing.T, args ...string) []change {
	t.Helper()
	all := s.planOf(t, args...)
	for _, c := range all {
		if c.Principal != s.principal {
			t.Fatalf(
				"the plan is to %s %s (%s), and only %s may be touched",
				c.Action,
				c.Principal,
				c.Reason,
				s.principal,
			)
		}
	}
	return all
}

func (s *suite) planOf(t *testing.T, args ...string) []change {
	t.Helper()
	out := s.run(t, []int{0}, append([]string{"plan", "-o", "json"}, args...)...)
	p := decode[planned](t, out)
	if len(p.Clusters) != 1 || p.Clusters[0].ARN != s.clusterARN {
		t.Fatalf("the plan is of other clusters than %s:\n%s", s.clusterARN, out)
	}
	return p.Clusters[0].Changes
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return v
}
