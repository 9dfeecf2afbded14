//go:build unix

package audit

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// TestFleet: the processor time of an audit grows with the number of clusters and
// not faster. In make soak, which runs nothing beside it, 200 clusters with 100
// entries each take less than two seconds.
func TestFleet(t *testing.T) {
	took := func(clusters int) time.Duration {
		s := fleetOf(clusters, 100)
		declared := declaredFor(s)
		begin := cpu(t)
		r := Run(Input{Snapshot: s, Declared: declared, Rules: Rules(), Now: now})
		took := cpu(t) - begin
		t.Logf("%d findings in %v", r.Summary.Findings, took)
		if r.Summary.Findings < 50*clusters {
			t.Errorf("%d findings only", r.Summary.Findings)
		}
		return took
	}
	few, many := min(took(20), took(20), took(20)), took(200)
	if many > 10*4*few {
		t.Errorf("ten times the clusters take %v, which is more than 40 times %v", many, few)
	}
	if n, err := strconv.Atoi(os.Getenv("CHECKS")); err == nil && n >= 1000 && many > 2*time.Second {
		t.Errorf("took %v", many)
	}
}

// cpu is the processor time this process has used.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSnapshotFile writes and reads a fleet of 1,000 clusters with 100
// entries each; the memory of a run is bytes/op at most.
func BenchmarkSnapshotFile(b *testing.B) {
	s := fleetOf(1000, 100)
	b.ReportAllocs()
	for b.Loop() {
		var text bytes.Buffer
		if err := json.NewEncoder(&text).Encode(s); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(text.Len())/1e6, "MB")
		if _, err := snapshot.Parse(text.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
