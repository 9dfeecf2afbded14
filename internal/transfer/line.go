package transfer

import (
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A line is an entry as it stands in a file: an item of admins where that is
// what it is, else of access.
type line struct {
	admin  *spec.AdminLine
	access *spec.AccessLine
}

func (l line) mark() *spec.Mark {
	if l.admin != nil {
		return &l.admin.Mark
	}
	return &l.access.Mark
}

func (l line) principal() *spec.PrincipalLine {
	if l.admin != nil {
		return &l.admin.PrincipalLine
	}
	return &l.access.PrincipalLine
}

// encode is the line in a list whose dashes are at an indent.
func (l line) encode(indent int) []byte {
	if l.admin != nil {
		return spec.EncodeAdmin(indent, *l.admin)
	}
	return spec.EncodeAccess(indent, *l.access)
}

// lineOf writes what is not EKS's default, and no more.
func lineOf(e *Entry) line {
	mark := spec.Mark{Comments: slices.Clone(e.Comments)}
	if e.Owner != "" {
		mark.Aside = "owner: " + e.Owner
	}
	who := principalLine(e)
	var username spec.Text
	if e.Username != eksfacts.DefaultUsername(e.Type, e.Principal) {
		username.Value = e.Username
	}
	tags := pairs(carriedTags(e.Tags))
	if e.IsClusterAdmin() && len(e.Policies) == 1 && len(e.Groups) == 0 {
		return line{admin: &spec.AdminLine{Mark: mark, PrincipalLine: who, Username: username, Tags: tags}}
	}
	a := &spec.AccessLine{Mark: mark, PrincipalLine: who, Username: username, Tags: tags, Groups: texts(e.Groups)}
	if e.Type != eksfacts.Standard {
		a.Type.Value = e.Type
	}
	policies := make([]spec.PolicyLine, len(e.Policies))
	for i, p := range e.Policies {
		policies[i] = spec.PolicyLine{
			Policy:     spec.Text{Value: policyName(p.ARN, e.Principal)},
			Namespaces: texts(p.Namespaces),
		}
	}
	if len(policies) == 1 {
		a.Policy, a.Namespaces = policies[0].Policy, policies[0].Namespaces
	} else if len(policies) > 1 {
		a.Policies = policies
	}
	return line{access: a}
}

func principalLine(e *Entry) spec.PrincipalLine {
	switch r := e.Ref; {
	case r.PermissionSet != "":
		return spec.PrincipalLine{PermissionSet: spec.Text{Value: r.PermissionSet}}
	case r.Role != "":
		return spec.PrincipalLine{Role: spec.Text{Value: r.Role}}
	case r.User != "":
		return spec.PrincipalLine{User: spec.Text{Value: r.User}}
	}
	return spec.PrincipalLine{Principal: spec.Text{Value: e.Principal}}
}

// policyName is a policy's name, where that and the partition are all there is
// to its ARN.
func policyName(policy, principal string) string {
	name := arn.PolicyName(policy)
	if p, err := arn.Parse(principal); err == nil && arn.AccessPolicy(p.Partition, name) == policy {
		return name
	}
	return policy
}

// carriedTags are the tags worth a line: not ours, which owner, expires and
// reason make, not AWS's own, and not those by which another tool knows what
// it made. A declared entry keeps the tags that no line names.
func carriedTags(tags map[string]string) map[string]string {
	kept := map[string]string{}
	for key, value := range tags {
		lower := strings.ToLower(key)
		if strings.HasPrefix(lower, spec.TagPrefix) || strings.HasPrefix(lower, "aws:") ||
			eksfacts.OwnerByTags(map[string]string{key: value}) != "" {
			continue
		}
		kept[key] = value
	}
	return kept
}

func pairs(m map[string]string) spec.Pairs {
	var out spec.Pairs
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out = append(out, spec.Pair{Key: spec.Text{Value: key}, Value: spec.Text{Value: m[key]}})
	}
	return out
}

// texts is nil for none: an empty list would be written.
func texts(list []string) []spec.Text {
	var out []spec.Text
	for _, s := range list {
		out = append(out, spec.Text{Value: s})
	}
	return out
}

// add puts the line where it belongs.
func (l line) add(to *spec.AccessLines) {
	if l.admin != nil {
		to.Admins = append(to.Admins, *l.admin)
	} else {
		to.Access = append(to.Access, *l.access)
	}
}
