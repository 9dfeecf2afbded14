package main

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/eksaccess/eksaccess/internal/process"
)

// asProcess1 makes a command the first process of a PID namespace, as the
// program of a container is.
func asProcess1(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	child := exec.Command("eksaccess", args...)
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: syscall.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: syscall.Getgid(), Size: 1}}}
	return child
}

// As process 1 of a container, the program ends with its own exit code, and with
// 134 after a crash.
func TestProcess1(t *testing.T) {
	child := asProcess1(t, "version")
	if err := child.Start(); err != nil {
		t.Skipf("this system allows no PID namespace: %v", err)
	}
	_ = child.Wait()
	if got := child.ProcessState.ExitCode(); got != exitOK {
		t.Errorf("version: exit code %d", got)
	}
	child = asProcess1(t, "nonsense")
	_ = child.Run()
	if got := child.ProcessState.ExitCode(); got != exitFailure {
		t.Errorf("an unknown command: exit code %d", got)
	}
	for _, test := range []struct {
		signal syscall.Signal
		want   int
	}{{syscall.SIGQUIT, process.ExitCrash}, {syscall.SIGTERM, exitFailure}, {syscall.SIGHUP, exitFailure}} {
		t.Run(test.signal.String(), func(t *testing.T) {
			v := newVictim(t, killWorld, killFile)
			reading := make(chan struct{}, 100)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !isListing(r) {
					v.sim.ServeHTTP(w, r)
					return
				}
				reading <- struct{}{}
				<-r.Context().Done()
			}))
			t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
			child := asProcess1(t, "plan", "--detailed-exitcode", "-f", v.file)
			child.Env = slices.DeleteFunc(
				slices.Clone(v.env),
				func(s string) bool { return strings.HasPrefix(s, "AWS_ENDPOINT_URL=") },
			)
			child.Env = append(child.Env, "AWS_ENDPOINT_URL="+server.URL)
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			<-reading
			_ = child.Process.Signal(test.signal)
			_ = child.Wait()
			if got := child.ProcessState.ExitCode(); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
		})
	}
}
