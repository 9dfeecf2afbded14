package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/spec"
)

// roleFlags say who a token speaks for.
func roleFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "role", Usage: "assume the role `ARN` for the token", Category: "AWS"},
		&cli.StringFlag{Name: "external-id", Usage: "`ID` that the role asks for", Category: "AWS"},
	}
}

func (p *program) tokenCommand() *cli.Command {
	return &cli.Command{
		Name:  "token",
		Usage: "print a token for one cluster, as kubectl takes it from a credential plugin",
		UsageText: "eksaccess token --cluster prod --region eu-west-1\n" +
			"eksaccess token --cluster arn:aws:eks:eu-west-1:111122223333:cluster/prod --role " +
			"arn:aws:iam::111122223333:role/admin",
		Description: "A token is made offline, from a signature; only a role to assume costs a call. It is a secret\n" +
			"for 15 minutes: whoever has it is, for that cluster, whoever made it.",
		Flags: join(oneClusterFlags(), roleFlags(), awsFlags(), []cli.Flag{
			&cli.StringFlag{
				Name:     "cluster-id",
				Usage:    "`ID` of a local cluster on Outposts, which tokens name in place of its name",
				Category: "Input",
			},
			&cli.StringFlag{
				Name:     "sts-endpoint",
				Usage:    "STS `URL` that the cluster knows, in place of the region's own",
				Category: "AWS",
			},
		}),
		Action: func(c *cli.Context) error {
			version, err := kube.ExecVersion(getenv("KUBERNETES_EXEC_INFO"))
			if err != nil {
				return withHint(
					err,
					"set apiVersion in the user's exec of the kubeconfig, or write it again with: eksaccess kubeconfig",
				)
			}
			choice, err := checkedChoiceOf(c)
			if err != nil {
				return err
			}
			cluster, err := p.oneCluster(c.Context, choice, c.String("profile"), lineOf(c))
			if err != nil {
				return err
			}
			if err := asRole(c, cluster); err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			token, err := p.token(ctx, c, cluster)
			if err != nil {
				return err
			}
			text, err := token.ExecCredential(version)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.stdout, "%s\n", text)
			return err
		},
	}
}

// asRole makes --role and --external-id the cluster's.
func asRole(c *cli.Context, cluster *spec.Cluster) error {
	role := c.String("role")
	switch {
	case !c.IsSet("role") && c.IsSet("external-id"):
		return withHint(errors.New("--external-id goes with --role"), "pass --role ARN")
	case !c.IsSet("role"):
		return nil
	case c.Bool("no-assume-role"):
		return withHint(errors.New("--role and --no-assume-role contradict each other"), "pass one of them")
	}
	if p, err := arn.ParsePrincipal(role); err != nil || p.Kind != arn.Role {
		return withHint(
			fmt.Errorf("--role %q is not the ARN of a role", role),
			"write it like arn:aws:iam::111122223333:role/admin",
		)
	}
	cluster.AssumeRole, cluster.ExternalID = role, c.String("external-id")
	return nil
}

func (p *program) token(ctx context.Context, c *cli.Context, cluster *spec.Cluster) (kube.Token, error) {
	var host *url.URL
	if at := c.String("sts-endpoint"); c.IsSet("sts-endpoint") {
		var err error
		if host, err = url.Parse(at); err != nil || host.Scheme != "https" || host.Host == "" || host.User != nil {
			return kube.Token{}, withHint(
				fmt.Errorf("--sts-endpoint %q is no https URL", at),
				"write it like https://sts-fips.us-east-1.amazonaws.com",
			)
		}
	}
	f, err := p.connecting(c)
	if err != nil {
		return kube.Token{}, err
	}
	// Endpoints that are not AWS's are not named here: kubectl prints what this
	// command writes to standard error, for each call.
	credentials, err := f.connector.Credentials(ctx, target(cluster))
	if err != nil {
		return kube.Token{}, hintedAWS(err)
	}
	id := cmp.Or(c.String("cluster-id"), cluster.ID.Name)
	if host != nil {
		return kube.NewTokenAt(ctx, host, credentials, cluster.ID.Region, id, p.clock.Now())
	}
	return kube.NewToken(ctx, credentials, cluster.ID.Region, id, p.clock.Now())
}

// connecting is a fleet that reads or writes no entries.
func (p *program) connecting(c *cli.Context) (*fleetRun, error) {
	if err := positive(c, "concurrency"); err != nil {
		return nil, err
	}
	return &fleetRun{p: p, connector: awsclient.New(p.connection(c))}, nil
}
