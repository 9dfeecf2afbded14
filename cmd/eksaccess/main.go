// Command eksaccess manages access to Amazon EKS clusters from a YAML file.
//
// A file declares the admins and access policies of each cluster. The program
// compares it with the live access entries, shows a plan, and makes only the
// changes of the plan. "eksaccess --help" lists the commands and the exit codes.
//
// Credentials and endpoints are those of the AWS SDK (AWS_PROFILE, AWS_REGION,
// AWS_ENDPOINT_URL and others). NO_COLOR turns color off.
//
// This package turns flags into calls of other packages. It has no facts about
// AWS, no formats and no decisions.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/process"
	"github.com/eksaccess/eksaccess/internal/run"
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
			code = p.exitAfterPanic(panicked)
		}
	}()
	return p.run(ctx, os.Args)
}

// report prints what an error says, if anything, and gives its exit code.
func (p *program) report(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	var out outcome
	if errors.As(err, &out) {
		if out.code != exitDifferences {
			p.printError(out.message, out.hints)
		}
		return out.code
	}
	if errors.Is(err, syscall.EPIPE) {
		p.printError("standard output was closed before the whole result was written", nil)
		return exitFailure
	}
	message := err.Error()
	hints, code := fault.Hints(err), exitFailure
	if errors.Is(err, run.ErrTooOld) {
		code = exitRefused
	}
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
	p.printError(message, hints)
	return code
}

// exitAfterPanic reports a panic of the main goroutine as an error of the program.
func (p *program) exitAfterPanic(panicked any) int {
	p.release()
	fmt.Fprintf(p.stderr, "%s\n", debug.Stack())
	p.printError(fmt.Sprintf("internal error: %v", panicked),
		[]string{"this is a bug in eksaccess: report it with the lines above"})
	return exitFailure
}

// printError prints an error: what happened, then what to do.
func (p *program) printError(message string, hints []string) {
	p.printMessage("error", message)
	for _, h := range hints {
		p.printMessage("hint", h)
	}
}
