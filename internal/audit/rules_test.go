package audit

import (
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

// In a sound cluster no rule finds anything, and all rules are checked.
func TestSound(t *testing.T) {
	r := sound().run(t)
	for _, f := range r.Findings {
		t.Errorf("%s finds %s: %s", f.Rule, f.Principal, f.Message)
	}
	for _, n := range r.NotChecked {
		t.Errorf("%s is not checked: %s", n.Rule, n.Reason)
	}
}

// inside makes everything unknown that is read from the Kubernetes API.
func inside(why snapshot.Fact) func(*lab) { return func(l *lab) { l.Inside(why) } }

var (
	notAsked = snapshot.Place(place1).AWSAuth.Fact
	refused  = snapshot.UnknownFact("the cluster refuses to show it (403 Forbidden)", "associate AmazonEKSViewPolicy")
	entries  = func(l *lab) {
		l.Entries = snapshot.Entries{Fact: snapshot.UnknownFact("in mode CONFIG_MAP EKS does not tell", "")}
	}
	noFile = func(l *lab) { l.file = nil }
	iamOff = func(l *lab) {
		for i := range l.Principals {
			p := &l.Principals[i]
			*p = snapshot.Principal{
				ARN:       p.ARN,
				Existence: spec.Unknown,
				Why:       "iam:GetRole is not allowed",
				LastUsed:  snapshot.LastUsed{Fact: snapshot.UnknownFact("iam:GetRole is not allowed", "")},
			}
		}
	}
	alice  = "arn:aws:iam::111122223333:user/alice"
	root   = "arn:aws:iam::111122223333:root"
	vendor = "arn:aws:iam::999900001111:role/vendor"
	deploy = "arn:aws:iam::111122223333:role/GitHubActionsDeploy"
	oldOps = strings.Replace(ops, "0123456789abcdef", "fedcba9876543210", 1)
)

const nodes = "arn:aws:iam::111122223333:role/nodes"

// node adds the entry of a node role.
func (l *lab) node() {
	e := l.entry(nodes)
	e.Type, e.Username = "EC2_LINUX", "system:node:{{EC2PrivateDNSName}}"
}

func trustOf(kind trust.Kind, who string) *trust.Policy {
	return &trust.Policy{Statements: []trust.Statement{{Kind: kind, Who: who}}}
}

func hold(e *snapshot.Entry, until, reason string) {
	e.Tags = map[string]string{spec.TagHoldUntil: until, spec.TagOwner: spec.OwnerBreakGlass}
	if reason != "" {
		e.Tags[spec.TagReason] = reason
	}
}

func give(e *snapshot.Entry, policy, scope string, namespaces ...string) {
	e.Policies = []spec.Policy{{ARN: policyARN(policy), Scope: scope, Namespaces: namespaces}}
}

// in is a time so many days after the audit.
func in(l *lab, days int) *time.Time {
	t := l.input.Now.AddDate(0, 0, days)
	return &t
}

// successor is the second certificate authority of the cluster.
func successor(l *lab) *snapshot.Authority {
	if len(l.Authorities.Items) == 1 {
		l.Authorities.Items = append(
			l.Authorities.Items,
			snapshot.Authority{ID: "second", SigningStatus: "NOT_USED", CreatedAt: in(l, -1)},
		)
	}
	return &l.Authorities.Items[1]
}

// Every rule finds what it should and nothing else, and is reported as not checked
// where its data are unknown.
var ruleTests = []struct {
	rule, name string
	make       func(*lab)
	principal  string   // of the finding
	finds      string   // part of its message; "" for none
	severity   Severity // where it is not the rule's
	unchecked  string   // part of the reason; "" for checked
}{
	{
		rule:  "EA605",
		name:  "the signer ends",
		make:  func(l *lab) { l.Authorities.Items[0].NotAfter = in(l, 80) },
		finds: "first expires at 20",
	},
	{
		rule:     "EA605",
		name:     "the signer ends in 10 days",
		make:     func(l *lab) { l.Authorities.Items[0].NotAfter = in(l, 10) },
		finds:    "expires at",
		severity: High,
	},
	{
		rule:     "EA605",
		name:     "the signer has ended",
		make:     func(l *lab) { l.Authorities.Items[0].NotAfter = in(l, -1) },
		finds:    "expired at",
		severity: High,
	},
	{rule: "EA605", name: "the signer ends later", make: func(l *lab) { l.Authorities.Items[0].NotAfter = in(l, 91) }},
	{rule: "EA605", name: "a successor is activated", make: func(l *lab) {
		successor(l).FirstAutoActivation, successor(l).FinalAutoActivation = in(l, 30), in(l, 200)
	}, finds: "EKS activates second between 20"},
	{
		rule:     "EA605",
		name:     "a successor is activated soon",
		make:     func(l *lab) { successor(l).FinalAutoActivation = in(l, 14) },
		finds:    "EKS activates second by 20",
		severity: High,
	},
	{
		rule: "EA605",
		name: "a successor is activated later",
		make: func(l *lab) { successor(l).FinalAutoActivation = in(l, 300) },
	},
	{rule: "EA605", name: "a successor without dates", make: func(l *lab) { successor(l).FinalAutoActivation = nil }},
	{rule: "EA605", name: "the retired one ends", make: func(l *lab) {
		*successor(l) = snapshot.Authority{
			ID:            "old",
			SigningStatus: "NOT_USED",
			CreatedAt:     in(l, -3000),
			ActivatedAt:   in(l, -3000),
			NotAfter:      in(l, 5),
		}
	}},
	{
		rule:      "EA605",
		name:      "no signer",
		make:      func(l *lab) { l.Authorities.Items = nil },
		unchecked: "EKS reports no signer",
	},
	{rule: "EA605", name: "denied", make: func(l *lab) {
		l.Authorities.Fact = snapshot.UnknownFact("ListCertificateAuthorities: access denied", "allow it")
	}, unchecked: "certificate authorities unknown: ListCertificateAuthorities: access denied"},

	{
		rule:  "EA101",
		name:  "CONFIG_MAP",
		make:  func(l *lab) { l.AuthenticationMode = "CONFIG_MAP"; entries(l) },
		finds: "Authentication mode is CONFIG_MAP: only aws-auth and the cluster creator",
	},
	{rule: "EA101", name: "API", make: func(l *lab) { l.AuthenticationMode = "API" }},

	{
		rule:      "EA102",
		name:      "a person's row",
		make:      func(l *lab) { l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/x', username: x, groups: [g]}") },
		principal: "arn:aws:iam::111122223333:role/x",
		finds:     `row with username "x", groups "g"; no access entry`,
	},
	{rule: "EA102", name: "a row that is hidden", make: func(l *lab) {
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/break-glass', groups: [system:masters]}")
	},
		principal: rescue, finds: "hidden by its access entry"},
	{rule: "EA102", name: "not used in mode API", make: func(l *lab) {
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/x', username: x}")
		l.AuthenticationMode = "API"
	}},
	{
		rule:      "EA102",
		name:      "aws-auth was not asked for",
		make:      inside(notAsked),
		unchecked: "aws-auth unknown: the Kubernetes API was not read; read it with --kube",
	},

	{
		rule:  "EA103",
		name:  "refused",
		make:  inside(refused),
		finds: "aws-auth could not be read: the cluster refuses",
	},
	{rule: "EA103", name: "not asked for", make: inside(notAsked), unchecked: "was not read"},
	{rule: "EA103", name: "not used", make: func(l *lab) { l.Inside(refused); l.AuthenticationMode = "API" }},

	{
		rule:  "EA104",
		name:  "a role with its path",
		make:  func(l *lab) { l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/team/x'}") },
		finds: "matches no principal",
	},
	{rule: "EA104", name: "no list", make: func(l *lab) { l.rows("rolearn: x") }, finds: "mapRoles is not read at all",
		severity: Critical},
	{rule: "EA104", name: "an unquoted template", make: func(l *lab) {
		l.rows("- rolearn: arn:aws:iam::111122223333:role/x\n  username: {{SessionName}}")
	}, finds: "line 3: {{SessionName}} begins the value: write it in quotes; none of its rows has an effect",
		severity: Critical},
	{rule: "EA104", name: "there is none", make: func(l *lab) { l.AWSAuth.Found, l.AWSAuth.Data = false, nil }},
	{rule: "EA104", name: "unread", make: inside(refused), unchecked: "aws-auth unknown"},

	{
		rule:  "EA105",
		name:  "an account",
		make:  func(l *lab) { l.AWSAuth.Data = map[string]string{"mapAccounts": `["999900001111"]`} },
		finds: "aws-auth gives access to whole AWS accounts: account 999900001111",
	},
	{rule: "EA105", name: "none", make: func(l *lab) { l.AWSAuth.Data = map[string]string{"mapAccounts": "[]"} }},
	{rule: "EA105", name: "unread", make: inside(notAsked), unchecked: "aws-auth unknown"},

	{
		rule:      "EA106",
		name:      "masters",
		make:      func(l *lab) { l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/x', groups: [system:masters]}") },
		principal: "arn:aws:iam::111122223333:role/x",
		finds:     "aws-auth gives system:masters",
	},
	{rule: "EA106", name: "in mode CONFIG_MAP too", make: func(l *lab) {
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/x', groups: [system:masters]}")
		l.AuthenticationMode = "CONFIG_MAP"
		entries(l)
	}, principal: "arn:aws:iam::111122223333:role/x", finds: "aws-auth gives system:masters"},
	{
		rule: "EA106",
		name: "another group",
		make: func(l *lab) { l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/x', groups: [masters]}") },
	},
	{rule: "EA106", name: "unread", make: inside(refused), unchecked: "aws-auth unknown"},

	{rule: "EA107", name: "the row is admin", make: func(l *lab) {
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/payments', groups: [system:masters]}")
	},
		principal: team, finds: "only the row gives cluster admin"},
	{rule: "EA107", name: "other groups", make: func(l *lab) {
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/payments', groups: [old], username: pay}")
	}, principal: team, finds: `only the row gives group "old"`},
	{rule: "EA107", name: "the same", make: func(l *lab) {
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/break-glass', groups: [system:masters]}")
	}},
	{
		rule: "EA107",
		name: "no entry",
		make: func(l *lab) { l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/x', groups: [g]}") },
	},
	{rule: "EA107", name: "unread", make: inside(notAsked), unchecked: "aws-auth unknown"},

	{rule: "EA201", name: "one", make: func(l *lab) { l.remove(ops) }, finds: "Fewer than two usable cluster admins: " +
		rescue},
	{rule: "EA201", name: "one lives, one is dead", make: func(l *lab) { l.iam(ops).CreatedAt = &now },
		finds: "Fewer than two usable cluster admins: " + rescue},
	{rule: "EA201", name: "none", make: func(l *lab) { l.remove(ops, rescue) }, finds: "No usable cluster admin",
		severity: Critical},
	{
		rule:  "EA201",
		name:  "IAM was not asked",
		make:  func(l *lab) { l.remove(ops); iamOff(l) },
		finds: "IAM was not asked about it",
	},
	{rule: "EA201", name: "two", make: func(*lab) {}},
	{rule: "EA201", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{rule: "EA202", name: "only a pipeline", make: func(l *lab) { l.remove(ops, rescue); l.admin(deploy) },
		finds: "Only automation is cluster admin: " + deploy + "; by trust policy or name"},
	{rule: "EA201", name: "a row of aws-auth counts", make: func(l *lab) {
		l.remove(ops)
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/x', groups: [system:masters]}")
	}},
	{rule: "EA201", name: "a row that an entry hides does not", make: func(l *lab) {
		l.remove(ops)
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/payments', groups: [system:masters]}")
	}, finds: "Fewer than two usable cluster admins: " + rescue},
	{rule: "EA201", name: "a role of a service does not", make: func(l *lab) {
		l.remove(ops)
		l.admin(deploy)
		l.iam(deploy).Trust = trustOf(trust.Service, "eks.amazonaws.com")
	}, finds: "1 other cluster admin cannot be used"},
	{rule: "EA201", name: "automation counts where it is declared", make: func(l *lab) {
		l.remove(ops)
		l.admin(deploy)
		l.declare(deploy)
		l.iam(deploy).Trust = trustOf(trust.OIDC, "token.actions.githubusercontent.com")
	}},
	{rule: "EA201", name: "aws-auth was not read", make: func(l *lab) { l.remove(ops); l.Inside(notAsked) },
		finds: "aws-auth, which can have more, was not read"},

	{rule: "EA202", name: "a pipeline by its trust policy", make: func(l *lab) {
		l.remove(ops)
		l.iam(rescue).Trust = trustOf(trust.OIDC, "token.actions.githubusercontent.com")
	}, finds: "Only automation is cluster admin: " + rescue},
	{rule: "EA202", name: "people too", make: func(l *lab) { l.admin(deploy) }},
	{rule: "EA202", name: "a set called like a program is people's", make: func(l *lab) {
		l.remove(ops, rescue)
		l.admin(strings.Replace(ops, "SSO_Ops", "SSO_CI", 1))
	}},
	{rule: "EA202", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:  "EA203",
		name:  "Identity Center alone",
		make:  func(l *lab) { l.remove(rescue); l.admin(strings.Replace(ops, "SSO_Ops", "SSO_Sec", 1)) },
		finds: "IAM Identity Center (2 cluster admins)",
	},
	{
		rule:  "EA203",
		name:  "another account alone",
		make:  func(l *lab) { l.remove(rescue, ops); l.admin(vendor) },
		finds: "account 999900001111 (1 cluster admin)",
	},
	{
		rule:  "EA203",
		name:  "users alone",
		make:  func(l *lab) { l.remove(rescue, ops); l.admin(alice) },
		finds: "IAM users of account 111122223333",
	},
	{rule: "EA203", name: "two sources", make: func(*lab) {}},
	{rule: "EA203", name: "roles of the account may be reached in many ways", make: func(l *lab) { l.remove(ops) }},
	{rule: "EA203", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA204",
		name:      "no entry",
		make:      func(l *lab) { l.remove(rescue) },
		principal: rescue,
		finds:     "Required cluster admin cannot be used",
	},
	{
		rule:      "EA204",
		name:      "a dead one",
		make:      func(l *lab) { l.iam(rescue).CreatedAt = &now },
		principal: rescue,
		finds:     "Required cluster admin cannot be used",
	},
	{rule: "EA204", name: "admin", make: func(*lab) {}},
	{rule: "EA204", name: "no file", make: noFile, unchecked: "no file was given; use -f"},
	{
		rule:      "EA204",
		name:      "another cluster's file",
		make:      func(l *lab) { l.file.ID.Name = "dev" },
		unchecked: "no file declares the cluster",
	},

	{rule: "EA205", name: "right after the cluster", make: func(l *lab) {
		l.admin("arn:aws:iam::111122223333:role/creator").CreatedAt = l.Cluster.CreatedAt.Add(12 * time.Minute)
	}, principal: "arn:aws:iam::111122223333:role/creator", finds: "entry created 12m0s after the " +
		"cluster, without tags"},
	{
		rule: "EA205",
		name: "declared",
		make: func(l *lab) { l.of(rescue).CreatedAt = l.Cluster.CreatedAt.Add(time.Minute) },
	},
	{rule: "EA205", name: "later", make: func(l *lab) { l.admin(deploy) }},
	{rule: "EA205", name: "tagged by a tool", make: func(l *lab) {
		e := l.admin(deploy)
		e.CreatedAt, e.Tags = *l.Cluster.CreatedAt, map[string]string{"team": "x"}
	}},
	{
		rule:      "EA205",
		name:      "age unknown",
		make:      func(l *lab) { l.Cluster.CreatedAt = nil },
		unchecked: "the creation time of the cluster is unknown",
	},

	{rule: "EA206", name: "six", make: func(l *lab) {
		for _, n := range []string{"a", "b", "c", "d"} {
			l.admin("arn:aws:iam::111122223333:role/" + n)
		}
	}, finds: "; 6, the limit is 5"},
	{rule: "EA206", name: "as many as the limit", make: func(l *lab) { l.input.MaxAdmins = 2 }},
	{
		rule:  "EA206",
		name:  "one more than the limit",
		make:  func(l *lab) { l.input.MaxAdmins = 1 },
		finds: "; 2, the limit is 1",
	},
	{rule: "EA206", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA207",
		name:      "a user",
		make:      func(l *lab) { l.admin(alice) },
		principal: alice,
		finds:     "IAM user is cluster admin",
	},
	{
		rule: "EA207",
		name: "a user who views",
		make: func(l *lab) { give(l.entry(alice), "AmazonEKSViewPolicy", "cluster") },
	},
	{
		rule: "EA207",
		name: "admin in one namespace is none",
		make: func(l *lab) { give(l.entry(alice), "AmazonEKSClusterAdminPolicy", "namespace", "payments") },
	},
	{rule: "EA207", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA208",
		name:      "an entry",
		make:      func(l *lab) { l.admin(root) },
		principal: root,
		finds:     "Account root has access: access entry with",
	},
	{
		rule:      "EA208",
		name:      "a row",
		make:      func(l *lab) { l.rows("- {rolearn: '" + root + "', groups: [g]}") },
		principal: root,
		finds:     "Account root has access: row of aws-auth with",
	},
	{rule: "EA208", name: "a role called root", make: func(l *lab) { l.admin("arn:aws:iam::111122223333:role/root") }},
	{rule: "EA208", name: "rows unknown", make: inside(notAsked), unchecked: "aws-auth unknown"},

	{
		rule:      "EA209",
		name:      "no account is trusted",
		make:      func(l *lab) { l.admin(vendor) },
		principal: vendor,
		finds:     "account 999900001111, not in guards.trustedAccounts",
	},
	{
		rule:      "EA209",
		name:      "without a file",
		make:      func(l *lab) { l.admin(vendor); l.file = nil },
		principal: vendor,
		finds:     "account 999900001111, no file was given",
	},
	{
		rule: "EA209",
		name: "trusted",
		make: func(l *lab) { l.admin(vendor); l.file.Guards.TrustedAccounts = []string{"999900001111"} },
	},
	{rule: "EA209", name: "no admin", make: func(l *lab) { give(l.entry(vendor), "AmazonEKSViewPolicy", "cluster") }},
	{rule: "EA209", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{rule: "EA210", name: "by group", make: func(l *lab) {
		l.RBAC.Bindings = append(
			l.RBAC.Bindings,
			snapshot.Binding{Name: "p", RoleKind: "ClusterRole", Role: "cluster-admin", Groups: []string{"payments"}},
		)
	}, principal: team,
		finds: `group "payments", ClusterRoleBinding "p" to ClusterRole "cluster-admin"`},
	{rule: "EA210", name: "by another role without limit", make: func(l *lab) {
		l.RBAC.Unlimited = append(l.RBAC.Unlimited, "root")
		l.RBAC.Bindings = append(
			l.RBAC.Bindings,
			snapshot.Binding{Name: "p", RoleKind: "ClusterRole", Role: "root", Groups: []string{"payments"}},
		)
	}, principal: team, finds: `to ClusterRole "root"`},
	{rule: "EA210", name: "by a session's username", make: func(l *lab) {
		l.RBAC.Bindings = append(
			l.RBAC.Bindings,
			snapshot.Binding{Name: "p", RoleKind: "ClusterRole", Role: "cluster-admin",
				Users: []string{"arn:aws:sts::111122223333:assumed-role/payments/bob"}},
		)
	}, principal: team, finds: `username "arn:aws:sts::111122223333:assumed-role/payments/bob"`},
	{rule: "EA210", name: "by a row's group", make: func(l *lab) {
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/x', groups: [boss]}")
		l.RBAC.Bindings = append(
			l.RBAC.Bindings,
			snapshot.Binding{Name: "p", RoleKind: "ClusterRole", Role: "cluster-admin", Groups: []string{"boss"}},
		)
	}, principal: "arn:aws:iam::111122223333:role/x", finds: "of its row of aws-auth"},
	{rule: "EA210", name: "all users", make: func(l *lab) {
		l.RBAC.Bindings = append(
			l.RBAC.Bindings,
			snapshot.Binding{
				Name:     "p",
				RoleKind: "ClusterRole",
				Role:     "cluster-admin",
				Groups:   []string{"system:authenticated"},
			},
		)
	}, finds: `RBAC makes all users cluster admin: group "system:authenticated"`, severity: Critical},
	{rule: "EA210", name: "in one namespace", make: func(l *lab) {
		l.RBAC.Bindings = append(
			l.RBAC.Bindings,
			snapshot.Binding{
				Name:      "p",
				Namespace: "payments",
				RoleKind:  "ClusterRole",
				Role:      "cluster-admin",
				Groups:    []string{"payments"},
			},
		)
	}},
	{rule: "EA210", name: "to a role with limits", make: func(l *lab) {
		l.RBAC.Bindings = append(
			l.RBAC.Bindings,
			snapshot.Binding{Name: "p", RoleKind: "ClusterRole", Role: "edit", Groups: []string{"payments"}},
		)
	}},
	{rule: "EA210", name: "unread", make: inside(refused), unchecked: "RBAC unknown: the cluster refuses"},

	{rule: "EA211", name: "required by the file", make: func(l *lab) { l.iam(rescue).LastUsed.At = &longAgo }},
	{
		rule:      "EA211",
		name:      "used long ago",
		make:      func(l *lab) { l.iam(ops).LastUsed.At = &longAgo },
		principal: ops,
		finds:     "Cluster admin not used for 90 days: last used 2025-11-25",
	},
	{
		rule:      "EA211",
		name:      "never",
		make:      func(l *lab) { l.iam(ops).LastUsed.At = nil },
		principal: ops,
		finds:     "no use recorded in 400 days",
	},
	{
		rule: "EA211",
		name: "too young",
		make: func(l *lab) { l.iam(ops).LastUsed.At = nil; l.of(ops).CreatedAt = lastWeek },
	},
	{
		rule: "EA211",
		name: "a higher limit",
		make: func(l *lab) { l.iam(ops).LastUsed.At = &longAgo; l.input.UnusedDays = 366 },
	},
	{
		rule:      "EA211",
		name:      "IAM unknown",
		make:      iamOff,
		unchecked: "2 principals: last use unknown: iam:GetRole is not allowed",
	},

	{
		rule:      "EA301",
		name:      "recreated",
		make:      func(l *lab) { l.iam(team).CreatedAt = &lastWeek },
		principal: team,
		finds:     "recreated 2026-11-18, entry created 2025-11-25",
	},
	{rule: "EA301", name: "older than its entry", make: func(*lab) {}},
	{rule: "EA301", name: "IAM unknown", make: iamOff, unchecked: "3 principals: iam:GetRole is not allowed"},

	{rule: "EA301", name: "nodes", make: func(l *lab) { l.node(); l.iam(nodes).CreatedAt = &lastWeek },
		principal: nodes,
		finds:     "its nodes cannot join (type EC2_LINUX)"},
	{rule: "EA302", name: "nodes", make: func(l *lab) { l.node(); l.iam(nodes).Existence = spec.Gone },
		principal: nodes,
		finds:     "entry with node access (type EC2_LINUX)"},
	{rule: "EA302", name: "a service-linked role, which EKS manages", make: func(l *lab) {
		const linked = "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
		give(l.entry(linked), "AmazonEKSEventPolicy", "cluster")
		l.iam(linked).Existence = spec.Gone
	}},
	{
		rule:      "EA302",
		name:      "gone",
		make:      func(l *lab) { l.iam(team).Existence = spec.Gone },
		principal: team,
		finds:     "Orphaned entry",
	},
	{
		rule: "EA302",
		name: "a stale role of a set is EA303's",
		make: func(l *lab) { l.entry(oldOps); l.iam(oldOps).Existence = spec.Gone },
	},
	{rule: "EA302", name: "there", make: func(*lab) {}},
	{rule: "EA302", name: "IAM unknown", make: iamOff, unchecked: "iam:GetRole is not allowed"},

	{
		rule:      "EA303",
		name:      "another suffix",
		make:      func(l *lab) { l.entry(oldOps) },
		principal: oldOps,
		finds:     "Permission set has a new role: " + ops,
	},
	{
		rule:      "EA303",
		name:      "no role at all",
		make:      func(l *lab) { l.PermissionSets.Roles = nil; l.entry(oldOps) },
		principal: oldOps,
		finds:     "Permission set has no role in the account",
	},
	{rule: "EA303", name: "current", make: func(*lab) {}},
	{rule: "EA303", name: "IAM unknown", make: func(l *lab) {
		l.iam(ops).PermissionSet.Current, l.iam(ops).PermissionSet.Why = nil, "iam:ListRoles is not allowed"
	}, unchecked: "1 principal: iam:ListRoles is not allowed"},

	{
		rule:      "EA304",
		name:      "a fixed name",
		make:      func(l *lab) { l.of(team).Username = "payments" },
		principal: team,
		finds:     `username "payments"`,
	},
	{rule: "EA304", name: "a program's", make: func(l *lab) { l.entry(deploy).Username = "deploy" }},
	{
		rule: "EA304",
		name: "with the session's name",
		make: func(l *lab) { l.of(team).Username = "payments:{{SessionNameRaw}}" },
	},
	{rule: "EA304", name: "a user is one person", make: func(l *lab) { l.entry(alice) }},
	{rule: "EA304", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA305",
		name:      "two entries",
		make:      func(l *lab) { l.of(team).Username = "x"; l.of(rescue).Username = "x" },
		principal: rescue,
		finds:     "shared by several principals: " + team + `; username "x"`,
	},
	{rule: "EA305", name: "an entry and a row", make: func(l *lab) {
		l.of(team).Username = "x"
		l.rows("- {rolearn: 'arn:aws:iam::111122223333:role/y', username: x}")
	}, principal: team, finds: "shared by several principals: arn:aws:iam::111122223333:role/y"},
	{rule: "EA305", name: "one each", make: func(*lab) {}},
	{rule: "EA305", name: "nodes share theirs", make: func(l *lab) {
		for _, n := range []string{"n1", "n2"} {
			e := l.entry("arn:aws:iam::111122223333:role/" + n)
			e.Type, e.Username = "EC2_LINUX", "system:node:{{EC2PrivateDNSName}}"
		}
	}},
	{rule: "EA305", name: "rows unknown", make: inside(notAsked), unchecked: "aws-auth unknown"},

	{
		rule:      "EA401",
		name:      "nothing",
		make:      func(l *lab) { l.entry(alice) },
		principal: alice,
		finds:     "Entry without policy and group",
	},
	{rule: "EA401", name: "a binding names its username", make: func(l *lab) {
		l.entry(alice)
		l.RBAC.Bindings = append(l.RBAC.Bindings, snapshot.Binding{Name: "a", Users: []string{alice}})
	}},
	{rule: "EA401", name: "a group", make: func(l *lab) { l.of(team).Policies = nil }},
	{rule: "EA401", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA402",
		name:      "unbound",
		make:      func(l *lab) { l.of(team).Groups = []string{"payments", "paymnets"} },
		principal: team,
		finds:     `Group without binding: group "paymnets"`,
	},
	{rule: "EA402", name: "bound", make: func(*lab) {}},
	{
		rule:      "EA402",
		name:      "unread",
		make:      inside(notAsked),
		unchecked: "RBAC unknown: the Kubernetes API was not read; read it with --kube",
	},

	{
		rule:      "EA403",
		name:      "a name",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSEditPolicy", "namespace", "payments", "paymnets") },
		principal: team,
		finds:     `Namespace of a policy does not exist: AmazonEKSEditPolicy in "paymnets"`,
	},
	{
		rule:      "EA403",
		name:      "a pattern",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSEditPolicy", "namespace", "pre-*") },
		principal: team,
		finds:     `"pre-*"`,
	},
	{
		rule: "EA403",
		name: "a pattern that matches",
		make: func(l *lab) { give(l.of(team), "AmazonEKSEditPolicy", "namespace", "pay*") },
	},
	{rule: "EA403", name: "unread", make: inside(refused), unchecked: "namespaces unknown"},

	{
		rule:      "EA404",
		name:      "by name",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSEditPolicy", "namespace", "kube-system") },
		principal: team,
		finds:     `Namespace scope includes kube-system: AmazonEKSEditPolicy in "kube-system"`,
	},
	{
		rule:      "EA404",
		name:      "by pattern",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSAdminPolicy", "namespace", "kube-*") },
		principal: team,
		finds:     `"kube-*"`,
	},
	{
		rule:      "EA404",
		name:      "who only reads",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSViewPolicy", "namespace", "kube-system") },
		principal: team,
		finds:     "includes kube-system, read only",
		severity:  Low,
	},
	{
		rule: "EA404",
		name: "another",
		make: func(l *lab) { give(l.of(team), "AmazonEKSEditPolicy", "namespace", "kube-public", "system-*") },
	},
	{rule: "EA404", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA405",
		name:      "Edit everywhere",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSEditPolicy", "cluster") },
		principal: team,
		finds:     "Policy for namespaces has cluster scope: AmazonEKSEditPolicy",
	},
	{rule: "EA405", name: "View everywhere", make: func(l *lab) { give(l.of(team), "AmazonEKSViewPolicy", "cluster") }},
	{rule: "EA405", name: "who is admin anyway", make: func(l *lab) {
		l.of(ops).Policies = append(
			l.of(ops).Policies,
			spec.Policy{ARN: policyARN("AmazonEKSEditPolicy"), Scope: "cluster"},
		)
	}},
	{rule: "EA405", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA406",
		name:      "AdminView",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSAdminViewPolicy", "cluster") },
		principal: team,
		finds:     "can read all secrets: AmazonEKSAdminViewPolicy",
	},
	{
		rule:      "EA406",
		name:      "Edit",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSEditPolicy", "cluster") },
		principal: team,
		finds:     "can read all secrets",
	},
	{
		rule:      "EA406",
		name:      "SecretReader",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSSecretReaderPolicy", "cluster") },
		principal: team,
		finds:     "can read all secrets",
	},
	{rule: "EA406", name: "View", make: func(l *lab) { give(l.of(team), "AmazonEKSViewPolicy", "cluster") }},
	{
		rule: "EA406",
		name: "in a namespace",
		make: func(l *lab) { give(l.of(team), "AmazonEKSAdminViewPolicy", "namespace", "payments") },
	},
	{rule: "EA406", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{rule: "EA407", name: "a service's", make: func(l *lab) {
		give(l.of(team), "AmazonEKSComputePolicy", "cluster")
		l.iam(team).Trust = trustOf(trust.Account, "arn:aws:iam::111122223333:root")
	}, principal: team, finds: "AmazonEKSComputePolicy is for service-linked roles"},
	{rule: "EA407", name: "of a user", make: func(l *lab) { give(l.entry(alice), "AmazonEKSACKPolicy", "cluster") },
		principal: alice,
		finds:     "AmazonEKSACKPolicy is for capability roles"},
	{rule: "EA407", name: "of another account's role", make: func(l *lab) {
		give(l.entry(vendor),
			"AmazonEKSKROPolicy", "cluster")
	}, principal: vendor,
		finds: "AmazonEKSKROPolicy is for capability roles"},
	{rule: "EA407", name: "a capability's role", make: func(l *lab) {
		give(l.of(team), "AmazonEKSACKPolicy", "cluster")
		l.iam(team).Trust = trustOf(trust.Service, "capabilities.eks.amazonaws.com")
	}},
	{rule: "EA407", name: "a role whose trust policy was not read", make: func(l *lab) {
		give(l.of(team),
			"AmazonEKSACKPolicy", "cluster")
		l.of(team).Groups = nil
	},
		unchecked: "1 entry with policies that AWS associates: the trust policy was not read"},
	{
		rule:      "EA407",
		name:      "unknown",
		make:      func(l *lab) { give(l.of(team), "AmazonEKSFuturePolicy", "cluster") },
		principal: team,
		finds:     "Unknown access policy: AmazonEKSFuturePolicy",
		severity:  Medium,
	},
	{rule: "EA407", name: "a service-linked role has them by right", make: func(l *lab) {
		give(
			l.entry("arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"),
			"AmazonEKSEventPolicy",
			"cluster",
		)
	}},
	{rule: "EA407", name: "for users", make: func(*lab) {}},
	{rule: "EA407", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA501",
		name:      "past",
		make:      func(l *lab) { l.of(team).Tags = map[string]string{"eksaccess:expires": "2026-11-25T11:00:00Z"} },
		principal: team,
		finds:     ", expired 2026-11-25T11:00:00Z",
	},
	{
		rule: "EA501",
		name: "to come",
		make: func(l *lab) { l.of(team).Tags = map[string]string{"eksaccess:expires": "2026-11-25T13:00:00Z"} },
	},
	{rule: "EA501", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA502",
		name:      "neither",
		make:      func(l *lab) { l.of(team).Tags = map[string]string{"eksaccess:owner": "break-glass"} },
		principal: team,
		finds:     ", no end and no reason",
	},
	{rule: "EA502", name: "no reason", make: func(l *lab) {
		l.of(team).Tags = map[string]string{
			"eksaccess:owner":   "break-glass",
			"eksaccess:expires": "2026-11-25T13:00:00Z",
		}
	}, principal: team, finds: ", no reason"},
	{rule: "EA502", name: "both", make: func(l *lab) {
		l.of(team).Tags = map[string]string{
			"eksaccess:owner":   "break-glass",
			"eksaccess:expires": "2026-11-25T13:00:00Z",
			"eksaccess:reason":  "INC-1",
		}
	}},
	{rule: "EA502", name: "ends late", make: func(l *lab) {
		l.of(team).Tags = map[string]string{
			"eksaccess:owner":   "platform",
			"eksaccess:expires": "2026-12-25T12:00:01Z",
			"eksaccess:reason":  "INC-1",
		}
	}, principal: team, finds: "expires 2026-12-25T12:00:01Z"},
	{rule: "EA502", name: "ends in 30 days", make: func(l *lab) {
		l.of(team).Tags = map[string]string{"eksaccess:owner": "platform", "eksaccess:expires": "2026-12-25T12:00:00Z"}
	}},
	{rule: "EA502", name: "a late end of another program", make: func(l *lab) {
		l.of(team).Tags = map[string]string{"eksaccess:expires": "2099-01-01T00:00:00Z"}
	}},
	{
		rule: "EA502",
		name: "a file's own",
		make: func(l *lab) { l.of(team).Tags = map[string]string{"eksaccess:owner": "platform"} },
	},
	{rule: "EA502", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:      "EA503",
		name:      "in no file",
		make:      func(l *lab) { give(l.entry(alice), "AmazonEKSViewPolicy", "cluster") },
		principal: alice,
		finds:     "Entry not declared in any file: AmazonEKSViewPolicy, created 2025-11-25, no owner tag",
	},
	{
		rule:      "EA503",
		name:      "another tool's",
		make:      func(l *lab) { l.entry(alice).Tags = map[string]string{"alpha.eksctl.io/cluster-name": "prod"} },
		principal: alice,
		finds:     `owner "eksctl"`,
	},
	{rule: "EA503", name: "owned, and no longer declared", make: func(l *lab) {
		l.file.Owner = "platform"
		l.entry(alice).Tags = map[string]string{"eksaccess:owner": "platform"}
	}, principal: alice, finds: `the next apply deletes it: owned by "platform" and no longer declared`},
	{rule: "EA503", name: "ignored", make: func(l *lab) { l.entry(alice); l.file.Ignore = []string{"*:user/alice"} }},
	{
		rule: "EA503",
		name: "nodes are AWS's own",
		make: func(l *lab) { l.entry("arn:aws:iam::111122223333:role/nodes").Type = "EC2_LINUX" },
	},
	{rule: "EA503", name: "no file", make: noFile, unchecked: "no file was given"},
	{rule: "EA503", name: "a name that cannot be resolved", make: func(l *lab) {
		l.file.Items = append(l.file.Items, spec.Item{Principal: spec.PrincipalRef{Role: "who"}})
	}, unchecked: "role=who cannot be resolved"},

	{rule: "EA503", name: "cluster admin", make: func(l *lab) { l.admin(alice) }, principal: alice,
		finds: "Cluster admin not declared in any file: created 2025-11-25, no owner tag", severity: High},
	{rule: "EA503", name: "a stale cluster admin gives nothing",
		make: func(l *lab) { l.admin(deploy); l.iam(deploy).CreatedAt = &lastWeek }, principal: deploy,
		finds: "Entry not declared in any file: AmazonEKSClusterAdminPolicy, created"},
	{rule: "EA503", name: "cluster admin behind a policy of AWS's", make: func(l *lab) {
		e := l.admin(deploy)
		e.Policies = append(e.Policies, spec.Policy{ARN: policyARN("AmazonEKSACKPolicy"), Scope: "cluster"})
	}, principal: deploy, finds: "Cluster admin not declared in any file", severity: High},

	{rule: "EA504", name: "an emergency", make: func(l *lab) {
		hold(l.entry(alice), "2026-11-25T15:00:00Z",
			"INC-1")
	}, principal: alice,
		finds: `no permissions, on hold until 2026-11-25T15:00:00Z, reason "INC-1"`},
	{rule: "EA504", name: "an emergency's cluster admin", make: func(l *lab) {
		hold(l.admin(alice),
			"2026-11-25T15:00:00Z", "INC-1")
	}, principal: alice,
		finds: "Undeclared cluster admin is on hold", severity: High},
	{rule: "EA504", name: "a declared entry that was raised", make: func(l *lab) {
		hold(l.of(team), "2026-11-25T15:00:00Z", "INC-1")
		l.of(team).Policies = l.of(ops).Policies
	}, principal: team, finds: "Undeclared cluster admin is on hold", severity: High},
	{rule: "EA504", name: "a declared cluster admin", make: func(l *lab) {
		hold(l.of(ops), "2026-11-25T15:00:00Z",
			"INC-1")
	}, principal: ops, finds: "on hold until"},
	{rule: "EA504", name: "ended", make: func(l *lab) { hold(l.of(ops), "2026-11-25T11:00:00Z", "INC-1") }},
	{rule: "EA504", name: "entries unknown", make: entries, unchecked: "access entries unknown"},
	{rule: "EA505", name: "too long", make: func(l *lab) { hold(l.admin(alice), "2099-01-01T00:00:00Z", "INC-1") },
		principal: alice, finds: "lasts more than 24h from now"},
	{rule: "EA505", name: "no reason", make: func(l *lab) { hold(l.of(ops), "2026-11-25T15:00:00Z", "") },
		principal: ops, finds: "it has no reason"},
	{rule: "EA505", name: "as long as the file allows", make: func(l *lab) {
		hold(l.of(ops), "2026-11-27T12:00:00Z", "INC-1")
		l.file.Guards.MaxHold = 48 * time.Hour
	}},
	{rule: "EA505", name: "entries unknown", make: entries, unchecked: "access entries unknown"},

	{
		rule:  "EA601",
		name:  "both off",
		make:  func(l *lab) { l.Logging.Enabled = []string{"api"} },
		finds: "Audit and authenticator logs are off",
	},
	{
		rule:  "EA601",
		name:  "one off",
		make:  func(l *lab) { l.Logging.Enabled = []string{"audit"} },
		finds: "Authenticator log is off",
	},
	{rule: "EA601", name: "on", make: func(*lab) {}},
	{
		rule:      "EA601",
		name:      "untold",
		make:      func(l *lab) { l.Logging.Fact = snapshot.UnknownFact("EKS does not tell it", "") },
		unchecked: "logging unknown: EKS does not tell it",
	},

	{
		rule:  "EA602",
		name:  "the world",
		make:  func(l *lab) { l.Network.PublicCIDRs = []string{"0.0.0.0/0"} },
		finds: "Kubernetes endpoint is open to the internet: 0.0.0.0/0",
	},
	{
		rule:  "EA602",
		name:  "the world of IPv6",
		make:  func(l *lab) { l.Network.PublicCIDRs = []string{"203.0.113.0/24", "::/0"} },
		finds: "::/0",
	},
	{
		rule: "EA602",
		name: "private",
		make: func(l *lab) { l.Network.Public, l.Network.PublicCIDRs = false, []string{"0.0.0.0/0"} },
	},
	{rule: "EA602", name: "ten networks", make: func(l *lab) { l.Network.PublicCIDRs = []string{"10.0.0.0/8"} }},
	{
		rule:      "EA602",
		name:      "untold",
		make:      func(l *lab) { l.Network.Fact = snapshot.UnknownFact("EKS does not tell it", "") },
		unchecked: "endpoint access unknown",
	},

	{rule: "EA603", name: "attached", make: func(l *lab) {
		l.Providers.Items = []snapshot.Provider{
			{Name: "okta", Issuer: "https://okta.example.com", GroupsPrefix: "oidc:"},
		}
	}, finds: `OIDC provider gives access without IAM: "okta" (https://okta.example.com)`},
	{rule: "EA603", name: "none", make: func(l *lab) { l.Issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/X" }},
	{rule: "EA603", name: "refused", make: func(l *lab) {
		l.Providers.Fact = snapshot.UnknownFact("eks:ListIdentityProviderConfigs is not allowed", "allow it")
	}, unchecked: "identity providers unknown: eks:ListIdentityProviderConfigs"},

	{
		rule:  "EA604",
		name:  "too old",
		make:  func(l *lab) { l.Version, l.PlatformVersion = "1.28", "eks.5" },
		finds: "eks.5 of Kubernetes 1.28, eks.6 is required",
	},
	{
		rule:  "EA604",
		name:  "too old at all",
		make:  func(l *lab) { l.Version, l.PlatformVersion = "1.22", "eks.20" },
		finds: "Kubernetes 1.22 has no access entries",
	},
	{rule: "EA604", name: "just enough", make: func(l *lab) { l.Version, l.PlatformVersion = "1.27", "eks.10" }},
	{rule: "EA604", name: "untold", make: func(l *lab) { l.Version = "" }, unchecked: "version unknown"},
}

func TestRules(t *testing.T) {
	fired, quiet := map[string]bool{}, map[string]bool{}
	for _, tt := range ruleTests {
		t.Run(tt.rule+" "+tt.name, func(t *testing.T) {
			l := sound()
			tt.make(l)
			r := l.run(t)
			var rule Rule
			for _, one := range Rules() {
				if one.ID == tt.rule {
					rule = one
				}
			}
			var found []Finding
			for _, f := range r.Findings {
				if f.Rule == tt.rule {
					found = append(found, f)
				}
			}
			var reasons []string
			for _, n := range r.NotChecked {
				if n.Rule == tt.rule {
					reasons = append(reasons, n.Reason)
				}
			}
			if all := strings.Join(reasons, "; "); (tt.unchecked == "") != (all == "") && tt.finds == "" ||
				!strings.Contains(all, tt.unchecked) {
				t.Errorf("not checked: %q, want %q", all, tt.unchecked)
			}
			if tt.finds == "" {
				quiet[tt.rule] = quiet[tt.rule] || tt.unchecked == ""
				if len(found) > 0 {
					t.Errorf("finds %s: %s", found[0].Principal, found[0].Message)
				}
				return
			}
			fired[tt.rule] = true
			if len(found) == 0 {
				t.Fatal("finds nothing")
			}
			want := rule.Severity
			if tt.severity != "" {
				want = tt.severity
			}
			f := found[0]
			if f.Principal != tt.principal || !strings.Contains(f.Message, tt.finds) || f.Severity != want {
				t.Errorf(
					"finds %s, %q: %s; want %s, %q: %s",
					f.Severity,
					f.Principal,
					f.Message,
					want,
					tt.principal,
					tt.finds,
				)
			}
			if f.Fix == "" || f.Cluster != "prod" || f.Account != account || f.Region != "eu-west-1" {
				t.Errorf("incomplete: %+v", f)
			}
			if l.file != nil && l.file.ID == place1 && !strings.HasPrefix(f.Source, "c.yaml:") {
				t.Errorf("no line of the file: %q", f.Source)
			}
		})
	}
	for _, r := range Rules() {
		if r.OfCluster() && (!fired[r.ID] || !quiet[r.ID]) {
			t.Errorf("%s is not shown to fire (%v) and not to (%v)", r.ID, fired[r.ID], quiet[r.ID])
		}
	}
}

// All rules are complete, and ids and names are unique and of one form.
func TestRegistry(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if len(r.ID) != 5 || !strings.HasPrefix(r.ID, "EA") || seen[r.ID] || seen[r.Name] ||
			r.Name != strings.ToLower(r.Name) {
			t.Errorf("%q %q", r.ID, r.Name)
		}
		seen[r.ID], seen[r.Name] = true, true
		for what, text := range map[string]string{"title": r.Title, "impact": r.Impact, "evidence": r.Evidence,
			"fix": r.Fix, "known false positives": r.FalsePositives} {
			if text == "" {
				t.Errorf("%s has no %s", r.ID, what)
			}
		}
		if _, err := ParseSeverity(string(r.Severity)); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
	}
}

// Every rule is reported as not checked in a cluster of which only the name is
// known.
func TestUnknownClusterIsNotChecked(t *testing.T) {
	l := sound()
	*l.Cluster = snapshot.Place(place1)
	l.Status, l.AuthenticationMode, l.file = "ACTIVE", "API_AND_CONFIG_MAP", nil
	r := l.run(t)
	reported := map[string]bool{"EA101": true} // the mode is known, or nothing is
	for _, n := range r.NotChecked {
		reported[n.Rule] = true
	}
	for _, rule := range Rules() {
		if rule.OfCluster() && !reported[rule.ID] {
			t.Errorf("%s passes", rule.ID)
		}
	}
	for _, f := range r.Findings {
		t.Errorf("%s finds %s", f.Rule, f.Message)
	}
}

func TestIsMachine(t *testing.T) {
	for name, want := range map[string]bool{
		"GitHubActionsDeploy": true, "ci": true, "prod-ci-runner": true, "TerraformApply": true, "CIDeploy": true,
		"svc_backup": true, "my-gitlab": true,
		"platform-admin": false, "break-glass": false, "Cinema": false, "bottle": false, "security-audit": false,
	} {
		if got := isMachine("arn:aws:iam::111122223333:role/" + name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// A fix can be copied: names of a cluster cannot end a command or a list of YAML.
func TestFixesAreQuoted(t *testing.T) {
	l := sound()
	l.RBAC.Bindings = append(
		l.RBAC.Bindings,
		snapshot.Binding{
			Name:     "x; rm -rf ~",
			RoleKind: "ClusterRole",
			Role:     "cluster-admin",
			Groups:   []string{"payments"},
		},
	)
	l.Providers.Items = []snapshot.Provider{{Name: "a b"}}
	l.admin("arn:aws:iam::111122223333:user/a,b")
	want := map[string]string{
		"EA210": "kubectl delete clusterrolebinding 'x; rm -rf ~'",
		"EA603": "--identity-provider-config 'type=oidc,name=a b'",
		"EA207": `absent: ["arn:aws:iam::111122223333:user/a,b"]`,
	}
	for _, f := range l.run(t).Findings {
		if part := want[f.Rule]; part != "" && !strings.Contains(f.Fix, part) {
			t.Errorf("%s: %s", f.Rule, f.Fix)
		}
		delete(want, f.Rule)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}
