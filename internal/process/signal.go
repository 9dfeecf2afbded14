// Package process deals with what the operating system does to the program:
// signals, crashes, and being process 1 of a container.
package process

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal returns a context that ends with the first SIGINT, SIGTERM or
// SIGHUP. After that, Ctrl-C ends the program at once, and what it leaves is
// repaired by running it again. SIGTERM and SIGHUP do nothing more: systemd
// sends both one after the other, and so do a closing terminal and its shell. A
// signal that was ignored when the program started (nohup) stays ignored.
func UntilSignal(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	received := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(received, s)
		}
	}
	go func() {
		cancel(Signal{<-received})
		if !signal.Ignored(os.Interrupt) {
			signal.Reset(os.Interrupt)
		}
	}()
	return ctx
}

// A Signal is why a run was interrupted.
type Signal struct{ os.Signal }

func (s Signal) Error() string { return "interrupted (" + signalName(s.Signal) + ")" }

func (Signal) Is(target error) bool { return target == context.Canceled }

func signalName(s os.Signal) string {
	switch s {
	case os.Interrupt:
		return "Ctrl-C"
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return s.String()
}

// Interruption says by what a run was interrupted.
func Interruption(ctx context.Context) string {
	if cause := (Signal{}); errors.As(context.Cause(ctx), &cause) {
		return cause.Error()
	}
	return "interrupted"
}
