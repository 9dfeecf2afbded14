package ekssim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

// A caller is who a call comes from.
type caller struct {
	account   *account
	accessKey string
	arn       string // as sts:GetCallerIdentity says it
	base      string // the role behind a session; else the same as arn
	kind      string // role, user or root
	userID    string
	denied    []Denial
	policies  []PolicyDocument
}

// callerOf builds the identity a credential stands for.
func (d *directory) callerOf(c *Credential) caller {
	a, _ := arns.Parse(c.Principal)
	out := caller{
		account: d.accounts[a.Account], accessKey: c.AccessKeyID,
		arn: c.Principal, base: c.Principal, kind: a.Kind, userID: c.BoundTo, denied: slices.Clone(c.Denied), policies: slices.Clone(c.Policies),
	}
	if a.Kind == "role" {
		// A session's ARN has no path. IAM user guide: reference_identifiers.
		out.arn = "arn:" + a.Partition + ":sts::" + a.Account + ":assumed-role/" + a.Name + "/" + c.Session
		out.userID += ":" + c.Session
	}
	if p, _ := d.principal(c.Principal); p != nil {
		out.denied = append(out.denied, p.Denied...)
		out.policies = append(out.policies, p.Policies...)
	}
	return out
}

// authorize refuses an action on a resource that the caller's policies do not
// allow: table row 25. keys returns the values of a condition key.
func (c caller) authorize(action, resource string, keys func(string) []string) *apiError {
	for _, d := range c.denied {
		if arns.Match(d.Action, action) && arns.Match(d.Resource, resource) {
			return accessDenied(c.arn, action, resource, d.Explicit)
		}
	}
	if len(c.policies) > 0 {
		if allowed, explicit := decide(c.policies, action, c.judgedOn(resource), keys); !allowed {
			return accessDenied(c.arn, action, resource, explicit)
		}
	}
	return nil
}

// judgedOn is the ARN a policy must name for a resource that IAM calls by kind
// and name when it refuses: "role NAME".
func (c caller) judgedOn(resource string) string {
	kind, name, named := strings.Cut(resource, " ")
	if !named {
		return resource
	}
	known := c.account.roles
	if kind == "user" {
		known = c.account.users
	}
	if p := known[name]; p != nil {
		return c.account.arn(kind, p)
	}
	return c.account.arn(kind, &Principal{Path: "/", Name: name})
}

// accessDenied is table row 25; explicit words it as a Deny statement does.
func accessDenied(caller, action, resource string, explicit bool) *apiError {
	reason := "because no identity-based policy allows the " + action + " action"
	if explicit {
		reason = "with an explicit deny in an identity-based policy"
	}
	return &apiError{
		Code: "AccessDeniedException", Status: 403,
		Message: fmt.Sprintf(
			"User: %s is not authorized to perform: %s on resource: %s %s",
			caller,
			action,
			resource,
			reason,
		),
	}
}
