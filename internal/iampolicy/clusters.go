package iampolicy

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A declared is what a cluster's lines ask IAM for.
type declared struct {
	id      arn.Cluster
	mode    string    // the least wanted; "" for none
	tags    bool      // entries get tags
	entries []entries // by type
	grants  []grant   // of access policies
	nodes   []string  // ARN patterns of roles that are passed to nodes
	names   bool      // principals are named and looked up
	assume  string    // ARN of the role it is reached with
}

// entries are the principals of the entries of a type.
type entries struct {
	entryType  string
	principals []string // ARN patterns
}

func (e entries) key() string { return e.entryType + "\n" + strings.Join(e.principals, " ") }

func entriesOf(c arn.Cluster, items []spec.Item) []entries {
	byType := map[string][]string{}
	for _, item := range items {
		t := cmp.Or(item.Type, eksfacts.Standard)
		byType[t] = append(byType[t], principalPatterns(c, item.Principal)...)
	}
	var out []entries
	for _, t := range slices.Sorted(maps.Keys(byType)) {
		out = append(out, entries{t, sortedSet(byType[t])})
	}
	return out
}

// A grant is what associations of access policies have in common: each of its
// principals gets each of its policies at its scope.
type grant struct {
	principals []string // ARN patterns
	policies   []string // ARNs
	scope      string   // cluster or namespace
	namespaces []string // sorted; those that may be named, for scope namespace
}

func (g grant) key() string {
	return strings.Join(g.principals, " ") + "\n" + strings.Join(g.policies, " ") + "\n" + g.place()
}

func (g grant) place() string { return g.scope + " " + strings.Join(g.namespaces, " ") }

// grantsOf are the associations that items ask for, in as few grants as are
// exact: no principal of a grant may be given a policy or a place of another.
func grantsOf(c arn.Cluster, items []spec.Item) []grant {
	type single struct{ principals, policy, scope string }
	namespaces := map[single][]string{}
	for _, item := range items {
		who := strings.Join(principalPatterns(c, item.Principal), " ")
		for _, p := range item.Policies {
			s := single{who, p.ARN, p.Scope}
			namespaces[s] = append(namespaces[s], p.Namespaces...)
		}
	}
	byPolicy := map[string]*grant{} // policy and place → principals
	for s, names := range namespaces {
		g := grant{policies: []string{s.policy}, scope: s.scope, namespaces: sortedSet(names)}
		key := g.key()
		if byPolicy[key] == nil {
			byPolicy[key] = &g
		}
		byPolicy[key].principals = append(byPolicy[key].principals, strings.Fields(s.principals)...)
	}
	byPrincipals := map[string]*grant{} // principals and place → policies
	for _, g := range byPolicy {
		g.principals = sortedSet(g.principals)
		key := strings.Join(g.principals, " ") + "\n" + g.place()
		if have := byPrincipals[key]; have != nil {
			have.policies = append(have.policies, g.policies...)
			continue
		}
		byPrincipals[key] = g
	}
	var grants []grant
	for _, g := range byPrincipals {
		g.policies = sortedSet(g.policies)
		grants = append(grants, *g)
	}
	slices.SortFunc(grants, func(a, b grant) int { return strings.Compare(a.key(), b.key()) })
	return grants
}

// sortedSet sorts a list and takes out repetitions.
func sortedSet(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// declaredIn is what a cluster's lines ask for, and what those of earlier files
// asked for, which a change away from them touches.
func declaredIn(c *spec.Cluster, earlier ...*spec.Cluster) declared {
	d := declaredNow(c)
	items := slices.Clone(c.Items)
	for _, before := range earlier {
		if before.ID != c.ID {
			continue
		}
		old := declaredNow(before)
		d.tags, d.names = d.tags || old.tags, d.names || old.names
		d.nodes = sortedSet(append(d.nodes, old.nodes...))
		items = append(items, before.Items...)
	}
	d.entries, d.grants = entriesOf(c.ID, items), grantsOf(c.ID, items)
	return d
}

func declaredNow(c *spec.Cluster) declared {
	d := declared{id: c.ID, mode: c.Mode, assume: c.AssumeRole, tags: c.Owner != "" || len(c.Tags) > 0}
	for _, item := range c.Items {
		d.names = d.names || item.Principal.ARN == ""
		d.tags = d.tags || len(item.Tags) > 0
		if item.Type != "" && eksfacts.IsNode(item.Type) {
			d.nodes = append(d.nodes, principalPatterns(c.ID, item.Principal)...)
		}
	}
	for _, a := range c.Absent {
		d.names = d.names || a.Principal.ARN == ""
	}
	d.nodes = sortedSet(d.nodes)
	return d
}

// principalPatterns are the ARNs a principal can have, as IAM compares them. A
// name leaves the path open, and a permission set the suffix of its role.
func principalPatterns(c arn.Cluster, p spec.PrincipalRef) []string {
	iam := func(resource string) string {
		return arn.ARN{Partition: c.Partition, Service: "iam", Account: c.Account, Resource: resource}.String()
	}
	switch {
	case p.ARN != "":
		return []string{p.ARN}
	case p.PermissionSet != "":
		return []string{iam("role" + arn.SSOPathPrefix + "*AWSReservedSSO_" + p.PermissionSet + "_????????????????")}
	case p.Role != "":
		return []string{iam("role/" + p.Role), iam("role/*/" + p.Role)}
	}
	return []string{iam("user/" + p.User), iam("user/*/" + p.User)}
}

// clusterARNs and entryARNs are what EKS actions are authorised on. Some
// actions on entries are authorised on the cluster, others on the entry, whose
// ARN ends in an id that is not known beforehand (Service Authorization Reference,
// Amazon EKS, "Resource types").
func clusterARNs(clusters []declared) []string { return each(clusters, arn.Cluster.ARN) }
func entryARNs(clusters []declared) []string   { return each(clusters, arn.Cluster.EntryARNs) }

func each(clusters []declared, f func(arn.Cluster) string) []string {
	var out []string
	for _, c := range clusters {
		out = append(out, f(c.id))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// accountARNs is an ARN in each account that has a cluster.
func accountARNs(clusters []declared, resource string) []string {
	return each(clusters, func(c arn.Cluster) string {
		return arn.ARN{Partition: c.Partition, Service: "iam", Account: c.Account, Resource: resource}.String()
	})
}

// groupClusters puts clusters together that need the same, in the order of the
// first of each, and leaves out those that need nothing.
func groupClusters(clusters []declared, need func(declared) []string) [][]declared {
	index := map[string]int{}
	var groups [][]declared
	for _, c := range clusters {
		list := need(c)
		if len(list) == 0 {
			continue
		}
		key := strings.Join(list, "\n")
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}
