package spec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// ParsePrincipalFlag reads a principal as the command line and a saved plan
// have it: an ARN, or permissionSet=NAME, role=NAME, user=NAME. It is the
// inverse of [PrincipalRef.String]. A session's ARN, which is what one finds
// when locked out, is refused with the role to write. The error is of type
// [Problems].
func ParsePrincipalFlag(s string) (PrincipalRef, error) {
	kind, name, named := strings.Cut(s, "=")
	var ref PrincipalRef
	switch {
	case named && kind == "permissionSet":
		ref.PermissionSet = name
	case named && kind == "role":
		ref.Role = name
	case named && kind == "user":
		ref.User = name
	default:
		if !strings.HasPrefix(s, "arn:") {
			hint := "write an ARN, permissionSet=NAME, role=NAME or user=NAME"
			if named {
				if best, ok := suggest.Nearest(kind, []string{"permissionSet", "role", "user"}); ok {
					hint = fmt.Sprintf("did you mean %q?", best+"="+name)
				}
			}
			return ref, problemf(hint, "%.200q is not a principal", s)
		}
		v := judgeForm(s)
		if p, err := arn.ParsePrincipal(s); err == nil && p.Kind == arn.AssumedRole {
			v.hint = "write role=" + printable(p.Name) + ", without a path"
			if set, ok := ssoSet(p.Name); ok {
				v.hint = "write permissionSet=" + printable(set)
			}
		}
		if arn.HasGlob(s) || hasPlaceholder(s) {
			v = refuse("write one role or user", "principal %q holds a \"*\" or a \"${\"", s)
		}
		if v.summary != "" && !v.warning {
			return ref, problemf(v.hint, "%s", v.summary)
		}
		return PrincipalRef{ARN: s}, nil
	}
	if v := judgeName(kind, name); v.summary != "" && !v.warning {
		return PrincipalRef{}, problemf(v.hint, "%s", v.summary)
	}
	return ref, nil
}

// ParsePolicyFlag reads an access policy as the command line has it, by name or
// ARN, and where it is to hold: in the namespaces, or without any in the whole
// cluster. What EKS may refuse is a warning. Problems are of type [Problems].
func ParsePolicyFlag(written string, namespaces []string, partition string) (p Policy, warnings Problems, err error) {
	v, _ := judgePolicy(written)
	verdicts := []verdict{v}
	for _, n := range namespaces {
		if n == "" {
			verdicts = append(verdicts, refuse("remove it for the whole cluster", "a namespace is empty"))
		}
		verdicts = append(verdicts, judgeNamespace(n))
	}
	if hasPlaceholder(written) {
		verdicts = append(
			verdicts,
			refuse("write a name such as AmazonEKSViewPolicy", "policy %q has a placeholder; placeholders are for "+
				"files", written),
		)
	}
	for _, v := range verdicts {
		switch {
		case v.summary == "":
		case v.warning:
			warnings.Warnings = append(warnings.Warnings, Problem{Summary: v.summary, Hint: v.hint})
		default:
			return Policy{}, warnings, problemf(v.hint, "%s", v.summary)
		}
	}
	p = Policy{ARN: written, Scope: ScopeCluster, Namespaces: sortedSet(namespaces)}
	if !strings.HasPrefix(written, "arn:") {
		p.ARN = arn.AccessPolicy(partition, written)
	}
	if len(namespaces) > 0 {
		p.Scope = ScopeNamespace
	}
	return p, warnings, nil
}

var shareText = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})(%?)$`)

// ParseShare reads a limit written as a count ("3") or a percentage ("25%").
// The error is of type [Problems].
func ParseShare(s string) (Share, error) {
	m := shareText.FindStringSubmatch(s)
	if m == nil {
		return Share{}, problemf("write a count such as 3, or a percentage such as 25%", "%.80q is not a limit", s)
	}
	n, _ := strconv.Atoi(m[1])
	if m[2] != "" && n > 100 {
		return Share{}, problemf("write at most 100%", "%q is more than 100%%", s)
	}
	return Share{Set: true, Percent: m[2] != "", Value: n}, nil
}

// String is the limit as it is written; "" where none is set.
func (s Share) String() string {
	switch {
	case !s.Set:
		return ""
	case s.Percent:
		return strconv.Itoa(s.Value) + "%"
	}
	return strconv.Itoa(s.Value)
}

// A RoleTemplate is the role by which clusters are reached, as an ARN that may
// hold placeholders.
type RoleTemplate string

// ParseAssumeRoleFlag reads a role as assumeRole has it in a file. The error is
// of type [Problems].
func ParseAssumeRoleFlag(s string) (RoleTemplate, error) {
	summary, hint := placeholderProblem(s)
	if summary == "" {
		v := judgeAssumeRole(s)
		summary, hint = v.summary, v.hint
	}
	if summary != "" {
		return "", problemf(hint, "%s", summary)
	}
	return RoleTemplate(s), nil
}

// For is the role's ARN for a cluster.
func (t RoleTemplate) For(id arn.Cluster) string { return fill(string(t), id) }
