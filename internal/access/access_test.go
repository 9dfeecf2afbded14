package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

var made = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func role(name string) string { return "arn:aws:iam::111122223333:role/" + name }

func entry(principal, entryType string, groups []string, policies ...string) spec.LiveEntry {
	e := spec.Entry{
		Principal: principal,
		Type:      entryType,
		Groups:    groups,
		Username:  eksfacts.DefaultUsername(entryType, principal),
	}
	for _, p := range policies {
		name, namespaces, namespaced := strings.Cut(p, "@")
		policy := spec.Policy{ARN: arn.AccessPolicy("aws", "AmazonEKS"+name+"Policy"), Scope: spec.ScopeCluster}
		if namespaced {
			policy.Scope, policy.Namespaces = spec.ScopeNamespace, strings.Split(namespaces, ",")
		}
		e.Policies = append(e.Policies, policy)
	}
	return spec.LiveEntry{Entry: e.Canonical(), CreatedAt: made}
}

func standard(name string, policies ...string) spec.LiveEntry {
	return entry(role(name), eksfacts.Standard, nil, policies...)
}

func row(name, username string, groups ...string) spec.AWSAuthRow {
	return spec.AWSAuthRow{ARN: role(name), Username: username, Groups: groups}
}

func cluster(mode string, rows []spec.AWSAuthRow, entries ...spec.LiveEntry) *spec.Live {
	l := &spec.Live{
		ID:          arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "c"},
		Mode:        mode,
		Entries:     entries,
		EntriesRead: true,
		Identities:  map[string]spec.Identity{},
	}
	if rows != nil {
		l.AWSAuth = &spec.AWSAuth{Read: true, Rows: rows, Identities: map[string]spec.Identity{}}
	}
	return l
}

// text is an access in a line.
func text(a access.Access) string {
	parts := []string{string(a.Via)}
	for _, p := range access.Excess(a, access.Access{Unknown: "not compared"}) {
		parts = append(parts, p.String())
	}
	if a.Unknown != "" {
		parts = append(parts, "unknown: "+a.Unknown)
	}
	return strings.Join(parts, "; ")
}

func TestOf(t *testing.T) {
	const both, api, old = eksfacts.ModeAPIAndConfigMap, eksfacts.ModeAPI, eksfacts.ModeConfigMap
	const node = "system:node:{{EC2PrivateDNSName}}"
	masters := []spec.AWSAuthRow{row("x", "x", "system:masters")}
	recreated := map[string]spec.Identity{role("x"): {Existence: spec.Exists, CreatedAt: made.Add(time.Hour)}}
	gone := map[string]spec.Identity{role("x"): {Existence: spec.Gone}}
	unread := cluster(api, nil)
	unread.Unread = []string{role("x")}
	tests := []struct {
		name, reason string
		live         *spec.Live
		ids          map[string]spec.Identity
		principal    string // role x unless set
		want         string
	}{
		{
			name: "entry",
			live: cluster(api, nil, standard("x", "View", "Edit@a,b")),
			want: "entry; edit in a, b; view in all namespaces",
		},
		{name: "admin by entry", live: cluster(api, nil, standard("x", "ClusterAdmin")), want: "entry; cluster admin"},
		{
			name:   "ClusterAdmin in a namespace",
			reason: "is a policy and not cluster admin",
			live:   cluster(api, nil, standard("x", "ClusterAdmin@a")),
			want:   "entry; AmazonEKSClusterAdminPolicy in a",
		},
		{name: "nodes", live: cluster(api, nil, entry(role("x"), eksfacts.EC2Linux, nil)), want: "entry; node access"},
		{
			name: "groups",
			live: cluster(api, nil, entry(role("x"), eksfacts.Standard, []string{"ops", "dev"})),
			want: `entry; group "dev"; group "ops"`,
		},
		{
			name:   "stale",
			reason: "gives nothing, and hides the row",
			live:   cluster(both, masters, standard("x", "View")),
			ids:    recreated,
			want:   "entry",
		},
		{
			name:   "orphaned",
			reason: "no one can use it",
			live:   cluster(both, masters, standard("x", "ClusterAdmin")),
			ids:    gone,
			want:   "entry",
		},
		{name: "row", live: cluster(both, masters), want: "aws-auth; cluster admin"},
		{
			name:      "row of a role with a path",
			reason:    "a row has no path",
			live:      cluster(both, masters),
			principal: role("team/x"),
			want:      "aws-auth; cluster admin",
		},
		{
			name:      "row in another case",
			reason:    "the authenticator ignores case",
			live:      cluster(both, masters),
			principal: role("X"),
			want:      "aws-auth; cluster admin",
		},
		{
			name:      "row written with a path",
			reason:    "it matches no session",
			live:      cluster(both, []spec.AWSAuthRow{row("team/x", "x", "system:masters")}),
			principal: role("team/x"),
			want:      "",
		},
		{
			name:      "hidden row",
			reason:    "the two are not merged",
			live:      cluster(both, masters, standard("team/x", "View")),
			principal: role("team/x"),
			want:      "entry; view in all namespaces",
		},
		{name: "rows in mode API", reason: "EKS ignores aws-auth", live: cluster(api, masters), want: ""},
		{name: "rows in mode CONFIG_MAP", live: cluster(old, masters), want: "aws-auth; cluster admin"},
		{
			name: "node row",
			live: cluster(both, []spec.AWSAuthRow{row("x", node, "system:bootstrappers", "system:nodes")}),
			want: "aws-auth; node access",
		},
		{
			name:   "node groups without a node name",
			reason: "the Node authorizer looks at the name",
			live:   cluster(both, []spec.AWSAuthRow{row("x", "person", "system:nodes")}),
			want:   `aws-auth; group "system:nodes"`,
		},
		{
			name:   "templates",
			reason: "only the account is known in advance",
			live:   cluster(both, []spec.AWSAuthRow{row("x", "x", "a-{{AccountID}}", "s-{{SessionName}}")}),
			want:   `aws-auth; group "a-111122223333"; group "s-{{SessionName}}"`,
		},
		{
			name:   "rows not read",
			reason: "unknown is not empty",
			live:   cluster(both, nil),
			want:   "; unknown: aws-auth was not read",
		},
		{
			name:   "rows not read, and an entry",
			reason: "the entry is all that counts",
			live:   cluster(both, nil, standard("x", "View")),
			want:   "entry; view in all namespaces",
		},
		{name: "entry not read", live: unread, want: "entry; unknown: the entry was not read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.ids != nil {
				tt.live.Identities = tt.ids
			}
			principal := tt.principal
			if principal == "" {
				principal = role("x")
			}
			if diff := cmp.Diff(tt.want, text(access.NewState(tt.live).For(principal))); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, tt.reason)
			}
		})
	}
}

// TestRows: every row is listed, with the entry that hides it.
func TestRows(t *testing.T) {
	l := cluster(eksfacts.ModeAPIAndConfigMap, []spec.AWSAuthRow{row("free", "", "system:masters"), row("hidden", "",
		"system:masters"), row("stale", "", "a"),
		row("team/path", "", "a"), row("gone", "", "system:masters")},
		standard("team/hidden", "View"), standard("stale", "View"))
	l.Identities[role("stale")] = spec.Identity{Existence: spec.Exists, CreatedAt: made.Add(time.Hour)}
	l.AWSAuth.Identities[role("gone")] = spec.Identity{Existence: spec.Gone}
	var got []string
	for _, r := range access.NewState(l).Rows() {
		line := r.ARN + ": " + text(r.Access)
		if r.HiddenBy != nil {
			line += ", hidden by " + r.HiddenBy.Principal + " (" + string(r.HiddenBy.Life) + ")"
		}
		if r.Unmatched {
			line += ", unmatched"
		}
		if !r.TakesEffect() {
			line += ", no effect"
		}
		got = append(got, line)
	}
	want := []string{
		role("free") + ": aws-auth; cluster admin",
		role("hidden") + ": aws-auth; cluster admin, hidden by " + role("team/hidden") + " (unchecked), no effect",
		role("stale") + `: aws-auth; group "a", hidden by ` + role("stale") + " (stale), no effect",
		role("team/path") + `: aws-auth; group "a", unmatched, no effect`,
		role("gone") + ": aws-auth",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rows := access.NewState(cluster(eksfacts.ModeAPI, []spec.AWSAuthRow{row("x", "x")})).Rows(); rows != nil {
		t.Errorf("mode API has rows: %v", rows)
	}
}

// TestAccounts: mapAccounts lets in a principal of the account that has no
// entry and no row.
func TestAccounts(t *testing.T) {
	l := cluster(eksfacts.ModeAPIAndConfigMap, []spec.AWSAuthRow{row("row", "", "a")}, standard("entry", "View"))
	l.AWSAuth.Accounts = []string{"111122223333"}
	s := access.NewState(l)
	if a := s.For(role("team/x")); a.Via != access.ViaAccount || a.Username != role("x") || len(a.Groups) > 0 ||
		a.Unknown != "" {
		t.Errorf("by its account: %+v", a)
	}
	for principal, via := range map[string]access.Via{role("row"): access.ViaRow, role("entry"): access.ViaEntry,
		"arn:aws:iam::444455556666:role/x": access.ViaNone} {
		if got := s.For(principal).Via; got != via {
			t.Errorf("%s: via %q, want %q", principal, got, via)
		}
	}
}

func TestDifference(t *testing.T) {
	of := func(e spec.LiveEntry) access.Access { return access.FromEntry(&e.Entry) }
	named := func(e spec.LiveEntry, username string) spec.LiveEntry { e.Username = username; return e }
	tests := []struct {
		name          string
		before, after access.Access
		gains, loses  string
	}{
		{"narrowed", of(standard("x", "Edit")), of(standard("x", "Edit@a")), "", "edit in all namespaces"},
		{"moved", of(standard("x", "Edit@a,b")), of(standard("x", "Edit@b,c")), "edit in c", "edit in a"},
		{
			"policy that includes the old one",
			of(standard("x", "Edit@a", "View")),
			of(standard("x", "Admin")),
			"admin in all namespaces",
			"",
		},
		{
			"policy that does not",
			of(standard("x", "Admin")),
			of(standard("x", "AdminView")),
			"AmazonEKSAdminViewPolicy in all namespaces",
			"admin in all namespaces",
		},
		{"to cluster admin", of(standard("x", "Edit")), of(standard("x", "ClusterAdmin")), "cluster admin", ""},
		{"from cluster admin", of(standard("x", "ClusterAdmin")), of(standard("x", "Edit")), "", "cluster admin"},
		{
			"masters to cluster admin",
			access.FromRow(row("x", "x", "system:masters", "ops")),
			of(standard("x", "ClusterAdmin")),
			"",
			"",
		},
		{
			"node to cluster admin",
			access.FromRow(row("x", "system:node:n", "system:nodes")),
			of(standard("x", "ClusterAdmin")),
			"cluster admin",
			"node access",
		},
		{
			"node row to node entry",
			access.FromRow(row("x", "system:node:n", "system:nodes", "system:bootstrappers")),
			of(entry(role("x"), eksfacts.EC2Linux, nil)),
			"",
			"",
		},
		{"own username", of(named(standard("x"), "ops:x")), of(standard("x")), "", `username "ops:x"`},
		{"derived username", of(standard("x")), of(named(standard("x"), "ops:x")), `username "ops:x"`, ""},
		{"username of a row", access.FromRow(row("x", "x")), of(standard("x")), "", ""},
		{
			"deleted without any permission",
			of(standard("x")),
			access.Access{},
			"",
			`username "arn:aws:sts::111122223333:assumed-role/x/{{SessionName}}"`,
		},
		{"group of everyone", access.FromRow(row("x", "x", "system:authenticated")), of(standard("x")), "", ""},
	}
	list := func(ps []access.Permission) string {
		var words []string
		for _, p := range ps {
			words = append(words, p.String())
		}
		return strings.Join(words, "; ")
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gained, lost := access.Difference(tt.before, tt.after)
			if list(gained) != tt.gains || list(lost) != tt.loses {
				t.Errorf("gains %q, loses %q; want %q, %q", list(gained), list(lost), tt.gains, tt.loses)
			}
		})
	}
}

func TestLivingAdmins(t *testing.T) {
	trusts := func(kind trust.Kind, who string) *trust.Policy {
		return &trust.Policy{Statements: []trust.Statement{{Kind: kind, Who: who}}}
	}
	l := cluster(
		eksfacts.ModeAPIAndConfigMap,
		[]spec.AWSAuthRow{row("by-row", "r", "system:masters"), row("gone-row", "g", "system:masters")},
		standard(
			"people",
			"ClusterAdmin",
		),
		standard("job", "ClusterAdmin"),
		standard("capability", "ClusterAdmin"),
		standard("gone", "ClusterAdmin"),
		standard("unread", "ClusterAdmin"),
		standard("viewer", "View"),
	)
	l.Identities = map[string]spec.Identity{
		role("people"):     {Existence: spec.Exists, Trust: trusts(trust.Account, "111122223333")},
		role("job"):        {Existence: spec.Exists, Trust: trusts(trust.OIDC, "token.actions.githubusercontent.com")},
		role("capability"): {Existence: spec.Exists, Trust: trusts(trust.Service, "capabilities.eks.amazonaws.com")},
		role("gone"):       {Existence: spec.Gone},
	}
	l.AWSAuth.Identities[role("gone-row")] = spec.Identity{Existence: spec.Gone}
	names := func(declared ...string) string {
		var out []string
		for _, a := range access.NewState(l).LivingAdmins(func(p string) bool {
			return strings.Contains(strings.Join(declared, " "), p)
		}) {
			out = append(out, strings.TrimPrefix(a.Principal, role("")))
		}
		return strings.Join(out, " ")
	}
	if got := names(); got != "by-row people unread" {
		t.Errorf("undeclared: %q", got)
	}
	if got := names(role("job"), role("capability")); got != "by-row job people unread" {
		t.Errorf("declared: %q", got)
	}
}

// For any two states: no principal both gains and loses the same, a state does not
// differ from itself, and what one direction gains the other loses.
func TestDifferenceIsSymmetric(t *testing.T) {
	draw := func(t *rapid.T, label string) *access.State {
		var entries []spec.LiveEntry
		rows := []spec.AWSAuthRow{}
		for _, name := range []string{"a", "b", "c"} {
			policies := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"View", "Edit@x", "Admin", "ClusterAdmin"}),
				rapid.ID).
				Draw(t, label+"policies of "+name)
			groups := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"g", "h", "system:masters", "system:nodes"}),
				rapid.ID).
				Draw(t, label+"groups of "+name)
			if rapid.Bool().Draw(t, label+"entry of "+name) {
				entries = append(entries, entry(role("team/"+name), eksfacts.Standard, groups, policies...))
			}
			if rapid.Bool().Draw(t, label+"row of "+name) {
				rows = append(
					rows,
					row(
						name,
						rapid.SampledFrom([]string{name, "system:node:x"}).Draw(t, label+"name of "+name),
						groups...),
				)
			}
		}
		return access.NewState(cluster(rapid.SampledFrom(eksfacts.Modes).Draw(t, label+"mode"), rows, entries...))
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a: "), draw(t, "b: ")
		if changes := access.Changes(a, a); len(changes) > 0 {
			t.Fatalf("a state differs from itself: %+v", changes)
		}
		there, back := access.Changes(a, b), access.Changes(b, a)
		if len(there) != len(back) {
			t.Fatalf("%d changes there, %d back", len(there), len(back))
		}
		for i, c := range there {
			if diff := cmp.Diff([2]any{c.Gained, c.Lost}, [2]any{back[i].Lost, back[i].Gained}); diff != "" {
				t.Fatalf("%s (-there +back):\n%s", c.Principal, diff)
			}
			for _, g := range c.Gained {
				for _, l := range c.Lost {
					if g.String() == l.String() {
						t.Fatalf("%s gains and loses %s", c.Principal, g)
					}
				}
			}
		}
	})
}
