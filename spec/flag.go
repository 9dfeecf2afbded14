package spec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// ParsePrincipalFlag reads a principal as the command line and a saved plan
// have it: an ARN, or permissionSet=NAME, role=NAME, user=NAME. It is the
// inverse of [PrincipalRef.String].
func ParsePrincipalFlag(s string) (PrincipalRef, error) {
	kind, name, named := strings.Cut(s, "=")
	if named && name != "" {
		switch kind {
		case "permissionSet":
			return PrincipalRef{PermissionSet: name}, nil
		case "role":
			return PrincipalRef{Role: name}, nil
		case "user":
			return PrincipalRef{User: name}, nil
		}
	}
	if _, err := arn.Parse(s); err != nil {
		return PrincipalRef{}, fmt.Errorf("%q is no principal: want an ARN, permissionSet=NAME, role=NAME or user=NAME", s)
	}
	return PrincipalRef{ARN: s}, nil
}

var shareText = regexp.MustCompile(`^([0-9]{1,6})(%?)$`)

// ParseShare reads a limit written as a count ("3") or a percentage ("25%").
func ParseShare(s string) (Share, error) {
	m := shareText.FindStringSubmatch(s)
	if m == nil {
		return Share{}, fmt.Errorf("%q is no limit: want a count such as 3, or a percentage such as 25%%", s)
	}
	n, _ := strconv.Atoi(m[1])
	if m[2] != "" && n > 100 {
		return Share{}, fmt.Errorf("%q is more than everything", s)
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
