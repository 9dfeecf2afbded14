package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/spec"
)

// roleOptions are the flags about the identity of a token.
type roleOptions struct {
	role       *string
	externalID string
}

func (o *roleOptions) roleFlags() []cliargs.Flag {
	return cliargs.In(awsCategory,
		cliargs.Optional("--role ARN", "role to assume for the token", &o.role),
		cliargs.Value("--external-id ID", "external ID of --role", &o.externalID),
	)
}

func (o *roleOptions) roleRules() []cliargs.Rule {
	return append(cliargs.Exclusive("role", "no-assume-role"),
		cliargs.Rule{When: []string{"external-id"}, Needs: []string{"role"}})
}

// assume makes --role and --external-id the cluster's.
func (o *roleOptions) assume(cluster *spec.Cluster) error {
	if o.role == nil {
		return nil
	}
	if p, err := arn.ParsePrincipal(*o.role); err != nil || p.Kind != arn.Role {
		return withHint(
			fmt.Errorf("invalid value %q of --role: want the ARN of a role", *o.role),
			"write an ARN like arn:aws:iam::111122223333:role/admin",
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

func (o *tokenOptions) flags() []cliargs.Flag {
	return slices.Concat(o.oneClusterFlags(), cliargs.In(inputCategory,
		cliargs.Value("--cluster-id ID", "ID of a local cluster on Outposts, which its tokens contain", &o.clusterID),
	), o.connectionFlags(), o.roleFlags(), cliargs.In(awsCategory,
		cliargs.Optional("--sts-endpoint URL", "STS endpoint that the cluster accepts", &o.stsEndpoint).
			WithDefault("that of the region"),
	))
}

func (o *tokenOptions) rules() []cliargs.Rule { return append(o.choiceRules(), o.roleRules()...) }

func (p *program) tokenCommand() *cliargs.Command {
	o := &tokenOptions{}
	return p.command(&cliargs.Command{
		Name:  "token",
		Group: setup,
		Usage: "print a token for kubectl (exec credential plugin)",
		Examples: "eksaccess token --cluster prod --region eu-west-1\n" +
			"eksaccess token --cluster arn:aws:eks:eu-west-1:111122223333:cluster/prod --role ROLE-ARN",
		Description: "A token is created offline; only --role requires an AWS call. It is valid for 15 minutes and " +
			"secret: with it, anyone can act as its identity in this cluster.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		version, err := kube.ExecVersion(getenv("KUBERNETES_EXEC_INFO"))
		if err != nil {
			return withHint(
				err,
				"write the kubeconfig entry again: eksaccess kubeconfig --cluster NAME --region REGION",
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
		_, err = fmt.Fprintf(p.document(), "%s\n", text)
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
				"write a URL like https://sts-fips.us-east-1.amazonaws.com")
		}
	}
	// Endpoints that are not AWS's are not named here: kubectl prints what this
	// command writes to standard error, for each call.
	credentials, err := f.Connector.Credentials(ctx, fleet.Target(cluster))
	if err != nil {
		return kube.Token{}, fleet.WithHint(err)
	}
	id := cmp.Or(o.clusterID, cluster.ID.Name)
	if host != nil {
		return kube.NewTokenAt(ctx, host, credentials, cluster.ID.Region, id, p.clock.Now())
	}
	return kube.NewToken(ctx, credentials, cluster.ID.Region, id, p.clock.Now())
}
