package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
)

func main() { os.Exit(runMain()) }

func runMain() (code int) {
	abortOnCrash()
	if os.Getpid() == 1 {
		return runAsChild()
	}
	ctx := untilSignal(context.Background())
	// A reader that goes away (apply | head) must not end a run half-way.
	signal.Ignore(syscall.SIGPIPE)
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	defer func() {
		if panicked := recover(); panicked != nil {
			code = p.recovered(panicked)
		}
	}()
	return p.run(ctx, os.Args)
}

// untilSignal returns a context that ends with the first SIGINT, SIGTERM or
// SIGHUP. After that, Ctrl-C ends the program at once, and what it leaves is
// repaired by running it again. SIGTERM and SIGHUP do nothing more: systemd
// sends both one after the other, and so do a closing terminal and its shell. A
// signal that was ignored when the program started (nohup) stays ignored.
func untilSignal(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	received := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(received, s)
		}
	}
	go func() {
		cancel(signalReceived{<-received})
		if !signal.Ignored(os.Interrupt) {
			signal.Reset(os.Interrupt)
		}
	}()
	return ctx
}

// A signalReceived is why a run was interrupted.
type signalReceived struct{ os.Signal }

func (s signalReceived) Error() string { return "interrupted (" + signalName(s.Signal) + ")" }

func (signalReceived) Is(target error) bool { return target == context.Canceled }

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

// run is the whole program as a function of its inputs, but for the environment
// variables that the AWS SDK reads by itself. It returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	if len(args) > 1 && args[1] == completeCommand {
		p.printCandidates(args[2:])
		return exitOK
	}
	p.calledAs(args)
	app := p.app()
	p.args, p.begun = args[min(1, len(args)):], time.Now()
	line, err := p.commandLine(app, p.args)
	switch {
	case err != nil:
	case line.Help || len(line.Words) == 0:
		err = p.printHelp(line)
	default:
		err = app.RunContext(ctx, append([]string{app.Name}, line.Words...))
	}
	p.printStats()
	return p.report(ctx, err)
}

// report prints what an error says, if anything, and gives its exit code.
func (p *program) report(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	var out outcome
	if errors.As(err, &out) {
		if out.code != exitDifferences {
			p.tellError(out.message, out.hints)
		}
		return out.code
	}
	if errors.Is(err, syscall.EPIPE) {
		p.tellError("standard output was closed before the whole result was written", nil)
		return exitFailure
	}
	message := err.Error()
	hints, code := told(err)
	var call *fault.Error // which says itself what AWS answered last
	isCall := errors.As(err, &call)
	isInterrupted := ctx.Err() != nil && errors.Is(err, context.Canceled)
	if isInterrupted {
		hints = nil
		if cause := (signalReceived{}); !isCall && !errors.As(err, &cause) {
			message = interruption(ctx)
		}
	}
	last := p.retries.Last()
	if isStopped := isInterrupted || errors.Is(err, fleet.ErrTimeout); isStopped && !isCall && last != "" {
		message += "; the last error of AWS was " + last
	}
	p.tellError(message, hints)
	return code
}

// interruption says by what a run was interrupted.
func interruption(ctx context.Context) string {
	if cause := (signalReceived{}); errors.As(context.Cause(ctx), &cause) {
		return cause.Error()
	}
	return "interrupted"
}

// tellError is how every error reads: what happened, then what to do.
func (p *program) tellError(message string, hints []string) {
	p.complain("error", message)
	for _, h := range hints {
		p.complain("hint", h)
	}
}
