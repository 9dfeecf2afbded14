package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/plan"
)

// journalFolder is "" where there is none.
func journalFolder() string {
	folder, _ := journal.Folder(runtime.GOOS, getenv)
	return folder
}

// lookBack finds what earlier runs were cut off at. A folder that can't be
// read is worth a word, and stops nothing.
func (f *fleetRun) lookBack(file string) {
	f.run, f.folder, f.journalFile = journal.NewID(f.begun), journalFolder(), file
	var err error
	f.unfinished, err = journal.FindUnfinished(f.folder, f.journalFile)
	if err != nil {
		f.p.complain("warning", "looking for runs that were cut off: "+plainPathError(err).Error())
	}
	for _, j := range f.unfinished {
		for _, h := range j.Runs {
			for _, c := range h.Clusters {
				if err := c.Damaged(); err != nil && h.Finished == nil && c.Finished == nil {
					f.p.complain("warning",
						fmt.Sprintf("journal %q: nothing of %s is finished from it: %v", j.Path, c.ARN, err))
				}
			}
		}
	}
}

func (f *fleetRun) cutOff(s *site) []plan.CutOff {
	return journal.FindInterrupted(f.unfinished, f.folder, s.declared.ID.ARN())
}

// keepJournal opens the journal of this run, before its first write.
func (f *fleetRun) keepJournal() error {
	run := journal.Run{ID: f.run, ToolVersion: version(), Args: f.p.args}
	if f.undone != nil {
		run.Undoes = f.undone.ID
	}
	var err error
	if name := f.journalFile; name != "" {
		if name, err = filepath.Abs(name); err == nil {
			f.journal, err = journal.Create(name, run)
		}
	} else {
		var folder string
		if folder, err = journal.Folder(runtime.GOOS, getenv); err == nil {
			f.journal, err = journal.CreateIn(folder, run)
		}
	}
	if err != nil {
		return withHint(fmt.Errorf("nothing was applied, since the journal can't be written: %w", journalError(err)),
			"name another place with --journal FILE, or go without it with --no-journal")
	}
	f.p.complain("note", "journal: "+f.journal.Path())
	return nil
}

// journalError is "making "/x/y.jsonl": permission denied".
func journalError(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%q: %w", pe.Path, pe.Err)
	}
	return err
}

// endJournal says so where the journal could not be ended: what is written is
// written.
func (f *fleetRun) endJournal() {
	if f.journal == nil {
		return
	}
	if err := f.journal.Close(); err != nil {
		f.p.complain(
			"warning",
			fmt.Sprintf("the journal %q could not be ended: %s", f.journal.Path(), journalError(err)),
		)
	}
}

// settle records in the journals of runs that were cut off what this run has
// seen to.
func (f *fleetRun) settle(sites []*site, result *apply.Result) {
	err := journal.MarkFinished(f.unfinished, f.run, func(clusterARN, owner string) bool {
		for i, s := range sites {
			if r := result.Clusters[i]; r.ARN == clusterARN && s.declared.Owner == owner {
				return r.Status == apply.InSync || r.Status == apply.Applied || r.Status == apply.Unconfirmed
			}
		}
		return false
	})
	if err != nil {
		f.p.complain("warning", "the journal of a run that was cut off could not be ended: "+journalError(err).Error())
	}
}
