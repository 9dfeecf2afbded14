package live

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/spec"
)

// iamConcurrency is small: IAM is one endpoint for the whole account, and
// throttles early.
const iamConcurrency = 8

// Identities says of each principal what IAM knows of it: that it exists and
// since when, that it is gone, or why that is not known. It never fails, since
// a plan can be made without; IAM can be asked about its own account only
// (IAM API reference, GetRole).
func (d *Directory) Identities(ctx context.Context, principals []string) map[string]spec.Identity {
	return d.identities(ctx, principals, true)
}

func (d *Directory) identities(ctx context.Context, principals []string, mayList bool) map[string]spec.Identity {
	out := make(map[string]spec.Identity, len(principals))
	var asked []arn.Principal
	var names []string // of roles
	for _, principal := range principals {
		if _, done := out[principal]; done {
			continue
		}
		p, err := arn.ParsePrincipal(principal)
		if why := d.unasked(p, err); why != "" {
			out[principal] = spec.Identity{Existence: spec.Unknown, Why: why}
			continue
		}
		out[principal] = spec.Identity{} // asked for below
		asked = append(asked, p)
		if p.Kind == arn.Role {
			names = append(names, p.Name)
		}
	}
	if mayList && d.book.expect(names) && len(names) > 0 {
		d.all(ctx)
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(iamConcurrency)
	for _, p := range asked {
		if r, ok := d.book.byARN(p.String()); ok {
			mu.Lock()
			out[p.String()] = spec.Identity{Existence: spec.Exists, CreatedAt: r.createdAt, Trust: r.trust}
			mu.Unlock()
			continue
		}
		// One that no list has is asked for all the same: lists of
		// IAM lag behind, and "gone" is a reason to delete.
		group.Go(func() error {
			id := d.identity(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			out[p.String()] = id
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	return out
}

// unasked says why IAM can't be asked about p, or "".
func (d *Directory) unasked(p arn.Principal, err error) string {
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

// identity asks IAM for one role or user of the directory's account.
func (d *Directory) identity(ctx context.Context, p arn.Principal) spec.Identity {
	ask := d.askRole
	if p.Kind == arn.User {
		ask = d.user
	}
	f, err := ask(ctx, p.Name)
	switch {
	case awserr.IsNoSuchEntity(err):
		return spec.Identity{Existence: spec.Gone}
	case err != nil:
		return spec.Identity{Existence: spec.Unknown, Why: cause(err)}
	// Under another path it is another role of the same name: the one the
	// entry was made for is gone. A difference in case is none to IAM, which
	// keeps names unique without regard to it.
	case !strings.EqualFold(f.arn, p.String()):
		return spec.Identity{Existence: spec.Gone, ARN: f.arn}
	}
	id := spec.Identity{Existence: spec.Exists, CreatedAt: f.createdAt, Trust: f.trust}
	if f.arn != p.String() {
		id.ARN = f.arn
	}
	return id
}

// RowIdentities says what IAM knows of the principals of rows of aws-auth, by
// [spec.AWSAuthKey]. A row names a role without its path, so the role of that
// name is asked for, whatever its path.
func (d *Directory) RowIdentities(ctx context.Context, rows []spec.AWSAuthRow) map[string]spec.Identity {
	var names []string
	for _, r := range rows {
		if p, err := arn.ParsePrincipal(r.ARN); err == nil && p.Kind == arn.Role && d.unasked(p, nil) == "" {
			names = append(names, p.Name)
		}
	}
	if d.book.expect(names) {
		d.all(ctx)
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
	if why := d.unasked(p, err); why != "" {
		return spec.Identity{Existence: spec.Unknown, Why: why}
	}
	if p.Kind == arn.User {
		return d.identity(ctx, p)
	}
	r, err := d.role(ctx, p.Name)
	switch {
	case awserr.IsNoSuchEntity(err):
		return spec.Identity{Existence: spec.Gone}
	case err != nil:
		return spec.Identity{Existence: spec.Unknown, Why: cause(err)}
	}
	return spec.Identity{Existence: spec.Exists, CreatedAt: r.createdAt, Trust: r.trust}
}

// cause is why IAM could not be asked, without the request id and without the
// principal: it is the same each time, and the same for all that share it.
func cause(err error) string {
	e := awserr.From(err, awserr.Call{})
	if awserr.IsAccessDenied(err) {
		return fmt.Sprintf("%s is not allowed (%s)", e.Action, e.Code)
	}
	return e.Message
}
