package spec

import (
	"regexp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// entryType reads a type, in any case.
func (r *report) entryType(t Text) string {
	upper := strings.ToUpper(t.Value)
	if upper == "" || eksfacts.IsKnownType(upper) {
		return upper
	}
	if best, ok := suggest.Nearest(upper, eksfacts.Types); ok {
		r.errorf(t.Pos, `did you mean "`+best+`"?`, "unknown type %q", t.Value)
		return ""
	}
	r.warnf(t.Pos, "the types are "+strings.Join(eksfacts.Types, ", "), "unknown type %.80q; EKS may refuse "+
		"it", t.Value)
	return upper
}

func (r *report) groups(texts []Text) []string {
	var groups []string
	for _, g := range texts {
		prefix := eksfacts.ReservedPrefix(g.Value)
		switch {
		case g.Value == "":
		case g.Value == "system:masters":
			r.errorf(
				g.Pos,
				"for full access write policy: "+eksfacts.ClusterAdminPolicy+", or put the principal under admins",
				"an access entry cannot have the group %q",
				g.Value,
			)
		case prefix != "":
			hint := "use a group of your own, and bind it to the role in Kubernetes"
			if slices.Contains(nodeGroups, g.Value) {
				hint = nodeTypeHint
			}
			r.errorf(g.Pos, hint, "group %q begins with %q, which EKS reserves", g.Value, prefix)
		default:
			groups = append(groups, g.Value)
		}
	}
	return groups
}

// nodeGroups are the groups that rows of aws-auth give to node roles. There is
// nothing to bind in their place (Kubernetes documentation, "Using Node
// Authorization").
var nodeGroups = []string{
	eksfacts.NodesGroup,
	eksfacts.BootstrappersGroup,
	eksfacts.NodeProxierGroup,
	eksfacts.WindowsProxyGroup,
}

const nodeTypeHint = "for a node role, write a node type, such as type: EC2_LINUX, and no username, groups or policies"

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
		hint := "remove username to get the name that EKS derives"
		if strings.HasPrefix(name, "system:node:") {
			hint = nodeTypeHint
		}
		return refuse(hint, "username %q begins with %q, which EKS reserves", name, prefix)
	}
	var doubtful verdict
	for _, m := range template.FindAllStringSubmatchIndex(name, -1) {
		t := name[m[2]:m[3]]
		switch {
		case slices.Contains(sessionTemplates, t):
			if !strings.Contains(name[:m[0]], ":") {
				return refuse(`write it like "team:{{SessionName}}", so that a session cannot impersonate another user`,
					"username %q has no colon before {{%s}}", name, t)
			}
		case slices.Contains(otherTemplates, t):
			doubtful = doubt(
				"EKS supports {{SessionName}} and {{SessionNameRaw}}",
				"username %q has {{%s}}, which is for aws-auth; EKS may refuse it",
				name,
				t,
			)
		default:
			doubtful = doubt(
				suggest.DidYouMean("{{"+t+"}}", []string{"{{SessionName}}", "{{SessionNameRaw}}"}),
				"username %.200q has the unknown template {{%.40s}}",
				name,
				printable(t),
			)
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
