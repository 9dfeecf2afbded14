package live

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// Principals says of each principal all that IAM tells, for a snapshot: more
// than [Directory.Identities], at one call a role. It never fails. The list
// comes back by ARN, each once. Since each role is asked for anyway, they are
// not listed.
func (d *Directory) Principals(ctx context.Context, principals []string) []snapshot.Principal {
	identities := d.identities(ctx, principals, false)
	found := make([]snapshot.Principal, 0, len(identities))
	for principal, id := range identities {
		p := snapshot.Principal{ARN: principal, Existence: id.Existence, Why: id.Why, Trust: id.Trust, IAMARN: id.ARN}
		if !id.CreatedAt.IsZero() {
			at := id.CreatedAt.UTC()
			p.CreatedAt = &at
		}
		found = append(found, p)
	}
	slices.SortFunc(found, func(a, b snapshot.Principal) int { return strings.Compare(a.ARN, b.ARN) })
	sets := d.PermissionSets(ctx)
	var group errgroup.Group
	group.SetLimit(iamConcurrency)
	for i := range found {
		group.Go(func() error {
			p := &found[i]
			p.LastUsed = d.lastUsed(ctx, p)
			p.PermissionSet = d.permissionSet(p.ARN, sets)
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	return found
}

// lastUsed is for roles: only GetRole tells, ListRoles does not. Of a user IAM
// keeps it per key and password, which are not asked for (IAM API reference,
// RoleLastUsed, GetAccessKeyLastUsed).
func (d *Directory) lastUsed(ctx context.Context, known *snapshot.Principal) snapshot.LastUsed {
	unknown := func(why string) snapshot.LastUsed { return snapshot.LastUsed{Fact: snapshot.NotLearned(why, "")} }
	p, err := arn.ParsePrincipal(known.ARN)
	switch {
	case known.Existence == spec.Gone:
		return unknown("IAM no longer has it")
	case known.Existence != spec.Exists:
		return unknown(known.Why)
	case err != nil || p.Kind != arn.Role:
		return unknown("IAM tells of a user's keys and password only, which were not asked for")
	}
	r, err := d.askRole(ctx, p.Name)
	if err != nil {
		return unknown(cause(err))
	}
	used := snapshot.LastUsed{Fact: snapshot.Learned()}
	if !r.lastUsed.IsZero() {
		at := r.lastUsed.UTC()
		used.At = &at
	}
	return used
}

// PermissionSets are the roles that IAM Identity Center has in the account.
func (d *Directory) PermissionSets(ctx context.Context) snapshot.PermissionSets {
	all, err := d.under(ctx, arn.SSOPathPrefix)
	if err != nil {
		return snapshot.PermissionSets{Fact: snapshot.NotLearned(cause(err), "")}
	}
	sets := snapshot.PermissionSets{Fact: snapshot.Learned(), Roles: make([]string, len(all))}
	for i, r := range all {
		sets.Roles[i] = r.arn
	}
	return sets
}

// permissionSet says whose role a principal is and whether it is the one of
// today; nil for any other principal.
func (d *Directory) permissionSet(principal string, sets snapshot.PermissionSets) *snapshot.PermissionSet {
	p, err := arn.ParsePrincipal(principal)
	if err != nil {
		return nil
	}
	name, suffix, ok := p.PermissionSet()
	if !ok {
		return nil
	}
	s := &snapshot.PermissionSet{Name: name, Suffix: suffix}
	switch {
	case p.Account != d.account || p.Partition != d.partition:
		s.Why = d.unasked(p, nil)
	case !sets.Known():
		s.Why = sets.Why
	default:
		current := slices.Contains(sets.Roles, principal)
		s.Current = &current
	}
	return s
}
