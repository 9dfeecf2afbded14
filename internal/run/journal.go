package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/readfile"
)

// Folder is where journals are kept; "" where there is no such place.
func Folder() string {
	folder, _ := journal.Folder(runtime.GOOS, os.Getenv)
	return folder
}

// LookBack finds what earlier runs were cut off at. A folder that can't be
// read is reported, and stops nothing.
func (r *Run) LookBack() {
	var err error
	r.unfinished, err = journal.FindUnfinished(r.folder, r.options.JournalFile)
	if err != nil {
		r.options.Report.Warn("looking for interrupted runs: "+readfile.Plain(err).Error(), "")
	}
	for _, j := range r.unfinished {
		for _, h := range j.Runs {
			for _, c := range h.Clusters {
				if err := c.ProblemError(); err != nil && h.Finished == nil && c.Finished == nil {
					r.options.Report.Warn(
						fmt.Sprintf("journal %q: unfinished changes of %s are kept: %v", j.Path, c.ARN, err), "")
				}
			}
		}
	}
}

// openJournal opens the journal of this run, before its first write.
func (r *Run) openJournal() error {
	if r.options.NoJournal {
		return nil
	}
	run := journal.Run{ID: r.id, ToolVersion: r.options.Version, Args: r.options.Args}
	if r.undone != nil {
		run.Undoes = r.undone.ID
	}
	var err error
	if name := r.options.JournalFile; name != "" {
		if name, err = filepath.Abs(name); err == nil {
			r.journal, err = journal.Create(name, run)
		}
	} else {
		var folder string
		if folder, err = journal.Folder(runtime.GOOS, os.Getenv); err == nil {
			r.journal, err = journal.CreateIn(folder, run)
		}
	}
	if err != nil {
		return fault.WithHint(
			fmt.Errorf("nothing was applied, because the journal cannot be written: %w", withPath(err)),
			"choose another file with --journal FILE, or pass --no-journal",
		)
	}
	r.options.Report.Note("journal: " + r.journal.Path())
	return nil
}

// closeJournal reports where the journal could not be ended: what is written is
// written.
func (r *Run) closeJournal() {
	if r.journal == nil {
		return
	}
	if err := r.journal.Close(); err != nil {
		r.options.Report.Warn(
			fmt.Sprintf("completing the journal %q: %s", r.journal.Path(), withPath(err)), "")
	}
}

// settle records in the journals of runs that were cut off what this run has
// completed.
func (r *Run) settle(targets []*Target, result *apply.Result) {
	r.Settle(func(clusterARN, owner string) bool {
		for i, t := range targets {
			if c := result.Clusters[i]; c.ARN == clusterARN && t.Declared.Owner == owner {
				return c.Status == apply.InSync || c.Status == apply.Applied || c.Status == apply.Unconfirmed
			}
		}
		return false
	})
}

// Settle ends the journals of runs that were cut off, for the clusters and
// owners in which all is done.
func (r *Run) Settle(done func(clusterARN, owner string) bool) {
	if err := journal.MarkFinished(r.unfinished, r.id, done); err != nil {
		r.options.Report.Warn(
			"completing the journal of an interrupted run: "+withPath(err).Error(), "")
	}
}

// Journal is the path of the journal of this run; "" for none.
func (r *Run) Journal() string {
	if r.journal == nil {
		return ""
	}
	return r.journal.Path()
}

// UndoCommand is the command that undoes what this run wrote; "" if it wrote
// nothing or keeps no journal.
func (r *Run) UndoCommand() string {
	switch {
	case r.journal == nil || !r.journal.Wrote():
		return ""
	case r.folder != "" && r.journal.Path() == journal.File(r.folder, r.id):
		return "eksaccess undo " + r.id
	}
	return "eksaccess undo " + awscli.Quote(r.journal.Path())
}

// withPath is "making "/x/y.jsonl": permission denied", of an error of a file.
func withPath(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%q: %w", pe.Path, pe.Err)
	}
	return err
}
