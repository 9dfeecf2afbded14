package fleet

import (
	"context"
	"slices"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/spec"
)

// A Cluster is one cluster of a run: what is declared of it, how it is reached,
// and what was read. Read fills its fields.
type Cluster struct {
	Declared *spec.Cluster
	Session  *awsclient.Session // nil before it is connected, and of a snapshot
	IAM      *live.Directory    // of the cluster's account; nil like Session

	Have *spec.Live  // nil before it is read
	Want *spec.Want  // what is declared, by ARN; without names looked up, only the cluster
	Past []spec.Item // lines that expired, of principals that no longer exist

	// ARNs of the principals of access entries as which the cluster is read:
	// the caller, and who that was before a role was assumed.
	Callers []string

	names      resolver // of declared principals
	principals []string // that IAM is asked about besides those of entries and files
}

// Target is how a cluster is connected to.
func Target(c *spec.Cluster) awsclient.Target {
	return awsclient.Target{Cluster: c.ID, Profile: c.Profile, AssumeRole: c.AssumeRole, ExternalID: c.ExternalID}
}

// Connect gives a cluster its session, and its account where that is missing.
// It does nothing to one that is connected.
func (f *Fleet) Connect(ctx context.Context, c *Cluster) error {
	if c.Session != nil {
		return nil
	}
	if err := f.FindAccount(ctx, c.Declared); err != nil {
		return err
	}
	session, err := f.Connector.Connect(ctx, Target(c.Declared))
	if err != nil {
		return err
	}
	c.Session, c.IAM = session, f.directory(session)
	c.names = c.IAM
	return nil
}

// CallerWith returns who calls in a cluster's region with an AWS profile; "" is
// the SDK's chain.
func (f *Fleet) CallerWith(ctx context.Context, profile string, c *Cluster) (awsclient.Caller, error) {
	o := f.options.AWS
	o.Profile = profile
	return awsclient.New(o).Caller(ctx, awsclient.Target{Cluster: c.Declared.ID})
}

// Fault is an error about the cluster, as plans and reports have it.
func (c *Cluster) Fault(err error) fault.Error {
	call := awserr.Call{Cluster: c.Declared.ID, AssumeRole: c.Declared.AssumeRole}
	if c.Session != nil {
		call.Profile = c.Session.Profile
	}
	return *awserr.From(err, call)
}

// Identify asks IAM about the principals of entries, files and those given, and
// finds out as which principals the cluster is read. The cluster was read.
func (c *Cluster) Identify(ctx context.Context, principals ...string) {
	c.identify(ctx, c.IAM, c.Have, principals)
}

func (c *Cluster) identify(ctx context.Context, d *live.Directory, have *spec.Live, more []string) {
	principals := append(slices.Clone(c.principals), more...)
	for _, e := range have.Entries {
		principals = append(principals, e.Principal)
	}
	if c.Want != nil {
		for _, w := range c.Want.Entries {
			principals = append(principals, w.Principal)
		}
	}
	slices.Sort(principals)
	have.Identities = d.ReadIdentities(ctx, slices.Compact(principals))
	c.findCallers(ctx, d, have)
}

// findCallers finds out as which principals of access entries the cluster is
// read.
func (c *Cluster) findCallers(ctx context.Context, d *live.Directory, have *spec.Live) {
	c.Callers = nil
	for _, who := range c.sessionARNs() {
		// What can't be told is left out; the guard on the caller then says so.
		p, _, err := live.CallerPrincipal(ctx, who, d, have.Entries)
		if err == nil && !slices.Contains(c.Callers, p) {
			c.Callers = append(c.Callers, p)
		}
	}
}

// sessionARNs are the ARNs of who calls EKS and of who that was before a role
// was assumed.
func (c *Cluster) sessionARNs() []string {
	return slices.Compact([]string{c.Session.Caller.ARN, c.Session.Base.ARN})
}
