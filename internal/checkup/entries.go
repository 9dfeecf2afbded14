package checkup

import (
	"context"
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// readEntries reads the entry of the principal and those that could be confused
// with it, and asks IAM about the principal. A missing entry of the principal is
// certain even if the caller may not list entries.
func (u *checkup) readEntries(ctx context.Context, have *spec.Live, listed []string) {
	u.facts.Listed = snapshot.KnownFact()
	if eksfacts.ReadsEntries(have.Mode) {
		for _, p := range append([]string{u.facts.Principal}, listed...) {
			own := p == u.facts.Principal
			if own && len(have.Entries) > 0 || !own && !doctor.Alike(p, u.facts.Principal) {
				continue
			}
			entry, err := u.fleet.ReadEntry(ctx, u.cluster, p)
			switch {
			case err != nil && own:
				u.facts.Listed = unknownFact(err)
			case err == nil && entry != nil:
				have.Entries = append(have.Entries, *entry)
			}
		}
		have.EntriesRead = true
	}
	nodes := u.readNodeEntries(ctx, have, listed)
	u.facts.Cluster = snapshot.FromLive(have)
	u.facts.Cluster.Principals = u.cluster.IAM.ReadPrincipals(ctx, append([]string{u.facts.Principal}, nodes...))
	if p, err := arn.ParsePrincipal(u.facts.Principal); err == nil {
		if _, _, sso := p.PermissionSet(); sso {
			u.facts.Cluster.PermissionSets = u.cluster.IAM.ReadPermissionSets(ctx)
		}
	}
}

// readNodeEntries reads the entries of the roles of node groups and Fargate
// profiles, which concern all users of the cluster; it returns the roles. What
// cannot be read is skipped: the report is about the principal.
func (u *checkup) readNodeEntries(ctx context.Context, have *spec.Live, listed []string) []string {
	if !eksfacts.ReadsEntries(have.Mode) {
		return nil
	}
	roles, _ := live.ReadNodeRoles(ctx, u.cluster.Session.EKS, u.cluster.Declared.ID, u.cluster.Session.Profile)
	var nodes []string
	for _, n := range roles {
		if n.Role == u.facts.Principal || !slices.Contains(listed, n.Role) || slices.Contains(nodes, n.Role) {
			continue
		}
		entry, err := u.fleet.ReadEntry(ctx, u.cluster, n.Role)
		if err == nil && entry != nil {
			have.Entries, nodes = append(have.Entries, *entry), append(nodes, n.Role)
		}
	}
	return nodes
}

// declaredItems are the items of a file that declare a principal in a cluster.
func declaredItems(c *spec.Cluster, principal string) []spec.Item {
	return slices.DeleteFunc(slices.Clone(c.Items), func(i spec.Item) bool {
		return !i.Principal.Matches(principal, c.ID.Account)
	})
}

// unknownFact is an error of AWS as a fact.
func unknownFact(err error) snapshot.Fact {
	e := awserr.From(err, awserr.Call{})
	return snapshot.UnknownFact(e.Message, e.Hint)
}

func (u *checkup) readClock(ctx context.Context) doctor.Clock {
	ahead, known, err := live.MeasureClockOffset(ctx, u.cluster.Session.STS)
	switch {
	case err != nil:
		return doctor.Clock{Fact: unknownFact(err)}
	case !known:
		return doctor.Clock{Fact: snapshot.UnknownFact("the answer has no time", "")}
	}
	return doctor.Clock{Fact: snapshot.KnownFact(), Ahead: ahead}
}
