//go:build acceptance

package acceptance

import (
	stdcmp "cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"
)

// A suite is what the parts share.
type suite struct {
	*site
	ctx     context.Context // ends in time for everything to be taken back
	program program
}

// TestAcceptance is all of it: may this cluster be changed, does the program
// work on it, and what does EKS answer.
func TestAcceptance(t *testing.T) {
	home := os.Environ() // what go finds, whatever is pretended
	// Whoever is asked in the place of AWS is named.
	column := stdcmp.Or(os.Getenv("AWS_ENDPOINT_URL_EKS"), os.Getenv("AWS_ENDPOINT_URL"), "AWS")
	if *simulated {
		pretend(t)
		column = "as if AWS"
	}
	m, err := readMeans(os.Getenv)
	if err != nil {
		t.Fatalf(
			"nothing was asked or changed:\n%v\n\nmake acceptance CLUSTER=… REGION=… PRINCIPAL=… %s=yes-change-…; "+
				"docs/acceptance.md explains",
			err,
			confirmation,
		)
	}
	ctx := inTime(t)
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(m.region))
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{site: newSite(m, cfg, ""), ctx: ctx}
	if *simulated {
		s.patience = time.Second
	}
	before, err := s.checkFit(ctx)
	if err != nil {
		t.Fatalf("nothing was changed: %v", err)
	}
	s.program = build(t, home)
	mode := s.mode
	t.Logf(
		"%s in mode %s with %d entries; the entry of %s is made and deleted from now on",
		s.clusterARN,
		mode,
		len(before),
		s.principal,
	)
	t.Cleanup(func() { s.checkUnchanged(t, mode, before) })
	tidy(
		t,
		"the entry of "+s.principal,
		s.deleteByHand(s.principal),
		func(ctx context.Context) error { return s.remove(ctx, s.principal) },
	)

	t.Run("flows", s.flows)
	t.Run("questions", func(t *testing.T) {
		sim := simulatedSite(startSimulator(t, simulatedMeans.cluster), simulatedMeans)
		if _, err := sim.checkFit(ctx); err != nil {
			t.Fatalf("the simulator does not fit: %v", err)
		}
		ours := sim.ask(ctx, t) // first, so that there is a table whenever it is cut short
		theirs := s.ask(ctx, t)
		fmt.Print("\n" + table(column, theirs, ours) + "\n")
		if *simulated {
			alike(t, theirs, ours)
			checkDocument(t, ours)
		}
	})
}

// inTime is a context that ends when the user interrupts, or when only as much
// of the test's time is left as taking everything back may need.
func inTime(t *testing.T) context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	end, limited := t.Deadline()
	if !limited {
		end = time.Now().Add(time.Hour)
	}
	left := time.Until(end)
	ctx, cancel := context.WithTimeout(ctx, left-min(4*tidying, left/3))
	t.Cleanup(cancel)
	return ctx
}

// checkUnchanged holds the run to what it promises: when it is over, the mode and
// every entry are as they were.
func (s *suite) checkUnchanged(t *testing.T, mode string, before map[string]*access) {
	ctx, cancel := context.WithTimeout(context.Background(), tidying)
	defer cancel()
	if _, err := s.describe(ctx); err != nil {
		t.Errorf("whether everything is as it was could not be read: %v", err)
		return
	}
	if s.mode != mode {
		t.Errorf("the mode is %s, and was %s", s.mode, mode)
	}
	after, err := s.readAll(ctx)
	if err != nil {
		t.Errorf("whether everything is as it was could not be read: %v", err)
		return
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("entries are not as they were (-before +after):\n%s", diff)
	} else {
		t.Logf("%s is as it was: mode %s, %d entries", s.cluster, mode, len(after))
	}
}
