package iam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// A Caller is the identity that sends a call.
type Caller struct {
	Account  *Account
	ARN      string // as sts:GetCallerIdentity returns it
	Base     string // the role behind a session; else the same as ARN
	Kind     string // role, user or root
	userID   string
	denied   []Denial
	policies []PolicyDocument
}

// CallerOf returns the identity of a credential.
func (d *Directory) CallerOf(c *Credential) Caller {
	a, _ := arns.Parse(c.Principal)
	out := Caller{
		Account: d.Accounts[a.Account],
		ARN:     c.Principal, Base: c.Principal, Kind: a.Kind, userID: c.BoundTo,
		denied: slices.Clone(c.Denied), policies: slices.Clone(c.Policies),
	}
	if a.Kind == "role" {
		// A session's ARN has no path. IAM user guide: reference_identifiers.
		out.ARN = "arn:" + a.Partition + ":sts::" + a.Account + ":assumed-role/" + a.Name + "/" + c.Session
		out.userID += ":" + c.Session
	}
	if p, _ := d.Principal(c.Principal); p != nil {
		out.denied = append(out.denied, p.Denied...)
		out.policies = append(out.policies, p.Policies...)
	}
	return out
}

// Authorize refuses an action on a resource that the caller's policies do not
// allow: table row 25. keys returns the values of a condition key.
func (c Caller) Authorize(action, resource string, keys func(string) []string) *awsapi.Error {
	for _, d := range c.denied {
		if arns.Match(d.Action, action) && arns.Match(d.Resource, resource) {
			return AccessDenied(c.ARN, action, resource, d.Explicit)
		}
	}
	if len(c.policies) > 0 {
		if allowed, explicit := decide(c.policies, action, c.policyResource(resource), keys); !allowed {
			return AccessDenied(c.ARN, action, resource, explicit)
		}
	}
	return nil
}

// policyResource returns the ARN that a policy must name for a resource that IAM
// names by kind and name when it refuses: "role NAME".
func (c Caller) policyResource(resource string) string {
	kind, name, named := strings.Cut(resource, " ")
	if !named {
		return resource
	}
	known := c.Account.Roles
	if kind == "user" {
		known = c.Account.Users
	}
	if p := known[name]; p != nil {
		return c.Account.ARN(kind, p)
	}
	return c.Account.ARN(kind, &Principal{Path: "/", Name: name})
}

// AccessDenied is table row 25; explicit is for the words of a Deny statement.
func AccessDenied(caller, action, resource string, explicit bool) *awsapi.Error {
	reason := "because no identity-based policy allows the " + action + " action"
	if explicit {
		reason = "with an explicit deny in an identity-based policy"
	}
	return &awsapi.Error{
		Code: "AccessDeniedException", Status: 403,
		Message: fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s",
			caller, action, resource, reason),
	}
}
