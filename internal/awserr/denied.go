package awserr

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/eksaccess/eksaccess/internal/fault"
)

// notAuthorized is the sentence of every AWS service for a missing permission
// (IAM user guide, "Troubleshoot access denied error messages").
var notAuthorized = regexp.MustCompile(
	`(?:User: (\S+) )?is not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)(?: on resource: (.+?))?` +
		`(?: (?:because|with an explicit deny)|$)`,
)

// refused explains a missing permission: which action, on what, for whom, or
// which kind of policy forbids it.
func refused(e *fault.Error, f facts, call Call) bool {
	if !isDenied(f.code) {
		return false
	}
	who := "the caller"
	e.Action = actionOf(f.service, f.operation)
	if m := notAuthorized.FindStringSubmatch(f.message); m != nil {
		if m[1] != "" {
			who = m[1]
		}
		if m[2] != e.Action { // tagging and passing a role are parts of a create
			e.Action = m[2]
			e.Resource = call.resource(m[2])
		}
		if on := strings.Trim(m[3], ` ".`); strings.HasPrefix(on, "arn:") &&
			(e.Resource == "" || e.Resource == "*" || e.Action == "iam:PassRole") {
			e.Resource = on
		}
	}
	if e.Action == "sts:AssumeRole" {
		e.Code = fault.AssumeRoleRefused
		e.Hint = fmt.Sprintf("%s needs sts:AssumeRole on %s, and the role's trust policy must name that caller "+
			"(and the externalId, if it asks for one); without the role: --no-assume-role", who, orUnknown(e.Resource))
		return true
	}
	if policy := explicitDeny(f.message); policy != "" {
		e.Hint = fmt.Sprintf("an explicit deny in %s forbids %s, so allowing it elsewhere does not help: "+
			"have %s excepted there", policy, orUnknown(e.Action), who)
		return true
	}
	if e.Action == "" {
		e.Hint = "see who is calling with \"aws sts get-caller-identity" + ProfileFlag(call.Profile) + "\""
		return true
	}
	e.Hint = fmt.Sprintf(
		`allow %s: {"Effect": "Allow", "Action": %q, "Resource": %q}`,
		who,
		e.Action,
		orUnknown(e.Resource),
	)
	if f.operation == "UpdateClusterConfig" {
		e.Hint += createEntryToo(e.Action, call)
	}
	if kind := notAllowedBy(f.message); kind != "" {
		e.Hint = fmt.Sprintf("the %s of %s does not allow it; there: %s", kind, who, e.Hint)
	}
	return true
}

// createEntryToo adds what AWS lists beside eks:UpdateClusterConfig as
// authorised by that call; whether a mode step asks for it is not published
// (Service Authorization Reference, Amazon EKS, "Actions", dependent actions).
// It is about principals that the caller does not name, such as the creator of
// the cluster and roles of nodes.
func createEntryToo(missing string, call Call) string {
	const create = "eks:CreateAccessEntry"
	if missing == create {
		return "; without conditions on eks:principalArn and eks:accessEntryType, since the call names no principal"
	}
	return fmt.Sprintf(`; if that is allowed already, the same call may need, without conditions: `+
		`{"Effect": "Allow", "Action": %q, "Resource": %q}`, create, orUnknown(call.resource(create)))
}

func isDenied(code string) bool {
	switch code {
	case "AccessDenied",
		"AccessDeniedException",
		"UnauthorizedOperation",
		"NotAuthorized",
		"NotAuthorizedException",
		"Forbidden",
		"ForbiddenException":
		return true
	}
	return false
}

var denyIn = regexp.MustCompile(`with an explicit deny(?: in (an? [a-z -]+?polic(?:y|ies)|an? [a-z -]+boundary))?`)

// explicitDeny names the kind of policy that denies, as AWS does, or "" where
// nothing denies and something merely fails to allow.
func explicitDeny(message string) string {
	m := denyIn.FindStringSubmatch(message)
	switch {
	case m == nil:
		return ""
	case m[1] == "":
		return "a policy"
	}
	return m[1]
}

var noneAllows = regexp.MustCompile(
	`because no (service control policy|resource control policy|permissions boundary|session policy|VPC endpoint policy) allows`,
)

// notAllowedBy names a policy that limits others and does not allow the
// action; "" where it is the plain identity-based policy that is missing.
func notAllowedBy(message string) string {
	if m := noneAllows.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return ""
}

func orUnknown(s string) string {
	if s == "" {
		return "*"
	}
	return s
}
