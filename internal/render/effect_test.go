package render

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func TestEffectLine(t *testing.T) {
	const arn = "arn:aws:iam::111122223333:role/payments"
	entry := func(policies ...spec.Policy) *spec.Entry {
		return &spec.Entry{Principal: arn, Type: "STANDARD", Policies: policies}
	}
	edit := func(namespaces ...string) spec.Policy {
		p := spec.Policy{ARN: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy", Scope: spec.ScopeCluster}
		if len(namespaces) > 0 {
			p.Scope, p.Namespaces = spec.ScopeNamespace, namespaces
		}
		return p
	}
	admin := spec.Policy{ARN: adminPolicy, Scope: spec.ScopeCluster}
	for _, test := range []struct {
		why           string
		action        plan.Action
		before, after *spec.Entry
		sign, effect  string
		details       []string
	}{
		{why: "a new entry", action: plan.Create, after: entry(edit("a", "b-*")), sign: "+", effect: "edit in a, b-*"},
		{why: "a new cluster admin", action: plan.Create, after: entry(admin), sign: "+", effect: "cluster admin"},
		{why: "a narrower scope", action: plan.Update, before: entry(edit()), after: entry(edit("a")), sign: "~",
			details: []string{"AmazonEKSEditPolicy: all namespaces -> a", "loses edit in all other namespaces"}},
		{why: "a wider scope", action: plan.Update, before: entry(edit("a")), after: entry(edit()), sign: "+",
			details: []string{"AmazonEKSEditPolicy: a -> all namespaces", "gains edit in all namespaces"}},
		{why: "one namespace for another", action: plan.Update, before: entry(edit("a")), after: entry(edit("b")),
			sign:    "~",
			details: []string{"AmazonEKSEditPolicy: a -> b", "gains edit in b", "loses edit in a"}},
		{why: "an admin becomes an editor", action: plan.Update, before: entry(admin), after: entry(edit()), sign: "-",
			effect: "loses cluster admin"},
		{why: "a deleted entry", action: plan.Delete, before: entry(edit()), sign: "-",
			effect:  "loses edit in all namespaces",
			details: []string{"named by absent"}},
		{why: "recreated with the same access", action: plan.Replace, before: entry(edit()), after: entry(edit()),
			sign: "~", effect: "keeps edit in all namespaces", details: []string{"named by absent"}},
	} {
		t.Run(test.why, func(t *testing.T) {
			c := plan.Change{Action: test.action, Principal: arn, Source: "f.yaml:3:9", Reason: "named by absent",
				Before: test.before, After: test.after}
			got := effectLineOf(c, NewLabels("111122223333", []string{arn}), time.Time{})
			if got.sign != test.sign || got.effect != test.effect {
				t.Errorf("got %q %q, want %q %q", got.sign, got.effect, test.sign, test.effect)
			}
			if d := cmp.Diff(test.details, got.details); d != "" {
				t.Errorf("details (-want +got):\n%s", d)
			}
			if got.place != "f.yaml:3" || got.subject != "role payments" {
				t.Errorf("got place %q, subject %q", got.place, got.subject)
			}
		})
	}
}
