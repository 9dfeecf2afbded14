package live

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/memo"
	"github.com/eksaccess/eksaccess/internal/trust"
)

// A Directory reads the IAM of one account. It reads each role, user and list once
// and may be used by many goroutines. Use one for each account and run, and a new
// one where current data is needed.
type Directory struct {
	iam       IAMReader
	partition string
	account   string
	profile   string

	roles memo.Memo[string, iamPrincipal]
	users memo.Memo[string, iamPrincipal]
	lists memo.Memo[string, []iamPrincipal] // of roles, by path prefix
	cache roleCache
}

// An iamPrincipal is a role or user in IAM.
type iamPrincipal struct {
	arn, name string
	createdAt time.Time
	lastUsed  time.Time     // of a role, from GetRole only
	trust     *trust.Policy // of a role; nil where it is missing or cannot be parsed
}

// NewDirectory returns a directory of the cluster's account. The profile is
// named in hints.
func NewDirectory(r IAMReader, cluster arn.Cluster, profile string) *Directory {
	return &Directory{iam: r, partition: cluster.Partition, account: cluster.Account, profile: profile}
}

// getRole returns a role by name; names are unique in an account, whatever the path
// (IAM API reference, GetRole). A role of a list is not read again.
func (d *Directory) getRole(ctx context.Context, name string) (iamPrincipal, error) {
	if d.cache.expect([]string{name}) {
		d.listAllRoles(ctx)
	}
	if r, ok := d.cache.byName(name); ok {
		return r, nil
	}
	return d.callGetRole(ctx, name)
}

func (d *Directory) callGetRole(ctx context.Context, name string) (iamPrincipal, error) {
	return d.roles.Do(ctx, name, func(ctx context.Context) (iamPrincipal, error) {
		out, err := d.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
		if err != nil {
			return iamPrincipal{}, d.explain(err, "GetRole", "role")
		}
		if out.Role == nil {
			return iamPrincipal{}, d.explain(errEmpty, "GetRole", "role")
		}
		return newRole(*out.Role), nil
	})
}

func (d *Directory) getUser(ctx context.Context, name string) (iamPrincipal, error) {
	return d.users.Do(ctx, name, func(ctx context.Context) (iamPrincipal, error) {
		out, err := d.iam.GetUser(ctx, &iam.GetUserInput{UserName: aws.String(name)})
		if err != nil {
			return iamPrincipal{}, d.explain(err, "GetUser", "user")
		}
		if out.User == nil {
			return iamPrincipal{}, d.explain(errEmpty, "GetUser", "user")
		}
		u := out.User
		return iamPrincipal{arn: aws.ToString(u.Arn), name: aws.ToString(u.UserName),
			createdAt: aws.ToTime(u.CreateDate)}, nil
	})
}

// listRoles lists the roles under a path prefix, with 1000 in a page, the maximum
// (IAM API reference, ListRoles, MaxItems).
func (d *Directory) listRoles(ctx context.Context, prefix string) ([]iamPrincipal, error) {
	return d.lists.Do(ctx, prefix, func(ctx context.Context) ([]iamPrincipal, error) {
		all, err := collectPages(func(marker *string) ([]iamPrincipal, *string, error) {
			out, err := d.iam.ListRoles(ctx, &iam.ListRolesInput{
				PathPrefix: aws.String(prefix),
				MaxItems:   aws.Int32(1000),
				Marker:     marker,
			})
			if err != nil {
				return nil, nil, err
			}
			// Only these fields are kept: the trust policies of a page take more
			// than a megabyte as text.
			page := make([]iamPrincipal, len(out.Roles))
			for i, r := range out.Roles {
				page[i] = newRole(r)
			}
			if !out.IsTruncated {
				return page, nil, nil
			}
			return page, out.Marker, nil
		})
		if err != nil {
			return nil, awserr.From(err, awserr.Call{Operation: "ListRoles", Profile: d.profile})
		}
		d.cache.add(all)
		return all, nil
	})
}

func newRole(r types.Role) iamPrincipal {
	f := iamPrincipal{arn: aws.ToString(r.Arn), name: aws.ToString(r.RoleName), createdAt: aws.ToTime(r.CreateDate)}
	if p, err := trust.Parse(aws.ToString(r.AssumeRolePolicyDocument)); err == nil {
		f.trust = &p
	}
	if r.RoleLastUsed != nil {
		f.lastUsed = aws.ToTime(r.RoleLastUsed.LastUsedDate)
	}
	return f
}

var errEmpty = &fault.Error{
	Code:    fault.Unexpected,
	Message: "the answer of IAM is empty",
	Hint:    "check AWS_ENDPOINT_URL",
}

// explain returns an error with all roles, or users, of the account as the
// resource, since the path of the requested one is not known.
func (d *Directory) explain(err error, operation, kind string) error {
	return awserr.From(err, awserr.Call{
		Operation: operation,
		Profile:   d.profile,
		Principal: arn.ARN{Partition: d.partition, Service: "iam", Account: d.account, Resource: kind + "/*"}.String(),
	})
}

// listThreshold is the number of roles from which one list of all roles needs fewer
// calls than reading each. A page of the list has 1000 roles, the default quota of
// an account (IAM user guide, quotas), so it is one call in most accounts.
const listThreshold = 10

// A roleCache has the roles of lists, and the names of the roles that will be needed
// and are in no list yet.
type roleCache struct {
	mu       sync.Mutex
	arns     map[string]iamPrincipal
	names    map[string]iamPrincipal // by name in lower case: IAM keeps names unique without regard to it
	expected map[string]bool
}

func (b *roleCache) add(list []iamPrincipal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.arns == nil {
		b.arns, b.names = map[string]iamPrincipal{}, map[string]iamPrincipal{}
	}
	for _, r := range list {
		b.arns[r.arn], b.names[strings.ToLower(r.name)] = r, r
		delete(b.expected, r.name)
	}
}

func (b *roleCache) byARN(principal string) (iamPrincipal, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.arns[principal]
	return f, ok
}

func (b *roleCache) byName(name string) (iamPrincipal, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.names[strings.ToLower(name)]
	return f, ok
}

// expect adds names, and reports whether many roles are expected now.
func (b *roleCache) expect(names []string) (many bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.expected == nil {
		b.expected = map[string]bool{}
	}
	for _, name := range names {
		if _, known := b.names[strings.ToLower(name)]; !known {
			b.expected[name] = true
		}
	}
	return len(b.expected) > listThreshold
}

// Expect announces principals that will be needed. If these are many roles, with
// those of earlier calls, it starts to read the list of all. It does not wait.
func (d *Directory) Expect(ctx context.Context, principals []string) {
	var names []string
	for _, principal := range principals {
		if p, err := arn.ParsePrincipal(principal); err == nil && p.Kind == arn.Role && d.skipReason(p, nil) == "" {
			names = append(names, p.Name)
		}
	}
	if d.cache.expect(names) {
		go d.listAllRoles(ctx)
	}
}

// listAllRoles reads all roles into the cache, once. If IAM denies it, each role
// is read by itself.
func (d *Directory) listAllRoles(ctx context.Context) { _, _ = d.listRoles(ctx, "/") }
