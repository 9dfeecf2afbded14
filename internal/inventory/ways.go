package inventory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// rights answers what groups and usernames may do in one cluster.
type rights struct {
	known     bool
	byGroup   map[string][]*snapshot.Binding
	byUser    map[string][]*snapshot.Binding // of names as bound
	unlimited map[string]bool
}

func rightsOf(rbac *snapshot.RBAC) rights {
	r := rights{
		known:     rbac.Known(),
		byGroup:   map[string][]*snapshot.Binding{},
		byUser:    map[string][]*snapshot.Binding{},
		unlimited: map[string]bool{},
	}
	for i := range rbac.Bindings {
		b := &rbac.Bindings[i]
		for _, g := range b.Groups {
			r.byGroup[g] = append(r.byGroup[g], b)
		}
		for _, u := range b.Users {
			r.byUser[u] = append(r.byUser[u], b)
		}
	}
	for _, role := range rbac.Unlimited {
		r.unlimited[role] = true
	}
	return r
}

// entryWays are the ways in through an access entry.
func (r rights) entryWays(e *spec.Entry) []Way {
	var ways []Way
	node := eksfacts.IsNode(e.Type)
	if node {
		ways = append(ways, Way{Via: ViaType, Power: Node, Note: e.Type})
	}
	for _, p := range e.Policies {
		ways = append(
			ways,
			Way{Via: ViaPolicy, Power: policyPower(p), Policy: p.ARN, Scope: p.Scope, Namespaces: p.Namespaces},
		)
	}
	if !node {
		ways = append(ways, r.groupWays(e.Groups)...)
		ways = append(ways, r.userWays(e.Username, e.Username != eksfacts.DefaultUsername(e.Type, e.Principal))...)
	}
	if len(ways) == 0 {
		ways = append(ways, Way{Via: ViaEntry, Power: None, Note: "neither a policy nor a group"})
	}
	return ways
}

// rowWays are the ways in through a row of aws-auth.
func (r rights) rowWays(row spec.AWSAuthRow) []Way {
	ways := r.groupWays(row.Groups)
	ways = append(ways, r.userWays(row.Username, row.Username != "" && !access.IsNodeRow(row))...)
	for i := range ways {
		ways[i].Via = ViaAWSAuth
	}
	if len(ways) == 0 {
		ways = append(ways, Way{Via: ViaAWSAuth, Power: None, Note: "no group"})
	}
	return ways
}

func (r rights) groupWays(groups []string) []Way {
	var ways []Way
	for _, g := range groups {
		switch g {
		case eksfacts.MastersGroup: // past every authorizer, whatever is bound
			ways = append(ways, Way{Via: ViaGroup, Power: ClusterAdmin, Group: g})
			continue
		case eksfacts.NodesGroup, eksfacts.BootstrappersGroup, eksfacts.NodeProxierGroup:
			ways = append(ways, Way{Via: ViaGroup, Power: Node, Group: g})
			continue
		}
		switch bound := r.byGroup[g]; {
		case !r.known:
			ways = append(ways, Way{Via: ViaGroup, Power: Groups, Group: g, Note: unread})
		case len(bound) == 0:
			ways = append(ways, Way{Via: ViaGroup, Power: None, Group: g, Note: "nothing binds it"})
		default:
			for _, b := range bound {
				w := r.bound(b)
				w.Via, w.Group = ViaGroup, g
				ways = append(ways, w)
			}
		}
	}
	return ways
}

const unread = "what it is bound to was not read"

// userWays are what binds a username. Of one that EKS derives little is bound
// in practice, so that only a name somebody chose counts as unresolved.
func (r rights) userWays(username string, chosen bool) []Way {
	if username == "" {
		return nil
	}
	if !r.known {
		if chosen {
			return []Way{{Via: ViaUsername, Power: Groups, Username: username, Note: unread}}
		}
		return nil
	}
	var ways []Way
	add := func(name, note string) {
		for _, b := range r.byUser[name] {
			w := r.bound(b)
			w.Via, w.Username, w.Note = ViaUsername, name, note
			ways = append(ways, w)
		}
	}
	pattern, isTemplate := templateGlob(username)
	if !isTemplate {
		add(username, "")
		return ways
	}
	for name := range r.byUser {
		if arn.Match(pattern, name) {
			add(name, "for a session that gets this name")
		}
	}
	return ways
}

// templateGlob is a username with "*" for what is filled in at each login.
func templateGlob(username string) (string, bool) {
	before, rest, found := strings.Cut(username, "{{")
	if !found {
		return username, false
	}
	_, after, closed := strings.Cut(rest, "}}")
	if !closed || strings.Contains(username, "*") {
		return username, false
	}
	tail, _ := templateGlob(after)
	return before + "*" + tail, true
}

// bound is what a binding gives to whoever it binds.
func (r rights) bound(b *snapshot.Binding) Way {
	w := Way{Role: b.RoleKind + " " + b.Role, Binding: "ClusterRoleBinding " + b.Name, Scope: spec.ScopeCluster}
	if b.Namespace != "" {
		w.Binding, w.Scope, w.Namespaces = "RoleBinding "+b.Name, spec.ScopeNamespace, []string{b.Namespace}
	}
	extent := eksfacts.ExtentOther
	if b.RoleKind == "ClusterRole" {
		if extent = eksfacts.ClusterRoleExtent(b.Role); r.unlimited[b.Role] {
			extent = eksfacts.ExtentAll
		}
	}
	w.Power = powerOf(extent, b.Namespace == "")
	return w
}

// everybodyWays are bindings of the group that all who get in are in, where
// they give more than what every cluster gives them.
func (r rights) everybodyWays() []Way {
	var ways []Way
	for _, w := range r.groupWays([]string{eksfacts.AuthenticatedGroup}) {
		if w.Binding != "" && w.Power.Rank() < Groups.Rank() {
			w.Note = "of everybody who gets in"
			ways = append(ways, w)
		}
	}
	return ways
}

// strongest is the power of the ways that hold.
func strongest(ways []Way) Power {
	p := None
	for _, w := range ways {
		if !w.Hidden {
			p = stronger(p, w.Power)
		}
	}
	return p
}

func sortWays(ways []Way) {
	slices.SortFunc(ways, func(a, b Way) int {
		hidden := func(w Way) int {
			if w.Hidden {
				return 1
			}
			return 0
		}
		return cmp.Or(
			cmp.Compare(hidden(a), hidden(b)),
			cmp.Compare(a.Power.Rank(), b.Power.Rank()),
			cmp.Compare(a.Via, b.Via),
			cmp.Compare(a.Policy, b.Policy),
			cmp.Compare(
				a.Group,
				b.Group,
			),
			cmp.Compare(a.Username, b.Username),
			cmp.Compare(a.Binding, b.Binding),
			slices.Compare(a.Namespaces, b.Namespaces),
			cmp.Compare(a.Note, b.Note),
		)
	})
}
