package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/phrase"
)

// Journal draws the runs of a journal: as [Text] or [Machine].
func Journal(w io.Writer, runs []*journal.History, opts Options) error {
	switch opts.Format {
	case Text, "":
		return write(w, journalText(runs, opts))
	case Machine:
		return JSON(w, struct {
			APIVersion string             `json:"apiVersion"`
			Kind       string             `json:"kind"`
			Runs       []*journal.History `json:"runs"`
		}{journal.APIVersion, journal.Kind, runs})
	}
	return fmt.Errorf("a journal has no form %q: it is drawn as %s or %s", string(opts.Format), Text, Machine)
}

// journalText is what each run wrote, cluster by cluster, in the order sent.
func journalText(runs []*journal.History, opts Options) []byte {
	p := newPage(opts)
	for _, h := range runs {
		p.blank()
		args := make([]string, len(h.Args))
		for i, a := range h.Args {
			args[i] = word(a)
		}
		p.hang(0, p.paint(strong, "run "+Safe(h.ID)+": "), plain, "eksaccess "+strings.Join(args, " "))
		if h.Undoes != "" {
			p.line(2, "takes back run "+Safe(h.Undoes))
		}
		if h.Finished == nil {
			p.hang(
				2,
				p.paint(alert, "unfinished: "),
				plain,
				"it is at work, was killed, or left a replace undone; the next apply goes on from it",
			)
		}
		for _, c := range h.Clusters {
			p.journalCluster(c)
		}
	}
	return p.Bytes()
}

func (p *page) journalCluster(c *journal.ClusterHistory) {
	p.blank()
	end, st := "killed, or a replace is undone", alert
	switch {
	case c.Finished != nil && c.Finished.By != "":
		end, st = "finished by run "+Safe(c.Finished.By), plain
	case c.Finished != nil:
		end, st = Safe(string(c.Finished.Status)), plain
	}
	p.hang(0, p.paint(strong, where(c.Name, c.Account, c.Region)+": "), st, end)
	for _, problem := range c.Problems {
		p.hangAt(2, p.paint(alert, "damaged: "), plain, Safe(problem), 6)
	}
	for _, caller := range c.Callers {
		p.hang(2, p.paint(faint, "run by "), plain, Safe(caller))
	}
	steps := make([]apply.StepResult, len(c.Writes))
	for i, w := range c.Writes {
		s := apply.StepResult{Step: w.Step, Note: outcomeNote(w)}
		if w.Mode != nil {
			s.Mode = w.Mode.After
		}
		if w.End != nil {
			s.RequestID, s.Error = w.End.RequestID, w.End.Error
		}
		steps[i] = s
	}
	p.steps("written", plain, steps)
}

func outcomeNote(w *journal.Write) string {
	what := "sent; not known what became of it"
	if w.End != nil {
		what = string(w.End.Outcome)
	}
	if w.Found != nil {
		what += "; an entry was there already"
	}
	return phrase.Join("; ", w.Note, what)
}
