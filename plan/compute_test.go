package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// entry builds an entry; each mod is "group:g", "policy:NAME" at cluster scope,
// "policy:NAME@ns,ns", "user:NAME", "type:TYPE" or "tag:key=value".
func entry(principal string, mods ...string) spec.Entry {
	e := spec.Entry{Principal: principal, Type: eksfacts.Standard, Tags: map[string]string{}}
	for _, m := range mods {
		kind, v, _ := strings.Cut(m, ":")
		switch kind {
		case "group":
			e.Groups = append(e.Groups, v)
		case "policy":
			name, ns, namespaced := strings.Cut(v, "@")
			p := spec.Policy{ARN: policy("AmazonEKS" + name + "Policy"), Scope: spec.ScopeCluster}
			if namespaced {
				p.Scope, p.Namespaces = spec.ScopeNamespace, strings.Split(ns, ",")
			}
			e.Policies = append(e.Policies, p)
		case "user":
			e.Username = v
		case "type":
			e.Type = v
		case "tag":
			key, value, _ := strings.Cut(v, "=")
			e.Tags[key] = value
		case "hold":
			e.Tags[spec.TagHoldUntil], e.Tags[spec.TagReason] = v, "INC-4711"
		}
	}
	if e.Username == "" {
		e.Username = eksfacts.DefaultUsername(e.Type, principal)
	}
	return e.Canonical()
}

// brief is a change in a line: action, principal's last part, steps.
func brief(changes []plan.Change) []string {
	out := []string{}
	for _, c := range changes {
		var steps []string
		for _, s := range c.Steps {
			steps = append(steps, stepText(s, c.Principal))
		}
		out = append(out, fmt.Sprintf("%s %s: %s", c.Action, last(c.Principal), strings.Join(steps, "; ")))
	}
	return out
}

func last(principal string) string { return principal[strings.LastIndexByte(principal, '/')+1:] }

func stepText(s plan.Step, principal string) string {
	text := string(s.Phase) + " " + s.Operation
	if s.Principal != principal {
		text += " of " + last(s.Principal)
	}
	if s.Policy != "" {
		text += " " + strings.TrimSuffix(strings.TrimPrefix(arn.PolicyName(s.Policy), "AmazonEKS"), "Policy")
	}
	if s.Scope != "" {
		text += "@" + s.Scope
	}
	if len(s.Namespaces) > 0 {
		text += fmt.Sprint(s.Namespaces)
	}
	if s.Groups != nil {
		text += fmt.Sprint(" groups", s.Groups)
	}
	if s.Username != nil {
		name := *s.Username
		if name == eksfacts.DefaultUsername(eksfacts.Standard, s.Principal) {
			name = "derived"
		}
		text += " username=" + name
	}
	for _, k := range slices.Sorted(func(yield func(string) bool) {
		for k := range s.Tags {
			if !yield(k) {
				return
			}
		}
	}) {
		text += " " + k + "=" + s.Tags[k]
	}
	if len(s.TagKeys) > 0 {
		text += fmt.Sprint(" ", s.TagKeys)
	}
	return text
}

const (
	ssoOld = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"
	ssoNew = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_fedcba9876543210"
)

func TestCompute(t *testing.T) {
	hold := "hold:" + now.Add(time.Hour).Format(time.RFC3339)
	admin := entry(role("admin"), "policy:ClusterAdmin")
	tests := []struct {
		name    string
		reason  string
		want    []spec.Entry
		have    []spec.Entry
		cluster spec.Cluster
		ids     map[string]spec.Identity
		set     map[string]string // permission set by principal
		expires map[string]time.Time
		options plan.Options
		mode    string
		changes []string
		other   string // unmanaged, held, counts, refusing guards
	}{
		{
			name: "first apply", reason: "nothing there, all is created",
			want: []spec.Entry{admin, entry(role("dev"), "policy:Edit@shop", "group:dev")}, have: nil,
			changes: []string{
				"create admin: grant CreateAccessEntry groups[]; grant AssociateAccessPolicy ClusterAdmin@cluster",
				"create dev: grant CreateAccessEntry groups[dev]; grant AssociateAccessPolicy Edit@namespace[shop]",
			},
			other: "unchanged=0",
		}, {
			name: "in sync", reason: "equal states are no change",
			want: []spec.Entry{admin}, have: []spec.Entry{admin}, changes: []string{}, other: "unchanged=1",
		}, {
			name: "adopted", reason: "an entry that is there becomes ours by a tag",
			want: []spec.Entry{
				entry(role("admin"), "policy:ClusterAdmin", "tag:eksaccess:owner=platform"),
			}, have: []spec.Entry{admin},
			cluster: spec.Cluster{Owner: "platform"},
			changes: []string{"update admin: grant TagResource eksaccess:owner=platform"}, other: "unchanged=0",
		}, {
			name: "scope in place", reason: "a scope is changed by associating again, never by taking it away first",
			want: []spec.Entry{
				admin,
				entry(role("dev"), "policy:Edit@shop,pay"),
			}, have: []spec.Entry{admin, entry(role("dev"), "policy:Edit@shop")},
			changes: []string{"update dev: grant AssociateAccessPolicy Edit@namespace[pay shop]"}, other: "unchanged=1",
		}, {
			name: "gains and loses", reason: "the union first, what is wanted after it",
			want: []spec.Entry{admin, entry(role("dev"), "policy:Edit@pay", "group:b")},
			have: []spec.Entry{admin, entry(role("dev"), "policy:Edit@shop", "group:a")},
			changes: []string{
				"update dev: grant AssociateAccessPolicy Edit@namespace[pay shop]; grant UpdateAccessEntry groups[a " +
					"b] username=derived; revoke UpdateAccessEntry groups[b] username=derived; revoke " +
					"AssociateAccessPolicy Edit@namespace[pay]",
			},
			other: "unchanged=1",
		}, {
			name: "last group", reason: "the empty list is sent, not left out",
			want: []spec.Entry{admin, entry(role("dev"))}, have: []spec.Entry{admin, entry(role("dev"), "group:a")},
			changes: []string{"update dev: revoke UpdateAccessEntry groups[] username=derived"}, other: "unchanged=1",
		}, {
			name: "username back to the derived one", reason: "it is sent, which is right whether Update replaces or " +
				"keeps what is not sent",
			want: []spec.Entry{
				admin,
				entry(role("dev"), "group:a"),
			}, have: []spec.Entry{admin, entry(role("dev"), "group:a", "user:ops:me")},
			changes: []string{"update dev: revoke UpdateAccessEntry groups[a] username=derived"}, other: "unchanged=1",
		}, {
			name: "groups change under a username", reason: "Update replaces both, so both are sent",
			want:    []spec.Entry{admin, entry(role("dev"), "group:a", "group:b", "user:ops:me")},
			have:    []spec.Entry{admin, entry(role("dev"), "group:a", "user:ops:me")},
			changes: []string{"update dev: grant UpdateAccessEntry groups[a b] username=ops:me"}, other: "unchanged=1",
		}, {
			name: "other people's tags stay", reason: "only declared tags and our own keys are looked at",
			want: []spec.Entry{entry(role("admin"), "policy:ClusterAdmin", "tag:team=x")},
			have: []spec.Entry{
				entry(role("admin"), "policy:ClusterAdmin", "tag:team=y", "tag:cost=7", "tag:eksaccess:reason=old"),
			},
			changes: []string{
				"update admin: grant TagResource team=x; grant UntagResource [eksaccess:reason]",
			}, other: "unchanged=0",
		}, {
			name: "type", reason: "EKS has no way to change it in place",
			want: []spec.Entry{
				admin,
				entry(role("n"), "policy:View"),
			}, have: []spec.Entry{admin, entry(role("n"), "type:EC2_LINUX")},
			options: plan.Options{Allow: plan.Allow{NodeRemoval: true}},
			changes: []string{
				"replace n: revoke DeleteAccessEntry; revoke CreateAccessEntry groups[]; revoke " +
					"AssociateAccessPolicy View@cluster",
			}, other: "unchanged=1",
		}, {
			name: "node turned into a person", reason: "nodes lose their pods",
			want: []spec.Entry{admin, entry(role("n"))}, have: []spec.Entry{admin, entry(role("n"), "type:EC2_LINUX")},
			changes: []string{
				"replace n: revoke DeleteAccessEntry; revoke CreateAccessEntry groups[]",
			}, other: "unchanged=1 refused=nodeAccess",
		}, {
			name: "dead principal", reason: "made again after its entry, so it grants nothing and replacing it takes " +
				"nothing",
			want: []spec.Entry{admin, entry(role("dev"), "policy:View")},
			have: []spec.Entry{admin, entry(role("dev"), "policy:View", "tag:team=x")},
			ids:  map[string]spec.Identity{role("dev"): {Existence: spec.Exists, CreatedAt: now.Add(-time.Minute)}},
			changes: []string{
				"replace dev: grant DeleteAccessEntry; grant CreateAccessEntry groups[] team=x; grant " +
					"AssociateAccessPolicy View@cluster",
			},
			other: "unchanged=1",
		}, {
			name: "rekey", reason: "the new suffix gets in before the old entry goes",
			want: []spec.Entry{
				admin,
				entry(role(ssoNew), "policy:Edit"),
			}, have: []spec.Entry{admin, entry(role(ssoOld), "policy:Edit")},
			set: map[string]string{
				role(ssoNew): "Dev",
			}, ids: map[string]spec.Identity{role(ssoOld): {Existence: spec.Gone}},
			changes: []string{
				"rekey AWSReservedSSO_Dev_fedcba9876543210: grant CreateAccessEntry groups[]; grant " +
					"AssociateAccessPolicy Edit@cluster; revoke DeleteAccessEntry of " +
					"AWSReservedSSO_Dev_0123456789abcdef",
			},
			other: "unchanged=1",
		}, {
			name: "rekey half done", reason: "a run that was killed is repaired by the next",
			want: []spec.Entry{
				admin,
				entry(role(ssoNew), "policy:Edit"),
			}, have: []spec.Entry{admin, entry(role(ssoOld), "policy:Edit"), entry(role(ssoNew), "policy:Edit")},
			set: map[string]string{
				role(ssoNew): "Dev",
			}, ids: map[string]spec.Identity{role(ssoOld): {Existence: spec.Gone}},
			changes: []string{
				"delete AWSReservedSSO_Dev_0123456789abcdef: revoke DeleteAccessEntry",
			}, other: "unchanged=2",
		}, {
			name: "former role that lives", reason: "neither ours nor gone: it is left and shown",
			want: []spec.Entry{
				admin,
				entry(role(ssoNew), "policy:Edit"),
			}, have: []spec.Entry{admin, entry(role(ssoOld), "policy:Edit")},
			set: map[string]string{role(ssoNew): "Dev"},
			changes: []string{
				"create AWSReservedSSO_Dev_fedcba9876543210: grant CreateAccessEntry groups[]; grant " +
					"AssociateAccessPolicy Edit@cluster",
			},
			other: "unchanged=1 unmanaged=AWSReservedSSO_Dev_0123456789abcdef()",
		}, {
			name: "owned and no longer declared", reason: "what I add carries my tag, what I take out of the file goes",
			want: []spec.Entry{admin}, have: []spec.Entry{admin, entry(role("dev"), "tag:eksaccess:owner=platform")},
			cluster: spec.Cluster{Owner: "platform", Prune: spec.PruneOwned},
			changes: []string{"delete dev: revoke DeleteAccessEntry"}, other: "unchanged=1",
		}, {
			name: "no owner", reason: "without one nothing is deleted",
			want: []spec.Entry{
				admin,
			}, have: []spec.Entry{admin, entry(role("dev")), entry(role("x"), "tag:eksaccess:owner=platform")},
			changes: []string{}, other: "unchanged=1 unmanaged=dev(),x(platform)",
		}, {
			name: "prune none", reason: "ours, left and shown",
			want: []spec.Entry{admin}, have: []spec.Entry{admin, entry(role("dev"), "tag:eksaccess:owner=platform")},
			cluster: spec.Cluster{
				Owner: "platform",
				Prune: spec.PruneNone,
			}, changes: []string{}, other: "unchanged=1 unmanaged=dev(platform)",
		}, {
			name: "nothing declared", reason: "a cluster that declares nothing looks like a mistake",
			have: []spec.Entry{admin, entry(role("dev"), "tag:eksaccess:owner=platform")},
			cluster: spec.Cluster{
				Owner: "platform",
				Prune: spec.PruneOwned,
			}, changes: []string{}, other: "unchanged=0 unmanaged=admin(),dev(platform)",
		}, {
			name: "nothing declared, prune on the cluster itself", reason: "then it is meant",
			have:    []spec.Entry{admin, entry(role("dev"), "tag:eksaccess:owner=platform")},
			cluster: spec.Cluster{Owner: "platform", Prune: spec.PruneOwned, PruneHere: true},
			changes: []string{"delete dev: revoke DeleteAccessEntry"}, other: "unchanged=0 unmanaged=admin()",
		}, {
			name: "prune all", reason: "unmanaged goes, system and ignored stay",
			want: []spec.Entry{
				admin,
			}, have: []spec.Entry{admin, entry(role("dev")), entry(role("vendor-x")),
				entry(role("n"), "type:EC2_LINUX")},
			cluster: spec.Cluster{
				Owner:  "platform",
				Prune:  spec.PruneAll,
				Ignore: []string{"arn:aws:iam::*:role/vendor-*"},
			},
			changes: []string{"delete dev: revoke DeleteAccessEntry"}, other: "unchanged=1 ignored=1 system=1",
		}, {
			name: "another owner, same entry", reason: "marking it as ours is no reason to touch it",
			want:    []spec.Entry{entry(role("admin"), "policy:ClusterAdmin", "tag:eksaccess:owner=platform")},
			have:    []spec.Entry{entry(role("admin"), "policy:ClusterAdmin", "tag:eksaccess:owner=payments")},
			cluster: spec.Cluster{Owner: "platform"}, changes: []string{}, other: "unchanged=1",
		}, {
			name: "another owner, another policy", reason: "changing it needs --take-ownership",
			want:    []spec.Entry{admin, entry(role("dev"), "policy:Edit", "tag:eksaccess:owner=platform")},
			have:    []spec.Entry{admin, entry(role("dev"), "tag:eksaccess:owner=payments")},
			cluster: spec.Cluster{Owner: "platform"},
			changes: []string{
				"update dev: grant AssociateAccessPolicy Edit@cluster",
			}, other: "unchanged=1 refused=ownership",
		}, {
			name: "taken over", reason: "with the flag the tag is ours too",
			want:    []spec.Entry{admin, entry(role("dev"), "policy:Edit", "tag:eksaccess:owner=platform")},
			have:    []spec.Entry{admin, entry(role("dev"), "tag:eksaccess:owner=payments")},
			cluster: spec.Cluster{Owner: "platform"}, options: plan.Options{Allow: plan.Allow{TakeOwnership: true}},
			changes: []string{
				"update dev: grant AssociateAccessPolicy Edit@cluster; grant TagResource eksaccess:owner=platform",
			}, other: "unchanged=1",
		}, {
			name: "absent by glob", reason: "whoever granted it, ignored or not",
			want: []spec.Entry{admin}, have: []spec.Entry{admin, entry(role("tmp-1")), entry(role("tmp-2"))},
			cluster: spec.Cluster{
				Absent: []spec.Absent{{Principal: spec.PrincipalRef{ARN: role("tmp-*")}}},
				Ignore: []string{"*"},
			},
			changes: []string{
				"delete tmp-1: revoke DeleteAccessEntry",
				"delete tmp-2: revoke DeleteAccessEntry",
			}, other: "unchanged=1",
		}, {
			name: "held", reason: "may gain, loses nothing, is no drift",
			want:    []spec.Entry{admin, entry(role("dev"), "policy:View")},
			have:    []spec.Entry{admin, entry(role("dev"), "policy:ClusterAdmin", hold), entry(role("x"), hold)},
			changes: []string{"update dev: grant AssociateAccessPolicy View@cluster"}, other: "unchanged=1 held=dev,x",
		}, {
			name: "holds ended", reason: "the file rules again, and the tag goes",
			want: []spec.Entry{
				admin,
				entry(role("dev"), "policy:View"),
			}, have: []spec.Entry{admin, entry(role("dev"), "policy:View", hold)},
			options: plan.Options{Allow: plan.Allow{EndHolds: true}},
			changes: []string{
				"update dev: grant UntagResource [eksaccess:hold-until eksaccess:reason]",
			}, other: "unchanged=1",
		}, {
			name: "expired line", reason: "EKS has no timer; planning is what ends it",
			want: []spec.Entry{
				admin,
				entry(role("dev"), "policy:View"),
			}, have: []spec.Entry{admin, entry(role("dev"), "policy:View")},
			expires: map[string]time.Time{role("dev"): now},
			changes: []string{"delete dev: revoke DeleteAccessEntry"}, other: "unchanged=1",
		}, {
			name: "expired tag of ours", reason: "even with prune: none",
			want: []spec.Entry{
				admin,
			}, have: []spec.Entry{admin, entry(role("dev"), "tag:eksaccess:owner=platform",
				"tag:eksaccess:expires=2026-01-01T00:00:00Z")},
			cluster: spec.Cluster{Owner: "platform", Prune: spec.PruneNone},
			changes: []string{"delete dev: revoke DeleteAccessEntry"}, other: "unchanged=1",
		}, {
			name: "add-only", reason: "grants alone; the rest is left out",
			want: []spec.Entry{admin, entry(role("dev"), "policy:Edit@pay", "group:b")},
			have: []spec.Entry{
				admin,
				entry(role("dev"), "policy:Edit@shop", "group:a"),
				entry(role("old"), "tag:eksaccess:owner=platform"),
			},
			cluster: spec.Cluster{Owner: "platform", Prune: spec.PruneOwned}, options: plan.Options{AddOnly: true},
			changes: []string{
				"update dev: grant AssociateAccessPolicy Edit@namespace[pay shop]; grant UpdateAccessEntry groups[a " +
					"b] username=derived",
			}, other: "unchanged=1",
		}, {
			name: "system", reason: "AWS's own is never touched, whatever prune says",
			want: []spec.Entry{admin},
			have: []spec.Entry{
				admin,
				entry(
					"arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
					"policy:ClusterInsights",
				),
				entry(
					role("kro"),
					"policy:KRO",
				),
				entry(role("cluster")),
				entry(role("m"), "tag:aws:eks:managed=true"),
				entry(role("auto"), "type:EC2"),
			},
			cluster: spec.Cluster{
				Owner: "platform",
				Prune: spec.PruneAll,
			}, changes: []string{}, other: "unchanged=1 system=5",
		}, {
			name: "last admin", reason: "somebody must be left who can let others in",
			have:    []spec.Entry{entry(role("admin"), "policy:ClusterAdmin")},
			cluster: spec.Cluster{Absent: []spec.Absent{{Principal: spec.PrincipalRef{Role: "admin"}}}},
			changes: []string{
				"delete admin: revoke DeleteAccessEntry",
			}, other: "unchanged=0 refused=minAdmins,selfLockout",
		}, {
			name: "mode further on", reason: "the mode is a minimum", mode: eksfacts.ModeAPI,
			want: []spec.Entry{
				admin,
			}, have: []spec.Entry{admin}, cluster: spec.Cluster{Mode: eksfacts.ModeAPIAndConfigMap},
			changes: []string{}, other: "unchanged=1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.cluster
			c.ID = cluster
			in := plan.Input{
				Want:    &spec.Want{Cluster: &c},
				Callers: []string{role("admin")},
				Now:     now,
				Options: tt.options,
				Have: &spec.Live{
					ID:          cluster,
					Status:      "ACTIVE",
					Mode:        eksfacts.ModeAPI,
					RoleARN:     role("cluster"),
					EntriesRead: true,
					Identities:  tt.ids,
				},
			}
			if tt.mode != "" {
				in.Have.Mode = tt.mode
			}
			for _, e := range tt.want {
				w := spec.WantEntry{
					Entry:   e,
					Ref:     spec.PrincipalRef{ARN: e.Principal},
					Expires: tt.expires[e.Principal],
				}
				if set := tt.set[e.Principal]; set != "" {
					w.Ref = spec.PrincipalRef{PermissionSet: set}
				}
				in.Want.Entries = append(in.Want.Entries, w)
			}
			for _, e := range tt.have {
				in.Have.Entries = append(in.Have.Entries, spec.LiveEntry{Entry: e, CreatedAt: now.Add(-time.Hour)})
			}
			got := plan.Compute(in)
			if diff := cmp.Diff(tt.changes, brief(got.Changes)); diff != "" {
				t.Errorf("changes (-want +got):\n%s\nbecause: %s", diff, tt.reason)
			}
			if diff := cmp.Diff(tt.other, others(got)); diff != "" {
				t.Errorf("the rest (-want +got):\n%s\nbecause: %s", diff, tt.reason)
			}
		})
	}
}

// others is what a plan has beside changes, in a line.
func others(c plan.Cluster) string {
	out := []string{fmt.Sprintf("unchanged=%d", c.Counts.Unchanged)}
	list := func(name string, items []string) {
		if len(items) > 0 {
			out = append(out, name+"="+strings.Join(items, ","))
		}
	}
	if c.Counts.Ignored > 0 {
		out = append(out, fmt.Sprintf("ignored=%d", c.Counts.Ignored))
	}
	if c.Counts.System > 0 {
		out = append(out, fmt.Sprintf("system=%d", c.Counts.System))
	}
	var unmanaged, held, refused []string
	for _, u := range c.Unmanaged {
		unmanaged = append(unmanaged, last(u.Principal)+"("+u.Owner+")")
	}
	for _, h := range c.Held {
		held = append(held, last(h.Principal))
	}
	for _, g := range c.Guards {
		if g.Refuses() {
			refused = append(refused, g.Name)
		}
	}
	list("unmanaged", unmanaged)
	list("held", held)
	list("refused", refused)
	return strings.Join(out, " ")
}

// TestDrifted: a cluster in which nothing changes is not in sync if it has
// entries that no file declares.
func TestDrifted(t *testing.T) {
	admin := entry(role("admin"), "policy:ClusterAdmin")
	for _, tt := range []struct {
		name string
		have []spec.Entry
		want plan.Status
	}{
		{"in sync", []spec.Entry{admin}, plan.InSync},
		{"undeclared", []spec.Entry{admin, entry(role("other"))}, plan.Drifted},
		{"undeclared, and a change", []spec.Entry{entry(role("other"), "policy:ClusterAdmin")}, plan.Changed},
		{"system", []spec.Entry{admin, entry(role("n"), "type:EC2_LINUX")}, plan.InSync},
	} {
		in := plan.Input{Now: now, Want: &spec.Want{Cluster: &spec.Cluster{ID: cluster},
			Entries: []spec.WantEntry{{Entry: admin}}},
			Have: &spec.Live{ID: cluster, Status: "ACTIVE", Mode: eksfacts.ModeAPI, EntriesRead: true}}
		for _, e := range tt.have {
			in.Have.Entries = append(in.Have.Entries, spec.LiveEntry{Entry: e, CreatedAt: now})
		}
		c := plan.Compute(in)
		if c.Status != tt.want {
			t.Errorf("%s: status %s, want %s", tt.name, c.Status, tt.want)
		}
	}
}
