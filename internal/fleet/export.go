package fleet

import (
	"context"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

// An Export is access for another tool to keep.
type Export struct {
	Clusters []transfer.Cluster
	Notes    []transfer.Note
	Declared map[arn.Cluster]*spec.Cluster // how each is reached

	// What could not be read. Without it an export would look complete: there are
	// no clusters if there is any.
	NotRead []snapshot.NotRead // accounts and regions
	Failed  []Failure
	Of      int // clusters, of which some failed
}

// A Failure is a cluster that could not be read, and why.
type Failure struct {
	Cluster arn.Cluster
	Error   *fault.Error
}

// Export reads what the files of a choice declare, or else what is live. It
// sends nothing for files that name principals by ARN.
func (f *Fleet) Export(ctx context.Context, c Choice) (*Export, error) {
	hasFiles := len(c.Files) > 0
	out := &Export{Declared: map[arn.Cluster]*spec.Cluster{}}
	clusters, unlisted, err := f.toExport(ctx, c)
	if err != nil {
		return nil, err
	}
	if !hasFiles && len(unlisted) > 0 {
		out.NotRead = unlisted
		return out, nil
	}
	need := Need{Part: Entries, Identities: true}
	if hasFiles {
		need = Need{Part: Nothing, Resolve: true}
	}
	read, failed, err := f.readAll(ctx, clusters, need)
	if err != nil {
		return nil, err
	}
	if len(failed) > 0 {
		out.Failed, out.Of = failed, len(read)
		return out, nil
	}
	for _, r := range read {
		var one transfer.Cluster
		var notes []transfer.Note
		if hasFiles {
			one, notes = transfer.DeclaredCluster(r.Want)
		} else {
			one, notes = transfer.LiveCluster(r.Have)
		}
		out.Clusters, out.Notes = append(out.Clusters, one), append(out.Notes, notes...)
		out.Declared[r.Declared.ID] = r.Declared
	}
	return out, nil
}

// toExport returns the clusters of a choice, also those of its snapshot.
func (f *Fleet) toExport(ctx context.Context, c Choice) ([]*spec.Cluster, []snapshot.NotRead, error) {
	if c.Snapshot == nil {
		clusters, err := f.Locate(ctx, c)
		return clusters, f.unlisted, err
	}
	taken, clusters, err := f.observeOffline(c)
	if err != nil {
		return nil, nil, err
	}
	if clusters == nil {
		for i := range taken.Clusters {
			clusters = append(clusters, &spec.Cluster{ID: taken.Clusters[i].ID()})
		}
	}
	return clusters, taken.UnlistedRegions(), nil
}

// readAll reads clusters, and returns which of them failed.
func (f *Fleet) readAll(ctx context.Context, clusters []*spec.Cluster, need Need) (
	read []*Cluster, failed []Failure, err error,
) {
	errs := make([]error, len(clusters))
	if f.isOffline(clusters, need) {
		for i, declared := range clusters {
			c := &Cluster{Declared: declared}
			read, errs[i] = append(read, c), f.Read(ctx, c, need)
		}
	} else {
		read, err = f.Visit(ctx, clusters, func(i int, c *Cluster) { errs[i] = f.Read(ctx, c, need) })
	}
	for i, e := range errs {
		if e != nil {
			why := read[i].Fault(e)
			failed = append(failed, Failure{read[i].Declared.ID, &why})
		}
	}
	return read, failed, err
}

// isOffline reports whether nothing is sent for what is needed of clusters.
func (f *Fleet) isOffline(clusters []*spec.Cluster, need Need) bool {
	if f.taken != nil {
		return true
	}
	for _, c := range clusters {
		if need.Part != Nothing || len(c.Refs()) > 0 {
			return false
		}
	}
	return true
}
