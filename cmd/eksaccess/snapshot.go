package main

import (
	"context"
	"io"
	"slices"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// snapshotOptions are the flags of snapshot.
type snapshotOptions struct {
	choiceOptions
	kubeOptions
	connectionOptions
	outputOptions
	saveOption
}

func (o *snapshotOptions) flags() []cliargs.Flag {
	return slices.Concat(o.locateFlags(), cliargs.In(inputCategory, o.insideFlag()),
		cliargs.In(outputCategory, o.saveFlag(), o.outputFlag()), o.connectionFlags())
}

func (o *snapshotOptions) rules() []cliargs.Rule { return o.choiceRules() }

func (p *program) snapshotCommand() *cliargs.Command {
	o := &snapshotOptions{
		outputOptions: outputOptions{forms: render.SnapshotFormats, saves: true},
		saveOption:    saveOption{what: "the snapshot"},
	}
	return p.command(&cliargs.Command{
		Name:  "snapshot",
		Group: insight,
		Usage: "save the access in clusters as a file, to work offline",
		Examples: "eksaccess snapshot -f clusters.yaml --save snapshot.json\n" +
			"eksaccess snapshot --all-clusters --region eu-west-1 --save snapshot.json\n" +
			"eksaccess plan -f clusters.yaml --snapshot snapshot.json",
		Description: "A snapshot contains entries, policies, what IAM knows of their principals, and settings of " +
			"the clusters that affect access. With --kube, it also contains the text of aws-auth, the RBAC bindings " +
			"of users and groups, and the names of namespaces. It contains no secrets. What could not be read is " +
			"listed with the reason.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		taken, _, err := p.openFleet(&o.connectionOptions, o.kubeOptions).Observe(ctx, o.Choice)
		if err != nil {
			return err
		}
		if err := render.Snapshot(p.stdout, taken, p.drawing(o.format())); err != nil {
			return err
		}
		err = o.saveTo(func(w io.Writer) error { return render.SnapshotJSON(w, taken) })
		if err != nil {
			return err
		}
		return p.stoppedOutcome(ctx, readOutcome(taken))
	})
}

// readOutcome is the exit code of what could be read, as an error.
func readOutcome(s *snapshot.Snapshot) error {
	var failures []render.Failure
	for _, c := range s.Clusters {
		if c.Error != nil {
			failures = append(failures, failureIn(c.Account, c.Region, c.Name, c.Error))
		}
	}
	return readingOutcome(failures, len(s.Clusters), s.NotRead)
}
