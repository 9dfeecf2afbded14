package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// allRegions stands for every region that EKS has.
const allRegions = "all"

// listsAtOnce is small: it is one call an account and region.
const listsAtOnce = 10

// A place is an account and a region whose clusters are listed.
type place struct {
	account string // "" is the caller's own
	profile string // by which it is reached; "" for the one of the run
	region  string
}

// A listing is what is known of the clusters of a place.
type listing struct {
	account  string // or the profile, where the account is not known
	clusters []*spec.Cluster
	err      error
}

// list returns all clusters of the accounts in the regions of a choice. A place
// that cannot be listed is part of the result as not read. Where all regions
// are asked for, those that the account has not enabled have none.
func (f *Fleet) list(ctx context.Context, c Choice) ([]*spec.Cluster, error) {
	regions, every, err := f.regions(ctx, c)
	if err != nil {
		return nil, err
	}
	role, err := roleOf(c)
	if err != nil {
		return nil, err
	}
	places, err := accounts(ctx, c)
	if err != nil {
		return nil, err
	}
	places = inRegions(places, regions)
	f.NoteEndpoints(ctx)
	found := make([]listing, len(places))
	var g errgroup.Group
	g.SetLimit(listsAtOnce)
	for i, p := range places {
		g.Go(func() error {
			found[i] = f.listPlace(ctx, p, role)
			return nil
		})
	}
	g.Wait()
	if err := StopCause(ctx); err != nil {
		return nil, err
	}
	var clusters []*spec.Cluster
	failed, off := 0, 0
	for i, p := range places {
		l := found[i]
		clusters = append(clusters, l.clusters...)
		switch {
		case l.err == nil:
		case every && live.IsClosed(l.err) && !awserr.IsAccessDenied(l.err):
			off++
			continue
		default:
			failed++
		}
		f.keep(p.region, l)
	}
	if failed+off == len(places) {
		return nil, WithHint(found[0].err)
	}
	f.unlisted = wholeAccounts(f.unlisted, len(regions))
	for _, n := range f.unlisted {
		f.options.Report.Warn(n.Place()+" could not be read: "+n.Reason, "")
	}
	if len(clusters) == 0 {
		where := strings.Join(regions, ", ")
		if every {
			where = "any region that could be read"
		}
		f.options.Report.Warn("no cluster was found in "+where, "")
	}
	return inOrder(clusters), nil
}

// inRegions returns every account in every region.
func inRegions(accounts []place, regions []string) []place {
	var all []place
	for _, p := range accounts {
		for _, p.region = range regions {
			all = append(all, p)
		}
	}
	return all
}

// accounts are those of a choice, each with how it is reached.
func accounts(ctx context.Context, c Choice) ([]place, error) {
	numbers := items(c.Accounts)
	switch {
	case c.Profiles != "":
		names, err := awsclient.Profiles(ctx, c.Profiles)
		if err != nil {
			return nil, err
		}
		list := make([]place, len(names))
		for i, n := range names {
			list[i].profile = n
		}
		return list, nil
	case len(numbers) == 0:
		return []place{{}}, nil
	case !strings.Contains(c.AssumeRole, "${account}"):
		return nil, fault.WithHint(
			errors.New("--accounts requires --assume-role"),
			"pass --assume-role 'arn:aws:iam::${account}:role/NAME'",
		)
	}
	list := make([]place, len(numbers))
	for i, a := range numbers {
		if !arn.IsAccount(a) {
			return nil, fault.WithHint(fmt.Errorf("--accounts: %q is not an account", a),
				"an account number has 12 digits")
		}
		list[i].account = a
	}
	return list, nil
}

// regions are those of a choice, else the default region; every is true for all
// that EKS has.
func (f *Fleet) regions(ctx context.Context, c Choice) (regions []string, every bool, err error) {
	regions = items(c.Regions)
	if c.Region != "" {
		regions = append(regions, c.Region)
	}
	if len(regions) == 0 {
		region, err := f.defaultRegion(ctx)
		if err != nil {
			return nil, false, err
		}
		if region != "" {
			regions = []string{region}
		}
	}
	switch {
	case len(regions) == 0:
		return nil, false, fault.WithHint(errors.New("--all-clusters requires a region"),
			"pass --region REGION, or --regions REGION,REGION, or set AWS_REGION")
	case slices.Equal(regions, []string{allRegions}):
		partition := arn.PartitionOf(os.Getenv("AWS_REGION"))
		if os.Getenv("AWS_REGION") == "" {
			partition = arn.PartitionOf(os.Getenv("AWS_DEFAULT_REGION"))
		}
		return live.Regions(partition), true, nil
	}
	for _, region := range regions {
		if err := CheckRegion(region); err != nil {
			return nil, false, err
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions), false, nil
}

// keep records what was learned of one account and region.
func (f *Fleet) keep(region string, l listing) {
	asked := snapshot.Asked{Account: l.account, Region: region, Known: l.err == nil}
	if l.err != nil {
		e := awserr.From(l.err, awserr.Call{})
		asked.Why = e.Code + ": " + e.Message
		f.unlisted = append(f.unlisted, snapshot.NotRead{Account: l.account, Region: &region, Reason: asked.Why})
	}
	f.asked = append(f.asked, asked)
}

// wholeAccounts replaces the regions of an account by the account where none of
// several could be read for the same reason.
func wholeAccounts(list []snapshot.NotRead, regions int) []snapshot.NotRead {
	same := map[[2]string]int{}
	for _, n := range list {
		same[[2]string{n.Account, n.Reason}]++
	}
	var out []snapshot.NotRead
	listed := map[[2]string]bool{}
	for _, n := range list {
		key := [2]string{n.Account, n.Reason}
		switch {
		case regions < 2 || same[key] < regions:
			out = append(out, n)
		case !listed[key]:
			listed[key] = true
			n.Region = nil
			out = append(out, n)
		}
	}
	return out
}

// listPlace lists the clusters of one account in one region.
func (f *Fleet) listPlace(ctx context.Context, p place, role spec.RoleTemplate) listing {
	where := &spec.Cluster{
		ID:      arn.Cluster{Partition: arn.PartitionOf(p.region), Account: p.account, Region: p.region},
		Profile: p.profile,
	}
	l := listing{account: cmp.Or(p.account, p.profile)}
	if l.err = f.reach(ctx, where, role); l.err != nil {
		return l
	}
	l.account = cmp.Or(where.ID.Account, l.account)
	session, err := f.Connector.Connect(ctx, Target(where))
	if err != nil {
		l.err = err
		return l
	}
	names, err := live.ListClusters(ctx, session.EKS, where.ID, session.Profile)
	if err != nil {
		l.err = err
		return l
	}
	clusters := make([]*spec.Cluster, len(names))
	for i, name := range names {
		one := *where
		one.ID.Name = name
		one.AssumeRole = role.For(one.ID)
		clusters[i] = &one
	}
	l.clusters = clusters
	return l
}
