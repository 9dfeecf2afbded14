package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// kubeconfigOptions are the flags of commands that write a kubeconfig.
type kubeconfigOptions struct {
	kubeconfigFile
	exec        string
	alias       *string
	keepContext bool
}

func (o *kubeconfigOptions) execFlag() cliargs.Flag {
	o.exec = "eksaccess"
	return cliargs.Value("--exec PROGRAM", "program that creates tokens for kubectl: eksaccess or aws", &o.exec).
		WithDefault(o.exec).With(cliargs.Values{OneOf: []string{"eksaccess", "aws"}})
}

func (o *kubeconfigOptions) contextFlags() []cliargs.Flag {
	return cliargs.In("Kubeconfig",
		cliargs.Optional("--alias NAME", "name of the context", &o.alias).
			WithDefault("the name of the cluster, if it is free"),
		cliargs.Bool("--keep-context", "do not select the context", &o.keepContext),
		// What selecting needed before it was the default.
		cliargs.Bool("--use", "select the context, which is the default", new(bool)).Hide(),
	)
}

func (o *kubeconfigOptions) contextRules() []cliargs.Rule {
	return cliargs.Exclusive("keep-context", "use")
}

func (o *kubeconfigOptions) checkKubeconfig() error {
	if o.alias != nil && *o.alias == "" {
		return withHint(errors.New("--alias is empty"), "omit --alias to use the name of the cluster")
	}
	return o.checkKubeconfigFile()
}

// entry returns what the flags say of the entry.
func (o *kubeconfigOptions) entry(p *program, noAssumeRole bool) kube.EntryOptions {
	return kube.EntryOptions{
		Context:      valueOr(o.alias, ""),
		AWS:          o.exec == "aws",
		Program:      p.diskName(),
		KeepContext:  o.keepContext,
		NoAssumeRole: noAssumeRole,
	}
}

// kubeconfigFile is the path of a kubeconfig; nil for the files that kubectl uses.
type kubeconfigFile struct{ kubeconfig *string }

func (o *kubeconfigFile) kubeconfigFlag(usage string) cliargs.Flag {
	return cliargs.Optional("--kubeconfig FILE", usage, &o.kubeconfig).
		WithDefault("$KUBECONFIG, or ~/.kube/config").With(aFile)
}

func (o *kubeconfigFile) checkKubeconfigFile() error {
	if o.kubeconfig != nil && *o.kubeconfig == "" {
		return withHint(errors.New("--kubeconfig is empty"), "omit --kubeconfig to use the files of kubectl")
	}
	return nil
}

func (o *kubeconfigFile) kubeconfigPath() string { return valueOr(o.kubeconfig, "") }

// kubeconfigCommandOptions are the flags of kubeconfig.
type kubeconfigCommandOptions struct {
	choiceOptions
	roleOptions
	connectionOptions
	kubeconfigOptions
	dryRun bool
}

func (o *kubeconfigCommandOptions) flags() []cliargs.Flag {
	return slices.Concat([]cliargs.Flag{
		cliargs.Bool("--dry-run", "print the kubeconfig entry, and write nothing", &o.dryRun),
	}, o.oneClusterFlags(), cliargs.In("Kubeconfig", o.kubeconfigFlag("kubeconfig to write"), o.execFlag()),
		o.contextFlags(), o.connectionFlags(), o.roleFlags())
}

func (o *kubeconfigCommandOptions) rules() []cliargs.Rule {
	return slices.Concat(o.contextRules(), o.choiceRules(), o.roleRules())
}

func (p *program) kubeconfigCommand() *cliargs.Command {
	o := &kubeconfigCommandOptions{}
	return p.command(&cliargs.Command{
		Name:  "kubeconfig",
		Group: setup,
		Usage: "write a kubeconfig entry for one cluster",
		Examples: "eksaccess kubeconfig --cluster prod --region eu-west-1\n" +
			"eksaccess kubeconfig --cluster prod --profile readers --alias prod-readers\n" +
			"eksaccess kubeconfig -f clusters.yaml --cluster prod --dry-run",
		Description: "The entry has one cluster, one context and one user, named by the cluster, profile and role. " +
			"The context is selected, as by \"aws eks update-kubeconfig\". Entries of other programs, profiles and " +
			"roles are not changed. If the file has content that would be lost (comments, unknown keys, further " +
			"documents), a copy of it is kept.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		if err := o.checkKubeconfig(); err != nil {
			return err
		}
		return p.writeKubeconfig(ctx, o)
	})
}

// writeKubeconfig asks EKS where the cluster is, and writes that. --role is for
// tokens only: a role that gets into a cluster need not be one that may describe
// it.
func (p *program) writeKubeconfig(ctx context.Context, o *kubeconfigCommandOptions) error {
	f := p.openFleet(&o.connectionOptions, kubeOptions{})
	declared, err := f.One(ctx, o.Choice)
	if err != nil {
		return err
	}
	tokens := *declared
	if err := o.assume(&tokens); err != nil {
		return err
	}
	f.NoteEndpoints(ctx, declared)
	cluster := &fleet.Cluster{Declared: declared}
	if err := f.Read(ctx, cluster, fleet.Need{Part: fleet.Description}); err != nil {
		return fleet.WithHint(err)
	}
	tokens.ID = declared.ID // its account is known by now
	entry, err := kube.NewEntry(&tokens, cluster.Have, cluster.Session.Profile, o.entry(p, o.noAssumeRole))
	if err != nil {
		return hintedKubeconfig(err)
	}
	config := kube.OpenKubeconfig(o.kubeconfigPath())
	if o.dryRun {
		snippet, err := config.Snippet(entry)
		if err != nil {
			return hintedKubeconfig(err)
		}
		_, err = p.document().Write(snippet)
		return err
	}
	change, err := config.Put(ctx, entry)
	if err != nil {
		return hintedKubeconfig(err)
	}
	_, err = fmt.Fprintf(p.stdout, "%s\nfile: %s\n", render.Safe(change.String()), render.Safe(change.File))
	if err != nil {
		return err
	}
	for _, k := range change.Kept {
		p.printMessage("note", k.String())
	}
	have := cluster.Have
	logins, err := config.Logins(have.ID, kube.Cluster{Endpoint: have.Endpoint, CA: have.CA})
	if err != nil {
		return hintedKubeconfig(err)
	}
	authorities := func() snapshot.Authorities { return live.ReadAuthorities(ctx, cluster.Session.EKS, have.ID) }
	for _, old := range kube.OldAuthorities(logins, have, change.Context, authorities) {
		p.printMessage("warning", old.String())
		p.printMessage("hint", old.Hint(change.Context))
	}
	return nil
}

// hintedKubeconfig adds to an error about a kubeconfig what to do.
func hintedKubeconfig(err error) error {
	if hint := kube.Hint(err); hint != "" {
		return withHint(err, hint)
	}
	return err
}

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
