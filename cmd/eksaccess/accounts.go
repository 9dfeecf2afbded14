package main

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
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// all stands for every region that EKS has.
const allRegions = "all"

// A way is how one account is reached, to list its clusters.
type way struct {
	account string // "" is the caller's own
	profile string
}

// ways are the accounts of the flags.
func ways(ctx context.Context, choice fleet.Choice) ([]way, error) {
	accounts := listOf(choice.Accounts)
	switch {
	case choice.Profiles != "":
		names, err := awsclient.Profiles(ctx, choice.Profiles)
		if err != nil {
			return nil, err
		}
		list := make([]way, len(names))
		for i, n := range names {
			list[i].profile = n
		}
		return list, nil
	case len(accounts) == 0:
		return []way{{}}, nil
	case !strings.Contains(choice.AssumeRole, "${account}"):
		return nil, withHint(
			errors.New("--accounts needs to know how each is reached"),
			"pass --assume-role 'arn:aws:iam::${account}:role/NAME'",
		)
	}
	list := make([]way, len(accounts))
	for i, a := range accounts {
		if !arn.IsAccount(a) {
			return nil, withHint(fmt.Errorf("--accounts: %q is no account", a), "an account number has twelve digits")
		}
		list[i].account = a
	}
	return list, nil
}

// listOf takes apart what a flag names with commas.
func listOf(texts []string) []string {
	var out []string
	for _, text := range texts {
		for _, part := range strings.Split(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// assumeRole reads --assume-role.
func assumeRole(choice fleet.Choice) (spec.RoleTemplate, error) {
	if choice.AssumeRole == "" {
		return "", nil
	}
	role, err := spec.ParseAssumeRoleFlag(choice.AssumeRole)
	if err == nil && choice.All && strings.Contains(string(role), "${cluster}") {
		return "", withHint(
			fmt.Errorf("--assume-role %q has ${cluster}, and clusters are yet to be listed", role),
			"name the clusters with --cluster",
		)
	}
	if err != nil {
		hints, _ := told(err)
		return "", withHint(fmt.Errorf("--assume-role: %w", err), hints...)
	}
	return role, nil
}

// regionsOf reads --region and --regions, else takes the default region; every
// is true for all there are.
func (p *program) regionsOf(
	ctx context.Context, choice fleet.Choice, profile string,
) (regions []string, every bool, err error) {
	regions = listOf(choice.Regions)
	if choice.Region != "" {
		regions = append(regions, choice.Region)
	}
	if len(regions) == 0 {
		region, err := p.regionOf(ctx, choice.Region, profile)
		if err != nil {
			return nil, false, err
		}
		if region != "" {
			regions = []string{region}
		}
	}
	switch {
	case len(regions) == 0:
		return nil, false, withHint(errors.New("--all-clusters needs to know where"),
			"pass --region REGION, or --regions REGION,REGION, or set AWS_REGION")
	case slices.Equal(regions, []string{allRegions}):
		partition := arn.PartitionOf(os.Getenv("AWS_REGION"))
		if os.Getenv("AWS_REGION") == "" {
			partition = arn.PartitionOf(os.Getenv("AWS_DEFAULT_REGION"))
		}
		return live.Regions(partition), true, nil
	}
	for _, region := range regions {
		if err := checkRegion(region); err != nil {
			return nil, false, err
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions), false, nil
}

// listedAtOnce is small: it is one call an account and region.
const listedAtOnce = 10

// listed are all clusters of the accounts in the regions of the flags. A region
// that cannot be listed is part of the result as not read. Where all regions are
// asked for, those that the account has not enabled have none.
func (f *fleetRun) listed(ctx context.Context, choice fleet.Choice) ([]*spec.Cluster, error) {
	regions, every, err := f.p.regionsOf(ctx, choice, f.profile)
	if err != nil {
		return nil, err
	}
	role, err := assumeRole(choice)
	if err != nil {
		return nil, err
	}
	accounts, err := ways(ctx, choice)
	if err != nil {
		return nil, err
	}
	f.nameEndpoints(ctx, nil)
	type place struct {
		way
		region string
	}
	var places []place
	for _, w := range accounts {
		for _, r := range regions {
			places = append(places, place{w, r})
		}
	}
	found := make([]listing, len(places))
	var g errgroup.Group
	g.SetLimit(listedAtOnce)
	for i, p := range places {
		g.Go(func() error {
			found[i] = f.listRegion(ctx, p.way, p.region, role)
			return nil
		})
	}
	g.Wait()
	if err := stopped(ctx); err != nil {
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
		f.listing(p.region, l)
	}
	if failed+off == len(places) {
		return nil, hintedAWS(found[0].err)
	}
	f.unlisted = wholeAccounts(f.unlisted, len(regions))
	for _, n := range f.unlisted {
		f.p.complain("warning", n.Place()+" could not be read: "+n.Reason)
	}
	if len(clusters) == 0 {
		where := strings.Join(regions, ", ")
		if every {
			where = "any region that could be read"
		}
		f.p.complain("warning", "no cluster was found in "+where)
	}
	return inOrder(clusters), nil
}

// listing keeps what was learned of one account and region.
func (f *fleetRun) listing(region string, l listing) {
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
	told := map[[2]string]bool{}
	for _, n := range list {
		key := [2]string{n.Account, n.Reason}
		switch {
		case regions < 2 || same[key] < regions:
			out = append(out, n)
		case !told[key]:
			told[key] = true
			n.Region = nil
			out = append(out, n)
		}
	}
	return out
}

// A listing is what is known of the clusters of one account in one region.
type listing struct {
	account  string // or the profile, where the account is not known
	clusters []*spec.Cluster
	err      error
}

// listRegion lists the clusters of one account in one region.
func (f *fleetRun) listRegion(ctx context.Context, w way, region string, role spec.RoleTemplate) listing {
	where := &spec.Cluster{
		ID:      arn.Cluster{Partition: arn.PartitionOf(region), Account: w.account, Region: region},
		Profile: w.profile,
	}
	l := listing{account: cmp.Or(w.account, w.profile)}
	if l.err = f.reach(ctx, where, role); l.err != nil {
		return l
	}
	l.account = cmp.Or(where.ID.Account, l.account)
	session, err := f.connector.Connect(ctx, target(where))
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

// reach gives a cluster that was named its account, where it has none, and the
// role by which it is reached.
func (f *fleetRun) reach(ctx context.Context, c *spec.Cluster, role spec.RoleTemplate) error {
	if a, err := arn.Parse(string(role)); err == nil && c.ID.Account == "" && arn.IsAccount(a.Account) {
		c.ID.Account = a.Account
	}
	if err := inOwnAccount(ctx, f.connector, c); err != nil {
		return err
	}
	c.AssumeRole = role.For(c.ID)
	return nil
}
