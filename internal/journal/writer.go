package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A file is what a writer needs of one.
type file interface {
	io.WriteCloser
	Sync() error
}

// A Writer writes the journal of one run, from any number of clusters at a
// time. After the first failure it writes nothing more.
type Writer struct {
	path  string
	run   Run
	fresh bool // the file is this run's alone

	mu      sync.Mutex // of the file, and all below
	file    file
	err     error
	writes  int   // begun
	lines   int64 // written
	open    int   // clusters that left a replace undone, or are at work
	sync    sync.Mutex
	durable int64 // lines on the disk; under sync
}

// CreateIn begins the journal of a run in a file of its own in the folder.
func CreateIn(folder string, run Run) (*Writer, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return Create(File(folder, run.ID), run)
}

// Create begins the journal of a run in a file that is made for it, or behind
// the runs of a journal that is there.
func Create(path string, run Run) (*Writer, error) {
	_, statErr := os.Lstat(path)
	f, err := openToAppend(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{path: path, file: f, fresh: errors.Is(statErr, os.ErrNotExist)}
	if err := w.writeRun(run); err != nil {
		w.file.Close()
		return nil, fmt.Errorf("writing %q: %w", path, err)
	}
	syncFolder(filepath.Dir(path))
	return w, nil
}

// openToAppend opens a journal, or makes one, for this process alone. Half a
// line at its end is ended first.
func openToAppend(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := prepareFile(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("journal %q: %w", path, err)
	}
	return f, nil
}

func prepareFile(f *os.File) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is no regular file")
	}
	if err := lockWithRetry(f); err != nil {
		return err
	}
	data, err := readfile.ReadLimited(f, MaxSize)
	if err != nil || len(data) == 0 {
		return err
	}
	if _, err := Parse(data); err != nil {
		return fmt.Errorf("it is there already, and no journal to go on with: %w", err)
	}
	if err := f.Chmod(0o600); err != nil {
		return err
	}
	if !bytes.HasSuffix(data, []byte("\n")) {
		_, err = f.Write([]byte("\n"))
	}
	return err
}

// lockWithRetry locks a file, which another process may read at this moment, for
// which it is locked too.
func lockWithRetry(f *os.File) error {
	err := lock(f)
	for range 20 {
		if !errors.Is(err, errAtWork) {
			break
		}
		time.Sleep(25 * time.Millisecond)
		err = lock(f)
	}
	return err
}

func (w *Writer) writeRun(run Run) error {
	run.Record, run.APIVersion, run.Kind, run.Time = ofRun, APIVersion, Kind, stamp()
	if run.Args == nil {
		run.Args = []string{}
	}
	w.run = run
	return w.writeRecord(run, true)
}

// Path is where the journal is.
func (w *Writer) Path() string { return w.path }

// Wrote reports whether the run has written to a cluster, so that there is
// something to undo.
func (w *Writer) Wrote() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.writes > 0
}

// writeRecord writes one record; durably, if the disk has to have it before put
// returns.
func (w *Writer) writeRecord(record any, durably bool) error {
	line, err := w.write(record)
	if err != nil || !durably {
		return err
	}
	return w.waitForSync(line)
}

// write hands a record to the system, and returns the number of its line.
func (w *Writer) write(record any) (int64, error) {
	line, err := json.Marshal(record)
	if err != nil {
		return 0, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		_, w.err = w.file.Write(append(line, '\n'))
	}
	w.lines++
	return w.lines, w.err
}

// waitForSync returns when a line is on the disk. Those that were written while
// another was on its way there share the next way.
func (w *Writer) waitForSync(line int64) error {
	w.sync.Lock()
	defer w.sync.Unlock()
	if w.durable >= line {
		return nil
	}
	w.mu.Lock()
	written := w.lines
	w.mu.Unlock()
	if err := w.file.Sync(); err != nil {
		w.mu.Lock()
		w.err = err
		w.mu.Unlock()
		return err
	}
	w.durable = written
	return nil
}

// Close ends the run. A file in which it has written to no cluster is removed,
// if it was made for this run.
func (w *Writer) Close() error {
	w.mu.Lock()
	idle, open, err := w.writes == 0, w.open, w.err
	w.mu.Unlock()
	if idle && w.fresh {
		return errors.Join(w.file.Close(), os.Remove(w.path))
	}
	if err == nil && open == 0 {
		err = w.writeRecord(Finished{Record: ofFinished, Run: w.run.ID, Time: stamp()}, true)
	}
	return errors.Join(err, w.file.Close())
}

// Cluster is the journal of one cluster of the run.
func (w *Writer) Cluster(c *plan.Cluster, callers []string) apply.Journal {
	return &clusterWriter{
		w: w,
		of: Cluster{Record: ofCluster, ARN: c.ARN, Name: c.Name, Region: c.Region, Account: c.Account,
			Callers: append([]string{}, callers...), Connection: c.Connection, Rules: c.Rules},
	}
}

// A clusterWriter may be used by several goroutines.
type clusterWriter struct {
	w  *Writer
	of Cluster

	mu   sync.Mutex
	told ClusterHistory // what it has written
}

func (c *clusterWriter) Begin(write apply.Write) (apply.Record, error) {
	r, line, err := c.writeBegin(write)
	if err != nil {
		return nil, err
	}
	return r, c.w.waitForSync(line)
}

// writeBegin writes the record of a write, behind that of the cluster, and returns
// its line.
func (c *clusterWriter) writeBegin(write apply.Write) (*record, int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.told.Writes) == 0 {
		c.of.Time = stamp()
		if err := c.w.writeRecord(c.of, false); err != nil {
			return nil, 0, err
		}
		c.told.Cluster = c.of
		c.w.count(&c.w.open, 1)
	}
	b := Begin{Record: ofBegin, Write: c.w.count(&c.w.writes, 1), Cluster: c.of.ARN, Time: stamp(),
		Action: write.Change.Action, Principal: write.Change.Principal, Reason: write.Change.Reason,
		Step: write.Step.Step, Note: write.Step.Note, Before: write.Before, Stale: write.Stale}
	switch {
	case write.Step.Operation == plan.UpdateClusterConfig:
		b.Mode = &ModeStep{Before: write.Mode, After: write.Step.Mode}
	default:
		back, _ := plan.Restore(b.Step.On(b.Before), b.Before)
		b.Undo = append([]plan.Step{}, back.Steps...)
	}
	if write.Change.PreviousPrincipal != nil {
		b.Previous = *write.Change.PreviousPrincipal
	}
	if write.Change.Action == plan.Replace || write.Change.Finishes {
		b.After = write.Change.After
	}
	told := &Write{Begin: b}
	c.told.Writes = append(c.told.Writes, told)
	line, err := c.w.write(b)
	return &record{c, told}, line, err
}

func (w *Writer) count(n *int, by int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	*n += by
	return *n
}

// A record is one write of a cluster.
type record struct {
	c     *clusterWriter
	write *Write
}

// End may fail: then the next Begin does too.
func (r *record) End(a apply.Answer) {
	end := &End{
		Record:    ofEnd,
		Write:     r.write.Begin.Write,
		Time:      stamp(),
		Outcome:   a.Outcome,
		RequestID: a.RequestID,
		Error:     a.Error,
	}
	r.c.mu.Lock()
	r.write.End = end
	r.c.mu.Unlock()
	r.c.w.writeRecord(end, true)
}

func (r *record) Found(e spec.LiveEntry) {
	if r.write.Step.Operation != plan.CreateAccessEntry || r.write.Step.Principal != e.Principal {
		return // nothing was sent to make it
	}
	found := &Found{Record: ofFound, Write: r.write.Begin.Write, Time: stamp(), Entry: e.Entry, CreatedAt: e.CreatedAt}
	r.c.mu.Lock()
	r.write.Found = found
	r.c.mu.Unlock()
	r.c.w.writeRecord(found, true)
}

func (c *clusterWriter) Finish(status apply.Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.told.Writes) == 0 || len(c.told.interruptedReplaces()) > 0 {
		return // nothing to end, or something to finish
	}
	c.w.count(&c.w.open, -1)
	c.w.writeRecord(
		Finished{Record: ofFinished, Run: c.w.run.ID, Cluster: c.of.ARN, Time: stamp(), Status: status},
		false,
	)
}
