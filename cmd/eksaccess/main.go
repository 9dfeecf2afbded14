package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/process"
)

func main() { os.Exit(runMain()) }

func runMain() (code int) {
	process.AbortOnCrash()
	if os.Getpid() == 1 {
		return process.RunAsChild()
	}
	ctx := process.UntilSignal(context.Background())
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
		if cause := (process.Signal{}); !isCall && !errors.As(err, &cause) {
			message = process.Interruption(ctx)
		}
	}
	last := p.retries.Last()
	if isStopped := isInterrupted || errors.Is(err, fleet.ErrTimeout); isStopped && !isCall && last != "" {
		message += "; the last error of AWS was " + last
	}
	p.tellError(message, hints)
	return code
}

// recovered reports a panic of the main goroutine as an error of the program.
func (p *program) recovered(panicked any) int {
	fmt.Fprintf(p.stderr, "%s\n", debug.Stack())
	p.tellError(fmt.Sprintf("internal error: %v", panicked),
		[]string{"this is a bug in eksaccess: report it with the lines above"})
	return exitFailure
}

// tellError is how every error reads: what happened, then what to do.
func (p *program) tellError(message string, hints []string) {
	p.complain("error", message)
	for _, h := range hints {
		p.complain("hint", h)
	}
}
