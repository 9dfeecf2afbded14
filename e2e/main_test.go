package e2e

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// What all tests of a run share.
var (
	bins tools
	run  *servers
)

func TestMain(m *testing.M) { os.Exit(prepared(m)) }

// prepared builds, starts, and ends all of it again, also when the run is
// interrupted.
func prepared(m *testing.M) int {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	dir, err := os.MkdirTemp("", "eksaccess-e2e-")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(dir)
	if bins, err = build(dir); err != nil {
		return failed(err)
	}
	began := time.Now()
	if run, err = startServers(bins, dir); err != nil {
		return failed(err)
	}
	defer run.stop()
	if err := asMaster(furniture, "apply", "-f", "-"); err != nil {
		return failed(err)
	}
	fmt.Fprintf(os.Stderr, "a Kubernetes is ready after %.1fs\n", time.Since(began).Seconds())

	code := make(chan int, 1)
	go func() { code <- m.Run() }()
	select {
	case c := <-code:
		return c
	case s := <-interrupted:
		fmt.Fprintln(os.Stderr, "ended by", s)
		return 1
	}
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "e2e:", err)
	return 1
}
