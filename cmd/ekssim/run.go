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

// run serves until ctx ends. Exit codes: 0 ended, 1 could not be done, 2
// wrong usage.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	if len(args) > 0 && args[0] == "demo" {
		return demo(ctx, stdout, stderr, args[1:])
	}
	var o options
	flags := newFlags("ekssim", stderr, `A simulated Amazon EKS, STS and IAM on loopback, until Ctrl-C.

  ekssim demo [flags]   three clusters and a file for them; says what to type
  ekssim [flags]        a world of your own; prints its URL

Flags of the second:
`)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "loopback address to listen on")
	flags.StringVar(&o.seed, "seed", "", "world to begin with, YAML or JSON")
	flags.StringVar(&o.state, "state", "", "file the world is kept in")
	flags.StringVar(&o.journal, "journal", "", "file every call is appended to, JSON lines")
	flags.StringVar(&o.urlFile, "url-file", "", "file the URL is written to once the server listens")
	flags.DurationVar(&o.clockOffset, "clock-offset", 0,
		"how far the clock of AWS is ahead of this machine's; negative: behind")
	flags.BoolVar(&o.env, "env", false, "print export lines for a shell instead of the URL")
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

// newFlags are the flags of a command, which help explains after about.
func newFlags(name string, stderr io.Writer, about string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		io.WriteString(stderr, about)
		flags.PrintDefaults()
	}
	return flags
}

// unexpected says so where arguments follow the flags.
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
		return sim.Close() // somebody kept a connection busy
	}
	return nil
}

// firstWorld is the kept one, the seed, or the one to look at.
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
