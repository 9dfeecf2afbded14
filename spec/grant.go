package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// A grant is an access line, checked as far as that goes without a cluster.
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
		r.tell(line.Username.Pos, judgeUsername(line.Username.Value))
	}
	if line.Reason.Value != "" && eksfacts.CheckTag(TagReason, line.Reason.Value) != nil {
		r.errorf(line.Reason.Pos, tagValueHint, "reason %.300q can't be the value of a tag", line.Reason.Value)
	}
	switch {
	case line.Policy.Given():
		g.policies = r.policy(g.policies, line.Policy, line.Namespaces, line.Pos)
	case line.Namespaces != nil && !line.Flawed:
		r.errorf(line.Pos, "write policy: beside them, or put them into an item of policies", "the item has namespaces and no policy")
	}
	for _, p := range line.Policies {
		if !p.Policy.Given() {
			if !p.Flawed {
				r.errorf(p.Pos, "write policy: and its name", "the item of policies names no policy")
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

func (r *report) entryType(t Text) string {
	upper := strings.ToUpper(t.Value)
	if upper == "" || eksfacts.IsKnownType(upper) {
		return upper
	}
	if best, ok := nearest(upper, eksfacts.Types); ok {
		r.errorf(t.Pos, `did you mean "`+best+`"?`, "unknown type %q", t.Value)
		return ""
	}
	r.warnf(t.Pos, "known are "+strings.Join(eksfacts.Types, ", "), "unknown type %.80q; EKS may refuse it", t.Value)
	return upper
}

func (r *report) groups(texts []Text) []string {
	var groups []string
	for _, g := range texts {
		prefix := eksfacts.ReservedPrefix(g.Value)
		switch {
		case g.Value == "":
		case g.Value == "system:masters":
			r.errorf(g.Pos, "for full access write policy: "+eksfacts.ClusterAdminPolicy+", or put the principal under admins",
				"group %q can't be given by an access entry", g.Value)
		case prefix != "":
			r.errorf(g.Pos, "bind a group of your own in Kubernetes to the role that is wanted",
				"group %q begins with %q, which EKS keeps for itself", g.Value, prefix)
		default:
			groups = append(groups, g.Value)
		}
	}
	return groups
}

var template = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

// Templates of EKS (guide, creating-access-entries), and those of aws-auth
// that EKS may not take.
var (
	sessionTemplates = []string{"SessionName", "SessionNameRaw"}
	otherTemplates   = []string{"AccountID", "AccessKeyID", "EC2PrivateDNSName"}
)

func usesSession(username string) bool {
	return strings.Contains(username, "{{SessionName}}") || strings.Contains(username, "{{SessionNameRaw}}")
}

func judgeUsername(name string) verdict {
	if prefix := eksfacts.ReservedPrefix(name); prefix != "" {
		return refuse("leave username out for the name EKS derives", "username %q begins with %q, which EKS keeps for itself", name, prefix)
	}
	var doubtful verdict
	for _, m := range template.FindAllStringSubmatchIndex(name, -1) {
		t := name[m[2]:m[3]]
		switch {
		case slices.Contains(sessionTemplates, t):
			if !strings.Contains(name[:m[0]], ":") {
				return refuse(`write it like "team:{{SessionName}}", so that no session can pose as another user`,
					"username %q has no colon before {{%s}}", name, t)
			}
		case slices.Contains(otherTemplates, t):
			doubtful = doubt("EKS knows {{SessionName}} and {{SessionNameRaw}}", "username %q has {{%s}}, which is of aws-auth; EKS may refuse it", name, t)
		default:
			doubtful = doubt(didYouMean("{{"+t+"}}", []string{"{{SessionName}}", "{{SessionNameRaw}}"}), "username %.200q has the unknown template {{%.40s}}", name, printable(t))
		}
	}
	return doubtful
}

// printable drops what could drive a terminal from text shown unquoted.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

const tagValueHint = "the value of a tag holds " + eksfacts.TagCharacters + ", at most 256 of them"

// tags checks declared tags; those refused are left out.
func (r *report) tags(pairs Pairs) map[string]string {
	var tags map[string]string
	for _, t := range pairs {
		key, value := t.Key.Value, t.Value.Value
		keyErr, valueErr := eksfacts.CheckTag(key, ""), eksfacts.CheckTag("k", value)
		switch {
		case strings.HasPrefix(strings.ToLower(key), TagPrefix):
			r.errorf(t.Key.Pos, "write owner, expires or reason; this program makes tags of them", "the tag key %q is this program's own", key)
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

// policy checks a policy with its namespaces; an empty list of them is refused,
// since it may be meant as either scope.
func (r *report) policy(list []policyDraft, policy Text, namespaces []Text, at Pos) []policyDraft {
	draft := policyDraft{written: policy.Value, pos: at}
	if namespaces != nil && len(namespaces) == 0 {
		r.errorf(at, "leave namespaces out for the whole cluster", "the policy has an empty list of namespaces")
	}
	for _, n := range namespaces {
		if n.Value != "" && r.tell(n.Pos, judgeNamespace(n.Value)) {
			draft.namespaces = append(draft.namespaces, n.Value)
		}
	}
	draft.namespaces = slices.Compact(slices.Sorted(slices.Values(draft.namespaces)))
	if policy.Value == "" {
		return list
	}
	v, known := judgePolicy(policy.Value)
	if !r.tell(policy.Pos, v) {
		return list
	}
	switch {
	case known.OnlyScope == ScopeCluster && namespaces != nil:
		r.warnf(policy.Pos, "leave namespaces out", "access policy %q is made for the whole cluster", known.Name)
	case known.OnlyScope == ScopeNamespace && namespaces == nil:
		r.warnf(policy.Pos, "add namespaces", "access policy %q is made for single namespaces", known.Name)
	}
	for _, other := range list {
		if arn.PolicyName(other.written) == arn.PolicyName(draft.written) && !slices.Equal(other.namespaces, draft.namespaces) {
			r.errorf(draft.pos, onePolicy, "the item has access policy %q twice, %s here and %s at %v",
				arn.PolicyName(draft.written), where(draft.namespaces), where(other.namespaces), other.pos)
		}
	}
	return append(list, draft)
}

const onePolicy = "a policy holds once for a principal: in the whole cluster, or in one list of namespaces"

// where is a scope in words.
func where(namespaces []string) string {
	if len(namespaces) == 0 {
		return "in the whole cluster"
	}
	return fmt.Sprintf("in namespaces %.200q", namespaces)
}

var (
	namespaceName = regexp.MustCompile(`^[a-z0-9*]([a-z0-9*-]*[a-z0-9*])?$`)
	policyName    = regexp.MustCompile(`^[A-Za-z0-9_+=.@-]+$`)
)

func judgeNamespace(s string) verdict {
	switch {
	case strings.ContainsAny(s, ", \t"):
		return refuse("write a list: [one, two]", "namespace %.200q holds a comma or a space", s)
	case len(s) > 63 || !namespaceName.MatchString(s):
		return doubt("a namespace has lower-case letters, digits and -, at most 63 of them", "no namespace can be called %.200q", s)
	}
	return verdict{}
}

// judgePolicy looks a policy up by the name or ARN written.
func judgePolicy(written string) (verdict, eksfacts.Policy) {
	none := eksfacts.Policy{}
	name := written
	if strings.Contains(written, ":") {
		if summary, hint := placeholderProblem(written); summary != "" {
			return refuse(hint, "%s", summary), none
		}
		filled := fill(written, example)
		a, err := arn.Parse(filled)
		if name = arn.PolicyName(filled); err != nil || arn.AccessPolicy(a.Partition, name) != filled {
			hint := "name it, as in policy: AmazonEKSViewPolicy"
			if a.Service == "iam" {
				hint = "IAM policies can't be given to an access entry; name an access policy, as in policy: AmazonEKSViewPolicy"
			}
			return refuse(hint, "%.200q is not the ARN of an access policy", written), none
		}
	}
	if !policyName.MatchString(name) {
		return refuse("name it, as in policy: AmazonEKSViewPolicy", "%.200q is not the name of an access policy", written), none
	}
	known, ok := eksfacts.PolicyNamed(name)
	if !ok {
		return doubt(policyHint(name), "unknown access policy %.200q", written), none
	}
	if known.Use == eksfacts.ForServiceLinked {
		return doubt("for people there are AmazonEKSViewPolicy, AmazonEKSEditPolicy and others",
			"access policy %q is made for service-linked roles; EKS may refuse it here", name), known
	}
	return verdict{}, known
}

// policyHint suggests the policy meant: a letter off, or a name without what
// all of them share, such as "view" or "cluster-admin".
func policyHint(name string) string {
	names := make([]string, len(eksfacts.Policies))
	for i, p := range eksfacts.Policies {
		names[i] = p.Name
	}
	core := strings.TrimSuffix(strings.TrimPrefix(squash(name), "amazoneks"), "policy")
	for _, n := range names {
		if squash(n) == "amazoneks"+core+"policy" {
			return didYouMean(n, names)
		}
	}
	// "Editor" for "Edit", "Viewer" for "View".
	for _, n := range names[:7] {
		if c := strings.TrimSuffix(strings.TrimPrefix(squash(n), "amazoneks"), "policy"); len(core) >= 4 && (strings.HasPrefix(core, c) && len(core)-len(c) <= 3) {
			return didYouMean(n, names)
		}
	}
	return didYouMean(name, names)
}
