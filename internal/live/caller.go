package live

import (
	"context"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

// CallerPrincipal returns the ARN that an access entry for the caller would
// have: a user's own, and for a session that of the role behind it, with its
// path, which the session's ARN leaves out. IAM tells, where d is of the
// caller's account; else the one live entry of that account and role name, for
// names are unique in an account. Without either the ARN is a guess that holds
// for a role without a path, and guess is true.
//
// The directory may be nil.
func CallerPrincipal(
	ctx context.Context,
	callerARN string,
	d *Directory,
	entries []spec.LiveEntry,
) (principal string, guess bool, err error) {
	p, err := arn.ParsePrincipal(callerARN)
	if err != nil {
		return "", false, err
	}
	if p.Kind != arn.AssumedRole {
		return callerARN, false, nil
	}
	if d != nil && d.account == p.Account && d.partition == p.Partition {
		if r, err := d.role(ctx, p.Name); err == nil && r.arn != "" {
			return r.arn, false, nil
		}
	}
	for _, e := range entries {
		q, err := arn.ParsePrincipal(e.Principal)
		if err == nil && q.Kind == arn.Role && q.Partition == p.Partition && q.Account == p.Account &&
			q.Name == p.Name {
			return e.Principal, false, nil
		}
	}
	return p.RoleOf(), true, nil
}
