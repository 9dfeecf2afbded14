package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/plan"
)

// FindUnfinished are the runs that were killed, or had to leave a replace undone:
// those in the folder, and in the files named. Runs that are at work are not
// among them, nor are files that hold no journal. The error is about what could
// not be read, and beside the others.
func FindUnfinished(folder string, files ...string) ([]*Journal, error) {
	paths, err := journals(folder, files)
	var out []*Journal
	for _, path := range paths {
		if !slices.Contains(files, path) && hasEnded(path) || IsRunning(path) {
			continue
		}
		j, readErr := Read(path)
		unreadable := errors.Is(readErr, os.ErrNotExist) || errors.Is(readErr, os.ErrPermission) ||
			errors.Is(readErr, readfile.ErrNotRegular)
		if readErr != nil && !unreadable {
			err = errors.Join(err, readErr)
		}
		if readErr == nil && slices.ContainsFunc(j.Runs, func(h *History) bool { return h.Finished == nil }) {
			out = append(out, j)
		}
	}
	return out, err
}

// journals are the paths of those in the folder, oldest first, and of files.
func journals(folder string, files []string) ([]string, error) {
	var paths []string
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), Ext) && e.Type().IsRegular() {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	for _, f := range files {
		if f != "" && !slices.Contains(paths, f) {
			paths = append(paths, f)
		}
	}
	if errors.Is(err, os.ErrNotExist) || folder == "" {
		err = nil
	}
	return paths, err
}

// hasEnded tells by the last line alone, in files that hold one run: folders grow.
func hasEnded(path string) bool {
	f, err := readfile.Open(path)
	if err != nil {
		return true // not there, or not ours to read
	}
	defer f.Close()
	const enough = 4096 // for a finished record
	if info, err := f.Stat(); err == nil && info.Size() > enough {
		f.Seek(-enough, io.SeekEnd)
	}
	tail, err := io.ReadAll(f)
	if err != nil {
		return true
	}
	tail = bytes.TrimSpace(tail)
	var last Finished
	return json.Unmarshal(tail[bytes.LastIndexByte(tail, '\n')+1:], &last) == nil &&
		last.Record == ofFinished && last.Cluster == ""
}

// IsRunning reports whether a run that lives writes to the journal.
func IsRunning(path string) bool {
	f, err := readfile.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(lock(f), errAtWork)
}

// FindInterrupted are the replaces of a cluster that the journals tell of as begun and
// not done, but for entries that a later run of the folder wrote to.
func FindInterrupted(unfinished []*Journal, folder, clusterARN string) []plan.CutOff {
	var out []plan.CutOff
	for _, j := range unfinished {
		for _, h := range j.Runs {
			c := h.Cluster(clusterARN)
			if c == nil || c.Finished != nil || h.Finished != nil || c.ProblemError() != nil {
				continue
			}
			for _, cut := range c.interruptedReplaces() {
				if !isWrittenSince(h, j, folder, clusterARN, cut.Entry.Principal) {
					cut.Journal, cut.Run = j.Path, h.ID
					out = append(out, cut)
				}
			}
		}
	}
	return out
}

// isWrittenSince reports whether a later run wrote to an entry. If that was to
// finish the replace and was cut off too, the later run's journal tells.
func isWrittenSince(h *History, j *Journal, folder, clusterARN, principal string) bool {
	paths, _ := journals(folder, []string{j.Path})
	for _, path := range paths {
		if path != j.Path && isEarlier(path, h.ID) {
			continue
		}
		other, err := Read(path)
		if err != nil {
			continue
		}
		for _, later := range other.Runs {
			if c := later.Cluster(clusterARN); c != nil && later.ID != h.ID && later.Time.After(h.Time) &&
				slices.ContainsFunc(c.Writes, func(w *Write) bool {
					return w.Step.Principal == principal && (w.End == nil || w.End.Outcome != apply.NotDone)
				}) {
				return true
			}
		}
	}
	return false
}

// isEarlier reports whether a journal was begun before a run, by its name: in an
// earlier second, since what follows that in an id is left to chance.
func isEarlier(path, id string) bool {
	journal, _, _ := strings.Cut(filepath.Base(path), "-")
	run, _, _ := strings.Cut(id, "-")
	return journal < run
}

// MarkFinished records in unfinished journals what a later run saw to: the clusters
// of an owner for which done says so. What left nothing to finish is settled as
// well.
func MarkFinished(unfinished []*Journal, by string, done func(clusterARN, owner string) bool) error {
	var errs []error
	for _, j := range unfinished {
		errs = append(errs, j.markFinished(by, done))
	}
	return errors.Join(errs...)
}

func (j *Journal) markFinished(by string, done func(clusterARN, owner string) bool) error {
	var records []Finished
	for _, h := range j.Runs {
		if h.Finished != nil {
			continue
		}
		open := 0
		for _, c := range h.Clusters {
			switch {
			case c.Finished != nil:
			case c.ProblemError() != nil:
				open++
			case len(c.interruptedReplaces()) == 0 || done(c.ARN, c.Rules.Owner):
				records = append(
					records,
					Finished{Record: ofFinished, Run: h.ID, Cluster: c.ARN, Time: stamp(), By: by},
				)
			default:
				open++
			}
		}
		if open == 0 {
			records = append(records, Finished{Record: ofFinished, Run: h.ID, Time: stamp(), By: by})
		}
	}
	if len(records) == 0 {
		return nil
	}
	f, err := openToAppend(j.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := f.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return f.Sync()
}

// FindUndos are the runs that took back, or began to take back, a run of a
// cluster: those in the folder, oldest first, and in the files named. Without
// one that is damaged that is not known what is left to take back.
func FindUndos(run, clusterARN, folder string, files ...string) ([]*ClusterHistory, error) {
	var out []*ClusterHistory
	paths, _ := journals(folder, files)
	for _, path := range paths {
		if !slices.Contains(files, path) && isEarlier(path, run) {
			continue
		}
		j, err := Read(path)
		if err != nil {
			continue
		}
		for _, h := range j.Runs {
			if c := h.Cluster(clusterARN); c != nil && h.Undoes == run {
				if err := c.ProblemError(); err != nil {
					return nil, fmt.Errorf("run %s took it back: %q: %w", h.ID, path, err)
				}
				out = append(out, c)
			}
		}
	}
	return out, nil
}
