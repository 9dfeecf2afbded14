package ekssim

import (
	"fmt"
	"regexp"
	"strings"
)

// An iamARN is the ARN of an IAM role, user or root taken apart.
type iamARN struct {
	partition, account string
	kind               string // "role", "user" or "root"
	path, name         string // "/a/b/", "x"
}

func (a iamARN) String() string {
	if a.kind == "root" {
		return fmt.Sprintf("arn:%s:iam::%s:root", a.partition, a.account)
	}
	return fmt.Sprintf("arn:%s:iam::%s:%s%s%s", a.partition, a.account, a.kind, a.path, a.name)
}

// IAM API reference, CreateRole and CreateUser: names and paths.
var (
	accountID = regexp.MustCompile(`^\d{12}$`)
	iamName   = regexp.MustCompile(`^[\w+=,.@-]+$`)
	iamPath   = regexp.MustCompile(`^/([\x21-\x2e\x30-\x7e]+/)*$`)
)

// isAccountID reports whether s has the form of an account id.
func isAccountID(s string) bool { return accountID.MatchString(s) }

// isName reports whether s can be the name of a role or user.
func isName(s string) bool { return iamName.MatchString(s) }

// isPath reports whether s can be the path of a role or user.
func isPath(s string) bool { return iamPath.MatchString(s) }

// parseIAM takes the ARN of a role, a user or a root apart.
func parseIAM(s string) (iamARN, bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || !strings.HasPrefix(p[1], "aws") || p[2] != "iam" || p[3] != "" ||
		!accountID.MatchString(p[4]) {
		return iamARN{}, false
	}
	a := iamARN{partition: p[1], account: p[4]}
	if p[5] == "root" {
		a.kind = "root"
		return a, true
	}
	kind, rest, _ := strings.Cut(p[5], "/")
	if kind != "role" && kind != "user" {
		return iamARN{}, false
	}
	a.kind = kind
	a.path, a.name = splitPath(rest)
	return a, iamName.MatchString(a.name) && iamPath.MatchString(a.path)
}

// serviceLinked is judged on the text of the ARN alone. AWS API behaviour
// published by cdk-preflight.
func serviceLinked(arn string) bool { return strings.Contains(arn, ":role/aws-service-role/") }

// expandPrincipal turns role/[path/]name, user/[path/]name and root into ARNs
// of an account; ARNs stay as they are.
func expandPrincipal(s, partition, account string) (string, error) {
	if !strings.HasPrefix(s, "arn:") {
		s = fmt.Sprintf("arn:%s:iam::%s:%s", partition, account, s)
	}
	if _, ok := parseIAM(s); !ok {
		return "", fmt.Errorf("%q is no IAM role, user or root", s)
	}
	return s, nil
}

// partitionOf is the partition of a region. AWS General Reference.
func partitionOf(region string) string {
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

// canonicalARN is what aws-auth compares with: a session does not contain the
// path of its role, so a role's path is removed. aws-iam-authenticator,
// pkg/arn.
func canonicalARN(arn string) string {
	a, _ := parseIAM(arn)
	if a.kind == "role" {
		a.path = "/"
	}
	return a.String()
}

// splitPath cuts "a/b/name" into "/a/b/" and "name".
func splitPath(s string) (path, name string) {
	i := strings.LastIndexByte(s, '/')
	path = "/" + strings.TrimPrefix(s[:i+1], "/")
	return path, s[i+1:]
}

// glob matches s against a pattern in which * stands for any text, slashes
// included. An empty pattern matches everything.
func glob(pattern, s string) bool {
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
