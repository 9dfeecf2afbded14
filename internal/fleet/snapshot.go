package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/saved"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// Observe returns what a command that only reads works from: the snapshot of the
// choice, or one that is taken now, of the clusters of the choice. Declared are
// the clusters of its files, nil where it has none. A snapshot taken now has
// only entries with one of the policies, where some are named.
func (f *Fleet) Observe(ctx context.Context, c Choice, policies ...string) (
	taken *snapshot.Snapshot, declared []*spec.Cluster, err error,
) {
	if c.Snapshot != nil {
		return f.observeOffline(c)
	}
	clusters, err := f.Locate(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if len(c.Files) > 0 {
		declared = clusters
	}
	taken, err = f.Take(ctx, clusters, policies...)
	return taken, declared, err
}

func (f *Fleet) observeOffline(c Choice) (*snapshot.Snapshot, []*spec.Cluster, error) {
	taken, err := f.OpenSnapshot(*c.Snapshot)
	switch {
	case err != nil:
		return nil, nil, err
	case len(c.Files) > 0:
		declared, err := f.LoadClusters(c)
		if err != nil {
			return nil, nil, err
		}
		return taken.Of(ids(declared)), declared, nil
	case len(c.Selectors) > 0:
		return nil, nil, fault.WithHint(
			errors.New("--selector requires a file"),
			"pass -f FILE, or choose with --cluster",
		)
	case len(c.Clusters) == 0:
		return taken, nil, nil
	}
	all := &spec.Fleet{}
	for i := range taken.Clusters {
		all.Clusters = append(all.Clusters, &spec.Cluster{ID: taken.Clusters[i].ID()})
	}
	chosen, err := all.Select(c.Selection())
	if err != nil {
		return nil, nil, err
	}
	return taken.Of(ids(chosen)), nil, nil
}

func ids(clusters []*spec.Cluster) []arn.Cluster {
	list := make([]arn.Cluster, len(clusters))
	for i, c := range clusters {
		list[i] = c.ID
	}
	return list
}

// OpenSnapshot reads a snapshot from a file. From then on, clusters are read
// from it, and not from AWS.
func (f *Fleet) OpenSnapshot(name string) (*snapshot.Snapshot, error) {
	taken, err := saved.OpenSnapshot(name, f.options.Stdin)
	if err != nil {
		return nil, err
	}
	f.taken = taken
	f.options.Report.Note(fmt.Sprintf("as of %s, when the snapshot was taken", f.taken.CreatedAt.Format(time.RFC3339)))
	return f.taken, nil
}

// Take reads every cluster, side by side, with all that bears on access to it.
// One that can't be read says so in its place. It reads only entries with one
// of the policies, where some are named.
func (f *Fleet) Take(ctx context.Context, clusters []*spec.Cluster, policies ...string) (*snapshot.Snapshot, error) {
	records := make([]snapshot.Cluster, len(clusters))
	_, err := f.Visit(ctx, clusters, func(i int, c *Cluster) {
		var err error
		if records[i], err = f.record(ctx, c, policies); err != nil {
			records[i] = snapshot.FailedCluster(c.Declared.ID, c.Fault(err))
		}
	})
	if err != nil {
		return nil, err
	}
	taken := snapshot.New(records, f.RequiresKube(), f.Now(), f.options.AWS.Version)
	if f.asked != nil {
		taken.Places(f.asked, f.unlisted)
	}
	return taken, nil
}

// record reads one cluster and all that bears on access to it. Only what EKS
// tells of the cluster and its entries can fail it.
func (f *Fleet) record(ctx context.Context, c *Cluster, policies []string) (snapshot.Cluster, error) {
	if err := f.Read(ctx, c, Need{Part: Entries, With: policies}); err != nil {
		return snapshot.Cluster{}, err
	}
	record := snapshot.FromLive(c.Have)
	record.Providers = live.ReadProviders(ctx, c.Session.EKS, c.Declared.ID)
	record.Authorities = live.ReadAuthorities(ctx, c.Session.EKS, c.Declared.ID)
	record.Names = c.declaredNames(ctx)
	record.Principals = c.IAM.ReadPrincipals(ctx, c.principalsOf(record.Names))
	record.PermissionSets = c.IAM.ReadPermissionSets(ctx)
	c.findCallers(ctx, c.IAM, c.Have)
	record.ReadBy = c.Callers
	if f.RequiresKube() {
		f.recordInside(ctx, c, &record)
	}
	return record, ctx.Err()
}

// principalsOf are the ARNs of entries, of the file, and of names that were
// looked up.
func (c *Cluster) principalsOf(names []snapshot.Name) []string {
	var principals []string
	for _, e := range c.Have.Entries {
		principals = append(principals, e.Principal)
	}
	for _, ref := range c.Declared.Refs() {
		principals = append(principals, ref.ARN)
	}
	for _, n := range names {
		principals = append(principals, n.ARN)
	}
	// Written by name, or not found.
	return slices.DeleteFunc(principals, func(principal string) bool { return principal == "" })
}

// declaredNames looks up what the cluster's file declares by name, so that a
// plan can be made offline.
func (c *Cluster) declaredNames(ctx context.Context) []snapshot.Name {
	var names []snapshot.Name
	for _, ref := range c.Declared.Refs() {
		if ref.ARN != "" {
			continue
		}
		n := snapshot.Name{Ref: ref.String()}
		var err error
		if n.ARN, err = c.names.Resolve(ctx, ref); err != nil {
			e := c.Fault(err)
			n.Error = &e
		}
		names = append(names, n)
	}
	return names
}

// recordInside asks the cluster itself.
func (f *Fleet) recordInside(ctx context.Context, c *Cluster, record *snapshot.Cluster) {
	client, err := f.KubeClient(c)
	if err != nil {
		record.Inside(snapshot.UnknownFact(err.Error(), ""))
		return
	}
	defer client.Close()
	record.AWSAuth = client.AWSAuth(ctx)
	if a := record.AWSAuth.Parse(); c.Have.UsesAWSAuth() && a != nil && a.Read {
		record.AWSAuth.Identify(c.IAM.ReadRowIdentities(ctx, a.Rows))
	}
	record.RBAC = client.RBAC(ctx)
	record.Namespaces = client.Namespaces(ctx)
}
