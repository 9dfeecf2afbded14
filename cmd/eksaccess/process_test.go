//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A signal ends a credential_process that hangs, and the run that waits for it.
func TestSignalsEndCredentialProcess(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			v := newVictim(t, killWorld, killFile)
			dir := t.TempDir()
			pipe, hang := filepath.Join(dir, "pipe"), filepath.Join(dir, "hang.sh")
			config := filepath.Join(dir, "config")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string]string{
				hang:   fmt.Sprintf("#!/bin/sh\nsleep 1000 &\necho $! >%q\nwait\n", pipe),
				config: fmt.Sprintf("[profile hangs]\ncredential_process = %s\n", hang),
			} {
				if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			var errOut bytes.Buffer
			child := exec.Command("eksaccess", "plan", "-f", v.file, "--profile", "hangs")
			child.Env, child.Stderr = append(v.env, "AWS_CONFIG_FILE="+config), &errOut
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			started, err := os.ReadFile(pipe) // waits until it runs
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // also for all that has standard error open
			if code := child.ProcessState.ExitCode(); code != exitFailure ||
				!strings.Contains(errOut.String(), "interrupted") {
				t.Errorf("it ends with %d\n%s", code, &errOut)
			}
			stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(started)) + "/stat")
			if err == nil && !strings.Contains(string(stat), ") Z ") {
				t.Errorf("what it started is still there: %s", stat)
			}
		})
	}
}
