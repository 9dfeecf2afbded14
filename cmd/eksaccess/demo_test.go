package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// buildSimulator builds ekssim and returns the folder that it is in.
func buildSimulator(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "../ekssim").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// startDemo runs "ekssim demo" of the folder bin until the test ends. It returns the folder that
// "ekssim demo" writes and what it prints.
func startDemo(t *testing.T, bin string) (dir, text string) {
	t.Helper()
	parent := t.TempDir()
	cmd := exec.Command(filepath.Join(bin, "ekssim"), "demo")
	cmd.Dir = parent
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("ekssim demo: %v", err)
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		text += lines.Text() + "\n"
		if strings.Contains(lines.Text(), "AKIAPROD") { // the last line
			break
		}
	}
	return filepath.Join(parent, "eksaccess-demo"), text
}

// inDemo runs lines of a shell in the folder of "ekssim demo", with the settings
// in its file env, and returns what they print and their exit code.
func inDemo(t *testing.T, dir, lines string) (string, int) {
	t.Helper()
	cmd := exec.Command("bash", "-o", "pipefail", "-c", ". ./env\n"+lines)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "COLUMNS=80", "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return string(out), ended.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

func TestDemo(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	t.Parallel()
	bin := buildSimulator(t)
	program, err := exec.LookPath("eksaccess")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(bin, "eksaccess")); err != nil {
		t.Skip(err)
	}
	t.Run("commands", func(t *testing.T) { runDemoCommands(t, bin) })
	t.Run("script", func(t *testing.T) { runDemoScript(t, bin) })
}

// runDemoCommands runs the commands that "ekssim demo" prints, in order.
func runDemoCommands(t *testing.T, bin string) {
	dir, text := startDemo(t, bin)
	code := regexp.MustCompile(`# exit code (\d)`)
	key, run := "", 0
	for line := range strings.Lines(text) {
		line, indented := strings.CutPrefix(strings.TrimSpace(line), "eksaccess ")
		switch {
		case !indented && accessKey.MatchString(line):
			key = line + "\n"
			continue
		case !indented:
			continue
		}
		want := 0
		if m := code.FindStringSubmatch(line); m != nil {
			want, _ = strconv.Atoi(m[1])
		}
		out, got := inDemo(t, dir, key+asks.ReplaceAllString("eksaccess "+line, "$0 --yes"))
		if got != want {
			t.Errorf("eksaccess %s: exit code %d, want %d\n%s", line, got, want, out)
		}
		run++
	}
	if run < 10 {
		t.Errorf("only %d commands in\n%s", run, text)
	}
}

// runDemoScript runs the script of "make demo".
func runDemoScript(t *testing.T, bin string) {
	cmd := exec.Command("../../examples/demo/demo.sh")
	cmd.Env = append(os.Environ(), "BIN="+bin, "COLUMNS=80")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(string(out), "\n"); n > 120 {
		t.Errorf("%d lines, want at most 120:\n%s", n, out)
	}
	rest := string(out)
	for _, step := range []string{
		"role contractors/deploy-tmp is CLUSTER ADMIN and no file declares it",
		"Applied and verified",
		"Plan: no changes",
		"REFUSED",
		"role oncall is cluster admin of dev until",
		"CLUSTER ADMIN",
	} {
		_, after, found := strings.Cut(rest, step)
		if !found {
			t.Fatalf("%q is missing, or not in this order:\n%s", step, out)
		}
		rest = after
	}
}
