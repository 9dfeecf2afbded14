package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
)

// AbortOnCrash makes a panic, a runtime error and SIGQUIT end the process by
// SIGABRT. Go ends it with exit code 2 otherwise (package runtime, "GOTRACEBACK"),
// which means differences here.
func AbortOnCrash() {
	noCoreDump() // which would hold credentials
	debug.SetTraceback("crash")
}

// RunAsChild runs the program as a child process and returns its exit code.
// It is for process 1 of a container, which no default action of a signal ends:
// after SIGABRT, the Go runtime ends it with 2 (runtime/signal_unix.go,
// dieFromSignal; pid_namespaces(7)).
func RunAsChild() int {
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintf(os.Stderr, "eksaccess: error: %v\n", err)
		return exitFailure
	}
	child := exec.Command(self, os.Args[1:]...)
	child.Args[0] = os.Args[0]
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.SysProcAttr = inForeground(os.Stdin)
	received := make(chan os.Signal, 10)
	signal.Notify(received, forwarded...)
	if err := child.Start(); err != nil {
		fmt.Fprintf(os.Stderr, "eksaccess: error: %v\n", err)
		return exitFailure
	}
	go func() {
		for s := range received {
			_ = child.Process.Signal(s) // it may have ended
		}
	}()
	err = child.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	}
	fmt.Fprintf(os.Stderr, "eksaccess: error: the program crashed: %v\n", err)
	return ExitCrash
}

const exitFailure = 1 // of a program that could not be started

// ExitCrash is what a shell makes of SIGABRT.
const ExitCrash = 128 + 6
