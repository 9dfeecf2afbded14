package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/suggest"
	"github.com/eksaccess/eksaccess/spec"
)

// Resolve returns the ARN of a principal from IAM. It is never built from parts,
// since it contains the path of a role, and the suffix of a permission set's role
// cannot be guessed. An ARN is returned unchanged. A name without a match, or with
// several roles, is an error with what was searched and similar names.
func (d *Directory) Resolve(ctx context.Context, ref spec.PrincipalRef) (string, error) {
	switch {
	case ref.PermissionSet != "":
		return d.resolvePermissionSet(ctx, ref.PermissionSet)
	case ref.Role != "":
		r, err := d.getRole(ctx, ref.Role)
		if awserr.IsNoSuchEntity(err) {
			return "", d.explainMissingRole(ctx, ref.Role, err)
		}
		return r.arn, err
	case ref.User != "":
		u, err := d.getUser(ctx, ref.User)
		if awserr.IsNoSuchEntity(err) {
			return "", d.notFoundError("GetUser", fmt.Sprintf("no user %q", ref.User), err,
				fmt.Sprintf("see: aws iam list-users --query 'Users[].UserName'%s", awserr.ProfileFlag(d.profile)), nil)
		}
		return u.arn, err
	}
	return ref.ARN, nil
}

// resolvePermissionSet finds the one role of a permission set among all that IAM
// Identity Center created in the account. When the last assignment of a set goes
// and another comes, the role has a new suffix
// (Identity Center user guide, "Referencing permission sets").
func (d *Directory) resolvePermissionSet(ctx context.Context, set string) (string, error) {
	roles, err := d.listRoles(ctx, arn.SSOPathPrefix)
	if err != nil {
		return "", err
	}
	var fits, sets []string
	for _, r := range roles {
		p, err := arn.ParsePrincipal(r.arn)
		if err != nil {
			continue
		}
		name, _, ok := p.PermissionSet()
		if !ok {
			continue
		}
		sets = append(sets, name)
		if name == set {
			fits = append(fits, r.arn)
		}
	}
	switch len(fits) {
	case 0:
		what := fmt.Sprintf("no role of permission set %q, among %d roles under %s", set, len(sets), arn.SSOPathPrefix)
		return "", d.notFoundError(
			"ListRoles",
			what,
			nil,
			fmt.Sprintf(
				"see: aws iam list-roles --path-prefix %s --query 'Roles[].Arn'%s; the set needs an assignment in "+
					"this account",
				arn.SSOPathPrefix,
				awserr.ProfileFlag(d.profile),
			),
			similarNames(set, sets),
		)
	case 1:
		return fits[0], nil
	}
	slices.Sort(fits)
	return "", &fault.Error{
		Code:      fault.PrincipalAmbiguous,
		Operation: "ListRoles",
		Message: fmt.Sprintf("account %s has %d roles of permission set %q: %s",
			d.account, len(fits), set, strings.Join(fits, ", ")),
		Hint: "write the one that is meant as \"principal: ARN\"",
	}
}

// explainMissingRole adds similar names to the "no such role" of IAM. Without the
// permission to list roles there are none.
func (d *Directory) explainMissingRole(ctx context.Context, name string, cause error) error {
	var names []string
	hint := "see: aws iam list-roles --query 'Roles[].RoleName'" + awserr.ProfileFlag(d.profile)
	roles, err := d.listRoles(ctx, "/")
	if err == nil {
		for _, r := range roles {
			p, err := arn.ParsePrincipal(r.arn)
			if err != nil {
				continue
			}
			if set, _, ok := p.PermissionSet(); ok && set == name {
				hint = fmt.Sprintf("%q is a permission set: write \"permissionSet: %s\"", name, name)
			}
			names = append(names, r.name)
		}
	}
	return d.notFoundError("GetRole", fmt.Sprintf("no role %q", name), cause, hint, similarNames(name, names))
}

// notFoundError returns the error for a name that IAM does not have.
func (d *Directory) notFoundError(operation, what string, cause error, hint string, like []string) error {
	e := &fault.Error{
		Code:      fault.PrincipalNotFound,
		Operation: operation,
		Message:   fmt.Sprintf("account %s has %s", d.account, what),
		Hint:      hint,
	}
	var asked *fault.Error
	if errors.As(cause, &asked) {
		e.RequestID = asked.RequestID
	}
	if len(like) > 0 {
		e.Hint = "did you mean " + strings.Join(like, " or ") + "? " + e.Hint
	}
	return e
}

// similarNames returns up to three of names that are most similar to name, quoted:
// those that differ by a few letters, contain it, or are part of it.
func similarNames(name string, names []string) []string {
	type rated struct {
		name string
		off  int
	}
	var like []rated
	wanted := strings.ToLower(name)
	names = slices.Clone(names)
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		have := strings.ToLower(n)
		off := suggest.Distance(wanted, have)
		if off > 1+len(wanted)/5 {
			if !strings.Contains(have, wanted) && !strings.Contains(wanted, have) || len(have) < 3 || len(wanted) < 3 {
				continue
			}
			off += 10
		}
		like = append(like, rated{n, off})
	}
	slices.SortStableFunc(like, func(a, b rated) int { return cmp.Compare(a.off, b.off) })
	out := make([]string, 0, 3)
	for _, l := range like[:min(3, len(like))] {
		out = append(out, strconv.Quote(l.name))
	}
	return out
}
