package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

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

func (o *snapshotOptions) flags() []cli.Flag {
	return join(o.locateFlags(), []cli.Flag{
		o.insideFlag(),
		o.saveFlag("keep the snapshot in `FILE`, for --snapshot FILE and show"),
		o.outputFlag(),
	}, o.connectionFlags())
}

func (o *snapshotOptions) rules() []rule { return o.choiceRules() }

func (p *program) snapshotCommand() *cli.Command {
	o := &snapshotOptions{
		outputOptions: outputOptions{forms: render.SnapshotFormats},
		saveOption:    saveOption{what: "the snapshot"},
	}
	return p.command(&cli.Command{
		Name:  "snapshot",
		Usage: "what was read of clusters, kept in a file to work from offline; changes nothing",
		UsageText: "eksaccess snapshot -f clusters.yaml --save snapshot.json\n" +
			"eksaccess snapshot --all-clusters --regions eu-west-1,us-east-1 --kube --save snapshot.json\n" +
			"eksaccess plan -f clusters.yaml --snapshot snapshot.json   # no network",
		Description: "It holds entries and policies, what IAM knows of their principals, and settings that bear on\n" +
			"access; with --kube also the text of aws-auth (its only backup), RBAC bindings of users and\n" +
			"groups, and the names of namespaces. No secret is in it. What could not be read says why.",
	}, o, func(ctx context.Context, _ invocation) error {
		taken, _, err := p.openFleet(&o.connectionOptions, o.kubeOptions).Observe(ctx, o.Choice)
		if err != nil {
			return err
		}
		if err := render.Snapshot(p.stdout, taken, p.drawing(o.format)); err != nil {
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
