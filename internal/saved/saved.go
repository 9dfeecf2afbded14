// Package saved reads and writes the files that this program makes of its
// results: plans, results of apply, snapshots and journals.
//
// It must not know the clusters that they are about.
package saved

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
)

// MaxSize is the largest file that is read, in bytes: more than the snapshot of
// a thousand clusters with 3,000 entries each.
const MaxSize = 2 << 30

// A File is a file that this program wrote.
type File struct {
	Name string
	Kind string // [plan.Kind], [apply.Kind], [snapshot.Kind], [journal.Kind], or of another version
	data []byte
}

// Open reads a file, or standard input for "-".
func Open(name string, stdin io.Reader) (File, error) {
	data, err := read(name, stdin)
	if err != nil {
		return File{}, err
	}
	var head struct{ Kind string }
	// A journal goes on after its first value.
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&head); err != nil {
		return File{}, fault.WithHint(fmt.Errorf("%q is not JSON from eksaccess: %w", name, err),
			"to plan a file of clusters: eksaccess plan -f "+name)
	}
	return File{Name: name, Kind: head.Kind, data: data}, nil
}

func read(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		data, err := readfile.ReadLimited(stdin, MaxSize)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return data, nil
	}
	data, err := readfile.All(name, MaxSize)
	if err != nil {
		return nil, readfile.Plain(err)
	}
	return data, nil
}

// Plan returns the plan of a file of that kind.
func (f File) Plan() (*plan.Plan, error) {
	var p plan.Plan
	if err := json.Unmarshal(f.data, &p); err != nil {
		return nil, fmt.Errorf("reading plan %q: %w", f.Name, err)
	}
	if err := p.Check(); err != nil {
		return nil, fault.WithHint(fmt.Errorf("plan %q: %w", f.Name, err),
			"plan again with: eksaccess plan -f FILE --save "+f.Name)
	}
	return &p, nil
}

// Result returns the result of a file of that kind.
func (f File) Result() (*apply.Result, error) {
	var r apply.Result
	if err := json.Unmarshal(f.data, &r); err != nil {
		return nil, fmt.Errorf("reading %q: %w", f.Name, err)
	}
	return &r, nil
}

// Journal returns the runs of a file of that kind.
func (f File) Journal() ([]*journal.History, error) {
	runs, err := journal.Parse(f.data)
	if err != nil {
		return nil, fmt.Errorf("journal %q: %w", f.Name, err)
	}
	return runs, nil
}

// Snapshot returns the snapshot of a file of that kind.
func (f File) Snapshot() (*snapshot.Snapshot, error) { return parseSnapshot(f.Name, f.data) }

// OpenSnapshot reads a snapshot from a file, or from standard input for "-".
func OpenSnapshot(name string, stdin io.Reader) (*snapshot.Snapshot, error) {
	data, err := read(name, stdin)
	if err != nil {
		return nil, err
	}
	return parseSnapshot(name, data)
}

func parseSnapshot(name string, data []byte) (*snapshot.Snapshot, error) {
	taken, err := snapshot.Parse(data)
	if err != nil {
		return nil, fault.WithHint(fmt.Errorf("snapshot %q: %w", name, err),
			"take one with: eksaccess snapshot -f FILE --save "+name)
	}
	return taken, nil
}

// OpenPlan reads a plan from a file, or from standard input for "-". The hint is
// for a file of another kind.
func OpenPlan(name string, stdin io.Reader, hint string) (*plan.Plan, error) {
	f, err := Open(name, stdin)
	if err != nil {
		return nil, err
	}
	if f.Kind != plan.Kind {
		return nil, fault.WithHint(fmt.Errorf("%q is of kind %q, not %s", name, f.Kind, plan.Kind), hint)
	}
	return f.Plan()
}

// MergePlans joins the plans of parts of the clusters of a run.
func MergePlans(names []string, stdin io.Reader, toolVersion string) (*plan.Plan, error) {
	var parts []plan.Part
	for _, name := range names {
		p, err := OpenPlan(name, stdin, "make parts with: eksaccess plan -f FILE --shard 0/4 --save shard-0.json")
		if err != nil {
			return nil, err
		}
		parts = append(parts, plan.Part{Name: name, Plan: p})
	}
	merged, err := plan.Merge(parts, toolVersion)
	if err != nil {
		return nil, fault.WithHint(fmt.Errorf("merging: %w", err),
			"pass each part once; all must come from the same files and selection")
	}
	return merged, nil
}

// CheckPath returns why what is called so ("the plan") cannot be written to a
// file; before anything is read, since the result would be lost.
func CheckPath(name, what string) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("saving %s: %q is not a regular file", what, name)
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return fmt.Errorf("saving %s to %q: no such folder %q", what, name, filepath.Dir(name))
	}
	return nil
}

// Write writes a file that only this user can read.
func Write(name, what string, draw func(io.Writer) error) error {
	if err := atomicfile.WriteFunc(name, atomicfile.Private, draw); err != nil {
		return fmt.Errorf("saving %s to %q: %w", what, name, readfile.Cause(err))
	}
	return nil
}
