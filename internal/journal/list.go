package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// ErrNotFound is the error about a run that no journal of a folder has.
var ErrNotFound = errors.New("not found")

// A Recorded is a run and the journal that has it.
type Recorded struct {
	Path string
	Run  *History
}

var runID = regexp.MustCompile(`^\d{8}T\d{6}Z-[0-9a-f]{6}$`)

// IsID reports whether a text has the form of a run's id.
func IsID(text string) bool { return runID.MatchString(text) }

// List returns the runs of the journals in a folder, newest first. The error is
// about journals that could not be read, and beside the others.
func List(folder string) ([]Recorded, error) {
	paths, err := journals(folder, nil)
	errs := []error{err}
	out := []Recorded{}
	for _, path := range paths {
		j, err := Read(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, h := range j.Runs {
			out = append(out, Recorded{path, h})
		}
	}
	slices.SortStableFunc(out, func(a, b Recorded) int {
		return cmp.Or(b.Run.Time.Compare(a.Run.Time), cmp.Compare(b.Run.ID, a.Run.ID))
	})
	return out, errors.Join(errs...)
}

// Find returns the run with an id, from the journals of a folder.
func Find(folder, id string) (Recorded, error) {
	path := File(folder, id)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		j, err := Read(path)
		if err != nil {
			return Recorded{}, err
		}
		if h := j.Run(id); h != nil {
			return Recorded{path, h}, nil
		}
	}
	all, err := List(folder)
	for _, r := range all {
		if r.Run.ID == id {
			return r, nil
		}
	}
	return Recorded{}, errors.Join(fmt.Errorf("run %q: %w in %q", id, ErrNotFound, folder), err)
}

// Last returns the newest run of a folder that does not undo another one. It
// fails where a journal that may have a newer one cannot be read.
func Last(folder string) (Recorded, error) {
	paths, err := journals(folder, nil)
	if err != nil {
		return Recorded{}, err
	}
	slices.Reverse(paths)
	var last Recorded
	for _, path := range paths {
		name := filepath.Base(path)
		if last.Run != nil && IsID(name[:len(name)-len(Ext)]) && isEarlier(path, last.Run.ID) {
			continue
		}
		j, err := Read(path)
		if err != nil {
			return Recorded{}, err
		}
		for _, h := range j.Runs {
			if h.Undoes == "" && (last.Run == nil || h.Time.After(last.Run.Time)) {
				last = Recorded{path, h}
			}
		}
	}
	if last.Run == nil {
		return Recorded{}, fmt.Errorf("run %w in %q", ErrNotFound, folder)
	}
	return last, nil
}
