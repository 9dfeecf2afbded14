package main

import (
	"context"
	"slices"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/plan"
)

// cleanupOptions are the flags of cleanup.
type cleanupOptions struct {
	choiceOptions
	kubeOptions
	guardOptions
	connectionOptions
	journalOptions
	outputOptions
	yesOption
	expired, orphaned bool
}

func (o *cleanupOptions) flags() []cliargs.Flag {
	return slices.Concat([]cliargs.Flag{
		cliargs.Bool("--expired", "delete entries of eksaccess that have expired", &o.expired),
		cliargs.Bool("--orphaned", "delete entries whose principal no longer exists in IAM", &o.orphaned),
		o.yesFlag(),
	}, o.locateFlags(), o.kubeFlags(), o.guardFlags(), cliargs.In(outputCategory, o.outputFlag()), o.journalFlags(),
		o.connectionFlags())
}

func (o *cleanupOptions) rules() []cliargs.Rule {
	return slices.Concat([]cliargs.Rule{{
		Needs:   []string{"expired", "orphaned"},
		Message: "cleanup requires --expired or --orphaned",
		Hint:    "eksaccess cleanup --expired -f FILE",
	}}, o.choiceRules(), o.kubeRules(), o.journalRules())
}

func (p *program) cleanupCommand() *cliargs.Command {
	o := &cleanupOptions{outputOptions: outputOptions{forms: render.Formats}}
	return p.command(&cliargs.Command{
		Name:  "cleanup",
		Group: emergency,
		Usage: "delete expired and orphaned entries",
		Examples: "eksaccess cleanup --expired -f clusters.yaml\n" +
			"eksaccess cleanup --expired --orphaned --all-clusters --region eu-west-1",
		Description: "Entries that are on hold, declared, or of another owner are skipped and listed. Without a " +
			"file, all entries that eksaccess created can be deleted, and those of other tools only with " +
			"--take-ownership. The guards are those of apply.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		allow, err := o.allowance()
		if err != nil {
			return err
		}
		clusters := p.openFleet(&o.connectionOptions, o.kubeOptions)
		r := p.newRun(clusters, plan.Options{Allow: allow}, o.journalOptions, 0)
		targets, err := r.Cleanup(ctx, o.Choice, o.expired, o.orphaned)
		if err != nil {
			return err
		}
		return unlistedOutcome(clusters.UnlistedRegions(), p.carry(ctx, r, targets, o.format(), o.yes))
	})
}
