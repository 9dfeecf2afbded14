package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
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

func (o *undoOptions) flags() []cli.Flag {
	return join(o.kubeFlags(), o.guardFlags(), o.connectionFlags(), o.journalFlags(), []cli.Flag{
		&cli.BoolFlag{Name: "last", Usage: "the newest run in the user's state folder that is not an undo",
			Category: "Input", Destination: &o.last, DisableDefaultText: true},
		&cli.BoolFlag{Name: "list", Usage: "list the runs in the user's state folder, and change nothing",
			Category: "Input", Destination: &o.list, DisableDefaultText: true},
		o.clusterFlag("only clusters that match `GLOB` (name, ACCOUNT/REGION/NAME or ARN); repeatable"),
		&cli.StringFlag{Name: "run", Usage: "run `ID` of a journal that has several", DefaultText: "the last",
			Category: "Input", Destination: &o.run},
		o.outputFlag(), o.yesFlag(),
	})
}

func (o *undoOptions) rules() []rule { return join(o.kubeRules(), o.journalRules()) }

func (p *program) undoCommand() *cli.Command {
	o := &undoOptions{outputOptions: outputOptions{forms: render.Formats}}
	return p.command(&cli.Command{
		Name:  "undo",
		Usage: "revert what a run did; what others changed since stays",
		UsageText: "eksaccess undo --list                # runs that can be undone\n" +
			"eksaccess undo RUN                   # by its id\n" +
			"eksaccess undo RUN --cluster prod    # in one of its clusters\n" +
			"eksaccess undo --last                # the newest run that is not itself an undo\n" +
			"eksaccess undo JOURNAL               # by the path of its journal",
		ArgsUsage: "RUN|JOURNAL",
	}, o, func(ctx context.Context, line invocation) error {
		f, err := o.format(line)
		if err != nil {
			return err
		}
		if err := o.checkRun(line.args); err != nil {
			return err
		}
		if o.list {
			return p.listRuns(f)
		}
		journal, err := o.file()
		if err != nil {
			return err
		}
		fleet, sites, err := p.undoing(ctx, o, line.args, journal)
		if err != nil {
			return err
		}
		how := carrying{form: f, yes: o.yes, noJournal: o.noJournal}
		return undoOutcome(p.carry(ctx, how, fleet, sites), sites)
	})
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
		return withHint(errors.New("undo takes exactly one of: the id of a run, the path of a journal, "+
			"--last or --list"), "eksaccess undo --list")
	case o.run != "" && len(args) == 0:
		return withHint(errors.New("--run requires the path of a journal"), "eksaccess undo "+o.run)
	}
	return nil
}

// undoOutcome is the outcome of a run that undid another one; carried is that
// of what it wrote.
func undoOutcome(carried error, sites []*site) error {
	var out outcome
	n := 0
	for _, s := range sites {
		for _, left := range s.plan.NotUndone {
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
		return fmt.Errorf("--list has no form %q: it is printed as %s or %s", f, render.Text, render.Machine)
	}
	folder := journalFolder()
	runs, err := journal.List(folder)
	if err != nil {
		p.complain("warning", "reading the journals of runs: "+plainPathError(err).Error())
	}
	if len(runs) == 0 {
		p.complain("note", fmt.Sprintf("no runs in %q", folder))
	}
	return render.Runs(p.stdout, runs, p.drawing(f))
}

// undoing plans to take back a run of a journal.
func (p *program) undoing(ctx context.Context, o *undoOptions, args []string, file string) (
	*fleetRun, []*site, error,
) {
	name, run, err := p.chosenRun(o, args)
	if err != nil {
		return nil, nil, err
	}
	histories := map[string]*journal.ClusterHistory{}
	all := &spec.Fleet{}
	for _, h := range run.Clusters {
		id, err := arn.ParseCluster(h.ARN)
		if err != nil {
			return nil, nil, fmt.Errorf("journal %q: %w", name, err)
		}
		place := recorded(h)
		declared := place.Declared()
		declared.ID = id // the record may contradict it, which is reported for the cluster
		histories[h.ARN] = h
		all.Clusters = append(all.Clusters, declared)
	}
	if len(all.Clusters) == 0 {
		return nil, nil, fmt.Errorf("the run %s wrote to no cluster", run.ID)
	}
	clusters, err := all.Select(o.Selection())
	if err != nil {
		return nil, nil, err
	}
	allow, err := o.allowed()
	if err != nil {
		return nil, nil, err
	}
	f := p.newFleet(&o.connectionOptions, o.kubeOptions, plan.Options{Allow: allow})
	f.lookBack(file)
	f.undone = run
	f.nameEndpoints(ctx, clusters)
	sites := make([]*site, len(clusters))
	var g errgroup.Group
	g.SetLimit(clustersAtOnce)
	for i, cluster := range clusters {
		sites[i] = &site{declared: cluster, plan: recorded(histories[cluster.ID.ARN()])}
		g.Go(func() error {
			if err := f.undoOne(ctx, sites[i], histories[cluster.ID.ARN()]); err != nil {
				e := planError(err, sites[i])
				sites[i].plan = plan.FailedCluster(cluster, e)
			}
			return nil
		})
	}
	g.Wait()
	p.warnOfClock()
	return f, sites, stopped(ctx)
}

// chosenRun reads the run that the command line names, and returns the path of
// its journal as well.
func (p *program) chosenRun(o *undoOptions, args []string) (name string, run *journal.History, err error) {
	if len(args) > 0 {
		name = args[0]
	}
	switch {
	case o.last:
		var last journal.Recorded
		if last, err = journal.Last(journalFolder()); err == nil {
			name, run = last.Path, last.Run
			p.complain("note", "run "+run.ID+": eksaccess "+strings.Join(run.Args, " "))
		}
	case isRun(name):
		var found journal.Recorded
		if found, err = journal.Find(journalFolder(), name); err == nil {
			name, run = found.Path, found.Run
		}
	default:
		run, err = runOf(name, o.run)
	}
	if err != nil {
		return "", nil, withHint(plainPathError(err), "eksaccess undo --list lists the runs that can be undone; "+
			"a journal in another place is undone by its path")
	}
	if journal.AtWork(name) {
		return "", nil, withHint(fmt.Errorf("journal %q: the run is still at work", name),
			"wait for it, or stop it with Ctrl-C")
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

// undoCommandLine is the command that undoes what this run wrote; "" if it
// wrote nothing or keeps no journal.
func (f *fleetRun) undoCommandLine() string {
	switch {
	case f.journal == nil || !f.journal.Wrote():
		return ""
	case f.folder != "" && f.journal.Path() == journal.File(f.folder, f.run):
		return "eksaccess undo " + f.run
	}
	return "eksaccess undo " + awscli.Quote(f.journal.Path())
}

// recorded is where a cluster is, how it was reached, and the limits it was
// judged by.
func recorded(h *journal.ClusterHistory) plan.Cluster {
	return plan.Cluster{
		Name:       h.Name,
		Region:     h.Region,
		Account:    h.Account,
		ARN:        h.ARN,
		Connection: h.Connection,
		Rules:      h.Rules,
	}
}

// damaged is why nothing is undone in a cluster.
func damaged(err error) error {
	return &fault.Error{Code: fault.JournalDamaged, Message: err.Error(),
		Hint: "eksaccess show JOURNAL prints what can be read; take back by hand what is in it"}
}

// undoOne reads and plans one cluster.
func (f *fleetRun) undoOne(ctx context.Context, s *site, h *journal.ClusterHistory) error {
	if err := h.Damaged(); err != nil {
		return damaged(err)
	}
	later, err := journal.Undone(f.undone.ID, h.ARN, f.folder, f.journalFile)
	if err != nil {
		return damaged(err)
	}
	if err := f.connect(ctx, s); err != nil {
		return err
	}
	pasts := journal.Pasts(h, later...)
	s.want = &spec.Want{Cluster: s.declared}
	for _, p := range pasts {
		s.want.Entries = append(s.want.Entries, spec.WantEntry{Entry: spec.Entry{Principal: p.Principal}})
	}
	have, err := f.entries(ctx, s, s.iam, live.Options{})
	if err != nil {
		return err
	}
	s.identify(ctx, s.iam, have)
	if err := f.requireAWSAuth(ctx, s); err != nil {
		return err
	}
	recorded := s.plan
	for i := range pasts { // IAM's times are by the clock of AWS, those of journals by this machine's
		pasts[i].Since = pasts[i].Since.Add(f.now().Sub(f.begun))
	}
	s.plan = f.computeWithRows(ctx, s, func(s *site) plan.Cluster {
		return plan.Undo(plan.UndoInput{Run: f.undone.ID, Cluster: recorded, Past: pasts, Modes: h.Modes(),
			Have: s.have, Callers: s.callers, Now: f.now(), Options: f.options})
	})
	return nil
}
