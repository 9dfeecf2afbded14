package render

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/phrase"
)

// A runRow is a run in the list of runs.
type runRow struct {
	ID       string    `json:"run"`
	Time     time.Time `json:"time"`
	Args     []string  `json:"args"`
	Undoes   string    `json:"undoes,omitempty"`
	Journal  string    `json:"journal"`
	Clusters []string  `json:"clusters"` // ARNs
	Writes   int       `json:"writes"`
	Finished bool      `json:"finished"`
}

// Runs draws the list of runs that undo can revert: as [Text] or [Machine].
func Runs(w io.Writer, runs []journal.Recorded, opts Options) error {
	if opts.Format == Machine {
		rows := []runRow{}
		for _, r := range runs {
			row := runRow{ID: r.Run.ID, Time: r.Run.Time, Args: r.Run.Args, Undoes: r.Run.Undoes, Journal: r.Path,
				Clusters: []string{}, Writes: writes(r.Run), Finished: r.Run.Finished != nil}
			for _, c := range r.Run.Clusters {
				row.Clusters = append(row.Clusters, c.ARN)
			}
			rows = append(rows, row)
		}
		return JSON(w, struct {
			APIVersion string   `json:"apiVersion"`
			Kind       string   `json:"kind"`
			Runs       []runRow `json:"runs"`
		}{journal.APIVersion, "Runs", rows})
	}
	if len(runs) == 0 {
		return nil
	}
	p := newPage(opts)
	t := table{header: []string{"RUN", "STARTED", "WRITES", "CLUSTERS", "COMMAND", "NOTE"}}
	for _, r := range runs {
		t.add(Safe(r.Run.ID), stamp(r.Run.Time), fmt.Sprint(writes(r.Run)), namesOfClusters(r.Run),
			commandLine(r.Run), runNote(r.Run))
	}
	if !p.table(0, t) {
		for _, r := range runs {
			p.line(0, p.paint(strong, Safe(r.Run.ID)))
			p.hang(2, "", plain, phrase.Join("; ", stamp(r.Run.Time), phrase.Count(writes(r.Run), "write"),
				namesOfClusters(r.Run), runNote(r.Run)))
			p.hang(2, "", faint, commandLine(r.Run))
		}
	}
	return write(w, p.Bytes())
}

func writes(h *journal.History) (n int) {
	for _, c := range h.Clusters {
		n += len(c.Writes)
	}
	return n
}

func namesOfClusters(h *journal.History) string {
	var names []string
	for _, c := range h.Clusters {
		if len(names) == 3 && len(h.Clusters) > 4 {
			return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", len(h.Clusters)-3)
		}
		names = append(names, Safe(c.Name))
	}
	return strings.Join(names, ", ")
}

func commandLine(h *journal.History) string {
	words := []string{"eksaccess"}
	for _, a := range h.Args {
		words = append(words, word(a))
	}
	return strings.Join(words, " ")
}

func runNote(h *journal.History) string {
	undoes, unfinished := "", ""
	if h.Undoes != "" {
		undoes = "undoes " + Safe(h.Undoes)
	}
	if h.Finished == nil {
		unfinished = "unfinished"
	}
	return phrase.Join("; ", undoes, unfinished)
}
