package iampolicy

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A declared is what a cluster's lines ask IAM for.
type declared struct {
	id         arn.Cluster
	mode       string   // the least wanted; "" for none
	tags       bool     // entries get tags
	principals []string // ARN patterns of those that are declared
	types      []string // of their entries
	policies   []string // ARNs
	nodes      []string // ARN patterns of roles that are passed to nodes
	names      bool     // principals are named and looked up
	assume     string   // ARN of the role it is reached with
}

func declaredIn(c *spec.Cluster) declared {
	d := declared{id: c.ID, mode: c.Mode, assume: c.AssumeRole, tags: c.Owner != "" || len(c.Tags) > 0}
	for _, item := range c.Items {
		patterns := principalPatterns(c.ID, item.Principal)
		d.principals = append(d.principals, patterns...)
		d.names = d.names || item.Principal.ARN == ""
		d.tags = d.tags || len(item.Tags) > 0
		t := item.Type
		if t == "" {
			t = eksfacts.Standard
		}
		d.types = append(d.types, t)
		if eksfacts.IsNode(t) {
			d.nodes = append(d.nodes, patterns...)
		}
		for _, p := range item.Policies {
			d.policies = append(d.policies, p.ARN)
		}
	}
	for _, a := range c.Absent {
		d.names = d.names || a.Principal.ARN == ""
	}
	for _, list := range []*[]string{&d.principals, &d.types, &d.policies, &d.nodes} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
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
// ARN ends in an id nobody knows beforehand (Service Authorization Reference,
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

// grouped puts clusters together that need the same, in the order of the
// first of each, and leaves out those that need nothing.
func grouped(clusters []declared, need func(declared) []string) [][]declared {
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
