package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/iampolicy"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) iamPolicyCommand() *cli.Command {
	return &cli.Command{
		Name:  "iam-policy",
		Usage: "print the smallest IAM policy for a command; no network",
		UsageText: "eksaccess iam-policy --for apply -f clusters.yaml > policy.json\n" +
			"eksaccess iam-policy --for recover --cluster arn:aws:eks:eu-west-1:111122223333:cluster/prod\n" +
			"eksaccess iam-policy --scp --role arn:aws:iam::111122223333:role/eksaccess",
		Description: "One policy where it fits into IAM's 6,144 characters, else a JSON list of policies;\n" +
			"--part N prints one of them. With assumeRole in the file, the statement AssumeRoles is for\n" +
			"whoever runs the program, the others for the role.",
		Flags: join(fileFlags(), []cli.Flag{
			choice(cli.StringFlag{
				Name: "for", Usage: "the `COMMAND`: plan, apply, audit or recover", Category: "Policy",
			}, iampolicy.Purposes...),
			&cli.StringSliceFlag{
				Name: "before", Category: "Policy",
				Usage: "with --for apply, `FILE` as it was before: what a change away from it, and its undo, sends " +
					"too; repeatable",
			},
			&cli.IntFlag{Name: "part", Usage: "print policy `N` of several", Category: "Policy", DefaultText: "all"},
			&cli.BoolFlag{
				Name:               "scp",
				Usage:              "a service control policy: only --role may grant cluster admin",
				Category:           "Policy",
				DisableDefaultText: true,
			},
			&cli.StringSliceFlag{
				Name:        "role",
				Usage:       "with --scp, `ARN` of a role that may, * for any text; repeatable",
				DefaultText: "the file's assumeRole",
				Category:    "Policy",
			},
		}),
		Action: func(c *cli.Context) error {
			if c.Bool("scp") {
				return p.serviceControlPolicy(c)
			}
			if !c.IsSet("for") {
				return withHint(
					errors.New("iam-policy needs to know what for"),
					"eksaccess iam-policy --for plan -f FILE; there are plan, apply, audit, recover",
				)
			}
			purpose, err := iampolicy.ParsePurpose(c.String("for"))
			if err != nil {
				return withHint(fmt.Errorf("--for: %w", err), "eksaccess iam-policy --help")
			}
			if c.IsSet("role") {
				return withHint(errors.New("--role goes with --scp"), "eksaccess iam-policy --help")
			}
			if c.IsSet("before") && (purpose != iampolicy.Apply || !c.IsSet("file")) {
				return withHint(errors.New("--before requires --for apply and -f"),
					"eksaccess iam-policy --for apply -f FILE --before OLD-FILE")
			}
			clusters, err := p.named(c, purpose)
			if err != nil {
				return err
			}
			before, err := p.declaredBefore(c)
			if err != nil {
				return err
			}
			return p.printPolicies(c, iampolicy.For(purpose, clusters, before...))
		},
	}
}

// declaredBefore returns the clusters of earlier files.
func (p *program) declaredBefore(c *cli.Context) ([]*spec.Cluster, error) {
	if !c.IsSet("before") {
		return nil, nil
	}
	sources, err := p.sources(c.StringSlice("before"))
	if err != nil {
		return nil, err
	}
	fleet, problems := spec.Load(sources)
	if problems.Failed() {
		if err := render.Problems(p.stderr, problems, p.drawingErrors()); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s in what --before names", phrase.Count(len(problems.Errors), "problem"))
	}
	return fleet.Clusters, nil
}

// named are the clusters of the files, or those that --cluster names in full.
func (p *program) named(c *cli.Context, purpose iampolicy.Purpose) ([]*spec.Cluster, error) {
	if c.IsSet("file") {
		return p.declaredBy(c)
	}
	if purpose == iampolicy.Apply {
		return nil, withHint(errors.New("what apply may do is in a file"), "eksaccess iam-policy --for apply -f FILE")
	}
	if !c.IsSet("cluster") {
		return nil, withHint(errors.New("no cluster is named"), "name one with -f FILE, or with --cluster ARN")
	}
	var clusters []*spec.Cluster
	for _, text := range c.StringSlice("cluster") {
		id, err := p.namedCluster(c.Context, choiceOf(c), c.String("profile"), text)
		if err != nil {
			return nil, err
		}
		if id.Account == "" {
			return nil, withHint(fmt.Errorf("--cluster %q names no account, and no network is used to find it", text),
				"name the cluster by ACCOUNT/REGION/NAME or ARN")
		}
		clusters = append(clusters, &spec.Cluster{ID: id})
	}
	return inOrder(clusters), nil
}

func (p *program) printPolicies(c *cli.Context, docs []iampolicy.Document) error {
	if n := c.Int("part"); c.IsSet("part") {
		if n < 1 || n > len(docs) {
			return fmt.Errorf("--part=%d: there is %s", n, phrase.Count(len(docs), "part"))
		}
		return p.printJSON(docs[n-1])
	}
	if len(docs) == 1 {
		return p.printJSON(docs[0])
	}
	p.complain(
		"note",
		fmt.Sprintf(
			"%d policies, since one holds at most %d characters; --part N prints one",
			len(docs),
			iampolicy.MaxManaged,
		),
	)
	return p.printJSON(docs)
}

func (p *program) serviceControlPolicy(c *cli.Context) error {
	roles := c.StringSlice("role")
	if len(roles) == 0 {
		if !c.IsSet("file") {
			return withHint(
				errors.New("--scp needs to know who may grant cluster admin"),
				"name the role with --role ARN, or the file that says assumeRole with -f FILE",
			)
		}
		clusters, err := p.declaredBy(c)
		if err != nil {
			return err
		}
		for _, cl := range clusters {
			if cl.AssumeRole == "" {
				return withHint(
					fmt.Errorf(
						"cluster %q is reached without assumeRole, so the file does not tell who may grant",
						cl.ID.Path(),
					),
					"name the role with --role ARN",
				)
			}
			roles = append(roles, cl.AssumeRole)
		}
	}
	for _, r := range roles {
		if a, err := arn.ParsePrincipal(strings.ReplaceAll(r, "*", "x")); err != nil || a.Kind != arn.Role {
			return withHint(
				fmt.Errorf("--role %q is not the ARN of an IAM role", r),
				"want arn:aws:iam::111122223333:role/eksaccess; * stands for any text",
			)
		}
	}
	slices.Sort(roles)
	doc, err := iampolicy.SCP(slices.Compact(roles))
	if err != nil {
		return err
	}
	return p.printJSON(doc)
}

func (p *program) printJSON(v any) error { return render.JSON(p.stdout, v) }
