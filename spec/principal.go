package spec

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// A verdict is what is to be said of a value; the zero verdict is nothing.
type verdict struct {
	summary, hint string
	warning       bool // odd, and for AWS to refuse
}

func refuse(hint, format string, args ...any) verdict {
	return verdict{summary: fmt.Sprintf(format, args...), hint: hint}
}

func doubt(hint, format string, args ...any) verdict {
	return verdict{summary: fmt.Sprintf(format, args...), hint: hint, warning: true}
}

// addVerdict reports v at a place; it returns whether v is no error.
func (r *report) addVerdict(at Pos, v verdict) bool {
	switch {
	case v.summary == "":
		return true
	case v.warning:
		r.warnf(at, v.hint, "%s", v.summary)
		return true
	}
	r.errorf(at, v.hint, "%s", v.summary)
	return false
}

// oneOf names the ways to write a principal.
const oneOf = "write one of principal (an ARN), permissionSet, role, user"

// principal reads a principal line; ok is false where it can't be used, which
// has been told. How an ARN is judged is the caller's to say.
func (r *report) principal(p PrincipalLine, m Mark, judge func(string) verdict) (ref PrincipalRef, ok bool) {
	fields := []struct {
		key  string
		text Text
	}{{"principal", p.Principal}, {"permissionSet", p.PermissionSet}, {"role", p.Role}, {"user", p.User}}
	used := -1
	for i, f := range fields {
		if !f.text.Given() {
			continue
		}
		if used >= 0 {
			r.errorf(f.text.Pos, oneOf, "the item has two principals: %s and %s", fields[used].key, f.key)
			return PrincipalRef{}, false
		}
		used = i
	}
	if used < 0 {
		if !m.Flawed {
			r.errorf(m.Pos, oneOf, "the item has no principal")
		}
		return PrincipalRef{}, false
	}
	key, text := fields[used].key, fields[used].text
	if text.Value == "" {
		return PrincipalRef{}, false
	}
	var v verdict
	switch key {
	case "principal":
		ref.ARN = text.Value
		if summary, hint := placeholderProblem(text.Value); summary != "" {
			v = verdict{summary: summary, hint: hint}
		} else {
			v = judge(text.Value)
		}
	case "permissionSet":
		ref.PermissionSet = text.Value
		v = judgeName(key, text.Value)
	case "role":
		ref.Role = text.Value
		v = judgeName(key, text.Value)
	case "user":
		ref.User = text.Value
		v = judgeName(key, text.Value)
	}
	return ref, r.addVerdict(text.Pos, v)
}

// judgeName says what is wrong with the name of a permission set, role or user.
func judgeName(kind, name string) verdict {
	longest := map[string]int{"permissionSet": eksfacts.MaxPermissionSet, "role": eksfacts.MaxRoleName,
		"user": eksfacts.MaxUserName}[kind]
	switch {
	case strings.HasPrefix(name, "arn:"):
		return refuse("write only the ARN, or write it under principal", "%s takes a name, not the ARN %q", kind, name)
	case hasPlaceholder(name):
		return refuse(
			"write the whole ARN under principal, or the name without placeholders",
			"%s %q has a placeholder; placeholders are for ARNs",
			kind,
			name,
		)
	case strings.Contains(name, "*"):
		return refuse("globs are for ARNs in absent and ignore", "%s %q has a \"*\"", kind, name)
	case strings.Contains(name, "/"):
		return refuse(
			fmt.Sprintf(
				"write only the name, %s",
				printable(name[strings.LastIndexByte(name, '/')+1:]),
			),
			"%s %q has a path; write a name without its path",
			kind,
			name,
		)
	}
	if set, ok := ssoSet(name); ok && kind == "permissionSet" {
		return refuse("its name is "+printable(set), "%q is the role of a permission set, not its name", name)
	} else if ok && kind == "role" {
		return doubt("permissionSet: "+printable(set)+" keeps working when the suffix changes", "%q is the role of "+
			"a permission set", name)
	}
	if !eksfacts.IsIAMName(name, longest) {
		return refuse(
			"",
			"%s %.200q is not a valid name in IAM: %s, at most %d",
			kind,
			name,
			eksfacts.IAMNameCharacters,
			longest,
		)
	}
	return verdict{}
}

// ssoSet is the permission set in the name of a role, whatever its path.
func ssoSet(role string) (string, bool) {
	p := arn.Principal{Kind: arn.Role, Path: arn.SSOPathPrefix, Name: role}
	set, _, ok := p.PermissionSet()
	return set, ok
}

var (
	missingSpace = regexp.MustCompile(`^(principal|permissionSet|role|user|arn):[^:]+$`)
	knownAsRole  = "write the IAM role or user itself"
)

// judgeARN says whether EKS would take an entry for the principal s, which may
// hold placeholders. What only AWS can know is at most a warning.
func judgeARN(s string) verdict {
	if arn.HasGlob(s) && s != "*" {
		return refuse(
			"globs are for absent and ignore",
			"principal %q has a \"*\"; an entry is for one role or user",
			s,
		)
	}
	if v := judgeForm(s); v.summary != "" {
		return v
	}
	if arn.IsServiceLinked(s) {
		return refuse("remove it; EKS manages these entries itself",
			"principal %q is a service-linked role, and EKS refuses entries for these", s)
	}
	p, _ := arn.ParsePrincipal(fill(s, example))
	if p.Kind == arn.Root {
		return doubt("write a role or user", "principal %q is an account's root; EKS may refuse it", s)
	}
	if set, ok := ssoSet(p.Name); ok && p.Kind == arn.Role && !strings.HasPrefix(p.Path, arn.SSOPathPrefix) {
		return doubt(
			"write permissionSet: "+printable(set),
			"principal %q is the role of a permission set without its path; EKS will not find it",
			s,
		)
	}
	return verdict{}
}

// judgeForm says whether s is the ARN of an IAM role or user, service-linked
// ones and root included.
func judgeForm(s string) verdict {
	filled := fill(s, example)
	switch {
	case s == "*" || arn.IsAccount(filled):
		return refuse(knownAsRole, "%q is not a principal that EKS accepts: an entry is for one role or user", s)
	case missingSpace.MatchString(s):
		key, value, _ := strings.Cut(s, ":")
		return refuse(
			fmt.Sprintf("put a space after the colon: \"%s: %s\"", key, printable(value)),
			"%q is not an ARN",
			s,
		)
	}
	p, err := arn.ParsePrincipal(filled)
	if err != nil {
		return refuse(
			"write arn:aws:iam::111122223333:role/NAME or …:user/NAME; for only a name write role:, user: or "+
				"permissionSet:",
			"%.200q is not an ARN",
			s,
		)
	}
	switch {
	case p.Kind == arn.AssumedRole:
		return refuse(roleOfSession(p), "principal %q is a session, not a role", s)
	case p.Service == "sts":
		return refuse(knownAsRole, "principal %q is an STS session, which EKS does not accept", s)
	case p.Kind == arn.Group:
		return refuse(
			"write a role that the members of the group assume",
			"principal %q is an IAM group; EKS accepts roles and users",
			s,
		)
	case p.Service != "iam" || p.Kind == arn.Other:
		hint := knownAsRole
		if strings.HasPrefix(p.Resource, "instance-profile/") {
			hint = "write the role of the instance profile"
		}
		return refuse(hint, "%.200q is not the ARN of an IAM role or user", s)
	case p.Region != "":
		return refuse(
			"remove the region: "+printable(
				arn.ARN{Partition: p.Partition, Service: "iam", Account: p.Account, Resource: p.Resource}.String(),
			),
			"principal %q has a region, but ARNs of IAM have none",
			s,
		)
	case !arn.IsAccount(p.Account):
		return refuse("", "principal %q has no 12-digit account number", s)
	case p.Kind == arn.Root:
		return verdict{}
	}
	longest := eksfacts.MaxRoleName
	if p.Kind == arn.User {
		longest = eksfacts.MaxUserName
	}
	if !eksfacts.IsIAMName(p.Name, longest) {
		return refuse(
			"",
			"principal %.200q has no valid name in IAM: %s, at most %d",
			s,
			eksfacts.IAMNameCharacters,
			longest,
		)
	}
	if !eksfacts.IsIAMPath(p.Path) {
		return refuse("", "principal %.200q has no valid path in IAM", s)
	}
	if !arn.IsPartition(p.Partition) {
		return doubt(
			suggest.DidYouMean(p.Partition, arn.Partitions),
			"principal %q has an unknown partition, %q",
			s,
			p.Partition,
		)
	}
	return verdict{}
}

// roleOfSession is the hint for a session's ARN: the role, as far as the ARN
// tells.
func roleOfSession(p arn.Principal) string {
	if set, ok := ssoSet(p.Name); ok {
		return "write permissionSet: " + printable(set)
	}
	return fmt.Sprintf("write role: %s, or %s with its path, if it has one", printable(p.Name), printable(p.RoleOf()))
}

// judgePattern is for absent and ignore: an ARN, or a glob over ARNs.
func judgePattern(s string) verdict {
	if !arn.HasGlob(s) || s == "*" {
		return judgeForm(s)
	}
	if !strings.HasPrefix(s, "arn:") {
		return refuse("begin it with arn:, as in arn:aws:iam::*:role/vendor-*", "the glob %.200q does not match "+
			"ARNs", s)
	}
	return verdict{}
}
