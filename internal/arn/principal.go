package arn

import (
	"regexp"
	"strings"
)

// A Kind says what sort of principal an ARN names.
type Kind string

const (
	Role          Kind = "role"
	User          Kind = "user"
	Root          Kind = "root"
	AssumedRole   Kind = "assumed-role"
	FederatedUser Kind = "federated-user"
	Group         Kind = "group"
	Other         Kind = "other"
)

// A Principal is the ARN of an IAM or STS principal, taken apart.
type Principal struct {
	ARN
	Kind    Kind
	Path    string // "/" or "/team/", for roles and users
	Name    string // role or user name; for an assumed role the role's name
	Session string // for assumed roles
}

// ParsePrincipal reads the ARN of an IAM role, user, root or group, or of an
// STS session. Shapes it does not know come back as [Other], not as an error.
func ParsePrincipal(s string) (Principal, error) {
	a, err := Parse(s)
	if err != nil {
		return Principal{}, err
	}
	p := Principal{ARN: a, Kind: Other}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	switch {
	case a.Service == "iam" && a.Resource == "root":
		p.Kind = Root
	case a.Service == "iam" && rest != "" && (kind == "role" || kind == "user" || kind == "group"):
		p.Kind = Kind(kind)
		p.Path, p.Name = "/", rest
		if i := strings.LastIndexByte(rest, '/'); i >= 0 {
			p.Path, p.Name = "/"+rest[:i+1], rest[i+1:]
		}
	case a.Service == "sts" && kind == "assumed-role":
		name, session, ok := strings.Cut(rest, "/")
		if ok && name != "" && session != "" {
			p.Kind, p.Name, p.Session = AssumedRole, name, session
		}
	case a.Service == "sts" && kind == "federated-user":
		p.Kind, p.Name = FederatedUser, rest
	}
	return p, nil
}

// IsServiceLinked reports whether s is a role under the path that AWS keeps
// for its services. EKS judges that by the text of the ARN alone and lets
// no one create or change such an entry
// (cdk-preflight, pf-eks-accessentry rules, seen 2026-09-25).
func IsServiceLinked(s string) bool { return strings.Contains(s, ":role/aws-service-role/") }

// ssoPath is where IAM Identity Center keeps the roles of permission sets; a
// region may follow (Identity Center user guide, "Referencing permission sets
// in resource policies, Amazon EKS cluster config maps, and AWS KMS key policies").
const ssoPath = "/aws-reserved/sso.amazonaws.com/"

// SSOPathPrefix is the IAM path prefix of all permission sets' roles, as
// ListRoles takes it.
const SSOPathPrefix = ssoPath

// Permission set names may hold "_", so both ends are anchored.
var ssoName = regexp.MustCompile(`^AWSReservedSSO_(.+)_([0-9a-f]{16})$`)

// PermissionSet returns the name of the permission set whose role p is, and
// the suffix Identity Center gave it; ok is false for any other principal.
func (p Principal) PermissionSet() (name, suffix string, ok bool) {
	if p.Kind != Role || !strings.HasPrefix(p.Path, ssoPath) {
		return "", "", false
	}
	m := ssoName.FindStringSubmatch(p.Name)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// RoleOf returns the ARN a session's role has if its path is "/". A session
// ARN holds no path, so only IAM can tell the whole one
// (EKS user guide, creating-access-entries).
func (p Principal) RoleOf() string {
	return ARN{p.Partition, "iam", "", p.Account, "role/" + p.Name}.String()
}
