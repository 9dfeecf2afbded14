package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

// ImportLive returns the live access of the clusters of a choice, or that in its
// snapshot, and what of the accounts and regions could not be read.
func (f *Fleet) ImportLive(ctx context.Context, c Choice, permissionSets bool) (
	*transfer.Import, []snapshot.NotRead, error,
) {
	var taken *snapshot.Snapshot
	var reached []*spec.Cluster
	var err error
	if c.Snapshot != nil {
		taken, reached, err = f.observeOffline(c)
	} else if reached, err = f.Locate(ctx, c); err == nil {
		taken, err = f.Take(ctx, reached)
	}
	if err != nil {
		return nil, nil, err
	}
	o := transfer.LiveOptions{PermissionSets: permissionSets, AssumeRole: c.AssumeRole}
	if len(reached) > 0 {
		o.Owners = reached[0].Owners // those of the files, the same for all clusters
	}
	if c.Profiles != "" {
		o.Profiles = map[arn.Cluster]string{}
		for _, cluster := range reached {
			o.Profiles[cluster.ID] = cluster.Profile
		}
	}
	return transfer.FromSnapshot(taken, o), taken.UnlistedRegions(), nil
}

// ImportRows returns the rows of aws-auth of the clusters of a choice as access
// entries. The rows given are those of its only cluster; for nil they are read
// from the clusters. The source says where they are from.
func (f *Fleet) ImportRows(
	ctx context.Context, c Choice, source string, given map[string]string, permissionSets bool,
) (*transfer.Import, error) {
	clusters, err := f.Locate(ctx, c)
	if err != nil {
		return nil, err
	}
	if given != nil && len(clusters) != 1 {
		many := fmt.Sprintf("%d are", len(clusters))
		return nil, fault.WithHint(fmt.Errorf("a file of aws-auth is for one cluster, and %s given", many),
			"choose one with --cluster")
	}
	out := make([]transfer.Cluster, len(clusters))
	_, err = f.Visit(ctx, clusters, func(i int, cluster *Cluster) {
		out[i] = f.translateRows(ctx, cluster, given, permissionSets)
		if c.Profiles != "" && !out[i].Failed {
			out[i].Profile = cluster.Declared.Profile
		}
	})
	return transfer.FromAWSAuth(source, c.AssumeRole, out), err
}

// translateRows translates the rows of one cluster: those given, or for nil
// those it has.
func (f *Fleet) translateRows(
	ctx context.Context, c *Cluster, data map[string]string, permissionSets bool,
) transfer.Cluster {
	id := c.Declared.ID
	given := data != nil
	if err := f.Connect(ctx, c); err != nil {
		return c.unreadRows(err)
	}
	rows := transfer.AuthRows{ID: id}
	unread := f.Read(ctx, c, Need{Part: Entries})
	switch {
	case unread == nil:
		rows.Live = c.Have
	case !given || ctx.Err() != nil:
		return c.unreadRows(unread)
	}
	if !given {
		var err error
		if data, err = f.ReadConfigMap(ctx, c); err != nil {
			return c.unreadRows(err)
		}
	}
	if why, hint := awsauth.Unreadable(data); why != "" {
		return transfer.Unread(id, why, hint)
	}
	rows.Items, rows.Accounts = awsauth.Items(data), awsauth.Parse(data).Accounts
	rows.Principals = c.resolveRows(ctx, rows.Ask())
	if permissionSets {
		rows.Sets = transfer.SetRoles(c.IAM.ReadPermissionSets(ctx).Roles)
	}
	out := rows.Cluster()
	if unread != nil {
		out.AddUncheckedNote(c.Fault(unread).Message)
	}
	return out
}

func (c *Cluster) unreadRows(err error) transfer.Cluster {
	var k *kube.Error
	if errors.As(err, &k) {
		return transfer.Unread(c.Declared.ID, k.Error(), k.Hint)
	}
	e := c.Fault(err)
	return transfer.Unread(c.Declared.ID, e.Code+": "+e.Message, e.Hint)
}

// resolveRows asks IAM for the principals of rows, which have no paths.
func (c *Cluster) resolveRows(ctx context.Context, ask []arn.Principal) map[string]transfer.Resolved {
	out := map[string]transfer.Resolved{}
	for _, who := range ask {
		ref := spec.PrincipalRef{Role: who.Name}
		if who.Kind == arn.User {
			ref = spec.PrincipalRef{User: who.Name}
		}
		full, err := c.IAM.Resolve(ctx, ref)
		var e *fault.Error
		var r transfer.Resolved
		switch {
		case err == nil && who.Kind == arn.User && full != who.String():
			r.Gone = true // another user of that name, under another path
		case err == nil:
			r.ARN = full
		case IsNotFound(err) || awserr.IsNoSuchEntity(err):
			r.Gone = true
		case errors.As(err, &e):
			r.Why = e.Message
		default:
			r.Why = err.Error()
		}
		out[who.String()] = r
	}
	return out
}

// A ToolFile is the access in another tool's file.
type ToolFile struct {
	Name     string
	Head     []string // comments for the file of ours
	Clusters []transfer.Cluster
	Notes    []transfer.Note
}

// ImportTool returns the access in another tool's file. Account and region are
// those of clusters of which the file does not say them; the account may be ""
// for the caller's. IAM is asked for the paths of roles in rows of aws-auth.
func (f *Fleet) ImportTool(ctx context.Context, file ToolFile, account, region string) (*transfer.Import, error) {
	if account == "" {
		var err error
		if account, err = f.accountOf(ctx, file.Clusters, region); err != nil {
			return nil, err
		}
	}
	clusters, notes := transfer.CompleteClusters(file.Clusters, account, region)
	resolve := func(id arn.Cluster, ask []arn.Principal) map[string]transfer.Resolved {
		c := &Cluster{Declared: &spec.Cluster{ID: id}}
		f.NoteEndpoints(ctx, c.Declared)
		if err := f.Connect(ctx, c); err != nil {
			out := map[string]transfer.Resolved{}
			for _, who := range ask {
				out[who.String()] = transfer.Resolved{Why: c.Fault(err).Message}
			}
			return out
		}
		return c.resolveRows(ctx, ask)
	}
	out := transfer.FromTool(file.Name, file.Head, clusters, append(file.Notes, notes...), resolve)
	return out, StopCause(ctx)
}

// accountOf is the caller's account, if there is a cluster of which only the
// account is missing, and else "". It is reported.
func (f *Fleet) accountOf(ctx context.Context, clusters []transfer.Cluster, region string) (string, error) {
	for _, c := range clusters {
		id := c.ID
		if id.Region == "" && region != "" {
			id.Region, id.Partition = region, arn.PartitionOf(region)
		}
		if id.Account != "" || id.Region == "" {
			continue
		}
		asked := &spec.Cluster{ID: id}
		f.NoteEndpoints(ctx, asked)
		if err := f.FindAccount(ctx, asked); err != nil {
			return "", fault.WithHint(fmt.Errorf("the file does not have the account of cluster %q, "+
				"and that of the caller is unknown: %w", id.Name, err), "pass --account ACCOUNT")
		}
		f.options.Report.Note(fmt.Sprintf(
			"the file does not have the account of cluster %q; using that of the caller, %s",
			id.Name, asked.ID.Account))
		return asked.ID.Account, nil
	}
	return "", nil
}

// ReadToolFile reads a file of another tool, or standard input for "-", up to a
// limit of bytes.
func ReadToolFile(name string, stdin io.Reader, limit int64) (spec.Source, error) {
	source, in := spec.Source{Name: name}, stdin
	if name == "-" {
		source.Name = "<stdin>"
	} else {
		f, err := readfile.Open(name)
		if err != nil {
			return source, readfile.Plain(err)
		}
		defer f.Close()
		in = f
	}
	var err error
	if source.Data, err = io.ReadAll(io.LimitReader(in, limit+1)); err != nil {
		return source, fmt.Errorf("reading %q: %w", source.Name, err)
	}
	if int64(len(source.Data)) > limit {
		return source, fmt.Errorf("%q is larger than %d MiB", source.Name, limit>>20)
	}
	return source, nil
}
