package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/journal"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) undoCommand() *cli.Command {
	return &cli.Command{
		Name:      "undo",
		Usage:     "take back what a run did, but for entries that changed since",
		UsageText: "eksaccess show JOURNAL                 # what the run did\neksaccess undo JOURNAL\neksaccess undo JOURNAL --cluster prod  # in one of its clusters",
		ArgsUsage: "JOURNAL",
		Flags: join(kubeFlags(), guardFlags(), awsFlags(), journalFlags(), []cli.Flag{
			&cli.StringSliceFlag{Name: "cluster", Usage: "only clusters that match `GLOB` (name, ACCOUNT/REGION/NAME or ARN); repeatable", Category: "Input"},
			&cli.StringFlag{Name: "run", Usage: "the run called `ID`, where the journal holds several", DefaultText: "the last", Category: "Input"},
			outputFlag(render.Formats), yesFlag(),
		}),
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 1 {
				return withHint(errors.New("undo takes exactly one journal"), "the run named it on standard error; eksaccess undo "+lastJournal())
			}
			f, err := format(c, render.Formats)
			if err != nil {
				return err
			}
			if err := checkJournalFlags(c); err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			fleet, sites, err := p.undoing(ctx, c, c.Args().First())
			if err != nil {
				return err
			}
			err = p.carry(ctx, c, f, fleet, sites)
			if err == nil && fleet.changedSince > 0 {
				message := fmt.Sprintf("%d %s changed since the run and were left as they are",
					fleet.changedSince, plural(fleet.changedSince, "entry", "entries"))
				return outcome{code: exitRefused, message: message}
			}
			return err
		},
	}
}

// lastJournal is for a hint: the newest in the state folder.
func lastJournal() string {
	if newest := journal.Newest(journalFolder()); newest != "" {
		return newest
	}
	return "JOURNAL"
}

// undoing plans to take back a run of a journal.
func (p *program) undoing(ctx context.Context, c *cli.Context, name string) (*fleet, []*site, error) {
	run, err := chosenRun(c, name)
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
		declared.ID = id // the record may contradict it, which is told of the cluster
		histories[h.ARN] = h
		all.Clusters = append(all.Clusters, declared)
	}
	if len(all.Clusters) == 0 {
		return nil, nil, fmt.Errorf("the run %s wrote to no cluster", run.ID)
	}
	clusters, err := all.Select(spec.Selection{Clusters: c.StringSlice("cluster")})
	if err != nil {
		return nil, nil, err
	}
	options, err := planOptions(c)
	if err != nil {
		return nil, nil, err
	}
	f, err := p.fleet(c, options)
	if err != nil {
		return nil, nil, err
	}
	f.undone = run
	f.nameEndpoints(ctx, clusters)
	sites := make([]*site, len(clusters))
	changed := make([]int, len(clusters))
	var g errgroup.Group
	g.SetLimit(clustersAtOnce)
	for i, cluster := range clusters {
		sites[i] = &site{declared: cluster, plan: recorded(histories[cluster.ID.ARN()])}
		g.Go(func() error {
			n, err := f.undoOne(ctx, sites[i], histories[cluster.ID.ARN()])
			if changed[i] = n; err != nil {
				e := planError(err, sites[i])
				sites[i].plan = plan.FailedCluster(cluster, e)
			}
			return nil
		})
	}
	g.Wait()
	p.warnOfClock()
	for _, n := range changed {
		f.changedSince += n
	}
	return f, sites, stopped(ctx)
}

// chosenRun is the one that --run names, or the last of the journal.
func chosenRun(c *cli.Context, name string) (*journal.History, error) {
	j, err := journal.Read(name)
	if err != nil {
		return nil, withHint(plainPathError(err), "a journal is what apply names on standard error; eksaccess undo "+lastJournal())
	}
	if journal.AtWork(name) {
		return nil, withHint(fmt.Errorf("journal %q: the run is still at work", name), "wait for it, or stop it with Ctrl-C")
	}
	run := j.Runs[len(j.Runs)-1]
	if id := c.String("run"); id != "" {
		if run = j.Run(id); run == nil {
			var ids []string
			for _, h := range j.Runs {
				ids = append(ids, h.ID)
			}
			return nil, withHint(fmt.Errorf("journal %q holds no run %q", name, id), "it holds "+strings.Join(ids, ", "))
		}
	}
	return run, nil
}

// recorded is where a cluster is, how it was reached, and the limits it was
// judged by.
func recorded(h *journal.ClusterHistory) plan.Cluster {
	return plan.Cluster{Name: h.Name, Region: h.Region, Account: h.Account, ARN: h.ARN, Connection: h.Connection, Rules: h.Rules}
}

// damaged is why nothing is undone in a cluster.
func damaged(err error) error {
	return &awserr.Error{Code: "JournalDamaged", Message: err.Error(),
		Hint: "eksaccess show JOURNAL prints what can be read; take back by hand what is in it"}
}

// undoOne reads and plans one cluster. It returns how many entries changed
// since the run.
func (f *fleet) undoOne(ctx context.Context, s *site, h *journal.ClusterHistory) (int, error) {
	if err := h.Damaged(); err != nil {
		return 0, damaged(err)
	}
	later, err := journal.Undone(f.undone.ID, h.ARN, f.folder, f.journalFile)
	if err != nil {
		return 0, damaged(err)
	}
	if err := f.connect(ctx, s); err != nil {
		return 0, err
	}
	pasts := journal.Pasts(h, later...)
	s.want = &spec.Want{Cluster: s.declared}
	for _, p := range pasts {
		s.want.Entries = append(s.want.Entries, spec.WantEntry{Entry: spec.Entry{Principal: p.Principal}})
	}
	have, err := f.entries(ctx, s, s.iam, live.Options{})
	if err != nil {
		return 0, err
	}
	s.identify(ctx, s.iam, have)
	if err := f.requireAWSAuth(ctx, s); err != nil {
		return 0, err
	}
	var changed []string
	recorded := s.plan
	s.plan = f.computeWithRows(ctx, s, func(s *site) plan.Cluster {
		var made plan.Cluster
		made, changed = plan.Undo(plan.UndoInput{Run: f.undone.ID, Cluster: recorded, Past: pasts, Modes: h.Modes(),
			Have: s.have, Callers: s.callers, Now: f.now(), Options: f.options})
		return made
	})
	return len(changed), nil
}
