package spec

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// A grant is an access line, checked as far as possible without a cluster.
type grant struct {
	item     Item // principal and policies as written; see loader.place
	policies []policyDraft
}

type policyDraft struct {
	written    string // name or ARN
	namespaces []string
	pos        Pos
}

// access is what stands in one place: on top, in a set, on a cluster.
type access struct {
	grants []grant
	absent []Absent
}

func (a access) empty() bool { return len(a.grants) == 0 && len(a.absent) == 0 }

// access checks lines that stand together.
func (r *report) access(lines AccessLines) access {
	var a access
	for _, line := range lines.Admins {
		a.grants = r.grant(a.grants, line.line())
	}
	for _, line := range lines.Access {
		a.grants = r.grant(a.grants, line)
	}
	for _, line := range lines.Absent {
		if ref, ok := r.principal(line.PrincipalLine, line.Mark, judgePattern); ok {
			a.absent = append(a.absent, Absent{ref, line.Pos})
		}
	}
	return a
}

// line is the access that an item of admins is short for.
func (a AdminLine) line() AccessLine {
	return AccessLine{
		Mark: a.Mark, PrincipalLine: a.PrincipalLine,
		Type:     Text{eksfacts.Standard, a.Pos},
		Policies: []PolicyLine{{Mark: a.Mark, Policy: Text{eksfacts.ClusterAdminPolicy, a.Pos}}},
		Username: a.Username, Tags: a.Tags, Expires: a.Expires, Reason: a.Reason,
	}
}

// grant checks all of an item, also where its principal can't be used.
func (r *report) grant(list []grant, line AccessLine) []grant {
	ref, ok := r.principal(line.PrincipalLine, line.Mark, judgeARN)
	g := grant{item: Item{
		Principal: ref,
		Type:      r.entryType(line.Type),
		Username:  line.Username.Value,
		Groups:    r.groups(line.Groups),
		Tags:      r.tags(line.Tags),
		Expires:   line.Expires.Time,
		Reason:    line.Reason.Value,
		Pos:       line.Pos,
	}}
	if line.Username.Value != "" {
		r.addVerdict(line.Username.Pos, judgeUsername(line.Username.Value))
	}
	if line.Reason.Value != "" && eksfacts.CheckTag(TagReason, line.Reason.Value) != nil {
		r.errorf(line.Reason.Pos, tagValueHint, "reason %.300q cannot be the value of a tag", line.Reason.Value)
	}
	switch {
	case line.Policy.Given():
		g.policies = r.policy(g.policies, line.Policy, line.Namespaces, line.Pos)
	case line.Namespaces != nil && !line.Flawed:
		r.errorf(
			line.Pos,
			"add policy: to the item, or write the namespaces in an item of policies",
			"the item has namespaces and no policy",
		)
	}
	for _, p := range line.Policies {
		if !p.Policy.Given() {
			if !p.Flawed {
				r.errorf(p.Pos, "write policy: and its name", "the item of policies has no policy")
			}
			continue
		}
		g.policies = r.policy(g.policies, p.Policy, p.Namespaces, p.Pos)
	}
	if !ok {
		return list
	}
	return append(list, g)
}

const tagValueHint = "the value of a tag has " + eksfacts.TagCharacters + ", at most 256 of them"

// tags checks declared tags; those refused are left out.
func (r *report) tags(pairs Pairs) map[string]string {
	var tags map[string]string
	for _, t := range pairs {
		key, value := t.Key.Value, t.Value.Value
		keyErr, valueErr := eksfacts.CheckTag(key, ""), eksfacts.CheckTag("k", value)
		switch {
		case strings.HasPrefix(strings.ToLower(key), TagPrefix):
			r.errorf(
				t.Key.Pos,
				"write owner, expires or reason; eksaccess sets these tags itself",
				"the tag key %q is reserved by eksaccess",
				key,
			)
		case keyErr != nil:
			r.errorf(t.Key.Pos, "", "%v", keyErr)
		case valueErr != nil:
			r.errorf(t.Value.Pos, tagValueHint, "AWS would refuse the value %.300q of tag %q", value, key)
		default:
			if tags == nil {
				tags = map[string]string{}
			}
			tags[key] = value
		}
	}
	return tags
}
