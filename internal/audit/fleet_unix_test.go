//go:build unix

package audit

import (
	"bytes"
	"encoding/json"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// TestFleet: a fleet of 200 clusters with 100 entries each is audited in less
// than two seconds of processor time.
func TestFleet(t *testing.T) {
	s := fleetOf(200, 100)
	declared := declaredFor(s)
	begin := cpu(t)
	r := Run(Input{Snapshot: s, Declared: declared, Rules: Rules(), Now: now})
	took := cpu(t) - begin
	t.Logf("%d findings in %v", r.Summary.Findings, took)
	if r.Summary.Findings < 10_000 {
		t.Errorf("%d findings only", r.Summary.Findings)
	}
	if took > 2*time.Second && os.Getenv("CHECKS") == "" { // which says that the race detector is at work
		t.Errorf("took %v", took)
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
