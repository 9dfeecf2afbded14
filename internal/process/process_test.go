//go:build unix

package process

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// role is the variable that makes this test binary one of the programs below,
// and program is the one that RunAsChild starts.
const (
	role    = "PROCESS_TEST"
	program = "PROCESS_TEST_CHILD"
)

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "parent":
		_ = os.Setenv(role, os.Getenv(program))
		os.Exit(RunAsChild())
	case "succeeds":
		fmt.Println("done")
		os.Exit(0)
	case "fails":
		os.Exit(7)
	case "panics":
		AbortOnCrash()
		panic("on purpose")
	case "waits":
		ctx := UntilSignal(context.Background())
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println(Interruption(ctx))
		os.Exit(3)
	case "hangs": // after the first signal
		ctx := UntilSignal(context.Background())
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println(Interruption(ctx))
		time.Sleep(time.Minute)
		os.Exit(3)
	}
}

// start starts this binary as a program, and returns its standard output.
func start(t *testing.T, as, child string) (*exec.Cmd, *bufio.Reader, *bytes.Buffer) {
	t.Helper()
	cmd, errOut := exec.Command(os.Args[0]), &bytes.Buffer{}
	cmd.Env = append(os.Environ(), role+"="+as, program+"="+child)
	cmd.Stderr = errOut
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewReader(out), errOut
}

// heeded are the signals that stop a run. One that is ignored from the start, as
// SIGHUP is under nohup, stays ignored.
func heeded() []syscall.Signal {
	all := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	return slices.DeleteFunc(all, func(s syscall.Signal) bool { return signal.Ignored(s) })
}

// expect reads a line of a program.
func expect(t *testing.T, out *bufio.Reader, want string) {
	t.Helper()
	if line, err := out.ReadString('\n'); line != want+"\n" {
		t.Fatalf("printed %q (%v), want %q", line, err, want)
	}
}

// As a parent, the program ends with the code of its child, and with 134 after a
// crash of the child.
func TestRunAsChild(t *testing.T) {
	for _, test := range []struct {
		child, out, errOut string
		code               int
	}{
		{"succeeds", "done\n", "", 0},
		{"fails", "", "", 7},
		{"panics", "", "the program crashed: signal: aborted", ExitCrash},
	} {
		cmd, stdout, errOut := start(t, "parent", test.child)
		out, err := io.ReadAll(stdout)
		if err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != test.code || string(out) != test.out ||
			!strings.Contains(errOut.String(), test.errOut) {
			t.Errorf("%s: exit code %d, want %d; printed %q\n%s", test.child, got, test.code, out, errOut)
		}
	}
}

// A parent passes signals on to its child.
func TestRunAsChildForwardsSignals(t *testing.T) {
	for _, sig := range heeded() {
		cmd, out, errOut := start(t, "parent", "waits")
		expect(t, out, "ready")
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		expect(t, out, "interrupted ("+signalName(sig)+")")
		_ = cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != 3 {
			t.Errorf("%s: exit code %d\n%s", sig, got, errOut)
		}
	}
}

// A panic never ends the program with 2, which means differences.
func TestAbortOnCrash(t *testing.T) {
	cmd, _, errOut := start(t, "panics", "")
	_ = cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGABRT || !strings.Contains(errOut.String(), "on purpose") {
		t.Errorf("%v\n%s", cmd.ProcessState, errOut)
	}
}

// The first signal ends the context with its name. After that, Ctrl-C ends the
// program, and SIGTERM does not.
func TestUntilSignal(t *testing.T) {
	for _, first := range heeded() {
		cmd, out, _ := start(t, "hangs", "")
		expect(t, out, "ready")
		if err := cmd.Process.Signal(first); err != nil {
			t.Fatal(err)
		}
		expect(t, out, "interrupted ("+signalName(first)+")")
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// The handler of Ctrl-C is removed right after the context ends.
		for deadline := time.Now().Add(10 * time.Second); ; {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Process.Signal(syscall.SIGINT)
			select {
			case <-ended:
			case <-time.After(20 * time.Millisecond):
				if time.Now().Before(deadline) {
					continue
				}
				t.Fatalf("after %s, Ctrl-C does not end it", first)
			}
			break
		}
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGINT {
			t.Errorf("after %s, it ended by %v", first, cmd.ProcessState)
		}
	}
}

func TestInterruption(t *testing.T) {
	for sig, want := range map[os.Signal]string{
		os.Interrupt:    "interrupted (Ctrl-C)",
		syscall.SIGTERM: "interrupted (SIGTERM)",
		syscall.SIGHUP:  "interrupted (SIGHUP)",
		syscall.SIGUSR1: "interrupted (user defined signal 1)",
	} {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(fmt.Errorf("reading: %w", Signal{sig}))
		if got := Interruption(ctx); got != want {
			t.Errorf("%v: %q, want %q", sig, got, want)
		}
		if !errors.Is(context.Cause(ctx), context.Canceled) {
			t.Errorf("%v is not a cancellation", sig)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := Interruption(ctx); got != "interrupted" {
		t.Errorf("without a signal: %q", got)
	}
}
