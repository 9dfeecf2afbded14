package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// guardLines is what the guards said: name, verdict and detail, a line each.
func guardLines(guards []plan.Guard) string {
	var lines []string
	for _, g := range guards {
		verdict := "?"
		if g.OK != nil {
			verdict = map[bool]string{true: "ok", false: "NO"}[*g.OK]
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", g.Name, verdict, g.Detail))
	}
	return strings.Join(lines, "\n")
}

func TestJudge(t *testing.T) {
	a, b := entry(role("a"), "policy:ClusterAdmin"), entry(role("b"), "policy:ClusterAdmin")
	ns := entry(role("ns"), "policy:ClusterAdmin@shop")
	dev := func(i int) spec.Entry { return entry(role(fmt.Sprint("dev", i)), "policy:View") }
	del := func(e spec.Entry) plan.Change {
		return plan.Change{Action: plan.Delete, Principal: e.Principal, Before: &e, Steps: []plan.Step{
			{Operation: plan.DeleteAccessEntry, Principal: e.Principal, Phase: plan.Revoke}}}
	}
	add := func(e spec.Entry) plan.Change {
		return plan.Change{Action: plan.Create, Principal: e.Principal, After: &e, Steps: plan.CreateSteps(e)}
	}
	update := func(before, after spec.Entry) plan.Change {
		return plan.Change{
			Action:    plan.Update,
			Principal: before.Principal,
			Before:    &before,
			After:     &after,
			Steps:     plan.UpdateSteps(before, after),
		}
	}
	expire := func(e spec.Entry) plan.Change {
		c := del(e)
		c.Expired = true
		return c
	}
	retype := func(e spec.Entry) plan.Change {
		after := entry(e.Principal, "type:EC2_LINUX")
		return plan.Change{
			Action:    plan.Replace,
			Principal: e.Principal,
			Before:    &e,
			After:     &after,
			Steps:     plan.ReplaceSteps(after, false),
		}
	}
	trusts := func(kind trust.Kind, who string) *trust.Policy {
		return &trust.Policy{Statements: []trust.Statement{{Kind: kind, Who: who}}}
	}
	over := entry(role("dev1"), "policy:View", "tag:eksaccess:expires=2026-11-23T07:00:00Z")
	heldDev := entry(role("dev1"), "policy:View", "hold:2026-11-23T09:00:00Z")
	edit := entry(role("edit"), "policy:Edit")
	managed := entry(role("ack"), "policy:ACK", "tag:aws:eks:managed=true")
	fake := entry("arn:aws:iam::111122223333:user/x", "policy:ACK", "policy:ClusterAdmin")
	one, zero := 1, 0
	young := spec.Identity{Existence: spec.Exists, CreatedAt: now}
	tests := []struct {
		name, reason string
		have         []spec.Entry
		unread       bool
		changes      []plan.Change
		rules        plan.Rules
		allow        plan.Allow
		callers      []string
		mode         plan.ModeChange
		ids          map[string]spec.Identity
		declared     []string
		want         []string // lines that must be there
	}{
		{
			name: "what an earlier step gave is gone", reason: "the rest of an update does not make it an admin again",
			have: []spec.Entry{entry(role("a"), "policy:View"), b}, changes: []plan.Change{del(b), {Action: plan.Update,
				Principal: a.Principal, Before: &a, After: &a,
				Steps: []plan.Step{{Operation: plan.DisassociateAccessPolicy,
					Principal: a.Principal, Policy: policy("AmazonEKSViewPolicy"), Phase: plan.Revoke}}}},
			want: []string{"minAdmins NO: 0 cluster admins after this plan, 1 required"},
		}, {
			name: "one of two goes", reason: "one is left", have: []spec.Entry{a, b}, changes: []plan.Change{del(b)},
			want: []string{"minAdmins ok: 1 cluster admin after this plan, 1 required (1 not checked with IAM)"},
		}, {
			name: "the file wants two", reason: "the file's number counts", have: []spec.Entry{a, b},
			changes: []plan.Change{del(b)},
			rules: plan.Rules{
				MinAdmins: 2,
			}, want: []string{"minAdmins NO: 1 cluster admin after this plan, 2 required"},
		}, {
			name: "the flag stands above the file", reason: "--min-admins", have: []spec.Entry{a, b},
			changes: []plan.Change{del(b)},
			rules: plan.Rules{
				MinAdmins: 2,
			}, allow: plan.Allow{MinAdmins: &one}, want: []string{"minAdmins ok: 1 cluster admin"},
		}, {
			name: "too few already", reason: "not made worse is a warning, not a refusal", have: []spec.Entry{a},
			changes: []plan.Change{del(dev(1))},
			rules: plan.Rules{
				MinAdmins: 2,
			}, want: []string{"minAdmins ok: 1 cluster admin after this plan, 2 required"},
		}, {
			name: "ClusterAdmin in a namespace", reason: "is no cluster admin", have: []spec.Entry{a, ns},
			changes: []plan.Change{del(a)},
			want:    []string{"minAdmins NO: 0 cluster admin"},
		}, {
			name: "a dead one does not count", reason: "its principal was made again after the " +
				"entry", have: []spec.Entry{a, b},
			changes: []plan.Change{
				del(a),
			}, ids: map[string]spec.Identity{b.Principal: young}, want: []string{"minAdmins NO: 0 cluster admin"},
		}, {
			name: "a dead one replaced counts", reason: "the new entry is bound to the principal as it is",
			have: []spec.Entry{a, b},
			changes: []plan.Change{del(a), {Action: plan.Replace, Principal: b.Principal, Before: &b, After: &b,
				Steps: plan.ReplaceSteps(b, true)}},
			ids: map[string]spec.Identity{b.Principal: young}, want: []string{"minAdmins ok: 1 cluster admin"},
		}, {
			name: "an orphan does not count", reason: "IAM has nobody of that name", have: []spec.Entry{a, b},
			changes: []plan.Change{del(a)},
			ids: map[string]spec.Identity{
				b.Principal: {Existence: spec.Gone},
			}, want: []string{"minAdmins NO: 0 cluster admin"},
		}, {
			name: "nothing could be read", reason: "then nobody can say", unread: true, want: []string{"minAdmins ?: " +
				"0 cluster admin"},
			mode: plan.ModeChange{Before: eksfacts.ModeConfigMap, After: eksfacts.ModeAPIAndConfigMap},
		}, {
			name: "nothing read, enough declared", reason: "the declared ones are enough", unread: true,
			changes: []plan.Change{add(a)},
			mode:    plan.ModeChange{Before: eksfacts.ModeConfigMap, After: eksfacts.ModeAPIAndConfigMap},
			want: []string{
				"minAdmins ok: 1 cluster admin",
				"authenticationMode ok: the change to mode API_AND_CONFIG_MAP cannot be undone",
			},
		}, {
			name: "required admin taken", reason: "by name in the cluster's account", have: []spec.Entry{a, b},
			changes: []plan.Change{del(b)},
			rules: plan.Rules{
				RequiredAdmins: []string{"role=b"},
			}, want: []string{`requiredAdmins NO: required admins that would not be cluster admins: "role=b"`},
		}, {
			name: "required admin taken, allowed", reason: "--allow-missing-admins", have: []spec.Entry{a, b},
			changes: []plan.Change{del(b)},
			rules: plan.Rules{
				RequiredAdmins: []string{"role=b"},
			}, allow: plan.Allow{MissingAdmins: true}, want: []string{"requiredAdmins ok: missing"},
		}, {
			name: "required admin was none before", reason: "not made worse", have: []spec.Entry{a},
			rules: plan.Rules{RequiredAdmins: []string{b.Principal}},
			want:  []string{"requiredAdmins ok: missing before and after"},
		}, {
			name: "self", reason: "the identity it was assumed from counts too", have: []spec.Entry{a, b},
			changes: []plan.Change{del(b)},
			callers: []string{
				role("ci"),
				b.Principal,
			}, want: []string{`selfLockout NO: the caller "` + b.Principal + `" would lose cluster admin`},
		}, {
			name: "self, allowed", reason: "--allow-self-lockout", have: []spec.Entry{a, b},
			changes: []plan.Change{del(b)},
			callers: []string{b.Principal}, allow: plan.Allow{SelfLockout: true}, want: []string{"selfLockout ok:"},
		}, {
			name: "self is no admin", reason: "there is nothing to take", have: []spec.Entry{a},
			callers: []string{role("ci")}, want: []string{"selfLockout ok:"},
		}, {
			name: "two removals of few", reason: "at least two are allowed", have: []spec.Entry{a, dev(1), dev(2)},
			changes: []plan.Change{
				del(dev(1)),
				del(dev(2)),
			}, want: []string{"maxRemovals ok: 2 of 3 principals would lose a permission, at most 2 may (25%, at " +
				"least 2)"},
		}, {
			name: "three removals of few", reason: "more than two and than a quarter",
			have: []spec.Entry{a, dev(1), dev(2), dev(3)},
			changes: []plan.Change{
				del(dev(1)),
				del(dev(2)),
				del(dev(3)),
			}, want: []string{"maxRemovals NO: 3 of 4 principals would lose a permission, at most 2 may"},
		}, {
			name: "a value that is set is taken as written", reason: "even 0", have: []spec.Entry{a, dev(1)},
			changes: []plan.Change{del(dev(1))},
			allow: plan.Allow{
				MaxRemovals: &spec.Share{Set: true, Value: zero},
			}, want: []string{"maxRemovals NO: 1 of 2 principals would lose a permission, at most 0 may (0)"},
		}, {
			name: "expired and gone do not count", reason: "they lose nothing they could use",
			have: []spec.Entry{a, over, dev(2)},
			rules: plan.Rules{
				MaxRemovals: "0",
			}, ids: map[string]spec.Identity{dev(2).Principal: {Existence: spec.Gone}},
			changes: []plan.Change{del(over), del(dev(2))},
			want:    []string{"maxRemovals ok: no principal loses a permission"},
		}, {
			name: "expired by the file only", reason: "a date in the file can be a mistake, and these can still use " +
				"what they have",
			have: []spec.Entry{
				a,
				dev(1),
				dev(2),
				dev(3),
			}, changes: []plan.Change{expire(dev(1)), expire(dev(2)), expire(dev(3))},
			want: []string{"maxRemovals NO: 3 of 4 principals would lose a permission"},
		}, {
			name: "people turned into nodes", reason: "they lose what they had",
			have:    []spec.Entry{a, dev(1), dev(2), dev(3)},
			changes: []plan.Change{retype(dev(1)), retype(dev(2)), retype(dev(3))},
			want:    []string{"maxRemovals NO: 3 of 4 principals would lose a permission", "nodeAccess ok"},
		}, {
			name: "wider policy in place of a narrower one", reason: "Admin includes Edit, so nothing is " +
				"lost", have: []spec.Entry{a, edit},
			rules: plan.Rules{
				MaxRemovals: "0",
			}, changes: []plan.Change{update(edit, entry(edit.Principal, "policy:Admin"))},
			want: []string{"maxRemovals ok: no principal loses a permission"},
		}, {
			name: "capability role", reason: "no person can assume it", have: []spec.Entry{a, b},
			changes: []plan.Change{del(a)},
			ids: map[string]spec.Identity{
				b.Principal: {Existence: spec.Exists, Trust: trusts("service", "capabilities.eks.amazonaws.com")},
			},
			want: []string{"minAdmins NO: 0 cluster admin"},
		}, {
			name: "undeclared job", reason: "a job that no file declares is not counted on", have: []spec.Entry{a, b},
			changes: []plan.Change{del(a)},
			ids: map[string]spec.Identity{
				b.Principal: {Existence: spec.Exists, Trust: trusts("service", "codebuild.amazonaws.com")},
			},
			want: []string{"minAdmins NO: 0 cluster admin"},
		}, {
			name: "declared job", reason: "declared automation counts", have: []spec.Entry{a, b},
			changes: []plan.Change{del(a)}, declared: []string{b.Principal},
			ids: map[string]spec.Identity{
				b.Principal: {Existence: spec.Exists, Trust: trusts("service", "codebuild.amazonaws.com")},
			},
			want: []string{"minAdmins ok: 1 cluster admin"},
		}, {
			name: "on hold now", reason: "the plan did not see the hold", have: []spec.Entry{a, heldDev},
			changes: []plan.Change{del(dev(1))},
			want: []string{
				`holds NO: entries on hold would lose access: "` + dev(
					1,
				).Principal + `" until 2026-11-23T09:00:00Z (INC-4711)`,
			},
		}, {
			name: "on hold, ended by the flag", reason: "--end-holds", have: []spec.Entry{a, heldDev},
			changes: []plan.Change{del(dev(1))},
			allow: plan.Allow{
				EndHolds: true,
			}, want: []string{"holds ok: entries on hold lose access, allowed by --end-holds"},
		}, {
			name: "hold without a reason", reason: "it has no effect",
			have: []spec.Entry{a, entry(role("dev1"), "policy:View",
				"tag:eksaccess:hold-until=2026-11-23T09:00:00Z")},
			changes: []plan.Change{del(dev(1))}, want: []string{"holds ok: no entry on hold"},
		}, {
			name: "hold for years", reason: "it has no effect",
			have:    []spec.Entry{a, entry(role("dev1"), "policy:View", "hold:2099-01-01T00:00:00Z")},
			changes: []plan.Change{del(dev(1))}, want: []string{"holds ok: no entry on hold"},
		}, {
			name: "longer holds are respected", reason: "guards.maxHold",
			have: []spec.Entry{a, entry(role("dev1"), "policy:View", "hold:2026-11-25T00:00:00Z")},
			rules: plan.Rules{
				MaxHold: "72h",
			}, changes: []plan.Change{del(dev(1))}, want: []string{"holds NO: entries on hold"},
		}, {
			name: "adding to what is on hold", reason: "nothing is lost", have: []spec.Entry{a, heldDev},
			changes: []plan.Change{
				update(heldDev, entry(role("dev1"), "policy:View", "policy:Edit", "hold:2026-11-23T09:00:00Z")),
			}, want: []string{"holds ok"},
		}, {
			name: "owner changed since", reason: "the entry is another owner's now, whatever it was",
			have: []spec.Entry{a, entry(role("dev1"), "policy:View", "tag:eksaccess:owner=payments")},
			rules: plan.Rules{
				Owner: "platform",
			}, changes: []plan.Change{del(entry(role("dev1"), "policy:View", "tag:eksaccess:owner=platform"))},
			want: []string{
				`ownership NO: entries of other owners would be changed: "` + dev(1).Principal + `" of "payments"`,
			},
		}, {
			name: "EKS loses nothing", reason: "EKS is an owner", have: []spec.Entry{a, managed},
			changes: []plan.Change{del(managed)},
			want: []string{
				`ownership NO: entries of other owners would be changed: "` + managed.Principal + `" of "EKS"`,
			},
		}, {
			name: "adding to what EKS manages", reason: "its owner loses nothing", have: []spec.Entry{a, managed},
			changes: []plan.Change{
				update(managed, entry(managed.Principal, "policy:ACK", "policy:View", "tag:aws:eks:managed=true")),
			}, want: []string{"ownership ok"},
		}, {
			name: "a user with a policy of AWS", reason: "EKS manages roles of the cluster's account " +
				"only", have: []spec.Entry{a, fake},
			changes: []plan.Change{del(fake)}, want: []string{"ownership ok"},
		}, {
			name: "to API", reason: "aws-auth was not read", have: []spec.Entry{a},
			mode: plan.ModeChange{Before: eksfacts.ModeAPIAndConfigMap, After: eksfacts.ModeAPI},
			want: []string{"authenticationMode NO: mode API disables aws-auth, and aws-auth was not read"},
		}, {
			name: "to API, allowed", reason: "--allow-api-only", have: []spec.Entry{a},
			allow: plan.Allow{APIOnly: true},
			mode: plan.ModeChange{
				Before: eksfacts.ModeAPIAndConfigMap,
				After:  eksfacts.ModeAPI,
			}, want: []string{"authenticationMode ok: mode API disables"},
		}, {
			name: "a delete may uncover", reason: "an aws-auth row would rule again", have: []spec.Entry{a, dev(1)},
			changes: []plan.Change{del(dev(1))},
			mode:    plan.ModeChange{Before: eksfacts.ModeAPIAndConfigMap, After: eksfacts.ModeAPIAndConfigMap},
			want:    []string{"awsAuthRestored ?: aws-auth was not read"},
		}, {
			name: "a node entry", reason: "its nodes would go",
			have: []spec.Entry{a, entry(role("n"), "type:EC2_LINUX")},
			changes: []plan.Change{
				del(entry(role("n"), "type:EC2_LINUX")),
			}, want: []string{`nodeAccess NO: the nodes of "` + role("n") + `"`},
		}, {
			name: "another owner's", reason: "a tool that tags is an owner too",
			have:    []spec.Entry{a, entry(role("x"), "tag:alpha.eksctl.io/cluster-name=c")},
			changes: []plan.Change{del(entry(role("x"), "tag:alpha.eksctl.io/cluster-name=c"))},
			want: []string{
				`ownership NO: entries of other owners would be changed: "` + role("x") + `" of "eksctl"`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have := &spec.Live{ID: cluster, Mode: eksfacts.ModeAPI, EntriesRead: !tt.unread, Identities: tt.ids}
			for _, e := range tt.have {
				have.Entries = append(have.Entries, spec.LiveEntry{Entry: e, CreatedAt: now.Add(-time.Hour)})
			}
			guards, _ := plan.Judgement{
				Have:     have,
				Changes:  tt.changes,
				Mode:     tt.mode,
				Rules:    tt.rules,
				Callers:  tt.callers,
				Allow:    tt.allow,
				Now:      now,
				Declared: func(principal string) bool { return slices.Contains(tt.declared, principal) },
			}.Judge()
			got := guardLines(guards)
			for _, w := range tt.want {
				if !strings.Contains("\n"+got, "\n"+w) {
					t.Errorf("no line %q in\n%s\nbecause: %s", w, got, tt.reason)
				}
			}
			for _, g := range guards {
				if g.Refuses() == (g.Hint == "") {
					t.Errorf("guard %s: refuses %v with hint %q", g.Name, g.Refuses(), g.Hint)
				}
			}
		})
	}
}

func TestSeal(t *testing.T) {
	c := plan.Compute(
		plan.Input{
			Now: now,
			Want: &spec.Want{
				Cluster: &spec.Cluster{ID: cluster},
				Entries: []spec.WantEntry{{Entry: entry(role("a"), "policy:View")}},
			},
			Have: &spec.Live{ID: cluster, Mode: eksfacts.ModeAPI, EntriesRead: true},
		},
	)
	p := plan.New([]plan.Cluster{c}, now, "v1")
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	later := plan.New([]plan.Cluster{c}, now.Add(time.Hour), "v1")
	if diff := cmp.Diff(p.Digest, later.Digest); diff != "" {
		t.Errorf("the digest depends on when the plan was made: %s", diff)
	}
	p.Clusters[0].Changes[0].Steps[0].Tags = map[string]string{"x": "y"}
	if err := p.Check(); err == nil {
		t.Error("a changed step went unnoticed")
	}
	p.APIVersion = "eksaccess/v2"
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "eksaccess/v2") {
		t.Errorf("another version: %v", err)
	}
}

// A cluster whose entries can't be read fails, unless its file names a mode
// that lets them be.
func TestConfigMapMode(t *testing.T) {
	in := plan.Input{
		Now: now,
		Want: &spec.Want{Cluster: &spec.Cluster{ID: cluster, Pos: spec.Pos{File: "f.yaml", Line: 7, Column: 5}},
			Entries: []spec.WantEntry{{Entry: entry(role("a"), "policy:ClusterAdmin")}}},
		Have: &spec.Live{ID: cluster, Mode: eksfacts.ModeConfigMap},
	}
	c := plan.Compute(in)
	if c.Status != plan.Failed || c.Error.Code != "AuthenticationModeConfigMap" ||
		!strings.Contains(c.Error.Hint, "(f.yaml:7:5)") ||
		c.Unmanaged != nil ||
		c.Fingerprint != nil {
		t.Errorf("without a mode: %+v", c)
	}
	in.Want.Cluster.Mode = eksfacts.ModeAPI
	c = plan.Compute(in)
	if diff := cmp.Diff(&plan.ModeChange{Before: eksfacts.ModeConfigMap, After: eksfacts.ModeAPI},
		c.AuthenticationMode); diff != "" ||
		c.Unmanaged != nil {
		t.Errorf("with one: %s, unmanaged %v", diff, c.Unmanaged)
	}
	in.Options.AddOnly = true
	if c = plan.Compute(in); c.AuthenticationMode.After != eksfacts.ModeAPIAndConfigMap {
		t.Errorf("add-only goes to %s, which ends aws-auth", c.AuthenticationMode.After)
	}
}
