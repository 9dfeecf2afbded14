package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/spec"
)

// oneCluster is the one that the flags name: by itself, or among those of
// files. Without a file and an ARN, its account may be missing.
func (p *program) oneCluster(ctx context.Context, choice fleet.Choice, profile string, line invocation) (
	*spec.Cluster, error,
) {
	if len(choice.Files) > 0 {
		clusters, err := p.declared(choice)
		if err != nil {
			return nil, err
		}
		if len(clusters) > 1 {
			var paths []string
			for _, cl := range clusters[:min(len(clusters), 10)] {
				paths = append(paths, cl.ID.Path())
			}
			return nil, withHint(
				fmt.Errorf("%s takes exactly one cluster, and %d are chosen", line.name, len(clusters)),
				"choose with --cluster one of "+strings.Join(paths, ", "),
			)
		}
		return clusters[0], nil
	}
	if len(choice.Clusters) != 1 {
		return nil, withHint(
			fmt.Errorf("%s takes exactly one cluster, and %s named", line.name, areMany(len(choice.Clusters))),
			line.command+" --cluster NAME --region REGION",
		)
	}
	id, err := p.namedCluster(ctx, choice, profile, choice.Clusters[0])
	if err != nil {
		return nil, err
	}
	return &spec.Cluster{ID: id}, nil
}

// namedCluster reads what --cluster says without a file. A bare name takes the
// default region where --region names none.
func (p *program) namedCluster(ctx context.Context, choice fleet.Choice, profile, text string) (arn.Cluster, error) {
	region := choice.Region
	if region == "" && arn.IsClusterName(text) {
		if p.region == "" { // reported once
			var err error
			if p.region, err = p.regionOf(ctx, choice.Region, profile); err != nil {
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

// located are the clusters of the files, or those named without one.
func (f *fleetRun) located(ctx context.Context, choice fleet.Choice, command string) ([]*spec.Cluster, error) {
	switch {
	case len(choice.Files) > 0:
		return f.p.declared(choice)
	case len(choice.Selectors) > 0:
		return nil, withHint(errors.New("--selector chooses among the clusters of a file"), "name one with -f FILE")
	case choice.All:
		return f.listed(ctx, choice)
	case len(choice.Clusters) == 0:
		return nil, withHint(errors.New("no cluster is named"),
			command+" -f FILE, --cluster NAME --region REGION, or --all-clusters --region REGION")
	}
	role, err := assumeRole(choice)
	if err != nil {
		return nil, err
	}
	var clusters []*spec.Cluster
	for _, text := range choice.Clusters {
		id, err := f.p.namedCluster(ctx, choice, f.profile, text)
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
