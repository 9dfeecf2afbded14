package render

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
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
	return writeDocument(w, runsDocument(runs), opts)
}

func runsDocument(runs []journal.Recorded) *doc.Document {
	t := doc.Table{Header: []string{"RUN", "STARTED", "WRITES", "CLUSTERS", "COMMAND", "NOTE"}}
	for _, r := range runs {
		started, clusters := stamp(r.Run.Time), namesOfClusters(r.Run)
		command, note := commandLine(r.Run), runNote(r.Run)
		t.AddRaw(r.Run.ID, started, fmt.Sprint(writes(r.Run)), clusters, command, note)
		line := doc.Line{Text: r.Run.ID, Style: doc.Strong, Whole: true, Indent: 2}
		line.Blocks = []doc.Block{
			doc.Line{Text: phrase.Join("; ", started, phrase.Count(writes(r.Run), "write"), clusters, note)},
			doc.Line{Text: command, Style: doc.Faint},
		}
		t.Narrow = append(t.Narrow, line)
	}
	return &doc.Document{Top: []doc.Block{t}}
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
		names = append(names, c.Name)
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
		undoes = "undoes " + h.Undoes
	}
	if h.Finished == nil {
		unfinished = "unfinished"
	}
	return phrase.Join("; ", undoes, unfinished)
}
