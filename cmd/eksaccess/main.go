package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() { os.Exit(runMain()) }

func runMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A reader that goes away (apply | head) must not end a run half-way.
	signal.Ignore(syscall.SIGPIPE)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once; what it leaves is repaired by running again
	return run(ctx, os.Stdin, os.Stdout, os.Stderr, os.Args)
}

// run is the whole program as a function of its inputs, but for the
// environment variables that the AWS SDK reads by itself. It returns the exit
// code.
func run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, args []string) int {
	return (&program{stdin: stdin, stdout: stdout, stderr: stderr}).run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	if len(args) > 1 && args[1] == completes {
		p.candidates(args[2:])
		return exitOK
	}
	p.calledAs(args)
	app := p.app()
	p.args, p.begun = args[min(1, len(args)):], time.Now()
	args, err := permute(app, args)
	if err == nil {
		err = app.RunContext(ctx, args)
	}
	if err == nil {
		err = p.tellHelp()
	}
	code := p.report(ctx, err)
	p.tellStats()
	return code
}

// report prints what an error says, if anything, and gives its exit code.
func (p *program) report(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	var out outcome
	if errors.As(err, &out) {
		return int(out)
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitFailure // nobody listens
	}
	message := err.Error()
	hints, code := told(err)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		message, hints = strings.ReplaceAll(message, context.Canceled.Error(), "interrupted"), nil
	}
	p.tellError(message, hints)
	return code
}

// tellError is how every error reads: what happened, then what to do.
func (p *program) tellError(message string, hints []string) {
	p.complain("error", message)
	for _, h := range hints {
		p.complain("hint", h)
	}
}
