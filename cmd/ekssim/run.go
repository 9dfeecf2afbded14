package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/ekssim"
)

type options struct {
	addr, seed, state, journal, urlFile string
	env                                 bool
	clockOffset                         time.Duration
}

// run serves until ctx ends. Exit codes: 0 ended, 1 failed, 2 wrong usage.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	if len(args) > 0 && args[0] == "demo" {
		return demo(ctx, stdout, stderr, args[1:])
	}
	var o options
	flags := newFlags("ekssim", stderr, `Simulate Amazon EKS, STS and IAM on loopback until Ctrl-C.

  ekssim demo [flags]   the clusters of the examples; prints commands to try
  ekssim [flags]        a world from a file; prints its URL

Flags without demo:
`)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "loopback address to listen on")
	flags.StringVar(&o.seed, "seed", "", "world at the start, YAML or JSON")
	flags.StringVar(&o.state, "state", "", "file that keeps the world")
	flags.StringVar(&o.journal, "journal", "", "file to append calls to, as JSON lines")
	flags.StringVar(&o.urlFile, "url-file", "", "file to write the URL to when the server listens")
	flags.DurationVar(&o.clockOffset, "clock-offset", 0,
		"difference of AWS's clock from this machine's; negative if behind")
	flags.BoolVar(&o.env, "env", false, "print exports for a shell instead of the URL")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if unexpected(flags) {
		return 2
	}
	if err := serve(ctx, stdout, o); err != nil {
		fmt.Fprintf(stderr, "ekssim: error: %v\n", err)
		return 1
	}
	return 0
}

// newFlags returns an empty set of flags. Its help starts with about.
func newFlags(name string, stderr io.Writer, about string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		io.WriteString(stderr, about)
		flags.PrintDefaults()
	}
	return flags
}

// unexpected reports arguments after the flags, and prints an error for them.
func unexpected(flags *flag.FlagSet) bool {
	if flags.NArg() == 0 {
		return false
	}
	fmt.Fprintf(
		flags.Output(),
		"ekssim: error: unexpected argument %q\nekssim: hint: %s -h\n",
		flags.Arg(0),
		flags.Name(),
	)
	return true
}

func serve(ctx context.Context, stdout io.Writer, o options) (err error) {
	world, err := firstWorld(o)
	if err != nil {
		return err
	}
	if o.clockOffset != 0 {
		world.Settings.ClockOffset = ekssim.Duration(o.clockOffset)
	}
	var opts []ekssim.Option
	if o.journal != "" {
		f, err := os.OpenFile(o.journal, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		lines := json.NewEncoder(f)
		opts = append(opts, ekssim.WithJournal(func(c ekssim.Call) { _ = lines.Encode(c) }))
	}
	sim, err := ekssim.New(world, opts...)
	if err != nil {
		return err
	}
	if err := sim.Listen(o.addr); err != nil {
		return err
	}
	if o.state != "" {
		saved := keep(ctx, sim, o.state)
		defer func() { err = errors.Join(err, <-saved) }()
	}
	if o.urlFile != "" {
		if err := atomicfile.Write(o.urlFile, atomicfile.Secret, []byte(sim.URL()+"\n")); err != nil {
			return errors.Join(err, sim.Close())
		}
	}
	if o.env {
		_, err = io.WriteString(stdout, sim.Exports("", ""))
	} else {
		_, err = fmt.Fprintln(stdout, sim.URL())
	}
	if err != nil {
		return errors.Join(err, sim.Close())
	}
	return untilDone(ctx, sim)
}

func untilDone(ctx context.Context, sim *ekssim.Server) error {
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if sim.Shutdown(end) != nil {
		return sim.Close() // a connection was still busy
	}
	return nil
}

// firstWorld returns the kept world, the seed, or the small world.
func firstWorld(o options) (ekssim.World, error) {
	if o.state != "" {
		w, err := ekssim.LoadWorld(o.state)
		if !errors.Is(err, fs.ErrNotExist) {
			return w, err
		}
	}
	if o.seed != "" {
		return ekssim.LoadWorld(o.seed)
	}
	return ekssim.DemoWorld(), nil
}
