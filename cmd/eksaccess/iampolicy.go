package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/iampolicy"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
	"github.com/eksaccess/eksaccess/spec"
)

// iamPolicyOptions are the flags of iam-policy.
type iamPolicyOptions struct {
	choiceOptions
	purpose *string
	before  []string // files as they were before a change
	part    *int
	scp     bool
	roles   []string // that may grant cluster admin
}

func (o *iamPolicyOptions) flags() []cli.Flag {
	return join(o.fileFlags(), []cli.Flag{
		choice(cli.StringFlag{
			Name: "for", Usage: "the `COMMAND`: plan, apply, audit or recover", Category: "Policy",
			Action: optional(&o.purpose),
		}, iampolicy.Purposes...),
		listFlag("before", "Policy",
			"with --for apply, `FILE` as it was before: what a change away from it, and its undo, sends too; "+
				"repeatable",
			&o.before),
		&cli.IntFlag{
			Name: "part", Usage: "print policy `N` of several", Category: "Policy", DefaultText: "all",
			Action: optional(&o.part),
		},
		boolFlag("scp", "Policy", "a service control policy: only --role may grant cluster admin", &o.scp),
		&cli.StringSliceFlag{
			Name:        "role",
			Usage:       "with --scp, `ARN` of a role that may, * for any text; repeatable",
			DefaultText: "the file's assumeRole",
			Category:    "Policy",
			Action:      into(&o.roles),
		},
	})
}

func (o *iamPolicyOptions) rules() []rule {
	const help = "eksaccess iam-policy --help"
	return join([]rule{
		{
			needs:   []string{"for", "scp"},
			message: "iam-policy needs to know what for",
			hint:    "eksaccess iam-policy --for plan -f FILE; there are plan, apply, audit, recover",
		},
		{when: []string{"role"}, needs: []string{"scp"}, message: "--role goes with --scp", hint: help},
	}, o.choiceRules())
}

func (p *program) iamPolicyCommand() *cli.Command {
	o := &iamPolicyOptions{}
	return p.command(&cli.Command{
		Name:  "iam-policy",
		Usage: "print the smallest IAM policy for a command; no network",
		UsageText: "eksaccess iam-policy --for apply -f clusters.yaml > policy.json\n" +
			"eksaccess iam-policy --for recover --cluster arn:aws:eks:eu-west-1:111122223333:cluster/prod\n" +
			"eksaccess iam-policy --scp --role arn:aws:iam::111122223333:role/eksaccess",
		Description: "One policy where it fits into IAM's 6,144 characters, else a JSON list of policies;\n" +
			"--part N prints one of them. With assumeRole in the file, the statement AssumeRoles is for\n" +
			"whoever runs the program, the others for the role.",
	}, o, func(ctx context.Context, _ invocation) error {
		if o.scp {
			return p.printSCP(o)
		}
		purpose, err := iampolicy.ParsePurpose(*o.purpose)
		if err != nil {
			return withHint(fmt.Errorf("--for: %w", err), "eksaccess iam-policy --help")
		}
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
		return f.Declared(o.Choice)
	case purpose == iampolicy.Apply:
		return nil, withHint(errors.New("what apply may do is in a file"), "eksaccess iam-policy --for apply -f FILE")
	case len(o.Clusters) == 0:
		return nil, withHint(errors.New("no cluster is named"), "name one with -f FILE, or with --cluster ARN")
	}
	clusters, err := f.Named(ctx, o.Choice)
	if err != nil {
		return nil, err
	}
	for _, c := range clusters {
		if c.ID.Account == "" {
			return nil, withHint(
				fmt.Errorf("--cluster %q names no account, and no network is used to find it", c.ID.Name),
				"name the cluster by ACCOUNT/REGION/NAME or ARN",
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
		opts := render.Options{Color: term.Color(p.stderr, getenv, p.noColor), Width: term.Width(p.stderr, getenv)}
		if err := render.Problems(p.stderr, problems, opts); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s in what --before names", phrase.Count(len(problems.Errors), "problem"))
	}
	return all.Clusters, nil
}

func (p *program) printPolicies(o *iamPolicyOptions, docs []iampolicy.Document) error {
	switch {
	case o.part != nil && (*o.part < 1 || *o.part > len(docs)):
		return fmt.Errorf("--part=%d: there is %s", *o.part, phrase.Count(len(docs), "part"))
	case o.part != nil:
		return render.JSON(p.stdout, docs[*o.part-1])
	case len(docs) == 1:
		return render.JSON(p.stdout, docs[0])
	}
	p.complain("note", fmt.Sprintf("%d policies, since one holds at most %d characters; --part N prints one",
		len(docs), iampolicy.MaxManaged))
	return render.JSON(p.stdout, docs)
}

// printSCP prints the service control policy of --scp.
func (p *program) printSCP(o *iamPolicyOptions) error {
	var clusters []*spec.Cluster
	if len(o.roles) == 0 && len(o.Files) > 0 {
		var err error
		if clusters, err = p.openFleet(new(connectionOptions), kubeOptions{}).Declared(o.Choice); err != nil {
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
	return render.JSON(p.stdout, doc)
}
