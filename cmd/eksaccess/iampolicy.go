package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/iampolicy"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/spec"
)

// iamPolicyOptions are the flags of iam-policy.
type iamPolicyOptions struct {
	choiceOptions
	purpose string
	before  []string // files as they were before a change
	part    *int
	scp     bool
	roles   []string // that may grant cluster admin
}

func (o *iamPolicyOptions) flags() []cliargs.Flag {
	return slices.Concat(o.fileFlags(), cliargs.In("Policy",
		cliargs.Value("--for COMMAND", "command: plan, apply, audit or recover", &o.purpose).
			With(cliargs.Values{OneOf: cliargs.Strings(iampolicy.Purposes...)}),
		cliargs.List("--before FILE", "with --for apply, file before a change; adds the permissions for the change "+
			"and its undo; repeatable", &o.before).With(aFile),
		cliargs.Optional("--part N", "print only policy N, if there are several", &o.part).WithDefault("all"),
		cliargs.Bool("--scp", "print a service control policy: only --role can grant cluster admin", &o.scp),
		cliargs.List("--role ARN", "with --scp, role that can grant cluster admin; * matches any text; repeatable",
			&o.roles).WithDefault("assumeRole of the file"),
	))
}

func (o *iamPolicyOptions) rules() []cliargs.Rule {
	return append([]cliargs.Rule{
		{
			Needs:   []string{"for", "scp"},
			Message: "iam-policy requires --for or --scp",
			Hint:    "eksaccess iam-policy --for plan -f FILE",
		},
		{When: []string{"role"}, Needs: []string{"scp"}},
	}, o.choiceRules()...)
}

func (p *program) iamPolicyCommand() *cliargs.Command {
	o := &iamPolicyOptions{}
	return p.command(&cliargs.Command{
		Name:  "iam-policy",
		Group: setup,
		Usage: "print the minimal IAM policy for a command",
		Examples: "eksaccess iam-policy --for apply -f clusters.yaml > policy.json\n" +
			"eksaccess iam-policy --for recover --cluster arn:aws:eks:eu-west-1:111122223333:cluster/prod\n" +
			"eksaccess iam-policy --scp --role arn:aws:iam::111122223333:role/eksaccess",
		Description: "No network is used. The output is one policy, or a JSON list of policies if one would exceed " +
			"the 6,144 characters of IAM. If the file has assumeRole, the statement AssumeRoles is for the caller, " +
			"and the others are for the role.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		if o.scp {
			return p.printSCP(o)
		}
		purpose := iampolicy.Purpose(o.purpose)
		if len(o.before) > 0 && (purpose != iampolicy.Apply || len(o.Files) == 0) {
			return withHint(errors.New("--before requires --for apply and -f"),
				"eksaccess iam-policy --for apply -f FILE --before OLD-FILE")
		}
		clusters, err := p.policyClusters(ctx, o, purpose)
		if err != nil {
			return err
		}
		before, err := p.declaredBefore(o.before)
		if err != nil {
			return err
		}
		return p.printPolicies(o, iampolicy.For(purpose, clusters, before...))
	})
}

// policyClusters are the clusters of the files, or those that --cluster names in
// full.
func (p *program) policyClusters(ctx context.Context, o *iamPolicyOptions, purpose iampolicy.Purpose) (
	[]*spec.Cluster, error,
) {
	f := p.openFleet(new(connectionOptions), kubeOptions{})
	switch {
	case len(o.Files) > 0:
		return f.LoadClusters(o.Choice)
	case purpose == iampolicy.Apply:
		return nil, withHint(errors.New("--for apply requires -f"), "eksaccess iam-policy --for apply -f FILE")
	case len(o.Clusters) == 0:
		return nil, withHint(errors.New("iam-policy requires -f or --cluster"), "pass -f FILE or --cluster ARN")
	}
	clusters, err := f.ClustersByName(ctx, o.Choice)
	if err != nil {
		return nil, err
	}
	for _, c := range clusters {
		if c.ID.Account == "" {
			return nil, withHint(
				fmt.Errorf("--cluster %q has no account, which is required without a file", c.ID.Name),
				"pass --cluster ACCOUNT/REGION/NAME or --cluster ARN",
			)
		}
	}
	return clusters, nil
}

// declaredBefore returns the clusters of earlier files.
func (p *program) declaredBefore(files []string) ([]*spec.Cluster, error) {
	if len(files) == 0 {
		return nil, nil
	}
	sources, err := fleet.ReadFiles(files, p.stdin)
	if err != nil {
		return nil, err
	}
	all, problems := spec.Load(sources)
	if problems.Failed() {
		if err := render.Problems(p.stderr, problems, p.drawingErrors()); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s in the files of --before", phrase.Count(len(problems.Errors), "problem"))
	}
	return all.Clusters, nil
}

func (p *program) printPolicies(o *iamPolicyOptions, docs []iampolicy.Document) error {
	switch {
	case o.part != nil && (*o.part < 1 || *o.part > len(docs)):
		return fmt.Errorf("invalid value %d of --part: want 1 to %d", *o.part, len(docs))
	case o.part != nil:
		return render.JSON(p.document(), docs[*o.part-1])
	case len(docs) == 1:
		return render.JSON(p.document(), docs[0])
	}
	p.printMessage("note", fmt.Sprintf(
		"%d policies, because one can have at most %d characters; --part N prints one of them",
		len(docs), iampolicy.MaxManaged))
	return render.JSON(p.document(), docs)
}

// printSCP prints the service control policy of --scp.
func (p *program) printSCP(o *iamPolicyOptions) error {
	var clusters []*spec.Cluster
	if len(o.roles) == 0 && len(o.Files) > 0 {
		var err error
		if clusters, err = p.openFleet(new(connectionOptions), kubeOptions{}).LoadClusters(o.Choice); err != nil {
			return err
		}
	}
	roles, err := iampolicy.GrantRoles(o.roles, clusters)
	if err != nil {
		return err
	}
	doc, err := iampolicy.SCP(roles)
	if err != nil {
		return err
	}
	return render.JSON(p.document(), doc)
}
