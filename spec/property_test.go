package spec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

var anyItem = rapid.Custom(func(t *rapid.T) Item {
	line := rapid.IntRange(1, 50).Draw(t, "line")
	item := Item{
		Type:     rapid.SampledFrom([]string{"", "", "STANDARD"}).Draw(t, "type"),
		Username: rapid.SampledFrom([]string{"", "", "", "x:{{SessionName}}", "other"}).Draw(t, "username"),
		Groups:   rapid.SliceOfN(rapid.SampledFrom([]string{"g1", "g2", "g3"}), 0, 3).Draw(t, "groups"),
		Reason:   rapid.SampledFrom([]string{"", "", "INC-1"}).Draw(t, "reason"),
		Own:      rapid.Bool().Draw(t, "own"),
		Pos:      Pos{"f.yaml", line, 5},
	}
	// Three principals, the first under two names.
	item.Principal = rapid.SampledFrom([]PrincipalRef{
		{Role: "dev"}, {ARN: "arn:aws:iam::111122223333:role/path/dev"}, {User: "u"}, {PermissionSet: "Set"},
	}).Draw(t, "principal")
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B"}), 0, 2, rapid.ID).Draw(t,
		"policies") {
		p := Policy{ARN: arn.AccessPolicy("aws", name), Scope: ScopeCluster, Namespaces: []string{}}
		if rapid.IntRange(0, 5).Draw(t, "narrow") == 0 {
			p.Scope, p.Namespaces = ScopeNamespace, []string{"n"}
		}
		item.Policies = append(item.Policies, p)
	}
	if rapid.Bool().Draw(t, "tagged") {
		item.Tags = map[string]string{"k": rapid.SampledFrom([]string{"v", "v", "v", "w"}).Draw(t, "tag")}
	}
	if rapid.IntRange(0, 4).Draw(t, "expires") == 0 {
		item.Expires = time.Date(2026, 12, 1, rapid.IntRange(0, 1).Draw(t, "hour"), 0, 0, 0, time.UTC)
	}
	return item
})

// What a cluster should have does not depend on the order in which its items
// were found, and neither does what is wrong with them.
func TestResolveInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(anyItem, 0, 6).Draw(t, "items")
		// One place holds one item, as in a file.
		for i := range items {
			items[i].Pos.Line = i + 1
		}
		c := Cluster{ID: example, Owner: "o", Tags: map[string]string{"k": "default", "d": "x"}, Items: items}
		want, problems := c.Resolve(iam(&c))

		other := c
		other.Items = slices.Clone(items)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		r.Shuffle(len(items), func(i, j int) { other.Items[i], other.Items[j] = other.Items[j], other.Items[i] })
		want2, problems2 := other.Resolve(iam(&other))

		if diff := cmp.Diff(want, want2, cmpopts.IgnoreFields(Want{}, "Cluster")); diff != "" {
			t.Fatalf("another order gives other entries:\n%s", diff)
		}
		if diff := cmp.Diff(problems, problems2); diff != "" {
			t.Fatalf("another order gives other problems:\n%s", diff)
		}
	})
}

// Nothing declared is lost in the union, and nothing comes from nowhere.
func TestResolveIsUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Cluster{ID: example, Items: rapid.SliceOfN(anyItem, 0, 6).Draw(t, "items")}
		arns := iam(&c)
		want, problems := c.Resolve(arns)
		if problems.Failed() {
			t.Skip("the items contradict each other")
		}
		declared, wanted := map[string]bool{}, map[string]bool{}
		for _, item := range c.Items {
			who := item.Principal.ARN
			if who == "" {
				who = arns[item.Principal]
			}
			declared[who] = true
			for _, g := range item.Groups {
				declared[who+" group "+g] = true
			}
			for _, p := range item.Policies {
				declared[fmt.Sprint(who, p)] = true
			}
			for k, v := range item.Tags {
				declared[who+" tag "+k+"="+v] = true
			}
		}
		for i, e := range want.Entries {
			if i > 0 && want.Entries[i-1].Principal >= e.Principal {
				t.Fatal("entries are not sorted, or one principal has two")
			}
			if diff := cmp.Diff(e.Entry.Canonical(), e.Entry); diff != "" {
				t.Fatalf("an entry is not canonical:\n%s", diff)
			}
			wanted[e.Principal] = true
			for _, g := range e.Groups {
				wanted[e.Principal+" group "+g] = true
			}
			for _, p := range e.Policies {
				wanted[fmt.Sprint(e.Principal, p)] = true
			}
			for k, v := range e.Tags {
				wanted[e.Principal+" tag "+k+"="+v] = true
			}
		}
		if diff := cmp.Diff(declared, wanted); diff != "" {
			t.Fatalf("(-declared +wanted):\n%s", diff)
		}
	})
}

// Canonical form is a form: taking it twice changes nothing.
func TestCanonicalTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-c]{0,2}`))
		e := Entry{
			Principal: "p",
			Groups:    words.Draw(t, "groups"),
			Tags:      rapid.MapOf(rapid.StringMatching(`[a-c]`), rapid.String()).Draw(t, "tags"),
			Policies:  []Policy{{"b", ScopeNamespace, words.Draw(t, "namespaces")}, {"a", ScopeCluster, nil}},
		}
		once := e.Canonical()
		if diff := cmp.Diff(once, once.Canonical()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The distance of two words is the same both ways, and none for one word.
func TestDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.StringMatching(`[abc]{0,6}`).Draw(t, "a")
		b := rapid.StringMatching(`[abc]{0,6}`).Draw(t, "b")
		if suggest.Distance(a, b) != suggest.Distance(b, a) || (suggest.Distance(a, b) == 0) != (a == b) ||
			suggest.Distance(a, b) > max(len(a), len(b)) {
			t.Fatalf("distance of %q and %q is %d, back %d", a, b, suggest.Distance(a, b), suggest.Distance(b, a))
		}
		if d := suggest.Distance(a, strings.Repeat("x", 1)+a); d != 1 {
			t.Fatalf("a letter more is %d away", d)
		}
	})
}
