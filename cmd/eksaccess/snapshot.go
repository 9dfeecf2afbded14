package main

import (
	"context"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// snapshotOptions are the flags of snapshot.
type snapshotOptions struct {
	choiceOptions
	kubeOptions
	connectionOptions
	outputOptions
	saveOption
}

func (o *snapshotOptions) flags() []cli.Flag {
	return join(o.locateFlags(), []cli.Flag{
		o.insideFlag(),
		o.saveFlag("keep the snapshot in `FILE`, for --snapshot FILE and show"),
		o.outputFlag(),
	}, o.connectionFlags())
}

func (o *snapshotOptions) rules() []rule { return o.choiceRules() }

func (p *program) snapshotCommand() *cli.Command {
	o := &snapshotOptions{outputOptions: outputOptions{forms: render.SnapshotFormats}}
	return p.command(&cli.Command{
		Name:  "snapshot",
		Usage: "what was read of clusters, kept in a file to work from offline; changes nothing",
		UsageText: "eksaccess snapshot -f clusters.yaml --save snapshot.json\n" +
			"eksaccess snapshot --all-clusters --regions eu-west-1,us-east-1 --kube --save snapshot.json\n" +
			"eksaccess plan -f clusters.yaml --snapshot snapshot.json   # no network",
		Description: "It holds entries and policies, what IAM knows of their principals, and settings that bear on\n" +
			"access; with --kube also the text of aws-auth (its only backup), RBAC bindings of users and\n" +
			"groups, and the names of namespaces. No secret is in it. What could not be read says why.",
	}, o, func(ctx context.Context, line invocation) error {
		form, err := o.format(line)
		if err != nil {
			return err
		}
		if err := o.checkSave("the snapshot"); err != nil {
			return err
		}
		taken, _, err := p.openFleet(&o.connectionOptions, o.kubeOptions).Observe(ctx, o.Choice)
		if err != nil {
			return err
		}
		if err := render.Snapshot(p.stdout, taken, p.drawing(form)); err != nil {
			return err
		}
		err = o.saveTo("the snapshot", func(w io.Writer) error { return render.SnapshotJSON(w, taken) })
		if err != nil {
			return err
		}
		return p.stoppedOutcome(ctx, readOutcome(taken))
	})
}

// readOutcome is the exit code of what could be read, as an error.
func readOutcome(s *snapshot.Snapshot) error {
	var failures []render.Failure
	for _, c := range s.Clusters {
		if c.Error != nil {
			failures = append(failures, failureIn(c.Account, c.Region, c.Name, c.Error))
		}
	}
	return readingOutcome(failures, len(s.Clusters), s.NotRead)
}

// snapshot reads every cluster, side by side. One that can't be read says so
// in its place.
func (f *fleetRun) snapshot(ctx context.Context, clusters []*spec.Cluster) (*snapshot.Snapshot, error) {
	f.nameEndpoints(ctx, clusters)
	taken := make(map[*spec.Cluster]snapshot.Cluster, len(clusters))
	_, err := f.visit(ctx, clusters, func(s *site) {
		c, err := f.observe(ctx, s)
		if err != nil {
			c = snapshot.Failed(s.declared.ID, planError(err, s))
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		taken[s.declared] = c
	})
	if err != nil {
		return nil, err
	}
	all := make([]snapshot.Cluster, 0, len(clusters))
	for _, c := range clusters {
		all = append(all, taken[c])
	}
	made := snapshot.New(all, f.kube, f.now(), version())
	if f.asked != nil {
		made.Places(f.asked, f.unlisted)
	}
	return made, nil
}

// observe reads one cluster and all that bears on access to it. Only what EKS
// tells of the cluster and its entries can fail it.
func (f *fleetRun) observe(ctx context.Context, s *site) (snapshot.Cluster, error) {
	if err := f.connect(ctx, s); err != nil {
		return snapshot.Cluster{}, err
	}
	have, err := f.entries(ctx, s, nil, live.Options{With: f.onlyWith})
	if err != nil {
		return snapshot.Cluster{}, err
	}
	c := snapshot.FromLive(have)
	c.Providers = live.ReadProviders(ctx, s.session.EKS, s.declared.ID)
	c.Authorities = live.ReadAuthorities(ctx, s.session.EKS, s.declared.ID)
	var principals []string
	for _, e := range have.Entries {
		principals = append(principals, e.Principal)
	}
	c.Names = f.namesOf(ctx, s)
	for _, ref := range s.declared.Refs() {
		principals = append(principals, ref.ARN)
	}
	for _, n := range c.Names {
		principals = append(principals, n.ARN)
	}
	principals = slices.DeleteFunc(principals, func(p string) bool { return p == "" }) // written by name, or unresolved
	c.Principals = s.iam.ReadPrincipals(ctx, principals)
	c.PermissionSets = s.iam.ReadPermissionSets(ctx)
	s.whoCalls(ctx, s.iam, have)
	c.ReadBy = s.callers
	f.observeInside(ctx, s, have, &c)
	return c, ctx.Err()
}

// namesOf resolves what the cluster's file declares by name, so that a plan
// can be made offline.
func (f *fleetRun) namesOf(ctx context.Context, s *site) []snapshot.Name {
	var names []snapshot.Name
	for _, ref := range s.declared.Refs() {
		if ref.ARN != "" {
			continue
		}
		n := snapshot.Name{Ref: ref.String()}
		var err error
		if n.ARN, err = s.names.Resolve(ctx, ref); err != nil {
			e := planError(err, s)
			n.Error = &e
		}
		names = append(names, n)
	}
	return names
}

// observeInside asks the cluster itself.
func (f *fleetRun) observeInside(ctx context.Context, s *site, have *spec.Live, c *snapshot.Cluster) {
	if !f.kube {
		return
	}
	client, err := f.kubeClient(s, have)
	if err != nil {
		c.Inside(snapshot.NotLearned(err.Error(), ""))
		return
	}
	defer client.Close()
	c.AWSAuth = client.AWSAuth(ctx)
	if a := c.AWSAuth.Parsed(); have.UsesAWSAuth() && a != nil && a.Read {
		c.AWSAuth.Identify(s.iam.ReadRowIdentities(ctx, a.Rows))
	}
	c.RBAC = client.RBAC(ctx)
	c.Namespaces = client.Namespaces(ctx)
}
