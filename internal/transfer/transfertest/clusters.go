// Package handovertest is for tests of the packages that write or read access in
// another tool's form: it draws random clusters with access entries, and does a
// tool's part of a round trip.
package transfertest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

// word draws text that is hard on some format, or plain.
func word() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(
			[]string{
				"a",
				"team:dev",
				"no",
				"on",
				"y",
				"null",
				"~",
				"012345678901",
				"1e3",
				"0x10",
				"1_000",
				"190:20:30",
				"2026-11-23",
				"${aws_iam_role.x.arn}",
				"$${x}",
				"%{ if true }",
				"%%{x}",
				"a\"b",
				`a\b`,
				"a b",
				" a ",
				"a: b",
				"- a",
				"#a",
				"a #b",
				"{a}",
				"[a]",
				"*a",
				"&a",
				"!a",
				"|",
				">",
				"@a",
				"`a`",
				"<script>",
				"a,b",
				"'a'",
				"=",
				"<<",
				".inf",
				"TRUE",
				"é",
				"日本",
				"{{SessionName}}",
				"x:{{SessionName}}",
				"a\nb",
				"a\tb",
				"\u202ea",
			},
		),
		rapid.StringMatching(`[a-z][a-z0-9-]{0,8}`),
	)
}

// name draws the name of a role, user, policy or cluster.
func name() *rapid.Generator[string] { return rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9_-]{0,6}`) }

// Clusters draws up to three clusters, in order, with up to four entries each.
func Clusters(t *rapid.T) []transfer.Cluster {
	var out []transfer.Cluster
	seen := map[arn.Cluster]bool{}
	for range rapid.IntRange(1, 3).Draw(t, "clusters") {
		c := transfer.Cluster{
			Mode: rapid.SampledFrom([]string{"", "API", "API_AND_CONFIG_MAP"}).Draw(t, "mode"),
			ID: arn.Cluster{Partition: "aws",
				Account: rapid.SampledFrom([]string{"111122223333", "012345678901"}).Draw(t, "account"),
				Region: rapid.SampledFrom([]string{"eu-west-1", "us-east-1"}).
					Draw(t, "region"),
				Name: name().Draw(t, "cluster")},
		}
		if seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		for range rapid.IntRange(0, 4).Draw(t, "entries") {
			e := entry(t, c.ID)
			if !contains(c.Entries, e.Principal) {
				c.Entries = append(c.Entries, transfer.Entry{Entry: e})
			}
		}
		out = append(out, c)
	}
	transfer.Sort(out)
	return out
}

func contains(entries []transfer.Entry, principal string) bool {
	for _, e := range entries {
		if e.Principal == principal {
			return true
		}
	}
	return false
}

func entry(t *rapid.T, id arn.Cluster) spec.Entry {
	path := rapid.SampledFrom([]string{"", "team/", "aws-reserved/sso.amazonaws.com/eu-west-1/"}).Draw(t, "path")
	principal := fmt.Sprintf(
		"arn:aws:iam::%s:%s/%s%s",
		id.Account,
		rapid.SampledFrom([]string{"role", "user"}).Draw(t, "kind"),
		path,
		rapid.OneOf(name(), rapid.SampledFrom([]string{"a.b", "a+b", "a=b,c@d",
			"AWSReservedSSO_Dev_0123456789abcdef"})).
			Draw(t, "name"),
	)
	e := spec.Entry{
		Principal: principal,
		Type:      rapid.SampledFrom([]string{eksfacts.Standard, eksfacts.Standard, eksfacts.EC2Linux}).Draw(t, "type"),
	}
	tags := rapid.MapOfN(word(), word(), 0, 2)
	if e.Type != eksfacts.Standard {
		e.Tags = tags.Draw(t, "tags")
		return transfer.Fill(e)
	}
	if rapid.Bool().Draw(t, "named") {
		e.Username = word().Draw(t, "username")
	}
	e.Groups = rapid.SliceOfNDistinct(word(), 0, 2, rapid.ID).Draw(t, "groups")
	e.Tags = tags.Draw(t, "tags")
	for _, p := range rapid.SliceOfNDistinct(rapid.OneOf(rapid.SampledFrom([]string{"AmazonEKSViewPolicy",
		"AmazonEKSEditPolicy"}), name()), 0, 2, rapid.ID).Draw(t, "policies") {
		policy := spec.Policy{ARN: arn.AccessPolicy("aws", p), Scope: spec.ScopeCluster}
		if rapid.Bool().Draw(t, "narrow") {
			policy.Scope = spec.ScopeNamespace
			policy.Namespaces = rapid.SliceOfN(word(), 1, 3).Draw(t, "namespaces")
		}
		e.Policies = append(e.Policies, policy)
	}
	return transfer.Fill(e)
}
