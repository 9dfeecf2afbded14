package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// iamConcurrency is small: IAM has one endpoint for an account and throttles
// early.
const iamConcurrency = 8

// ReadIdentities returns for each principal whether it exists and since when, or
// why that is not known. It never fails, since a plan can be made without. IAM
// answers about its own account only (IAM API reference, GetRole).
func (d *Directory) ReadIdentities(ctx context.Context, principals []string) map[string]spec.Identity {
	return d.readIdentities(ctx, principals, true)
}

func (d *Directory) readIdentities(ctx context.Context, principals []string, mayList bool) map[string]spec.Identity {
	out := make(map[string]spec.Identity, len(principals))
	var asked []arn.Principal
	var names []string // of roles
	for _, principal := range principals {
		if _, done := out[principal]; done {
			continue
		}
		p, err := arn.ParsePrincipal(principal)
		if why := d.skipReason(p, err); why != "" {
			out[principal] = spec.Identity{Existence: spec.Unknown, Why: why}
			continue
		}
		out[principal] = spec.Identity{} // read below
		asked = append(asked, p)
		if p.Kind == arn.Role {
			names = append(names, p.Name)
		}
	}
	if mayList && d.cache.expect(names) && len(names) > 0 {
		d.listAllRoles(ctx)
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(iamConcurrency)
	for _, p := range asked {
		if r, ok := d.cache.byARN(p.String()); ok {
			mu.Lock()
			out[p.String()] = spec.Identity{Existence: spec.Exists, CreatedAt: r.createdAt, Trust: r.trust}
			mu.Unlock()
			continue
		}
		// A role that is in no list is read by itself: lists of IAM are
		// eventually consistent, and "gone" is a reason to delete.
		group.Go(func() error {
			id := d.readIdentity(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			out[p.String()] = id
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	return out
}

// skipReason returns why IAM has no answer about p, or "".
func (d *Directory) skipReason(p arn.Principal, err error) string {
	switch {
	case err != nil:
		return "it is no ARN"
	case p.Kind == arn.Root:
		return "it is the root of an account, which IAM does not describe"
	case p.Kind != arn.Role && p.Kind != arn.User:
		return "it is neither a role nor a user"
	case p.Partition != d.partition || p.Account != d.account:
		return fmt.Sprintf("it is in another account (%s)", p.Account)
	}
	return ""
}

// readIdentity reads one role or user of the account of the directory.
func (d *Directory) readIdentity(ctx context.Context, p arn.Principal) spec.Identity {
	ask := d.callGetRole
	if p.Kind == arn.User {
		ask = d.getUser
	}
	f, err := ask(ctx, p.Name)
	switch {
	case awserr.IsNoSuchEntity(err):
		return spec.Identity{Existence: spec.Gone}
	case err != nil:
		return spec.Identity{Existence: spec.Unknown, Why: reasonOf(err)}
	// Under another path it is another role with the same name: the role of the
	// entry does not exist any more. IAM ignores case in names.
	case !strings.EqualFold(f.arn, p.String()):
		return spec.Identity{Existence: spec.Gone, ARN: f.arn}
	}
	id := spec.Identity{Existence: spec.Exists, CreatedAt: f.createdAt, Trust: f.trust}
	if f.arn != p.String() {
		id.ARN = f.arn
	}
	return id
}

// ReadRowIdentities is [Directory.ReadIdentities] for rows of aws-auth, by
// [spec.AWSAuthKey]. A row has the ARN of a role without its path, so the role of
// that name is read, whatever its path.
func (d *Directory) ReadRowIdentities(ctx context.Context, rows []spec.AWSAuthRow) map[string]spec.Identity {
	var names []string
	for _, r := range rows {
		if p, err := arn.ParsePrincipal(r.ARN); err == nil && p.Kind == arn.Role && d.skipReason(p, nil) == "" {
			names = append(names, p.Name)
		}
	}
	if d.cache.expect(names) {
		d.listAllRoles(ctx)
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(iamConcurrency)
	out := make(map[string]spec.Identity, len(rows))
	for _, r := range rows {
		group.Go(func() error {
			id := d.rowIdentity(ctx, r.ARN)
			mu.Lock()
			defer mu.Unlock()
			out[spec.AWSAuthKey(r.ARN)] = id
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	return out
}

func (d *Directory) rowIdentity(ctx context.Context, principal string) spec.Identity {
	p, err := arn.ParsePrincipal(principal)
	if why := d.skipReason(p, err); why != "" {
		return spec.Identity{Existence: spec.Unknown, Why: why}
	}
	if p.Kind == arn.User {
		return d.readIdentity(ctx, p)
	}
	r, err := d.getRole(ctx, p.Name)
	switch {
	case awserr.IsNoSuchEntity(err):
		return spec.Identity{Existence: spec.Gone}
	case err != nil:
		return spec.Identity{Existence: spec.Unknown, Why: reasonOf(err)}
	}
	return spec.Identity{Existence: spec.Exists, CreatedAt: r.createdAt, Trust: r.trust}
}

// reasonOf returns why IAM did not answer, without the request id and without the
// principal, so that it is the same text for all principals with this reason.
func reasonOf(err error) string {
	e := awserr.From(err, awserr.Call{})
	if awserr.IsAccessDenied(err) {
		return fmt.Sprintf("%s is not allowed (%s)", e.Action, e.Code)
	}
	return e.Message
}

// ReadPrincipals returns all that IAM knows about each principal, for a snapshot.
// It needs one call for each role, so it does not list them. It never fails. The
// result is sorted by ARN, without duplicates.
func (d *Directory) ReadPrincipals(ctx context.Context, principals []string) []snapshot.Principal {
	identities := d.readIdentities(ctx, principals, false)
	found := make([]snapshot.Principal, 0, len(identities))
	for principal, id := range identities {
		found = append(found, snapshot.NewPrincipal(principal, id))
	}
	slices.SortFunc(found, func(a, b snapshot.Principal) int { return strings.Compare(a.ARN, b.ARN) })
	sets := d.ReadPermissionSets(ctx)
	var group errgroup.Group
	group.SetLimit(iamConcurrency)
	for i := range found {
		group.Go(func() error {
			p := &found[i]
			p.LastUsed = d.readLastUsed(ctx, p)
			p.PermissionSet = d.permissionSet(p.ARN, sets)
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	return found
}

// readLastUsed returns when a role was last used, which only GetRole returns. For a
// user IAM has it for each key and the password, which are not read (IAM API
// reference, RoleLastUsed, GetAccessKeyLastUsed).
func (d *Directory) readLastUsed(ctx context.Context, known *snapshot.Principal) snapshot.LastUsed {
	unknown := func(why string) snapshot.LastUsed { return snapshot.LastUsed{Fact: snapshot.UnknownFact(why, "")} }
	p, err := arn.ParsePrincipal(known.ARN)
	switch {
	case known.Existence == spec.Gone:
		return unknown("IAM no longer has it")
	case known.Existence != spec.Exists:
		return unknown(known.Why)
	case err != nil || p.Kind != arn.Role:
		return unknown("IAM tells of a user's keys and password only, which were not asked for")
	}
	r, err := d.callGetRole(ctx, p.Name)
	if err != nil {
		return unknown(reasonOf(err))
	}
	used := snapshot.LastUsed{Fact: snapshot.KnownFact()}
	if !r.lastUsed.IsZero() {
		at := r.lastUsed.UTC()
		used.At = &at
	}
	return used
}

// ReadPermissionSets reads the roles of IAM Identity Center in the account.
func (d *Directory) ReadPermissionSets(ctx context.Context) snapshot.PermissionSets {
	all, err := d.listRoles(ctx, arn.SSOPathPrefix)
	if err != nil {
		return snapshot.PermissionSets{Fact: snapshot.UnknownFact(reasonOf(err), "")}
	}
	sets := snapshot.PermissionSets{Fact: snapshot.KnownFact(), Roles: make([]string, len(all))}
	for i, r := range all {
		sets.Roles[i] = r.arn
	}
	return sets
}

// permissionSet returns the permission set of a role, and whether the role is its
// current one; nil for any other principal.
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
		s.Why = d.skipReason(p, nil)
	case !sets.Known():
		s.Why = sets.Why
	default:
		current := slices.Contains(sets.Roles, principal)
		s.Current = &current
	}
	return s
}
