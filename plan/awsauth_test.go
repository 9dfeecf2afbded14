package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func TestAWSAuthGuards(t *testing.T) {
	a, dev := entry(role("a"), "policy:ClusterAdmin"), entry(role("team/dev"), "policy:View")
	node := entry(role("nodes"), "type:EC2_LINUX")
	row := func(name string, groups ...string) spec.AWSAuthRow {
		return spec.AWSAuthRow{ARN: role(name), Username: name, Groups: groups}
	}
	nodeRow := spec.AWSAuthRow{
		ARN:      role("nodes"),
		Username: "system:node:{{EC2PrivateDNSName}}",
		Groups:   []string{"system:bootstrappers", "system:nodes"},
	}
	read := func(rows ...spec.AWSAuthRow) *spec.AWSAuth { return &spec.AWSAuth{Read: true, Rows: rows} }
	del := func(e spec.Entry) plan.Change {
		return plan.Change{Action: plan.Delete, Principal: e.Principal, Before: &e, Source: "f.yaml:1:1",
			Steps: []plan.Step{{Operation: plan.DeleteAccessEntry, Principal: e.Principal, Phase: plan.Revoke}}}
	}
	add := func(e spec.Entry) plan.Change {
		return plan.Change{
			Action:    plan.Create,
			Principal: e.Principal,
			After:     &e,
			Source:    "f.yaml:1:1",
			Steps:     plan.CreateSteps(e),
		}
	}
	rekey := func(from, to spec.Entry) plan.Change {
		return plan.Change{
			Action:            plan.Rekey,
			Principal:         to.Principal,
			PreviousPrincipal: &from.Principal,
			Before:            &from,
			After:             &to,
			Steps:             append(plan.CreateSteps(to), del(from).Steps...),
		}
	}
	const both, api, old = eksfacts.ModeAPIAndConfigMap, eksfacts.ModeAPI, eksfacts.ModeConfigMap
	toAPI, stay := plan.ModeChange{Before: both, After: api}, plan.ModeChange{Before: both, After: both}
	tests := []struct {
		name, reason string
		auth         *spec.AWSAuth
		have         []spec.Entry
		unread       bool
		changes      []plan.Change
		mode         plan.ModeChange
		allow        plan.Allow
		ids          map[string]spec.Identity
		want         []string // lines that must be there: of a guard, or "warning: …"
		no           string   // what none may have
	}{
		{
			name: "to API, not read", reason: "and the reason is told", mode: toAPI,
			auth: &spec.AWSAuth{Why: "401", Hint: "log in"},
			want: []string{
				"authenticationMode NO: mode API disables aws-auth, and aws-auth was not read (401)",
			}, no: "warning: aws-auth",
		}, {
			name: "to API, nobody asked", reason: "--kube would", mode: toAPI,
			want: []string{
				"authenticationMode NO: mode API disables aws-auth, and aws-auth was not read",
			}, no: "warning: aws-auth",
		}, {
			name: "to API, none there", reason: "an aws-auth that is not there lets in nobody", mode: toAPI,
			auth: read(), have: []spec.Entry{a},
			want: []string{"authenticationMode ok: mode API disables aws-auth; each of its rows (0) has an entry"},
		}, {
			name: "to API, all there", reason: "a row has no path and may be in another case", mode: toAPI,
			have: []spec.Entry{a, dev, node},
			auth: read(
				nodeRow,
				row("DEV", "x"),
			), want: []string{"authenticationMode ok: mode API disables aws-auth; each of its rows (2) has an entry"},
		}, {
			name: "to API, made by this plan", reason: "the end state counts", mode: toAPI, have: []spec.Entry{a},
			changes: []plan.Change{add(dev)},
			auth:    read(row("dev")), want: []string{"authenticationMode ok"},
		}, {
			name: "to API, deleted by this plan", reason: "the end state counts", mode: toAPI,
			have: []spec.Entry{a, dev}, changes: []plan.Change{del(dev)},
			auth: read(
				row("dev", "shop"),
			), want: []string{`authenticationMode NO: mode API disables aws-auth; rows without an entry: "` +
				role("dev") + `" (username "dev", groups "shop")`},
		}, {
			name: "to API, nodes too", reason: "self-managed nodes live by their row", mode: toAPI,
			have: []spec.Entry{a}, auth: read(nodeRow),
			want: []string{
				`authenticationMode NO: mode API disables aws-auth; rows without an entry: "` + role(
					"nodes",
				) + `" (username "system:node:{{EC2PrivateDNSName}}", groups "system:bootstrappers", "system:nodes")`,
			},
		}, {
			name: "to API, a dead entry", reason: "lets in nobody", mode: toAPI, have: []spec.Entry{a, dev},
			auth: read(row("dev")),
			ids:  map[string]spec.Identity{dev.Principal: {Existence: spec.Exists, CreatedAt: now}},
			want: []string{"authenticationMode NO: mode API disables aws-auth; rows without an entry"},
		}, {
			name: "to API, accounts and odd parts", reason: "what no entry can replace", mode: toAPI,
			have: []spec.Entry{a},
			auth: &spec.AWSAuth{
				Read:      true,
				Accounts:  []string{"444455556666"},
				Malformed: []string{"mapRoles item 1: no rolearn"},
			},
			want: []string{
				`authenticationMode NO: mode API disables aws-auth; mapAccounts, which entries cannot replace: "444455556666"; parts that cannot be read: mapRoles item 1: no rolearn`,
				"warning: aws-auth: mapRoles item 1: no rolearn",
			},
		}, {
			name: "to API, allowed", reason: "--allow-api-only", mode: toAPI, auth: read(row("dev")),
			allow: plan.Allow{APIOnly: true},
			want:  []string{"authenticationMode ok: mode API disables aws-auth; allowed by --allow-api-only"},
		}, {
			name: "both steps, nodes", reason: "EKS may make their entries at the first",
			mode: plan.ModeChange{Before: old, After: api}, unread: true,
			changes: []plan.Change{
				add(a),
			}, auth: read(nodeRow), want: []string{"authenticationMode ?: mode API disables aws-auth; EKS may " +
				"create entries for its node rows"},
		}, {
			name: "both steps, people", reason: "nobody makes theirs", mode: plan.ModeChange{Before: old, After: api},
			unread: true,
			changes: []plan.Change{
				add(a),
			}, auth: read(nodeRow, row("dev")),
			want: []string{`authenticationMode NO: mode API disables aws-auth; rows without an entry: "` +
				role("dev")},
		}, {
			name: "uncovers", reason: "the row would rule", mode: stay, have: []spec.Entry{a, dev},
			changes: []plan.Change{del(dev)},
			auth: read(
				row("dev", "system:masters"),
			), want: []string{`awsAuthRestored NO: rows of aws-auth would take effect again: "` + dev.Principal +
				`" (username "dev", groups "system:masters")`},
		}, {
			name: "uncovers, allowed", reason: "--allow-aws-auth-restored", mode: stay, have: []spec.Entry{a, dev},
			changes: []plan.Change{del(dev)},
			auth: read(
				row("dev"),
			), allow: plan.Allow{AWSAuthRestored: true}, want: []string{"awsAuthRestored ok: rows of aws-auth take " +
				"effect again, allowed by --allow-aws-auth-restored:"},
		}, {
			name: "uncovers an account", reason: "mapAccounts lets in all of it", mode: stay,
			have: []spec.Entry{a, dev}, changes: []plan.Change{del(dev)},
			auth: &spec.AWSAuth{
				Read:     true,
				Accounts: []string{"111122223333"},
			}, want: []string{`awsAuthRestored NO: rows of aws-auth would take effect again: "` + dev.Principal +
				`" (no groups; mapAccounts`},
		}, {
			name: "uncovers nobody", reason: "there is no row", mode: stay, have: []spec.Entry{a, dev},
			changes: []plan.Change{del(dev)},
			auth: read(
				row("other"),
			), want: []string{"awsAuthRestored ok: no principal whose entry is deleted has a row in " +
				"aws-auth"}, no: "warning",
		}, {
			name: "uncovers the dead", reason: "nobody has that name now", mode: stay, have: []spec.Entry{a, dev},
			changes: []plan.Change{del(dev)},
			auth:    read(row("dev")), ids: map[string]spec.Identity{dev.Principal: {Existence: spec.Gone}},
			want: []string{
				"awsAuthRestored ok",
				"warning: " + dev.Principal + " no longer exists in IAM, but aws-auth has a row for it",
			},
		}, {
			name: "uncovers by a rekey", reason: "the old entry goes", mode: stay, have: []spec.Entry{a, dev},
			changes: []plan.Change{rekey(dev, entry(role("new"), "policy:View"))},
			auth: read(
				row("dev"),
			), want: []string{`awsAuthRestored NO: rows of aws-auth would take effect again: "` + dev.Principal},
		}, {
			name: "not read, a delete", reason: "a warning each, and why", mode: stay, have: []spec.Entry{a, dev},
			changes: []plan.Change{del(dev)},
			auth: &spec.AWSAuth{
				Why:  "no answer",
				Hint: "open it",
			}, want: []string{"awsAuthRestored ?: aws-auth was not read (no answer); 1 deleted principal may keep " +
				"access through it",
				"warning: aws-auth was not read (no answer): 1 deleted principal may keep access through a row; " +
					"open it"},
		}, {
			name: "mode API", reason: "there is nothing to uncover", mode: plan.ModeChange{Before: api, After: api},
			have:    []spec.Entry{a, dev},
			changes: []plan.Change{del(dev)}, auth: read(row("dev")), no: "awsAuthRestored",
		}, {
			name: "hides", reason: "groups are not merged", mode: stay, have: []spec.Entry{a},
			changes: []plan.Change{add(dev)}, auth: read(row("dev", "shop", "ops")),
			want: []string{
				`awsAuthHidden NO: new entries would hide aws-auth rows that grant more: "` + dev.Principal +
					`" (group "ops", group "shop")`,
			},
		}, {
			name: "hides the rows of admins", reason: "two admins by row get less, and no admin is left", mode: stay,
			changes: []plan.Change{add(entry(role("x"), "policy:View")), add(entry(role("y"), "policy:View"))},
			auth:    read(row("x", "system:masters"), row("y", "system:masters")),
			want: []string{
				"minAdmins NO: 0 cluster admins after this plan, 1 required; no longer cluster admin: ",
				`awsAuthHidden NO: new entries would hide aws-auth rows that grant more: "` + role(
					"x",
				) + `" (cluster admin), "` + role(
					"y",
				) + `" (cluster admin)`,
			},
		}, {
			name: "hides, allowed", reason: "--allow-aws-auth-hidden", mode: stay, have: []spec.Entry{a},
			changes: []plan.Change{add(dev)},
			auth: read(
				row("dev", "shop"),
			), allow: plan.Allow{AWSAuthHidden: true}, want: []string{"awsAuthHidden ok: new entries hide rows that " +
				"grant more, allowed"},
		}, {
			name: "hides the caller's row", reason: "the caller is admin by its row", mode: stay,
			have:    []spec.Entry{entry(role("b"), "policy:ClusterAdmin")},
			changes: []plan.Change{add(entry(role("a"), "policy:View"))}, auth: read(row("a", "system:masters")),
			want: []string{`selfLockout NO: the caller "` + role("a") + `" would lose cluster admin`},
		}, {
			name: "rows count as admins", reason: "one is left by its row", mode: stay,
			have: []spec.Entry{entry(role("b"), "policy:ClusterAdmin")},
			changes: []plan.Change{
				del(entry(role("b"), "policy:ClusterAdmin")),
			}, auth: read(row("c", "system:masters")),
			want: []string{"minAdmins ok: 1 cluster admin after this plan"},
		}, {
			name: "account template in a group", reason: "it is the only one that is known in " +
				"advance", mode: stay, have: []spec.Entry{a}, changes: []plan.Change{add(dev)},
			auth: read(row("dev", "team-{{AccountID}}", "s-{{SessionName}}")),
			want: []string{
				`awsAuthHidden NO: new entries would hide aws-auth rows that grant more: "` + dev.Principal +
					`" (group "team-111122223333", group "s-{{SessionName}}")`,
			},
		}, {
			name: "hides a node row", reason: "its nodes cannot join any more", mode: stay, have: []spec.Entry{a},
			changes: []plan.Change{add(entry(role("nodes"), "group:x"))}, auth: read(nodeRow),
			want: []string{`nodeAccess NO: the nodes of "` + role("nodes") + `" would lose their access`},
		}, {
			name: "not read, no admin by entry", reason: "the admins may all be rows", mode: stay,
			changes: []plan.Change{add(dev)}, auth: &spec.AWSAuth{Why: "401"},
			want: []string{
				"awsAuthHidden NO: aws-auth was not read (401); 1 principal may have a row that the new entry hides, " +
					"and no cluster admin by entry would remain",
			},
		}, {
			name: "not read, an admin by entry", reason: "it can repair what went wrong", mode: stay,
			have: []spec.Entry{a}, changes: []plan.Change{add(dev)},
			want: []string{
				"awsAuthHidden ?: aws-auth was not read; 1 principal may have a row that the new entry hides",
				"warning: aws-auth was not read: 1 principal may have a row that the new entry hides; read it with " +
					"--kube",
			},
		}, {
			name: "not read, an emergency", reason: "cluster admin hides nothing but node access", mode: stay,
			changes: []plan.Change{add(a)}, auth: &spec.AWSAuth{Why: "401"},
			want: []string{"awsAuthHidden ok: the new entries grant cluster admin", "minAdmins ok: 1 cluster admin"},
		}, {
			name: "not read, the caller gets less", reason: "it may be admin by its row", mode: stay,
			have:    []spec.Entry{entry(role("b"), "policy:ClusterAdmin")},
			changes: []plan.Change{add(entry(role("a"), "policy:View"))}, auth: &spec.AWSAuth{Why: "401"},
			want: []string{
				`selfLockout NO: the caller "` + role(
					"a",
				) + `" may be cluster admin by aws-auth, which was not read (401), and its new entry grants less`,
			},
		}, {
			name: "required and not read", reason: "--kube makes it mandatory", mode: stay, have: []spec.Entry{a, dev},
			changes: []plan.Change{
				add(entry(role("n"), "policy:View")),
				del(dev),
			}, auth: &spec.AWSAuth{Why: "401", Hint: "log in", Required: true},
			want: []string{
				"awsAuthHidden NO: aws-auth was not read (401); 1 principal may have a row that the new entry hides, " +
					"and --kube requires it",
				"awsAuthRestored NO: aws-auth was not read (401), and --kube requires it; 1 deleted principal may " +
					"keep access through it",
			},
		}, {
			name: "hides nothing", reason: "an admin lacks nothing, a node entry is what a node row " +
				"was", mode: plan.ModeChange{Before: old, After: both}, unread: true,
			changes: []plan.Change{
				add(a),
				add(node),
			}, auth: read(nodeRow, row("a", "system:masters", "x")), no: "warning: the entry",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have := &spec.Live{
				ID:          cluster,
				Mode:        tt.mode.Before,
				EntriesRead: !tt.unread,
				Identities:  tt.ids,
				AWSAuth:     tt.auth,
			}
			for _, e := range tt.have {
				have.Entries = append(have.Entries, spec.LiveEntry{Entry: e, CreatedAt: now.Add(-time.Hour)})
			}
			guards, warnings := plan.Judgement{
				Have:    have,
				Changes: tt.changes,
				Mode:    tt.mode,
				Callers: []string{a.Principal},
				Allow:   tt.allow,
			}.Judge()
			got := guardLines(guards)
			for _, w := range warnings {
				got += "\nwarning: " + w.Message
			}
			for _, w := range tt.want {
				if !strings.Contains("\n"+got, "\n"+w) {
					t.Errorf("no line %q in\n%s\nbecause: %s", w, got, tt.reason)
				}
			}
			if tt.no != "" && strings.Contains(got, tt.no) {
				t.Errorf("%q is in\n%s\nbecause: %s", tt.no, got, tt.reason)
			}
			if slices.ContainsFunc(guards, func(g plan.Guard) bool { return g.Refuses() == (g.Hint == "") }) {
				t.Errorf("a refusal without a hint, or a hint without a refusal: %+v", guards)
			}
		})
	}
}
