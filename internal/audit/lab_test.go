package audit

import (
	"slices"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

const account = "111122223333"

var (
	now      = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	longAgo  = now.AddDate(-1, 0, 0)
	lastWeek = now.AddDate(0, 0, -7)
	place1   = arn.Cluster{Partition: "aws", Account: account, Region: "eu-west-1", Name: "prod"}
)

const (
	rescue = "arn:aws:iam::111122223333:role/break-glass"
	team   = "arn:aws:iam::111122223333:role/team/payments"
	ops    = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_0123456789abcdef"
)

func policyARN(name string) string { return arn.AccessPolicy("aws", name) }

// A lab is a cluster without problems, which tests change.
type lab struct {
	*snapshot.Cluster
	file  *spec.Cluster // nil for none
	input Input
}

// sound returns a cluster in which no rule finds anything and all are checked: a
// permission set and a role for emergencies are cluster admin, a team has edit in
// its namespace.
func sound() *lab {
	l := &lab{Cluster: &snapshot.Cluster{}, input: Input{Rules: Rules(), Now: now}}
	*l.Cluster = snapshot.Place(place1)
	known := snapshot.KnownFact()
	created := longAgo.Add(-24 * time.Hour)
	l.Status, l.AuthenticationMode = "ACTIVE", "API_AND_CONFIG_MAP"
	l.Version, l.PlatformVersion, l.CreatedAt = "1.33", "eks.5", &created
	l.RoleARN = "arn:aws:iam::111122223333:role/cluster"
	l.Network = snapshot.Network{Fact: known, Public: true, PublicCIDRs: []string{"203.0.113.0/24"}}
	l.Logging = snapshot.Logging{Fact: known, Enabled: []string{"audit", "authenticator"}}
	l.Providers.Fact, l.Entries.Fact, l.RBAC.Fact = known, known, known
	inYears := now.AddDate(9, 0, 0)
	l.Authorities = snapshot.Authorities{Fact: known, Items: []snapshot.Authority{{ID: "first", SigningStatus: "IN_USE",
		DistributionStatus: "COMPLETE", CreatedAt: &created, NotAfter: &inYears}}}
	l.PermissionSets = snapshot.PermissionSets{Fact: known, Roles: []string{ops}}
	l.AWSAuth = snapshot.AWSAuth{
		Fact:  known,
		Found: true,
		Data: map[string]string{
			"mapRoles": "- {rolearn: 'arn:aws:iam::111122223333:role/nodes', username: " +
				"'system:node:{{EC2PrivateDNSName}}', groups: ['system:nodes']}",
		},
	}
	l.RBAC.Unlimited = []string{"cluster-admin"}
	l.RBAC.Bindings = []snapshot.Binding{
		{Name: "cluster-admin", RoleKind: "ClusterRole", Role: "cluster-admin", Groups: []string{"system:masters"}},
		{Name: "payments", Namespace: "payments", RoleKind: "ClusterRole", Role: "view", Groups: []string{"payments"}},
	}
	l.Namespaces = snapshot.Namespaces{Fact: known, Names: []string{"default", "kube-system", "payments"}}
	l.admin(ops)
	l.admin(rescue)
	e := l.entry(team)
	e.Policies, e.Groups = []spec.Policy{
		{ARN: policyARN("AmazonEKSEditPolicy"), Scope: "namespace", Namespaces: []string{"payments"}},
	}, []string{
		"payments",
	}
	l.file = &spec.Cluster{
		ID: place1,
		Guards: &spec.Guards{
			RequiredAdmins: []spec.RequiredAdmin{
				{Principal: spec.PrincipalRef{Role: "break-glass"}, Pos: spec.Pos{File: "c.yaml", Line: 3, Column: 20}},
			},
		},
		Pos: spec.Pos{File: "c.yaml", Line: 5, Column: 5},
	}
	l.declare(ops)
	l.declare(rescue)
	l.declare(team)
	return l
}

// entry adds an entry of a principal that is old and was used recently.
func (l *lab) entry(principal string) *snapshot.Entry {
	used := lastWeek
	p := snapshot.Principal{
		ARN:       principal,
		Existence: spec.Exists,
		CreatedAt: &longAgo,
		LastUsed:  snapshot.LastUsed{Fact: snapshot.KnownFact(), At: &used},
	}
	if q, err := arn.ParsePrincipal(principal); err == nil {
		if name, suffix, ok := q.PermissionSet(); ok {
			current := slices.Contains(l.PermissionSets.Roles, principal)
			p.PermissionSet = &snapshot.PermissionSet{Name: name, Suffix: suffix, Current: &current}
		}
	}
	l.Principals = append(l.Principals, p)
	l.Entries.Items = append(l.Entries.Items,
		snapshot.Entry{ARN: "arn:aws:eks:eu-west-1:111122223333:access-entry/prod/x/111122223333/x/1",
			Entry: spec.Entry{Principal: principal, Type: "STANDARD",
				Username: eksfacts.DefaultUsername("STANDARD", principal)}, CreatedAt: longAgo.Add(time.Hour)})
	return &l.Entries.Items[len(l.Entries.Items)-1]
}

func (l *lab) admin(principal string) *snapshot.Entry {
	e := l.entry(principal)
	e.Policies = []spec.Policy{{ARN: policyARN("AmazonEKSClusterAdminPolicy"), Scope: "cluster"}}
	return e
}

func (l *lab) declare(principal string) {
	e := l.of(principal)
	l.file.Items = append(
		l.file.Items,
		spec.Item{Principal: spec.PrincipalRef{ARN: principal}, Policies: e.Policies, Groups: e.Groups, Own: true,
			Pos: spec.Pos{File: "c.yaml", Line: 10 + len(l.file.Items), Column: 9}},
	)
}

// of returns the entry of a principal.
func (l *lab) of(principal string) *snapshot.Entry {
	for i := range l.Entries.Items {
		if l.Entries.Items[i].Principal == principal {
			return &l.Entries.Items[i]
		}
	}
	panic("no entry of " + principal)
}

// iam returns what IAM reports about a principal.
func (l *lab) iam(principal string) *snapshot.Principal {
	for i := range l.Principals {
		if l.Principals[i].ARN == principal {
			return &l.Principals[i]
		}
	}
	panic("nothing of " + principal)
}

func (l *lab) remove(principals ...string) {
	gone := func(s string) bool { return slices.Contains(principals, s) }
	l.Entries.Items = slices.DeleteFunc(l.Entries.Items, func(e snapshot.Entry) bool { return gone(e.Principal) })
	if l.file != nil {
		l.file.Items = slices.DeleteFunc(l.file.Items, func(i spec.Item) bool { return gone(i.Principal.ARN) })
	}
}

// rows sets the rows of aws-auth, as YAML of mapRoles.
func (l *lab) rows(text string) { l.AWSAuth.Data = map[string]string{"mapRoles": text} }

func (l *lab) run(t *testing.T) *Report {
	t.Helper()
	in := l.input
	in.Snapshot = snapshot.New([]snapshot.Cluster{*l.Cluster}, true, now, "v1")
	if l.file != nil {
		in.Declared = []*spec.Cluster{l.file}
	}
	return Run(in)
}
