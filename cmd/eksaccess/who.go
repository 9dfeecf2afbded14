package main

import (
	"context"

	"github.com/urfave/cli/v2"

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

func (o *whoOptions) flags() []cli.Flag {
	return join(o.locateFlags(), []cli.Flag{
		o.snapshotFlag(),
		listFlag("principal", "Which",
			"only this `PRINCIPAL`: ARN, permissionSet=NAME, role=NAME or user=NAME, with * for any text; "+
				"repeatable",
			&o.principals),
		listFlag("policy", "Which",
			"only who has this access `POLICY`: name or ARN, with * for any text; repeatable", &o.policies),
		boolFlag("admins-only", "Which",
			"only cluster admins; without --kube, EKS is asked for entries with AmazonEKSClusterAdminPolicy "+
				"alone",
			&o.adminsOnly),
		o.insideFlag(),
		o.outputFlag(),
	}, o.connectionFlags())
}

func (o *whoOptions) rules() []rule { return o.choiceRules() }

func (p *program) whoCommand() *cli.Command {
	o := &whoOptions{outputOptions: outputOptions{forms: render.WhoFormats}}
	return p.command(&cli.Command{
		Name:  "who",
		Usage: "who has what in which cluster, the strongest right first; changes nothing",
		UsageText: "eksaccess who -f clusters.yaml\n" +
			"eksaccess who --admins-only --all-clusters --regions eu-west-1,us-east-1\n" +
			"eksaccess who --snapshot snapshot.json -o html > who.html   # no network",
		Description: "Every way in is named: access policies with their scopes, groups, rows of aws-auth, and the\n" +
			"creator of a cluster in mode CONFIG_MAP. What groups may do, and aws-auth, is known with --kube;\n" +
			"what was not read is said. Named are IAM principals, not the people who may be them.",
	}, o, func(ctx context.Context, _ invocation) error {
		q, warnings, err := inventory.ParseQuestion(o.principals, o.policies, o.adminsOnly)
		if err != nil {
			return err
		}
		p.tellWarnings("--policy: ", warnings)
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
			Filtered:    filter,
			Now:         p.clock.Now(),
			ToolVersion: version(),
		}
		if len(declared) > 0 {
			in.Owners = declared[0].Owners // the same for all clusters of a run
		}
		if err := render.Who(p.stdout, inventory.Compute(in), p.drawing(o.format)); err != nil {
			return err
		}
		return p.stoppedOutcome(ctx, readOutcome(taken))
	})
}
