package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) importAWSAuthCommand() *cli.Command {
	return &cli.Command{
		Name:  "aws-auth",
		Usage: "from the ConfigMap aws-auth: of a cluster, or of a file",
		UsageText: "eksaccess import aws-auth --cluster prod --region eu-west-1 > clusters.yaml\n" +
			"kubectl get configmap aws-auth -n kube-system -o yaml | eksaccess import aws-auth - --cluster prod " +
			"--region eu-west-1",
		Description: "Without a file the cluster itself is asked, as kubectl would. A file is a manifest, or what " +
			"kubectl\n" +
			"prints with -o yaml or -o json; --cluster says which cluster it belongs to, so that its roles get\n" +
			"their paths back from IAM of that account. Without --cluster nobody is asked, and the rows become a " +
			"set.\n" +
			"The report tells of every row: carried over, covered by an entry there is, or left and what to do.",
		Flags: join(locateFlags(), accountFlags(), []cli.Flag{permissionSetsFlag()}, importFlags(), awsFlags()),
		Action: func(c *cli.Context) error {
			if err := checkImport(c); err != nil {
				return err
			}
			if c.NArg() > 1 {
				return withHint(
					fmt.Errorf("import aws-auth takes one file, and %s named", areMany(c.NArg())),
					called(c)+" FILE --cluster CLUSTER",
				)
			}
			ctx, cancel := timed(c)
			defer cancel()
			found, err := p.foundAWSAuth(ctx, c)
			if err != nil {
				return err
			}
			return p.writeImport(c, found)
		},
	}
}

func (p *program) foundAWSAuth(ctx context.Context, c *cli.Context) (*transfer.Import, error) {
	found := &transfer.Import{Source: "aws-auth", Comments: transfer.AuthHead, AssumeRole: c.String("assume-role")}
	var data map[string]string
	if c.Args().Present() {
		file, err := p.toolFile(c.Args().First(), spec.MaxFileSize)
		if err != nil {
			return nil, err
		}
		if data, err = awsauth.Manifest(file); err != nil {
			return nil, p.unreadable(file, err)
		}
		if c.Args().First() != "-" {
			found.Source = file.Name
		}
		if !c.IsSet("cluster") && !c.IsSet("file") {
			if why, hint := awsauth.Unreadable(data); why != "" {
				return nil, withHint(errors.New(why), hint)
			}
			return setOfRows(c, found, data)
		}
	}
	choice, err := checkedChoiceOf(c)
	if err != nil {
		return nil, err
	}
	f, err := p.fleet(c, plan.Options{})
	if err != nil {
		return nil, err
	}
	f.kube = !c.Args().Present()
	clusters, err := f.located(ctx, choice, called(c))
	if err != nil {
		return nil, err
	}
	if c.Args().Present() && len(clusters) != 1 {
		return nil, withHint(
			fmt.Errorf("a file of aws-auth is of one cluster, and %s named", areMany(len(clusters))),
			"choose it with --cluster",
		)
	}
	read := make(map[*spec.Cluster]transfer.Cluster, len(clusters))
	f.nameEndpoints(ctx, clusters)
	_, err = f.visit(ctx, clusters, func(s *site) {
		cl := f.authOf(ctx, c, s, data)
		f.mu.Lock()
		defer f.mu.Unlock()
		read[s.declared] = cl
	})
	for _, cl := range clusters {
		found.Clusters = append(found.Clusters, read[cl])
	}
	return found, err
}

// setOfRows translates rows of which nobody says where they belong.
func setOfRows(c *cli.Context, found *transfer.Import, data map[string]string) (*transfer.Import, error) {
	if c.IsSet("merge") || c.IsSet("permission-sets") {
		return nil, withHint(
			errors.New("--merge and --permission-sets need to know of which cluster the rows are"),
			"pass --cluster",
		)
	}
	rows := transfer.AuthRows{Items: awsauth.Items(data), Accounts: awsauth.Parse(data).Accounts}
	rows.ID = transfer.AccountOfRows(rows.Items)
	found.AsSet = "aws-auth"
	found.Comments = append(
		append([]string{}, found.Comments...),
		"To use it, name it in a cluster's include: include: [aws-auth]",
	)
	found.Clusters = []transfer.Cluster{rows.Cluster()}
	return found, nil
}

// authOf translates the rows of one cluster: those given, or those it has.
func (f *fleetRun) authOf(ctx context.Context, c *cli.Context, s *site, data map[string]string) transfer.Cluster {
	id := s.declared.ID
	given := c.Args().Present()
	if err := f.connect(ctx, s); err != nil {
		return f.unreadRows(s, err)
	}
	rows := transfer.AuthRows{ID: id, Principals: map[string]transfer.Resolved{}}
	have, err := live.Read(ctx, s.session.EKS, id, live.Options{Profile: s.session.Profile})
	switch {
	case err == nil:
		rows.Live = have
	case !given || ctx.Err() != nil:
		return f.unreadRows(s, err)
	}
	if !given {
		if data, err = f.awsAuthOf(ctx, s, have); err != nil {
			return f.unreadRows(s, err)
		}
	}
	if why, hint := awsauth.Unreadable(data); why != "" {
		return transfer.Unread(id, why, hint)
	}
	rows.Items, rows.Accounts = awsauth.Items(data), awsauth.Parse(data).Accounts
	for _, who := range rows.Ask() {
		rows.Principals[who.String()] = f.resolveRow(ctx, s, who)
	}
	if c.Bool("permission-sets") {
		rows.Sets = transfer.SetRoles(s.iam.ReadPermissionSets(ctx).Roles)
	}
	cl := rows.Cluster()
	if err != nil {
		cl.Unchecked(planError(err, s).Message)
	}
	if c.IsSet("profiles") {
		cl.Profile = s.declared.Profile
	}
	return cl
}

func (f *fleetRun) unreadRows(s *site, err error) transfer.Cluster {
	var k *kube.Error
	if errors.As(err, &k) {
		return transfer.Unread(s.declared.ID, k.Error(), k.Hint)
	}
	e := planError(err, s)
	return transfer.Unread(s.declared.ID, e.Code+": "+e.Message, e.Hint)
}

// resolveRow gives a row's role its path back.
func (f *fleetRun) resolveRow(ctx context.Context, s *site, who arn.Principal) transfer.Resolved {
	ref := spec.PrincipalRef{Role: who.Name}
	if who.Kind == arn.User {
		ref = spec.PrincipalRef{User: who.Name}
	}
	full, err := s.iam.Resolve(ctx, ref)
	var e *fault.Error
	switch {
	case err == nil && who.Kind == arn.User && full != who.String():
		return transfer.Resolved{Gone: true} // another user of that name, under another path
	case err == nil:
		return transfer.Resolved{ARN: full}
	case isNotFound(err) || awserr.IsNoSuchEntity(err):
		return transfer.Resolved{Gone: true}
	case errors.As(err, &e):
		return transfer.Resolved{Why: e.Message}
	}
	return transfer.Resolved{Why: err.Error()}
}
