package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/spec"
)

// roleOptions say who a token speaks for.
type roleOptions struct {
	role       *string
	externalID string
}

func (o *roleOptions) roleFlags() []cli.Flag {
	return []cli.Flag{
		optionalFlag("role", "AWS", "assume the role `ARN` for the token", &o.role),
		textFlag("external-id", "AWS", "`ID` that the role asks for", &o.externalID),
	}
}

func (o *roleOptions) roleRules() []rule {
	return []rule{{
		when:    []string{"external-id"},
		needs:   []string{"role"},
		message: "--external-id goes with --role",
		hint:    "pass --role ARN",
	}, {
		when:    []string{"role"},
		without: []string{"no-assume-role"},
		message: "--role and --no-assume-role contradict each other",
	}}
}

// assume makes --role and --external-id the cluster's.
func (o *roleOptions) assume(cluster *spec.Cluster) error {
	if o.role == nil {
		return nil
	}
	if p, err := arn.ParsePrincipal(*o.role); err != nil || p.Kind != arn.Role {
		return withHint(
			fmt.Errorf("--role %q is not the ARN of a role", *o.role),
			"write it like arn:aws:iam::111122223333:role/admin",
		)
	}
	cluster.AssumeRole, cluster.ExternalID = *o.role, o.externalID
	return nil
}

// tokenOptions are the flags of token.
type tokenOptions struct {
	choiceOptions
	roleOptions
	connectionOptions
	clusterID   string
	stsEndpoint *string
}

func (o *tokenOptions) flags() []cli.Flag {
	return join(o.oneClusterFlags(), o.roleFlags(), o.connectionFlags(), []cli.Flag{
		textFlag("cluster-id", "Input",
			"`ID` of a local cluster on Outposts, which tokens name in place of its name", &o.clusterID),
		optionalFlag("sts-endpoint", "AWS",
			"STS `URL` that the cluster knows, in place of the region's own", &o.stsEndpoint),
	})
}

func (o *tokenOptions) rules() []rule { return join(o.choiceRules(), o.roleRules()) }

func (p *program) tokenCommand() *cli.Command {
	o := &tokenOptions{}
	return p.command(&cli.Command{
		Name:  "token",
		Usage: "print a token for one cluster, as kubectl takes it from a credential plugin",
		UsageText: "eksaccess token --cluster prod --region eu-west-1\n" +
			"eksaccess token --cluster arn:aws:eks:eu-west-1:111122223333:cluster/prod --role " +
			"arn:aws:iam::111122223333:role/admin",
		Description: "A token is made offline, from a signature; only a role to assume costs a call. It is a secret\n" +
			"for 15 minutes: whoever has it is, for that cluster, whoever made it.",
	}, o, func(ctx context.Context, _ invocation) error {
		version, err := kube.ExecVersion(getenv("KUBERNETES_EXEC_INFO"))
		if err != nil {
			return withHint(
				err,
				"set apiVersion in the user's exec of the kubeconfig, or write it again with: eksaccess kubeconfig",
			)
		}
		f := p.openFleet(&o.connectionOptions, kubeOptions{})
		cluster, err := f.One(ctx, o.Choice)
		if err != nil {
			return err
		}
		if err := o.assume(cluster); err != nil {
			return err
		}
		token, err := p.token(ctx, o, f, cluster)
		if err != nil {
			return err
		}
		text, err := token.ExecCredential(version)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "%s\n", text)
		return err
	})
}

func (p *program) token(
	ctx context.Context, o *tokenOptions, f *fleet.Fleet, cluster *spec.Cluster,
) (kube.Token, error) {
	var host *url.URL
	if o.stsEndpoint != nil {
		var err error
		if host, err = kube.TokenHost(*o.stsEndpoint); err != nil {
			return kube.Token{}, withHint(fmt.Errorf("--sts-endpoint %w", err),
				"write it like https://sts-fips.us-east-1.amazonaws.com")
		}
	}
	// Endpoints that are not AWS's are not named here: kubectl prints what this
	// command writes to standard error, for each call.
	credentials, err := f.Connector.Credentials(ctx, fleet.Target(cluster))
	if err != nil {
		return kube.Token{}, fleet.Hinted(err)
	}
	id := cmp.Or(o.clusterID, cluster.ID.Name)
	if host != nil {
		return kube.NewTokenAt(ctx, host, credentials, cluster.ID.Region, id, p.clock.Now())
	}
	return kube.NewToken(ctx, credentials, cluster.ID.Region, id, p.clock.Now())
}
