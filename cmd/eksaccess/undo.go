package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
)

// undoOptions are the flags of undo.
type undoOptions struct {
	choiceOptions
	kubeOptions
	guardOptions
	connectionOptions
	journalOptions
	outputOptions
	yesOption
	last, list bool
	run        string
}

func (o *undoOptions) flags() []cliargs.Flag {
	return slices.Concat([]cliargs.Flag{
		cliargs.Bool("--last", "undo the newest run that is not itself an undo", &o.last),
		cliargs.Bool("--list", "list the runs of this user, newest first, and change nothing", &o.list),
		o.yesFlag(),
	}, cliargs.In(inputCategory,
		o.globFlag(),
		cliargs.Value("--run ID", "with the path of a journal that has several runs, the run to undo", &o.run).
			WithDefault("the last"),
	), o.kubeFlags(), o.guardFlags(), cliargs.In(outputCategory, o.outputFlag()), o.journalFlags(), o.connectionFlags())
}

func (o *undoOptions) rules() []cliargs.Rule { return append(o.kubeRules(), o.journalRules()...) }

func (p *program) undoCommand() *cliargs.Command {
	o := &undoOptions{outputOptions: outputOptions{forms: render.Formats}}
	return p.command(&cliargs.Command{
		Name:  "undo",
		Group: emergency,
		Usage: "revert what a run did",
		Examples: "eksaccess undo --list              # runs that can be undone\n" +
			"eksaccess undo RUN                 # by id\n" +
			"eksaccess undo RUN --cluster prod  # in one of its clusters\n" +
			"eksaccess undo --last              # the newest run that is not itself an undo\n" +
			"eksaccess undo JOURNAL             # by the path of its journal",
		Description: "Changes that others made after the run are kept.",
		Arguments:   &cliargs.Values{Files: true, Look: pastRuns},
	}, o, func(ctx context.Context, line cliargs.Line) error {
		if err := o.checkRun(line.Arguments); err != nil {
			return err
		}
		if o.list {
			return p.listRuns(o.format())
		}
		allow, err := o.allowance()
		if err != nil {
			return err
		}
		clusters := p.openFleet(&o.connectionOptions, o.kubeOptions)
		r := p.newRun(clusters, plan.Options{Allow: allow}, o.journalOptions, 0)
		targets, err := r.Undo(ctx, o.past(line.Arguments))
		if err != nil {
			return err
		}
		return undoOutcome(p.confirmAndApply(ctx, "undo", r, targets, o.format(), o.yes), targets)
	})
}

// past is the run that the command line names.
func (o *undoOptions) past(args []string) run.Past {
	past := run.Past{Last: o.last, Run: o.run, Choice: o.Choice}
	if len(args) > 0 {
		past.Name = args[0]
	}
	return past
}

// checkRun checks that the command line names exactly one run, or asks for the
// list.
func (o *undoOptions) checkRun(args []string) error {
	named := len(args)
	for _, given := range []bool{o.last, o.list} {
		if given {
			named++
		}
	}
	switch {
	case named != 1:
		return withHint(errors.New("undo requires one of: the id of a run, the path of a journal, --last, --list"),
			"eksaccess undo --list")
	case o.run != "" && len(args) == 0:
		return withHint(errors.New("--run requires the path of a journal"), "eksaccess undo "+o.run)
	}
	return nil
}

// undoOutcome is the outcome of a run that undid another one; carried is that
// of what it wrote.
func undoOutcome(carried error, targets []*run.Target) error {
	var out outcome
	n := 0
	for _, t := range targets {
		for _, left := range t.Plan.NotUndone {
			if left.CanBeUndone() {
				n++
			}
		}
	}
	if n > 0 && errors.As(carried, &out) && out.code == exitUnconfirmed {
		message := fmt.Sprintf("not everything was undone: %s left",
			phrase.CountOf(n, "change of the run is", "changes of the run are"))
		return outcome{code: exitUnconfirmed, message: message}
	}
	return carried
}

// listRuns prints the runs in the user's state folder.
func (p *program) listRuns(f render.Format) error {
	if f != render.Text && f != render.Machine {
		return fmt.Errorf("--list cannot be combined with -o %s: want %s or %s", f, render.Text, render.Machine)
	}
	folder := run.Folder()
	runs, err := journal.List(folder)
	if err != nil {
		p.printMessage("warning", "reading the journals of runs: "+readfile.Plain(err).Error())
	}
	if len(runs) == 0 {
		p.printMessage("note", fmt.Sprintf("no runs in %q", folder))
	}
	return render.Runs(p.stdout, runs, p.drawing(f))
}

// pastRuns are the ids of the runs in the user's state folder.
func pastRuns([]string) []cliargs.Candidate {
	runs, _ := journal.List(run.Folder())
	var list []cliargs.Candidate
	for _, r := range runs {
		list = append(list, cliargs.Candidate{Value: r.Run.ID, Meaning: strings.Join(r.Run.Args, " ")})
	}
	return list
}
