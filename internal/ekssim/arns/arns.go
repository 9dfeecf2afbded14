// Package arns has the forms of names in the simulated AWS: ARNs of IAM, ids,
// and the patterns that match them.
//
// It is written from what AWS publishes and shares nothing with
// internal/arn, so that a wrong fact cannot pass on both sides.
package arns

import (
	"fmt"
	"regexp"
	"strings"
)

// An IAM is the ARN of an IAM role, user or root, in parts.
type IAM struct {
	Partition, Account string
	Kind               string // "role", "user" or "root"
	Path, Name         string // "/a/b/", "x"
}

func (a IAM) String() string {
	if a.Kind == "root" {
		return fmt.Sprintf("arn:%s:iam::%s:root", a.Partition, a.Account)
	}
	return fmt.Sprintf("arn:%s:iam::%s:%s%s%s", a.Partition, a.Account, a.Kind, a.Path, a.Name)
}

// IAM API reference, CreateRole and CreateUser: names and paths.
var (
	accountID = regexp.MustCompile(`^\d{12}$`)
	iamName   = regexp.MustCompile(`^[\w+=,.@-]+$`)
	iamPath   = regexp.MustCompile(`^/([\x21-\x2e\x30-\x7e]+/)*$`)
)

// IsAccountID reports whether s has the form of an account id.
func IsAccountID(s string) bool { return accountID.MatchString(s) }

// IsName reports whether s can be the name of a role or user.
func IsName(s string) bool { return iamName.MatchString(s) }

// IsPath reports whether s can be the path of a role or user.
func IsPath(s string) bool { return iamPath.MatchString(s) }

// Parse returns the parts of the ARN of a role, a user or a root.
func Parse(s string) (IAM, bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || !strings.HasPrefix(p[1], "aws") || p[2] != "iam" || p[3] != "" ||
		!accountID.MatchString(p[4]) {
		return IAM{}, false
	}
	a := IAM{Partition: p[1], Account: p[4]}
	if p[5] == "root" {
		a.Kind = "root"
		return a, true
	}
	kind, rest, _ := strings.Cut(p[5], "/")
	if kind != "role" && kind != "user" {
		return IAM{}, false
	}
	a.Kind = kind
	a.Path, a.Name = SplitPath(rest)
	return a, a.String() == s && iamName.MatchString(a.Name) && iamPath.MatchString(a.Path)
}

// IsServiceLinked reports whether the ARN is of a service-linked role, by its
// text alone. AWS API behaviour published by cdk-preflight.
func IsServiceLinked(arn string) bool { return strings.Contains(arn, ":role/aws-service-role/") }

// Expand turns role/[path/]name, user/[path/]name and root into ARNs of an
// account; ARNs stay as they are.
func Expand(s, partition, account string) (string, error) {
	if !strings.HasPrefix(s, "arn:") {
		s = fmt.Sprintf("arn:%s:iam::%s:%s", partition, account, s)
	}
	if _, ok := Parse(s); !ok {
		return "", fmt.Errorf("%q is no IAM role, user or root", s)
	}
	return s, nil
}

// Partition returns the partition of a region. AWS General Reference.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "us-iso-"):
		return "aws-iso"
	case strings.HasPrefix(region, "us-isob-"):
		return "aws-iso-b"
	case strings.HasPrefix(region, "eu-isoe-"):
		return "aws-iso-e"
	case strings.HasPrefix(region, "us-isof-"):
		return "aws-iso-f"
	case strings.HasPrefix(region, "eusc-"):
		return "aws-eusc"
	}
	return "aws"
}

// Canonical returns what aws-auth compares with: a session does not contain the
// path of its role, so a role's path is removed. aws-iam-authenticator,
// pkg/arn.
func Canonical(arn string) string {
	a, _ := Parse(arn)
	if a.Kind == "role" {
		a.Path = "/"
	}
	return a.String()
}

// SplitPath cuts "a/b/name" into "/a/b/" and "name".
func SplitPath(s string) (path, name string) {
	i := strings.LastIndexByte(s, '/')
	path = "/" + strings.TrimPrefix(s[:i+1], "/")
	return path, s[i+1:]
}

// Match reports whether s matches a pattern in which * stands for any text, slashes
// included. An empty pattern matches everything.
func Match(pattern, s string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}
