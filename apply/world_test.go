package apply

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

const account = "111122223333"

func role(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// entry is a STANDARD entry. Policies are written View, or View:ns1,ns2.
func entry(name string, policies ...string) spec.Entry {
	e := spec.Entry{
		Principal: role(name),
		Type:      eksfacts.Standard,
		Username:  eksfacts.DefaultUsername(eksfacts.Standard, role(name)),
	}
	for _, p := range policies {
		policy, namespaces, some := strings.Cut(p, ":")
		q := spec.Policy{ARN: arn.AccessPolicy("aws", "AmazonEKS"+policy+"Policy"), Scope: spec.ScopeCluster}
		if some {
			q.Scope, q.Namespaces = spec.ScopeNamespace, strings.Split(namespaces, ",")
		}
		e.Policies = append(e.Policies, q)
	}
	return e.Canonical()
}

func withGroups(e spec.Entry, groups ...string) spec.Entry {
	e.Groups = groups
	return e.Canonical()
}

func withUsername(e spec.Entry, username string) spec.Entry {
	e.Username = username
	return e
}

func withTags(e spec.Entry, kv ...string) spec.Entry {
	e = e.Clone()
	for i := 0; i < len(kv); i += 2 {
		e.Tags[kv[i]] = kv[i+1]
	}
	return e
}

func withType(e spec.Entry, t string) spec.Entry {
	e.Type, e.Username = t, eksfacts.DefaultUsername(t, e.Principal)
	return e.Canonical()
}

func create(after spec.Entry) plan.Change {
	return plan.Change{Action: plan.Create, Principal: after.Principal, After: &after, Steps: plan.CreateSteps(after)}
}

func update(before, after spec.Entry) plan.Change {
	return plan.Change{
		Action:    plan.Update,
		Principal: after.Principal,
		Before:    &before,
		After:     &after,
		Steps:     plan.UpdateSteps(before, after),
	}
}

func remove(before spec.Entry) plan.Change {
	return plan.Change{Action: plan.Delete, Principal: before.Principal, Before: &before,
		Steps: []plan.Step{{Operation: plan.DeleteAccessEntry, Principal: before.Principal, Phase: plan.Revoke}}}
}

func replaceOf(before, after spec.Entry, dead bool) plan.Change {
	return plan.Change{
		Action:    plan.Replace,
		Principal: after.Principal,
		Before:    &before,
		After:     &after,
		Steps:     plan.ReplaceSteps(after, dead),
	}
}

func rekey(before, after spec.Entry) plan.Change {
	c := create(after)
	c.Action, c.Before, c.PreviousPrincipal = plan.Rekey, &before, &before.Principal
	c.Steps = append(c.Steps, remove(before).Steps...)
	return c
}

// target is a plan for the fake, from the mode it is in to the one given.
func (f *fakeEKS) target(mode string, changes ...plan.Change) Target {
	slices.SortFunc(changes, func(a, b plan.Change) int { return strings.Compare(a.Principal, b.Principal) })
	c := plan.Cluster{
		Name:               f.id.Name,
		Region:             f.id.Region,
		Account:            f.id.Account,
		ARN:                f.id.ARN(),
		Status:             plan.Changed,
		AuthenticationMode: &plan.ModeChange{Before: f.mode, After: cmp.Or(mode, f.mode)},
		Changes:            changes,
	}
	if len(changes) == 0 && !c.AuthenticationMode.Moves() {
		c.Status = plan.InSync
	}
	return Target{Plan: c, Have: f.live(), Writer: f, Reader: f}
}

// options let one entry be at work at a time, so that calls come in one order.
func (f *fakeEKS) options() Options {
	return Options{Now: f.clock.Now, Sleep: f.clock.Sleep, Entries: 1}
}

// apply runs a plan of changes against the fake and checks what holds for
// every run.
func (f *fakeEKS) apply(t *testing.T, changes ...plan.Change) ClusterResult {
	t.Helper()
	return f.run(t, context.Background(), f.target("", changes...), f.options())
}

func (f *fakeEKS) run(t testing.TB, ctx context.Context, target Target, o Options) ClusterResult {
	t.Helper()
	r := Run(ctx, target, o)
	if why := misreportedSteps(target.Plan, r); why != "" {
		t.Errorf("every planned step must be reported once: %s", why)
	}
	if (r.Status == Applied || r.Status == InSync) != r.Converged {
		t.Errorf("status %s with converged %v", r.Status, r.Converged)
	}
	if (r.Status == Failed || r.Status == Interrupted) && r.Error == nil {
		t.Errorf("status %s without an error", r.Status)
	}
	return r
}

func line(s StepResult) string {
	return strings.Join(
		[]string{
			s.Operation,
			short(s.Principal),
			s.Mode,
			arn.PolicyName(s.Policy),
			s.Scope,
			strings.Join(s.Namespaces, ","),
		},
		" ",
	)
}

// misreportedSteps says which planned steps are not in exactly one of the lists of
// a result. Steps that put something back are not planned.
func misreportedSteps(p plan.Cluster, r ClusterResult) string {
	got := map[string]int{}
	for _, list := range [][]StepResult{r.Done, r.Failed, r.NotTried, r.InProgress} {
		for _, s := range list {
			if !strings.Contains(s.Note, "restores") {
				got[line(s)]++
			}
		}
	}
	var bad []string
	want := map[string]int{}
	for _, c := range p.Changes {
		for _, s := range c.Steps {
			want[line(StepResult{Step: s})]++
		}
	}
	if p.AuthenticationMode.Moves() {
		for _, m := range eksfacts.ModeSteps(p.AuthenticationMode.Before, p.AuthenticationMode.After) {
			want[line(StepResult{Step: plan.Step{Operation: plan.UpdateClusterConfig}, Mode: m})]++
		}
	}
	for l, n := range want {
		if got[l] != n {
			bad = append(bad, l)
		}
	}
	slices.Sort(bad)
	return strings.Join(bad, "; ")
}

func has(list []StepResult, operation, name string) bool {
	return slices.ContainsFunc(list, func(s StepResult) bool {
		return s.Operation == operation && (name == "" || s.Principal == role(name) || s.Mode == name)
	})
}

// calls that came, as one text a line.
func (f *fakeEKS) callLines() string { return strings.Join(f.calls, "\n") }
