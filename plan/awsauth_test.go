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
	nodeRow := spec.AWSAuthRow{ARN: role("nodes"), Username: "system:node:{{EC2PrivateDNSName}}", Groups: []string{"system:bootstrappers", "system:nodes"}}
	read := func(rows ...spec.AWSAuthRow) *spec.AWSAuth { return &spec.AWSAuth{Read: true, Rows: rows} }
	del := func(e spec.Entry) plan.Change {
		return plan.Change{Action: plan.Delete, Principal: e.Principal, Before: &e, Source: "f.yaml:1:1",
			Steps: []plan.Step{{Operation: plan.DeleteAccessEntry, Principal: e.Principal, Phase: plan.Revoke}}}
	}
	add := func(e spec.Entry) plan.Change {
		return plan.Change{Action: plan.Create, Principal: e.Principal, After: &e, Source: "f.yaml:1:1", Steps: plan.CreateSteps(e)}
	}
	rekey := func(from, to spec.Entry) plan.Change {
		return plan.Change{Action: plan.Rekey, Principal: to.Principal, PreviousPrincipal: &from.Principal, Before: &from, After: &to,
			Steps: append(plan.CreateSteps(to), del(from).Steps...)}
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
			name: "to API, not read", reason: "and the reason is told", mode: toAPI, auth: &spec.AWSAuth{Why: "401", Hint: "log in"},
			want: []string{"authMode NO: to API, which ends aws-auth, and aws-auth was not read: 401"}, no: "warning: aws-auth",
		}, {
			name: "to API, nobody asked", reason: "--kube would", mode: toAPI,
			want: []string{"authMode NO: to API, which ends aws-auth, and aws-auth was not read"}, no: "warning: aws-auth",
		}, {
			name: "to API, none there", reason: "an aws-auth that is not there lets in nobody", mode: toAPI, auth: read(), have: []spec.Entry{a},
			want: []string{"authMode ok: to API, which ends aws-auth; 0 rows of it, none without an entry"},
		}, {
			name: "to API, all there", reason: "a row has no path and may be in another case", mode: toAPI, have: []spec.Entry{a, dev, node},
			auth: read(nodeRow, row("DEV", "x")), want: []string{"authMode ok: to API, which ends aws-auth; 2 rows"},
		}, {
			name: "to API, made by this plan", reason: "the end state counts", mode: toAPI, have: []spec.Entry{a}, changes: []plan.Change{add(dev)},
			auth: read(row("dev")), want: []string{"authMode ok"},
		}, {
			name: "to API, deleted by this plan", reason: "the end state counts", mode: toAPI, have: []spec.Entry{a, dev}, changes: []plan.Change{del(dev)},
			auth: read(row("dev", "shop")), want: []string{`authMode NO: to API, which ends aws-auth; no entry for its rows "` + role("dev") + `" (username "dev", groups "shop")`},
		}, {
			name: "to API, nodes too", reason: "self-managed nodes live by their row", mode: toAPI, have: []spec.Entry{a}, auth: read(nodeRow),
			want: []string{`authMode NO: to API, which ends aws-auth; no entry for its rows "` + role("nodes") + `" (username "system:node:{{EC2PrivateDNSName}}", groups "system:bootstrappers", "system:nodes")`},
		}, {
			name: "to API, a dead entry", reason: "lets in nobody", mode: toAPI, have: []spec.Entry{a, dev}, auth: read(row("dev")),
			ids:  map[string]spec.Identity{dev.Principal: {Existence: spec.Exists, CreatedAt: now}},
			want: []string{"authMode NO: to API, which ends aws-auth; no entry for its rows"},
		}, {
			name: "to API, accounts and odd parts", reason: "what no entry can replace", mode: toAPI, have: []spec.Entry{a},
			auth: &spec.AWSAuth{Read: true, Accounts: []string{"444455556666"}, Malformed: []string{"mapRoles item 1: no rolearn"}},
			want: []string{`authMode NO: to API, which ends aws-auth; no entry can stand for a whole account of mapAccounts: "444455556666"; not all of it can be read: mapRoles item 1: no rolearn`,
				"warning: aws-auth: mapRoles item 1: no rolearn"},
		}, {
			name: "to API, allowed", reason: "--allow-api-only", mode: toAPI, auth: read(row("dev")), allow: plan.Allow{APIOnly: true},
			want: []string{"authMode ok: to API, which ends aws-auth; allowed"},
		}, {
			name: "both steps, nodes", reason: "EKS may make their entries at the first", mode: plan.ModeChange{Before: old, After: api}, unread: true,
			changes: []plan.Change{add(a)}, auth: read(nodeRow), want: []string{"authMode ?: to API, which ends aws-auth; EKS may make entries for its node rows"},
		}, {
			name: "both steps, people", reason: "nobody makes theirs", mode: plan.ModeChange{Before: old, After: api}, unread: true,
			changes: []plan.Change{add(a)}, auth: read(nodeRow, row("dev")), want: []string{`authMode NO: to API, which ends aws-auth; no entry for its rows "` + role("dev")},
		}, {
			name: "uncovers", reason: "the row would rule", mode: stay, have: []spec.Entry{a, dev}, changes: []plan.Change{del(dev)},
			auth: read(row("dev", "system:masters")), want: []string{`uncover NO: aws-auth rules again for "` + dev.Principal + `" (username "dev", groups "system:masters")`},
		}, {
			name: "uncovers, allowed", reason: "--allow-uncover", mode: stay, have: []spec.Entry{a, dev}, changes: []plan.Change{del(dev)},
			auth: read(row("dev")), allow: plan.Allow{Uncover: true}, want: []string{"uncover ok: aws-auth rules again, and allowed, for"},
		}, {
			name: "uncovers an account", reason: "mapAccounts lets in all of it", mode: stay, have: []spec.Entry{a, dev}, changes: []plan.Change{del(dev)},
			auth: &spec.AWSAuth{Read: true, Accounts: []string{"111122223333"}}, want: []string{`uncover NO: aws-auth rules again for "` + dev.Principal + `" (no groups; mapAccounts`},
		}, {
			name: "uncovers nobody", reason: "there is no row", mode: stay, have: []spec.Entry{a, dev}, changes: []plan.Change{del(dev)},
			auth: read(row("other")), want: []string{"uncover ok: aws-auth lets in nobody who is deleted"}, no: "warning",
		}, {
			name: "uncovers the dead", reason: "nobody has that name now", mode: stay, have: []spec.Entry{a, dev}, changes: []plan.Change{del(dev)},
			auth: read(row("dev")), ids: map[string]spec.Identity{dev.Principal: {Existence: spec.Gone}},
			want: []string{"uncover ok", "warning: IAM no longer has " + dev.Principal + ", and aws-auth still has a row for it"},
		}, {
			name: "uncovers by a rekey", reason: "the old entry goes", mode: stay, have: []spec.Entry{a, dev}, changes: []plan.Change{rekey(dev, entry(role("new"), "policy:View"))},
			auth: read(row("dev")), want: []string{`uncover NO: aws-auth rules again for "` + dev.Principal},
		}, {
			name: "not read, a delete", reason: "a warning each, and why", mode: stay, have: []spec.Entry{a, dev}, changes: []plan.Change{del(dev)},
			auth: &spec.AWSAuth{Why: "no answer", Hint: "open it"}, want: []string{"uncover ?: aws-auth was not read: no answer; it may have rows for what is deleted (1 principal)",
				"warning: aws-auth was not read: if it has a row for " + dev.Principal, "warning: aws-auth was not read: no answer; open it"},
		}, {
			name: "mode API", reason: "there is nothing to uncover", mode: plan.ModeChange{Before: api, After: api}, have: []spec.Entry{a, dev},
			changes: []plan.Change{del(dev)}, auth: read(row("dev")), no: "uncover",
		}, {
			name: "hides", reason: "groups are not merged", mode: stay, have: []spec.Entry{a}, changes: []plan.Change{add(dev)}, auth: read(row("dev", "shop", "ops")),
			want: []string{"warning: the entry of " + dev.Principal + ` hides its aws-auth row, which has what the entry does not: group "shop", group "ops", username "dev"`},
		}, {
			name: "hides nothing", reason: "an admin lacks nothing, a node entry is what a node row was", mode: plan.ModeChange{Before: old, After: both}, unread: true,
			changes: []plan.Change{add(a), add(node)}, auth: read(nodeRow, row("a", "system:masters", "x")), no: "warning: the entry",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have := &spec.Live{ID: cluster, Mode: tt.mode.Before, EntriesRead: !tt.unread, Identities: tt.ids, AWSAuth: tt.auth}
			for _, e := range tt.have {
				have.Entries = append(have.Entries, spec.LiveEntry{Entry: e, CreatedAt: now.Add(-time.Hour)})
			}
			guards, warnings := plan.Judgement{Have: have, Changes: tt.changes, Mode: tt.mode, Callers: []string{a.Principal}, Allow: tt.allow}.Judge()
			got := said(guards)
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
