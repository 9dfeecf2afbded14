//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
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
			held := filepath.Join(dir, "held") // open for writing as long as the processes live
			for _, name := range []string{pipe, held} {
				if err := syscall.Mkfifo(name, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for file, text := range map[string]string{
				hang:   fmt.Sprintf("#!/bin/sh\nexec 9>%q\nsleep 1000 &\necho >%q\nwait\n", held, pipe),
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
			processes, err := os.Open(held)
			if err != nil {
				t.Fatal(err)
			}
			defer processes.Close()
			if _, err := os.ReadFile(pipe); err != nil { // waits until they run
				t.Fatal(err)
			}
			if err := child.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait()
			if code := child.ProcessState.ExitCode(); code != exitFailure ||
				!strings.Contains(errOut.String(), "interrupted") {
				t.Errorf("it ends with %d\n%s", code, &errOut)
			}
			if _, err := io.ReadAll(processes); err != nil { // waits until the last of them has ended
				t.Fatal(err)
			}
		})
	}
}
