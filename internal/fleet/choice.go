package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/spec"
)

// A Choice names the clusters of a run: those of files, those named or listed
// without a file, or those of a snapshot. Every field is as the user wrote it.
type Choice struct {
	Files     []string // files, folders, "-" for standard input
	Clusters  []string // globs over clusters of files; names, paths or ARNs without a file
	Selectors []string // KEY=VALUE labels of clusters of files

	All        bool     // every cluster of the accounts in the regions
	Region     string   // "" for the default region
	Regions    []string // each may have commas
	Accounts   []string // each may have commas
	Profiles   string   // a glob over AWS profiles, each of which is an account
	AssumeRole string   // role ARN, in which ${account} stands for that of a cluster

	Snapshot *string // path of the snapshot that is read instead of AWS; nil for none

	Command string // that the user typed, for hints: "eksaccess who"
}

// Selection returns the part of the choice that selects among known clusters.
func (c Choice) Selection() spec.Selection {
	return spec.Selection{Clusters: c.Clusters, Selectors: c.Selectors}
}

// Locate returns the clusters of a choice, in order: those of its files, those
// it names, or those that the accounts have in the regions. It asks AWS for the
// account of clusters that are named without one, and for lists of clusters.
func (f *Fleet) Locate(ctx context.Context, c Choice) ([]*spec.Cluster, error) {
	switch {
	case len(c.Files) > 0:
		return f.LoadClusters(c)
	case len(c.Selectors) > 0:
		return nil, fault.WithHint(errors.New("--selector requires a file"),
			"pass -f FILE")
	case c.All:
		return f.list(ctx, c)
	case len(c.Clusters) == 0:
		return nil, fault.WithHint(errors.New("no cluster given"),
			c.Command+" -f FILE, --cluster NAME --region REGION, or --all-clusters --region REGION")
	}
	role, err := roleOf(c)
	if err != nil {
		return nil, err
	}
	clusters, err := f.ClustersByName(ctx, c)
	if err != nil {
		return nil, err
	}
	f.NoteEndpoints(ctx, clusters...)
	for _, cluster := range clusters {
		if err := f.reach(ctx, cluster, role); err != nil {
			return nil, WithHint(err)
		}
	}
	return inOrder(clusters), nil
}

// One returns the only cluster of a choice: of its files, or the one it names,
// whose account may be missing.
func (f *Fleet) One(ctx context.Context, c Choice) (*spec.Cluster, error) {
	name := c.Command[strings.LastIndexByte(c.Command, ' ')+1:]
	if len(c.Files) > 0 {
		clusters, err := f.LoadClusters(c)
		if err != nil {
			return nil, err
		}
		if len(clusters) > 1 {
			var paths []string
			for _, cluster := range clusters[:min(len(clusters), 10)] {
				paths = append(paths, cluster.ID.Path())
			}
			return nil, fault.WithHint(
				fmt.Errorf("%s takes exactly one cluster, and %d are chosen", name, len(clusters)),
				"choose one with --cluster: "+strings.Join(paths, ", "),
			)
		}
		return clusters[0], nil
	}
	if n := len(c.Clusters); n != 1 {
		many := fmt.Sprintf("%d are", n)
		if n == 0 {
			many = "none is"
		}
		return nil, fault.WithHint(fmt.Errorf("%s takes exactly one cluster, and %s named", name, many),
			c.Command+" --cluster NAME --region REGION")
	}
	clusters, err := f.ClustersByName(ctx, c)
	if err != nil {
		return nil, err
	}
	return clusters[0], nil
}

// ClustersByName returns the clusters that a choice names without a file, in order. It
// sends nothing: the account of a bare name is missing, and means the caller's.
func (f *Fleet) ClustersByName(ctx context.Context, c Choice) ([]*spec.Cluster, error) {
	var clusters []*spec.Cluster
	for _, text := range c.Clusters {
		region := c.Region
		if region == "" && arn.IsClusterName(text) {
			var err error
			if region, err = f.defaultRegion(ctx); err != nil {
				return nil, err
			}
		}
		id, err := parseCluster(text, region)
		if err != nil {
			return nil, err
		}
		clusters = append(clusters, &spec.Cluster{ID: id})
	}
	return inOrder(clusters), nil
}

// parseCluster reads the name of one cluster. A bare name leaves the account
// open: it is the caller's own.
func parseCluster(text, region string) (arn.Cluster, error) {
	const forms = "write a name with --region, ACCOUNT/REGION/NAME or an ARN; globs require a " +
		"file, with -f"
	var id arn.Cluster
	switch parts := strings.Split(text, "/"); {
	case strings.HasPrefix(text, "arn:"):
		var err error
		if id, err = arn.ParseCluster(text); err != nil {
			return id, fault.WithHint(fmt.Errorf("--cluster: %w", err), forms)
		}
	case len(parts) == 3 && arn.IsAccount(parts[0]) && arn.IsRegion(parts[1]) && arn.IsClusterName(parts[2]):
		id = arn.Cluster{Partition: arn.PartitionOf(parts[1]), Account: parts[0], Region: parts[1], Name: parts[2]}
	case !arn.IsClusterName(text):
		return id, fault.WithHint(fmt.Errorf("--cluster %q is not one cluster", text), forms)
	case region == "":
		return id, fault.WithHint(fmt.Errorf("--cluster %q has no region", text),
			"pass --region REGION, set AWS_REGION, or write ACCOUNT/REGION/NAME or the ARN")
	default:
		if err := CheckRegion(region); err != nil {
			return id, err
		}
		id = arn.Cluster{Partition: arn.PartitionOf(region), Region: region, Name: text}
	}
	if region != "" && region != id.Region {
		return id, fault.WithHint(fmt.Errorf("--region %q conflicts with --cluster %q", region, text),
			"remove --region")
	}
	return id, nil
}

// inOrder sorts clusters and takes out those named twice.
func inOrder(clusters []*spec.Cluster) []*spec.Cluster {
	slices.SortStableFunc(clusters, func(a, b *spec.Cluster) int { return a.ID.Compare(b.ID) })
	return slices.CompactFunc(clusters, func(a, b *spec.Cluster) bool { return a.ID == b.ID })
}

// roleOf reads the role by which clusters are reached; "" for none.
func roleOf(c Choice) (spec.RoleTemplate, error) {
	if c.AssumeRole == "" {
		return "", nil
	}
	role, err := spec.ParseAssumeRoleFlag(c.AssumeRole)
	if err == nil && c.All && strings.Contains(string(role), "${cluster}") {
		return "", fault.WithHint(
			fmt.Errorf("--assume-role %q has ${cluster}, which is unknown until clusters are listed", role),
			"choose the clusters with --cluster",
		)
	}
	if err != nil {
		return "", fault.WithHint(fmt.Errorf("--assume-role: %w", err), fault.Hints(err)...)
	}
	return role, nil
}

// reach gives a cluster its account, where it has none, and the role by which
// it is reached.
func (f *Fleet) reach(ctx context.Context, c *spec.Cluster, role spec.RoleTemplate) error {
	if a, err := arn.Parse(string(role)); err == nil && c.ID.Account == "" && arn.IsAccount(a.Account) {
		c.ID.Account = a.Account
	}
	if err := f.FindAccount(ctx, c); err != nil {
		return err
	}
	c.AssumeRole = role.For(c.ID)
	return nil
}

// FindAccount completes a cluster that was named without its account: it is the
// caller's.
func (f *Fleet) FindAccount(ctx context.Context, c *spec.Cluster) error {
	if c.ID.Account != "" {
		return nil
	}
	caller, err := f.Connector.Caller(ctx, Target(c))
	if err != nil {
		return WithHint(err)
	}
	c.ID.Account = caller.Account
	return nil
}

// WithHint returns an error of AWS that ends a command, with its hint.
func WithHint(err error) error {
	e := awserr.From(err, awserr.Call{})
	if e.Hint == "" {
		return e
	}
	return fault.WithHint(e, e.Hint)
}

// items takes apart what a flag names with commas.
func items(texts []string) []string {
	var out []string
	for _, text := range texts {
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}
