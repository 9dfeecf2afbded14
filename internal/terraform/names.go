package terraform

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/transfer"
)

// A key is what has a name: an entry, or with a policy an association.
type key struct {
	cluster           arn.Cluster
	principal, policy string
}

func (k key) compare(l key) int {
	if n := k.cluster.Compare(l.cluster); n != 0 {
		return n
	}
	return slices.Compare([]string{k.principal, k.policy}, []string{l.principal, l.policy})
}

func (k key) String() string { return k.cluster.ARN() + " " + k.principal + " " + k.policy }

// nameAll gives each resource a name that a person knows it by: cluster,
// principal, policy.
func nameAll(clusters []transfer.Cluster) map[key]string {
	short := map[key]string{}
	for _, c := range clusters {
		for _, e := range c.Entries {
			short[key{c.ID, e.Principal, ""}] = identifier(c.ID.Name + "_" + e.Name())
		}
	}
	names := unique(short, key.compare, key.String)
	short = map[key]string{}
	for _, c := range clusters {
		for _, e := range c.Entries {
			for _, p := range e.Policies {
				short[key{c.ID, e.Principal, p.ARN}] = identifier(
					names[key{c.ID, e.Principal, ""}] + "_" + policyWord(p.ARN),
				)
			}
		}
	}
	maps.Copy(names, unique(short, key.compare, key.String))
	return names
}

// unique tells those apart that would share a name, by a digest of all their
// parts: so a name depends on nothing but what it clashes with.
func unique[K comparable](short map[K]string, compare func(a, b K) int, parts func(K) string) map[K]string {
	shared := map[string]int{}
	for _, name := range short {
		shared[name]++
	}
	names := make(map[K]string, len(short))
	taken := map[string]bool{}
	keys := slices.SortedFunc(maps.Keys(short), compare)
	for _, k := range keys {
		if shared[short[k]] == 1 {
			names[k], taken[short[k]] = short[k], true
		}
	}
	for _, k := range keys {
		if shared[short[k]] == 1 {
			continue
		}
		sum := digest(parts(k))
		n := 8
		for taken[short[k]+"_"+sum[:n]] {
			n++
		}
		names[k] = short[k] + "_" + sum[:n]
		taken[names[k]] = true
	}
	return names
}

// identifier makes a name of Terraform's of s: letters, digits, "_" and "-", no
// digit or "-" first (Terraform language, "Identifiers"; letters beyond ASCII
// are allowed there, and left out here).
func identifier(s string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-':
			return r
		}
		return '_'
	}, s)
	if name == "" || name[0] >= '0' && name[0] <= '9' || name[0] == '-' {
		return "_" + name
	}
	return name
}

// policyWord is a policy's name without what all of them share: "Edit" for
// AmazonEKSEditPolicy.
func policyWord(policyARN string) string {
	name := arn.PolicyName(policyARN)
	if word := strings.TrimSuffix(strings.TrimPrefix(name, "AmazonEKS"), "Policy"); word != "" {
		return word
	}
	return name
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
