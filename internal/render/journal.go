package render

import (
	"fmt"
	"io"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
)

// Journal draws the runs of a journal: as [Text] or [Machine].
func Journal(w io.Writer, runs []*journal.History, opts Options) error {
	switch opts.Format {
	case Text, "":
		return writeDocument(w, journalDocument(runs), opts)
	case Machine:
		return JSON(w, struct {
			APIVersion string             `json:"apiVersion"`
			Kind       string             `json:"kind"`
			Runs       []*journal.History `json:"runs"`
		}{journal.APIVersion, journal.Kind, runs})
	}
	return fmt.Errorf("a journal has no form %q: it is drawn as %s or %s", string(opts.Format), Text, Machine)
}

// journalDocument is what each run wrote, cluster by cluster, in the order sent.
func journalDocument(runs []*journal.History) *doc.Document {
	d := &doc.Document{}
	for _, h := range runs {
		run := doc.Section{Title: "run " + h.ID, Status: commandLine(h)}
		if h.Undoes != "" {
			run.Blocks = append(run.Blocks, doc.Line{Text: "undoes run " + h.Undoes, Whole: true})
		}
		if h.Finished == nil {
			run.Blocks = append(run.Blocks, doc.Line{Lead: doc.Styled(doc.Alert, "unfinished: "),
				Text: "it is running, was killed, or did not finish recreating an entry; the next apply continues it"})
		}
		d.Top = append(d.Top, run)
		for _, c := range h.Clusters {
			d.Top = append(d.Top, journalCluster(c))
		}
	}
	return d
}

func journalCluster(c *journal.ClusterHistory) doc.Block {
	s := doc.Section{Title: where(c.Name, c.Account, c.Region)}
	switch {
	case c.Finished == nil:
		s.Status, s.Style = "unfinished", doc.Alert
	case c.Finished.By != "":
		s.Status = "finished by run " + c.Finished.By
	default:
		s.Status = string(c.Finished.Status)
	}
	for _, problem := range c.Problems {
		s.Blocks = append(s.Blocks, doc.Line{Lead: doc.Styled(doc.Alert, "damaged: "), Text: problem, Hang: 4})
	}
	for _, caller := range c.Callers {
		s.Blocks = append(s.Blocks, doc.Line{Lead: doc.Styled(doc.Faint, "run by "), Text: caller})
	}
	written := make([]apply.StepResult, len(c.Writes))
	for i, w := range c.Writes {
		r := apply.StepResult{Step: w.Step, Note: outcomeNote(w)}
		if w.Mode != nil {
			r.Mode = w.Mode.After
		}
		if w.End != nil {
			r.RequestID, r.Error = w.End.RequestID, w.End.Error
		}
		written[i] = r
	}
	s.Blocks = append(s.Blocks, steps("written", doc.Plain, written)...)
	return s
}

func outcomeNote(w *journal.Write) string {
	what := "sent; its result is not known"
	if w.End != nil {
		what = string(w.End.Outcome)
	}
	if w.Found != nil {
		what += "; the entry existed already"
	}
	return phrase.Join("; ", w.Note, what)
}
