package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) kubeconfigCommand() *cli.Command {
	return &cli.Command{
		Name:  "kubeconfig",
		Usage: "add or update one cluster, user and context for kubectl",
		UsageText: "eksaccess kubeconfig --cluster prod --region eu-west-1 --use\n" +
			"eksaccess kubeconfig -f clusters.yaml --cluster prod --dry-run",
		Description: "All three are called by the cluster's ARN. Other contexts stay as they are, and a second run\n" +
			"changes nothing. The user calls \"eksaccess token\", with the profile and the role that were used here.",
		Flags: join(oneClusterFlags(), roleFlags(), awsFlags(), []cli.Flag{
			&cli.StringFlag{Name: "kubeconfig", Usage: "write to `FILE`", DefaultText: "as kubectl: $KUBECONFIG, or ~/.kube/config", Category: "Output"},
			&cli.StringFlag{Name: "exec", Value: "eksaccess", Usage: "`PROGRAM` that makes tokens: eksaccess or aws", Category: "Output"},
			&cli.BoolFlag{Name: "use", Usage: "make it the current context", Category: "Output", DisableDefaultText: true},
			&cli.BoolFlag{Name: "dry-run", Usage: "print what would be written, and write nothing", Category: "Output", DisableDefaultText: true},
		}),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if err := checkKubeconfigFlags(c); err != nil {
				return err
			}
			cluster, err := p.oneCluster(c)
			if err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			entry, err := p.kubeconfigEntry(ctx, c, cluster)
			if err != nil {
				return err
			}
			return p.putEntry(ctx, c, entry)
		},
	}
}

func checkKubeconfigFlags(c *cli.Context) error {
	if e := c.String("exec"); e != "eksaccess" && e != "aws" {
		return withHint(fmt.Errorf("--exec=%s is neither eksaccess nor aws", e), "eksaccess "+c.Command.Name+" --help")
	}
	return checkKubeconfigFile(c)
}

func checkKubeconfigFile(c *cli.Context) error {
	if c.IsSet("kubeconfig") && c.String("kubeconfig") == "" {
		return withHint(errors.New("--kubeconfig names no file"), "leave it out for the files that kubectl uses")
	}
	return nil
}

// kubeconfigEntry asks EKS where the cluster is. --role is for tokens only: a
// role that gets into a cluster need not be one that may describe it.
func (p *program) kubeconfigEntry(ctx context.Context, c *cli.Context, cluster *spec.Cluster) (kube.Entry, error) {
	f, err := p.connecting(c)
	if err != nil {
		return kube.Entry{}, err
	}
	tokens := *cluster
	if err := asRole(c, &tokens); err != nil {
		return kube.Entry{}, err
	}
	f.nameEndpoints(ctx, []*spec.Cluster{cluster})
	if err := inOwnAccount(ctx, f.connector, cluster); err != nil {
		return kube.Entry{}, err
	}
	tokens.ID = cluster.ID // its account is known by now
	session, err := f.connector.Connect(ctx, target(cluster))
	if err != nil {
		return kube.Entry{}, hintedAWS(err)
	}
	have, err := live.ReadCluster(ctx, session.EKS, cluster.ID, session.Profile)
	if err != nil {
		return kube.Entry{}, hintedAWS(err)
	}
	tokens.ID = cluster.ID // its account may have been found out since
	return p.entryFor(c, &tokens, session.Profile, have)
}

// entryFor is the kubeconfig entry of a cluster as it was read.
func (p *program) entryFor(c *cli.Context, cluster *spec.Cluster, profile string, have *spec.Live) (kube.Entry, error) {
	if have.Endpoint == "" || have.CA == nil {
		return kube.Entry{}, fmt.Errorf("EKS tells no endpoint and certificate of cluster %q", cluster.ID.Name)
	}
	plugin := kube.Plugin{ARN: cluster.ID.ARN(), Region: cluster.ID.Region, Name: cluster.ID.Name, ID: have.TokenID,
		Profile: profile, Role: cluster.AssumeRole, ExternalID: cluster.ExternalID}
	if p.plugin {
		plugin.Program = "kubectl-eksaccess" // what it is called on disk
	}
	if c.Bool("no-assume-role") {
		plugin.Role, plugin.ExternalID = "", ""
	}
	entry := kube.Entry{Name: plugin.ARN, Server: have.Endpoint, CA: have.CA, Exec: plugin.Own(), Use: c.Bool("use")}
	if c.String("exec") == "aws" {
		if plugin.ExternalID != "" {
			return kube.Entry{}, withHint(fmt.Errorf("role %q is assumed with an external id, which \"aws eks get-token\" can't pass", plugin.Role),
				"leave out --exec aws, or put the role into a profile and pass --profile")
		}
		entry.Exec = plugin.AWS()
	}
	return entry, nil
}

func (p *program) putEntry(ctx context.Context, c *cli.Context, entry kube.Entry) error {
	config := kube.OpenKubeconfig(c.String("kubeconfig"))
	if c.Bool("dry-run") {
		snippet, err := config.Snippet(entry)
		if err != nil {
			return err
		}
		_, err = p.stdout.Write(snippet)
		return err
	}
	outcome, file, err := config.Put(ctx, entry)
	if err != nil {
		if hint := unlockHint(err); hint != "" {
			return withHint(err, hint)
		}
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s context %q in %q\n", outcome, entry.Name, file)
	return err
}

// unlockHint is what to do about a kubeconfig that is locked; "" for any other
// trouble with it.
func unlockHint(err error) string {
	var locked *kube.LockedError
	if !errors.As(err, &locked) {
		return ""
	}
	return fmt.Sprintf("another program is writing it; if there is none, remove %q", locked.Lock)
}
