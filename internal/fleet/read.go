package fleet

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// A Part is what is read of a cluster from EKS.
type Part int

// Nothing is read for Need{Resolve: true}, which then connects only if the file
// names principals.
const (
	Nothing     Part = iota
	Description      // where the cluster is and how it stands, without entries
	Entries          // the description, and all access entries with their policies
)

// A Need is what a command has to know of a cluster.
type Need struct {
	Part Part

	// Only, of the entries, those of these principals and of cluster admins;
	// nil for all. With, only entries that have one of these policies, by name.
	Only func(principal string) bool
	With []string

	Resolve    bool     // what is declared, by ARN
	Identities bool     // what IAM knows of the principals, and as which the cluster is read
	Principals []string // of which IAM is asked too, now and when the cluster is read again
	AWSAuth    AWSAuth

	// Fresh asks IAM once more, in place of taking earlier answers of this run.
	Fresh bool
}

// An AWSAuth says whether the ConfigMap aws-auth is read.
type AWSAuth int

// AWSAuthIfRequired reads it where the fleet has KubeRequired. AWSAuthAgain
// reads it where the last reading of the cluster had it; a cluster that does not
// answer any more leaves the rows as they were known.
const (
	NoAWSAuth AWSAuth = iota
	AWSAuthIfRequired
	AWSAuthAgain
)

// Read connects to a cluster and fills it with what is needed. Where the fleet
// has a snapshot, it is read from that. Of an error, [Cluster.Fault] is the form
// for plans and reports. That aws-auth or IAM cannot be read is no error: the
// guards that need it refuse.
func (f *Fleet) Read(ctx context.Context, c *Cluster, need Need) error {
	if f.taken != nil {
		return f.readSnapshot(ctx, c, need)
	}
	c.principals = append(c.principals, need.Principals...)
	slices.Sort(c.principals)
	c.principals = slices.Compact(c.principals)
	if need.Part == Nothing && len(c.Declared.Refs()) == 0 {
		return c.resolve(ctx, &spec.Live{ID: c.Declared.ID}, f.Now())
	}
	if err := f.Connect(ctx, c); err != nil {
		return err
	}
	iam := c.IAM
	if need.Fresh {
		iam = live.NewDirectory(c.Session.IAM, c.Session.Cluster, c.Session.Profile)
	}
	if need.Resolve && need.Part == Entries {
		c.lookUp(ctx)
	}
	have, err := f.readPart(ctx, c, need, iam)
	if err != nil {
		return err
	}
	if need.Resolve {
		if err := c.resolve(ctx, have, f.Now()); err != nil {
			return err
		}
	} else if c.Want == nil {
		c.Want = &spec.Want{Cluster: c.Declared}
	}
	last := c.Have
	if need.Part != Nothing {
		c.Have = have
	}
	if need.Identities {
		c.identify(ctx, iam, have, nil)
	}
	f.readRows(ctx, c, need.AWSAuth, iam, last)
	return nil
}

// readPart reads what is needed from EKS.
func (f *Fleet) readPart(ctx context.Context, c *Cluster, need Need, iam *live.Directory) (*spec.Live, error) {
	switch need.Part {
	case Nothing:
		return &spec.Live{ID: c.Declared.ID}, nil
	case Description:
		return live.ReadCluster(ctx, c.Session.EKS, c.Session.Cluster, c.Session.Profile)
	}
	id := c.Session.Cluster
	o := live.Options{
		Profile:  c.Session.Profile,
		Limiter:  f.gate(id.Account, id.Region),
		Only:     need.Only,
		With:     need.With,
		Standard: c.Declared.Standard(),
	}
	if need.Identities { // IAM is asked meanwhile for what it will be asked anyway
		o.OnPage = func(principals []string) { iam.Expect(ctx, principals) }
		var declared []string
		for _, item := range c.Declared.Items {
			declared = append(declared, item.Principal.ARN) // "" for a name
		}
		iam.Expect(ctx, declared)
		for _, caller := range c.sessionARNs() {
			go live.CallerPrincipal(ctx, caller, iam, nil)
		}
	}
	have, err := live.Read(ctx, c.Session.EKS, id, o)
	if err == nil {
		f.progress.Entries(len(have.Entries))
	}
	return have, err
}

// ReadEntry reads the access entry of a principal, nil where there is none. The
// cluster is connected, and keeps what was read of it.
func (f *Fleet) ReadEntry(ctx context.Context, c *Cluster, principal string) (*spec.LiveEntry, error) {
	return live.ReadEntry(ctx, c.Session.EKS, c.Session.Cluster, principal, live.Options{Profile: c.Session.Profile})
}

// ReadMode reads the authentication mode of a cluster. The cluster is connected,
// and keeps what was read of it.
func (f *Fleet) ReadMode(ctx context.Context, c *Cluster) (string, error) {
	have, err := f.readPart(ctx, c, Need{Part: Description}, nil)
	if err != nil {
		return "", err
	}
	return have.Mode, nil
}

// lookUp asks IAM for the names that are declared. It does not wait: resolve
// gets the same answers.
func (c *Cluster) lookUp(ctx context.Context) {
	go func() {
		var group errgroup.Group
		group.SetLimit(8)
		for _, ref := range c.Declared.Refs() {
			group.Go(func() error { _, err := c.IAM.Resolve(ctx, ref); return err })
		}
		_ = group.Wait()
	}()
}

// readSnapshot fills a cluster from the snapshot of the run. Who will apply it
// is not known, and the guard on that says so.
func (f *Fleet) readSnapshot(ctx context.Context, c *Cluster, need Need) error {
	read := f.taken.Cluster(c.Declared.ID)
	switch {
	case read == nil:
		return snapshot.Lacking(c.Declared.ID)
	case read.Error != nil:
		return read.Error
	}
	c.Have, c.names = read.Live(), Names{read}
	c.Want = &spec.Want{Cluster: c.Declared}
	if !need.Resolve {
		return nil
	}
	return c.resolve(ctx, c.Have, f.Now())
}
