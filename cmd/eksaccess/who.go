package main

import (
	"context"
	"slices"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/render"
)

// whoOptions are the flags of who.
type whoOptions struct {
	choiceOptions
	kubeOptions
	connectionOptions
	outputOptions
	principals []string
	policies   []string
	adminsOnly bool
}

func (o *whoOptions) flags() []cliargs.Flag {
	return slices.Concat(o.locateFlags(), cliargs.In(inputCategory, o.insideFlag(), o.snapshotFlag()),
		cliargs.In("Filters",
			cliargs.List("--principal PRINCIPAL",
				"only this principal: ARN, permissionSet=NAME, role=NAME or user=NAME; * matches any text; repeatable",
				&o.principals).With(knownPrincipals),
			cliargs.List("--policy POLICY",
				"only principals with this access policy: name or ARN; * matches any text; repeatable",
				&o.policies).With(knownPolicies),
			cliargs.Bool("--admins-only", "only cluster admins; without --kube, only those by access entry",
				&o.adminsOnly),
		), cliargs.In(outputCategory, o.outputFlag()), o.connectionFlags())
}

func (o *whoOptions) rules() []cliargs.Rule { return o.choiceRules() }

func (p *program) whoCommand() *cliargs.Command {
	o := &whoOptions{outputOptions: outputOptions{forms: render.WhoFormats}}
	return p.command(&cliargs.Command{
		Name:  "who",
		Group: insight,
		Usage: "list who has which access in which cluster",
		Examples: "eksaccess who -f clusters.yaml\n" +
			"eksaccess who --admins-only --all-clusters --regions eu-west-1,us-east-1\n" +
			"eksaccess who --snapshot snapshot.json -o html > who.html",
		Description: "The list has access policies with their scopes, groups, rows of aws-auth, and the creator of " +
			"a cluster in mode CONFIG_MAP. aws-auth and the permissions of groups require --kube. The list names IAM " +
			"principals, not the people who can use them.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		q, warnings, err := inventory.ParseQuestion(o.principals, o.policies, o.adminsOnly)
		if err != nil {
			return err
		}
		p.printWarnings("--policy: ", warnings)
		var filter []string
		if o.Snapshot == nil {
			filter = q.Filter(o.kube)
		}
		taken, declared, err := p.openFleet(&o.connectionOptions, o.kubeOptions).Observe(ctx, o.Choice, filter...)
		if err != nil {
			return err
		}
		in := inventory.Input{
			Snapshot:    taken,
			Question:    q,
			Declared:    declared,
			Files:       o.Files,
			Filtered:    filter,
			Now:         p.clock.Now(),
			ToolVersion: version(),
		}
		if len(declared) > 0 {
			in.Owners = declared[0].Owners // the same for all clusters of a run
		}
		if err := render.Who(p.stdout, inventory.Compute(in), p.drawing(o.format())); err != nil {
			return err
		}
		return p.stoppedOutcome(ctx, readOutcome(taken))
	})
}
