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

// bindings are the RBAC bindings of one cluster by subject.
type bindings struct {
	known     bool
	byGroup   map[string][]*snapshot.Binding
	byUser    map[string][]*snapshot.Binding // of names as bound
	unlimited map[string]bool
}

func bindingsOf(rbac *snapshot.RBAC) bindings {
	r := bindings{
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

// entryWays returns the ways of an access entry.
func (r bindings) entryWays(e *spec.Entry) []Way {
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
		ways = append(ways, Way{Via: ViaEntry, Power: None, Note: "no policy and no group"})
	}
	return ways
}

// rowWays returns the ways of a row of aws-auth.
func (r bindings) rowWays(row spec.AWSAuthRow) []Way {
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

func (r bindings) groupWays(groups []string) []Way {
	var ways []Way
	for _, g := range groups {
		switch g {
		case eksfacts.MastersGroup: // allowed before any authorizer is asked
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
			ways = append(ways, Way{Via: ViaGroup, Power: None, Group: g, Note: "no binding"})
		default:
			for _, b := range bound {
				w := r.wayOf(b)
				w.Via, w.Group = ViaGroup, g
				ways = append(ways, w)
			}
		}
	}
	return ways
}

const unread = "bindings were not read"

// userWays returns the bindings of a username. Where bindings were not read, only
// a custom username counts as unresolved: the default one is rarely bound.
func (r bindings) userWays(username string, chosen bool) []Way {
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
			w := r.wayOf(b)
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
			add(name, "for sessions with this name")
		}
	}
	return ways
}

// templateGlob returns a username with "*" in place of its template.
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

// wayOf returns the way that a binding gives to its subjects.
func (r bindings) wayOf(b *snapshot.Binding) Way {
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

// commonWays returns the bindings of the group of all authenticated users, where
// they give more than the default ones of Kubernetes.
func (r bindings) commonWays() []Way {
	var ways []Way
	for _, w := range r.groupWays([]string{eksfacts.AuthenticatedGroup}) {
		if w.Binding != "" && w.Power.Rank() < Groups.Rank() {
			w.Note = "for all authenticated users"
			ways = append(ways, w)
		}
	}
	return ways
}

// strongest returns the power of the ways that have effect.
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
