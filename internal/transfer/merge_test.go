package transfer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

func drawFound(t *rapid.T) *transfer.Import {
	f := &transfer.Import{Source: "live access"}
	for i := range rapid.IntRange(1, 4).Draw(t, "clusters") {
		id := arn.Cluster{
			Partition: "aws",
			Account:   rapid.SampledFrom([]string{"111122223333", "444455556666"}).Draw(t, "account"),
			Region:    "eu-west-1",
			Name:      fmt.Sprintf("c%d", i),
		}
		c := transfer.Cluster{ID: id}
		for _, who := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"own:role/a", "own:role/x/b",
			"own:user/u", "999900001111:role/c",
			"own:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"}), 0, 5, rapid.ID).Draw(t,
			"principals") {
			e := transfer.Entry{
				Entry: spec.Entry{
					Principal: "arn:aws:iam::" + strings.Replace(who, "own", id.Account, 1),
					Type:      eksfacts.Standard,
				},
			}
			e.Username = eksfacts.DefaultUsername(e.Type, e.Principal)
			e.Groups = rapid.SliceOfN(rapid.SampledFrom([]string{"g", "on", "a b"}), 0, 2).Draw(t, "groups")
			if rapid.Bool().Draw(t, "admin") {
				e.Policies = []spec.Policy{
					{ARN: arn.AccessPolicy("aws", eksfacts.ClusterAdminPolicy), Scope: spec.ScopeCluster},
				}
			}
			if rapid.Bool().Draw(t, "view") {
				e.Policies = append(
					e.Policies,
					spec.Policy{
						ARN:        arn.AccessPolicy("aws", "AmazonEKSViewPolicy"),
						Scope:      spec.ScopeNamespace,
						Namespaces: []string{"n", "n-*"},
					},
				)
			}
			if strings.Contains(who, "SSO") && rapid.Bool().Draw(t, "as a set") {
				e.Ref = spec.PrincipalRef{PermissionSet: "Dev"}
			}
			e.Owner = rapid.SampledFrom([]string{"", "eksctl"}).Draw(t, "owner")
			e.Entry = e.Entry.Canonical()
			c.Entries = append(c.Entries, e)
		}
		f.Clusters = append(f.Clusters, c)
	}
	return f
}

// declaredAccess is what a file declares, wherever in it that stands.
func declaredAccess(t *rapid.T, text []byte) map[string][]string {
	fleet, problems := spec.Load([]spec.Source{{Name: "f.yaml", Data: text}})
	if problems.Failed() {
		t.Fatalf("%v\n%s", problems, text)
	}
	out := map[string][]string{}
	for _, c := range fleet.Clusters {
		lines := []string{}
		for _, i := range c.Items {
			lines = append(lines, fmt.Sprint(i.Principal, i.Type, i.Username, i.Groups, i.Policies, i.Tags))
		}
		slices.Sort(lines)
		out[c.ID.Path()] = lines
	}
	return out
}

// Of any part of it a file may be made, and the rest added: it then says what a
// file of all of it says. Sets say the same as no sets.
func TestMergeIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawFound(t)
		text, _ := transfer.Write(all, transfer.Options{})
		want := declaredAccess(t, text)
		shared, _ := transfer.Write(all, transfer.Options{Sets: true})
		if diff := cmp.Diff(want, declaredAccess(t, shared)); diff != "" {
			t.Fatalf("with sets it says something else:\n%s\n%s", diff, shared)
		}
		part := &transfer.Import{Source: "before"}
		for i, c := range all.Clusters {
			if i > 0 && rapid.Bool().Draw(t, "not there") {
				continue
			}
			c.Entries = slices.DeleteFunc(
				slices.Clone(c.Entries),
				func(transfer.Entry) bool { return rapid.Bool().Draw(t, "lacking") },
			)
			part.Clusters = append(part.Clusters, c)
		}
		before, _ := transfer.Write(part, transfer.Options{Sets: rapid.Bool().Draw(t, "sets before")})
		after, told, err := transfer.Merge(spec.Source{Name: "f.yaml", Data: before}, all)
		if err != nil {
			t.Fatalf("%v\n%s", err, before)
		}
		if diff := cmp.Diff(want, declaredAccess(t, after)); diff != "" {
			t.Fatalf(
				"merged it says something else (-all +merged):\n%s\n--- before\n%s\n--- after\n%s",
				diff,
				before,
				after,
			)
		}
		again, _, err := transfer.Merge(spec.Source{Name: "f.yaml", Data: after}, all)
		if err != nil || string(again) != string(after) {
			t.Fatalf("a second time it is another: %v\n%s", err, again)
		}
		for _, c := range told.Clusters {
			for _, n := range c.Notes {
				if n.Outcome != transfer.Carried {
					t.Fatalf("%s: %s", n.Outcome, n.Why)
				}
			}
		}
	})
}
