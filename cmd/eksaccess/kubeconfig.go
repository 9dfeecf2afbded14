package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// kubeconfigOptions are the flags of commands that write a kubeconfig.
type kubeconfigOptions struct {
	kubeconfigFile
	exec        string
	alias       *string
	keepContext bool
}

func (o *kubeconfigOptions) execFlag(usage string) cli.Flag {
	return &cli.StringFlag{Name: "exec", Value: "eksaccess", Usage: usage, Category: "Output", Destination: &o.exec}
}

func (o *kubeconfigOptions) contextFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "alias", Usage: "`NAME` of the context",
			DefaultText: "the name of the cluster, if it is free", Category: "Output", Action: optional(&o.alias)},
		boolFlag("keep-context", "Output", "do not select the context", &o.keepContext),
		// What selecting needed before it was the default.
		&cli.BoolFlag{Name: "use", Usage: "select the context, which is the default", Hidden: true},
	}
}

func (o *kubeconfigOptions) contextRules() []rule {
	return []rule{{
		when:    []string{"use"},
		without: []string{"keep-context"},
		hint:    "the context is selected without --use",
	}}
}

func (o *kubeconfigOptions) checkKubeconfig(line invocation) error {
	if o.exec != "eksaccess" && o.exec != "aws" {
		return withHint(fmt.Errorf("--exec=%s is neither eksaccess nor aws", o.exec),
			"eksaccess "+line.name+" --help")
	}
	if o.alias != nil && *o.alias == "" {
		return withHint(errors.New("--alias is empty"), "leave it out for the name of the cluster")
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

// kubeconfigFile says which kubeconfig is meant; nil for the files that kubectl
// uses.
type kubeconfigFile struct{ kubeconfig *string }

func (o *kubeconfigFile) kubeconfigFlag(usage, category string) cli.Flag {
	return &cli.StringFlag{
		Name:        "kubeconfig",
		Usage:       usage,
		DefaultText: "as kubectl: $KUBECONFIG, or ~/.kube/config",
		Category:    category,
		Action:      optional(&o.kubeconfig),
	}
}

func (o *kubeconfigFile) checkKubeconfigFile() error {
	if o.kubeconfig != nil && *o.kubeconfig == "" {
		return withHint(errors.New("--kubeconfig names no file"), "leave it out for the files that kubectl uses")
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

func (o *kubeconfigCommandOptions) flags() []cli.Flag {
	return join(o.oneClusterFlags(), o.roleFlags(), o.connectionFlags(), []cli.Flag{
		o.kubeconfigFlag("write to `FILE`", "Output"),
		o.execFlag("`PROGRAM` that makes tokens: eksaccess or aws"),
	}, o.contextFlags(), []cli.Flag{
		boolFlag("dry-run", "Output", "print what would be written, and write nothing", &o.dryRun),
	})
}

func (o *kubeconfigCommandOptions) rules() []rule {
	return join(o.contextRules(), o.choiceRules(), o.roleRules())
}

func (p *program) kubeconfigCommand() *cli.Command {
	o := &kubeconfigCommandOptions{}
	return p.command(&cli.Command{
		Name:  "kubeconfig",
		Usage: "add or update one cluster, user and context for kubectl",
		UsageText: "eksaccess kubeconfig --cluster prod --region eu-west-1\n" +
			"eksaccess kubeconfig --cluster prod --region eu-west-1 --profile readers --alias prod-readers\n" +
			"eksaccess kubeconfig -f clusters.yaml --cluster prod --dry-run",
		Description: "The context is selected, as by \"aws eks update-kubeconfig\". The user is named by the " +
			"cluster\n" +
			"and by the profile and role that were used here; entries of other programs, profiles and roles stay\n" +
			"as they are. What a file would lose (comments, unknown keys, further documents) is kept in a copy " +
			"beside it.",
	}, o, func(ctx context.Context, line invocation) error {
		if err := o.checkKubeconfig(line); err != nil {
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
		return fleet.Hinted(err)
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
		_, err = p.stdout.Write(snippet)
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
		p.complain("note", k.String())
	}
	have := cluster.Have
	logins, err := config.Logins(have.ID, kube.Cluster{Endpoint: have.Endpoint, CA: have.CA})
	if err != nil {
		return hintedKubeconfig(err)
	}
	authorities := func() snapshot.Authorities { return live.ReadAuthorities(ctx, cluster.Session.EKS, have.ID) }
	for _, old := range kube.OldAuthorities(logins, have, change.Context, authorities) {
		p.complain("warning", old.String())
		p.complain("hint", old.Hint(change.Context))
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
