package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// said is what a run reported.
type said struct{ lines []string }

func (s *said) Note(text string)                     { s.lines = append(s.lines, "note: "+text) }
func (s *said) Warn(text, _ string)                  { s.lines = append(s.lines, "warning: "+text) }
func (s *said) Progress() fleet.Progress             { return nil }
func (s *said) Problems(spec.Problems, string) error { return nil }

func newRun(t *testing.T, begun time.Time) (*run.Run, *said) {
	t.Helper()
	report := &said{}
	clock := &awsclient.Clock{Machine: func() time.Time { return begun }}
	f := fleet.New(fleet.Options{AWS: awsclient.Options{Clock: clock, Concurrency: 1}, Begun: begun, Report: report})
	return run.New(f, run.Options{Report: report, Now: clock.Now}), report
}

// Only a run that plans looks into the folder of journals, and reports what is
// wrong with it.
func TestJournalsAreReadWhereAPlanIsMade(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	t.Setenv("HOME", state)
	if run.Folder() == "" {
		t.Skip("no folder of journals on this system")
	}
	// A file in the place of the folder.
	if err := os.MkdirAll(filepath.Dir(run.Folder()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(run.Folder(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r, report := newRun(t, time.Now())
	if len(report.lines) > 0 {
		t.Errorf("a new run reports %q", report.lines)
	}
	r.LookBack()
	if len(report.lines) != 1 || !strings.HasPrefix(report.lines[0], "warning: looking for interrupted runs: ") {
		t.Errorf("got %q", report.lines)
	}
}

func TestSavedPlanIsTooOld(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		made   time.Time
		limit  time.Duration
		tooOld bool
	}{
		{"young", now.Add(-time.Hour), 24 * time.Hour, false},
		{"at the limit", now.Add(-24 * time.Hour), 24 * time.Hour, false},
		{"old", now.Add(-25 * time.Hour), 24 * time.Hour, true},
		{"of a clock that is ahead", now.Add(6 * time.Minute), 24 * time.Hour, true},
		{"of a clock that is little ahead", now.Add(4 * time.Minute), 24 * time.Hour, false},
		{"no age is allowed", now.Add(-time.Second), 0, true},
	} {
		r, _ := newRun(t, now)
		saved := plan.New(nil, test.made, "test")
		_, err := r.Resume(t.Context(), "p.json", saved, test.limit)
		if test.tooOld != errors.Is(err, run.ErrTooOld) {
			t.Errorf("%s: got %v", test.name, err)
		}
		if test.tooOld && len(fault.Hints(err)) != 1 {
			t.Errorf("%s: hints are %q", test.name, fault.Hints(err))
		}
	}
}
