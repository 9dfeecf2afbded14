package main

import (
	"context"

	"github.com/urfave/cli/v2"

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

func (o *cleanupOptions) flags() []cli.Flag {
	return join(o.locateFlags(), []cli.Flag{
		boolFlag("expired", "", "entries of this program past their eksaccess:expires", &o.expired),
		boolFlag("orphaned", "", "entries whose principal IAM says is gone", &o.orphaned),
	}, o.kubeFlags(), o.guardFlags(), o.connectionFlags(), o.journalFlags(), []cli.Flag{o.outputFlag(), o.yesFlag()})
}

func (o *cleanupOptions) rules() []rule {
	return join([]rule{{
		needs:   []string{"expired", "orphaned"},
		message: "cleanup needs to know of what",
		hint:    "pass --expired, --orphaned or both",
	}}, o.choiceRules(), o.kubeRules(), o.journalRules())
}

func (p *program) cleanupCommand() *cli.Command {
	o := &cleanupOptions{outputOptions: outputOptions{forms: render.Formats}}
	return p.command(&cli.Command{
		Name:  "cleanup",
		Usage: "delete entries past their time, or whose principal IAM no longer has",
		UsageText: "eksaccess cleanup --expired -f clusters.yaml\n" +
			"eksaccess cleanup --expired --orphaned --all-clusters --regions eu-west-1,us-east-1",
		Description: "Held entries, declared ones and those of other owners are left, and named. Without a file,\n" +
			"an entry's owner is the one it carries itself: every entry this program made may go,\n" +
			"other tools' only with --take-ownership. The guards are those of apply.",
	}, o, func(ctx context.Context, _ invocation) error {
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
		return unlistedOutcome(clusters.Unlisted(), p.carry(ctx, r, targets, o.format, o.yes))
	})
}
