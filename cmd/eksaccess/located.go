package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/spec"
)

// defaultRegion is the default of --region in help texts.
const defaultRegion = "AWS_REGION, or the profile's"

// oneClusterFlags are those of commands for exactly one cluster.
func oneClusterFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{
			Name:     "cluster",
			Usage:    "the `CLUSTER`: ARN, ACCOUNT/REGION/NAME, or a name with --region or -f",
			Category: "Input",
		},
		&cli.StringFlag{
			Name:        "region",
			Usage:       "`REGION` of a cluster that is only named",
			DefaultText: defaultRegion,
			Category:    "Input",
		},
		&cli.StringSliceFlag{
			Name:     "file",
			Aliases:  []string{"f"},
			Usage:    "`FILE` that declares the cluster, and how it is reached; repeatable",
			Category: "Input",
		},
	}
}

// oneCluster is the one that the flags name: by itself, or among those of
// files. Without a file and an ARN, its account may be missing.
func (p *program) oneCluster(c *cli.Context) (*spec.Cluster, error) {
	command := called(c)
	asked := c.StringSlice("cluster")
	if c.IsSet("file") {
		clusters, err := p.declared(c)
		if err != nil {
			return nil, err
		}
		if len(clusters) > 1 {
			var paths []string
			for _, cl := range clusters[:min(len(clusters), 10)] {
				paths = append(paths, cl.ID.Path())
			}
			return nil, withHint(
				fmt.Errorf("%s takes exactly one cluster, and %d are chosen", c.Command.Name, len(clusters)),
				"choose with --cluster one of "+strings.Join(paths, ", "),
			)
		}
		return clusters[0], nil
	}
	if len(asked) != 1 {
		return nil, withHint(
			fmt.Errorf("%s takes exactly one cluster, and %s named", c.Command.Name, areMany(len(asked))),
			command+" --cluster NAME --region REGION",
		)
	}
	id, err := p.namedCluster(c, asked[0])
	if err != nil {
		return nil, err
	}
	return &spec.Cluster{ID: id}, nil
}

// namedCluster reads what --cluster says without a file. A bare name takes the
// default region where --region names none.
func (p *program) namedCluster(c *cli.Context, text string) (arn.Cluster, error) {
	region := c.String("region")
	if region == "" && arn.IsClusterName(text) {
		if p.region == "" { // reported once
			var err error
			if p.region, err = p.regionOf(c.Context, c); err != nil {
				return arn.Cluster{}, err
			}
		}
		region = p.region
	}
	return clusterNamed(text, region)
}

// clusterNamed reads the name of one cluster. A bare name leaves the account
// open: it is the caller's own.
func clusterNamed(text, region string) (arn.Cluster, error) {
	const forms = "write a name with --region, ACCOUNT/REGION/NAME or an ARN; globs choose among the clusters of a " +
		"file, with -f"
	var id arn.Cluster
	switch parts := strings.Split(text, "/"); {
	case strings.HasPrefix(text, "arn:"):
		var err error
		if id, err = arn.ParseCluster(text); err != nil {
			return id, withHint(fmt.Errorf("--cluster: %w", err), forms)
		}
	case len(parts) == 3 && arn.IsAccount(parts[0]) && arn.IsRegion(parts[1]) && arn.IsClusterName(parts[2]):
		id = arn.Cluster{Partition: arn.PartitionOf(parts[1]), Account: parts[0], Region: parts[1], Name: parts[2]}
	case !arn.IsClusterName(text):
		return id, withHint(fmt.Errorf("--cluster %q is not one cluster", text), forms)
	case region == "":
		return id, withHint(fmt.Errorf("--cluster %q names no region", text),
			"pass --region REGION, set AWS_REGION, or name the cluster by ACCOUNT/REGION/NAME or ARN")
	default:
		if err := checkRegion(region); err != nil {
			return id, err
		}
		id = arn.Cluster{Partition: arn.PartitionOf(region), Region: region, Name: text}
	}
	if region != "" && region != id.Region {
		return id, withHint(fmt.Errorf("--region %q contradicts --cluster %q", region, text), "leave out --region")
	}
	return id, nil
}

func checkRegion(region string) error {
	if !arn.IsRegion(region) {
		return withHint(fmt.Errorf("%q is no region", region), `regions read like "eu-west-1"`)
	}
	return nil
}

// inOwnAccount completes a cluster that was named without its account.
func inOwnAccount(ctx context.Context, connector *awsclient.Connector, c *spec.Cluster) error {
	if c.ID.Account != "" {
		return nil
	}
	caller, err := connector.Caller(ctx, target(c))
	if err != nil {
		return hintedAWS(err)
	}
	c.ID.Account = caller.Account
	return nil
}

// hintedAWS is a refusal of AWS that ends a command.
func hintedAWS(err error) error {
	e := awserr.From(err, awserr.Call{})
	if e.Hint == "" {
		return e
	}
	return withHint(e, e.Hint)
}

// locateFlags name clusters where there is no file.
func locateFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{
			Name:     "file",
			Aliases:  []string{"f"},
			Usage:    "`FILE`, folder, or - for standard input; repeatable",
			Category: "Input",
		},
		&cli.StringSliceFlag{
			Name: "cluster",
			Usage: "a `CLUSTER`: name, ACCOUNT/REGION/NAME or ARN; with -f a glob over those of the files; " +
				"repeatable",
			Category: "Input",
		},
		&cli.StringSliceFlag{
			Name:     "selector",
			Usage:    "with -f, only clusters whose labels fit `KEY=VALUE`; repeatable, all must fit",
			Category: "Input",
		},
		&cli.BoolFlag{
			Name:               "all-clusters",
			Usage:              "every cluster of the caller's account, in the regions named",
			Category:           "Input",
			DisableDefaultText: true,
		},
		&cli.StringFlag{
			Name:        "region",
			Usage:       "without a file, the `REGION` of what is named",
			DefaultText: defaultRegion,
			Category:    "Input",
		},
		&cli.StringSliceFlag{
			Name:     "regions",
			Usage:    "with --all-clusters, `REGIONS` with commas between, or all; repeatable",
			Category: "Input",
		},
	}
}

// located are the clusters of the files, or those named without one.
func (f *fleet) located(ctx context.Context, c *cli.Context) ([]*spec.Cluster, error) {
	switch {
	case c.IsSet("file") && (c.IsSet("accounts") || c.IsSet("profiles") || c.IsSet("assume-role")):
		return nil, withHint(
			errors.New(
				"--accounts, --profiles and --assume-role go without a file: a file says how each of its clusters is "+
					"reached",
			),
			"write assumeRole or profile under defaults",
		)
	case c.IsSet("file") && (c.IsSet("all-clusters") || c.IsSet("regions")):
		return nil, withHint(
			errors.New("--all-clusters and --regions go without a file: a file says where each of its clusters is"),
			"choose among the file's clusters with --cluster and --selector",
		)
	case c.IsSet("file"):
		return f.p.declared(c)
	case c.IsSet("selector"):
		return nil, withHint(errors.New("--selector chooses among the clusters of a file"), "name one with -f FILE")
	case c.Bool("all-clusters") && c.IsSet("cluster"):
		return nil, withHint(errors.New("--all-clusters and --cluster contradict each other"), "pass one of them")
	case c.Bool("all-clusters"):
		return f.listed(ctx, c)
	case c.IsSet("regions"):
		return nil, withHint(
			errors.New("--regions goes with --all-clusters"),
			"name the region of a cluster with --region",
		)
	case c.IsSet("accounts") || c.IsSet("profiles"):
		return nil, withHint(
			errors.New("--accounts and --profiles go with --all-clusters"),
			"name the account of a cluster with --cluster ACCOUNT/REGION/NAME",
		)
	case !c.IsSet("cluster"):
		return nil, withHint(errors.New("no cluster is named"),
			called(c)+" -f FILE, --cluster NAME --region REGION, or --all-clusters --region REGION")
	}
	role, err := assumeRole(c)
	if err != nil {
		return nil, err
	}
	var clusters []*spec.Cluster
	for _, text := range c.StringSlice("cluster") {
		id, err := f.p.namedCluster(c, text)
		if err != nil {
			return nil, err
		}
		clusters = append(clusters, &spec.Cluster{ID: id})
	}
	f.nameEndpoints(ctx, clusters)
	for _, cl := range clusters {
		if err := f.reach(ctx, cl, role); err != nil {
			return nil, hintedAWS(err)
		}
	}
	return inOrder(clusters), nil
}

// inOrder sorts clusters and takes out those named twice.
func inOrder(clusters []*spec.Cluster) []*spec.Cluster {
	slices.SortFunc(clusters, func(a, b *spec.Cluster) int { return a.ID.Compare(b.ID) })
	return slices.CompactFunc(clusters, func(a, b *spec.Cluster) bool { return a.ID == b.ID })
}
