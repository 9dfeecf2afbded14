package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A Past names a run of a journal.
type Past struct {
	Last   bool   // the newest run in the user's state folder that is not an undo
	Name   string // else the id of a run there, or the path of a journal
	Run    string // id of a run of that journal; "" for the last
	Choice fleet.Choice
}

// Undo plans to revert a run of a journal, in those of its clusters that the
// choice selects. What others changed since stays.
func (r *Run) Undo(ctx context.Context, past Past) ([]*Target, error) {
	name, run, err := r.findRun(past)
	if err != nil {
		return nil, err
	}
	r.undone = run
	histories := map[string]*journal.ClusterHistory{}
	all := &spec.Fleet{}
	for _, h := range run.Clusters {
		id, err := arn.ParseCluster(h.ARN)
		if err != nil {
			return nil, fmt.Errorf("journal %q: %w", name, err)
		}
		place := recordedCluster(h)
		declared := place.Declaration()
		declared.ID = id // the record may contradict it, which is reported for the cluster
		histories[h.ARN] = h
		all.Clusters = append(all.Clusters, declared)
	}
	if len(all.Clusters) == 0 {
		return nil, fmt.Errorf("run %s changed no cluster", run.ID)
	}
	clusters, err := all.Select(past.Choice.Selection())
	if err != nil {
		return nil, err
	}
	return r.each(ctx, clusters, func(t *Target) error { return r.undoOne(ctx, t, histories[t.Declared.ID.ARN()]) })
}

// undoOne reads and plans one cluster.
func (r *Run) undoOne(ctx context.Context, t *Target, h *journal.ClusterHistory) error {
	if err := h.ProblemError(); err != nil {
		return damageError(err)
	}
	later, err := journal.FindUndos(r.undone.ID, h.ARN, r.folder, r.options.JournalFile)
	if err != nil {
		return damageError(err)
	}
	pasts := journal.RunChanges(h, later...)
	need := fleet.Need{Part: fleet.Entries, Identities: true, AWSAuth: fleet.AWSAuthIfRequired}
	for _, p := range pasts {
		need.Principals = append(need.Principals, p.Principal)
	}
	if err := r.Fleet.Read(ctx, t.Cluster, need); err != nil {
		return err
	}
	for i := range pasts { // IAM's times are by the clock of AWS, those of journals by this machine's
		pasts[i].Since = pasts[i].Since.Add(r.Fleet.Now().Sub(r.Fleet.StartTime()))
	}
	t.Plan = r.Compute(ctx, t, func(t *Target) plan.Cluster {
		return plan.Undo(plan.UndoInput{
			Run:     r.undone.ID,
			Cluster: recordedCluster(h),
			Changes: pasts,
			Modes:   h.Modes(),
			Have:    t.Have,
			Callers: t.Callers,
			Now:     r.Fleet.Now(),
			Options: r.options.Plan,
		})
	})
	return nil
}

// recordedCluster is where a cluster is, how it was reached, and the limits it was
// judged by.
func recordedCluster(h *journal.ClusterHistory) plan.Cluster {
	return plan.Cluster{
		Name:       h.Name,
		Region:     h.Region,
		Account:    h.Account,
		ARN:        h.ARN,
		Connection: h.Connection,
		Rules:      h.Rules,
	}
}

// damageError is why nothing is undone in a cluster.
func damageError(err error) error {
	return &fault.Error{Code: fault.JournalDamaged, Message: err.Error(),
		Hint: "print its readable part with: eksaccess show JOURNAL; revert those changes manually"}
}

// findRun reads the run that is to be reverted, and returns the path of its
// journal as well.
func (r *Run) findRun(past Past) (name string, run *journal.History, err error) {
	name = past.Name
	switch {
	case past.Last:
		var last journal.Recorded
		if last, err = journal.Last(r.folder); err == nil {
			name, run = last.Path, last.Run
			r.options.Report.Note("run " + run.ID + ": eksaccess " + strings.Join(run.Args, " "))
		}
	case isRun(name):
		var found journal.Recorded
		if found, err = journal.Find(r.folder, name); err == nil {
			name, run = found.Path, found.Run
		}
	default:
		run, err = runOf(name, past.Run)
	}
	if err != nil {
		return "", nil, fault.WithHint(readfile.Plain(err), "list the runs that can be undone with: eksaccess undo "+
			"--list; "+
			"pass the path of a journal in another folder")
	}
	if journal.IsRunning(name) {
		return "", nil, fault.WithHint(fmt.Errorf("journal %q: the run is still in progress", name),
			"wait until it ends, or stop it with Ctrl-C")
	}
	return name, run, nil
}

// isRun reports whether an argument is the id of a run and not the path of a
// file that is there.
func isRun(arg string) bool {
	_, err := os.Lstat(arg)
	return journal.IsID(arg) && errors.Is(err, fs.ErrNotExist)
}

// runOf reads a run of a journal: the one with the id, or the last.
func runOf(path, id string) (*journal.History, error) {
	j, err := journal.Read(path)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return j.Runs[len(j.Runs)-1], nil
	}
	if run := j.Run(id); run != nil {
		return run, nil
	}
	var ids []string
	for _, h := range j.Runs {
		ids = append(ids, h.ID)
	}
	return nil, fmt.Errorf("journal %q has no run %q; it has %s", path, id, strings.Join(ids, ", "))
}
