package audit

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// principalRules are about who stands behind an entry.
var principalRules = []Rule{
	{
		ID: "EA301", Name: "dead-principal", Severity: High,
		Title: "The principal was recreated after its entry",
		Means: "An entry is bound to the id that a role or user had when the entry was made. A stale entry looks " +
			"right, and every call of its principal is refused with 401. Nodes of a stale node entry cannot join.",
		Evidence: "The time IAM says the principal was created is later than that of the entry. Entries for nodes " +
			"are included, those of service-linked roles are not.",
		Fix:  "Declare it and apply: the entry is recreated with the same access.",
		Refs: []string{guideEntries},
		Mistakes: "Clocks of IAM and EKS differ by seconds: an entry made in the same moment as its role. Where " +
			"aws-auth has a row for the principal, EKS may use that row (not confirmed).",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			v.each(o, v.deletable(), unexplored, func(e *spec.LiveEntry, p *snapshot.Principal) {
				if v.state.For(e.Principal).Life != access.Stale {
					return
				}
				effect := "the entry gives no access"
				if eksfacts.IsNode(e.Type) {
					effect = "its nodes cannot join (type " + e.Type + ")"
				}
				o.find(e.Principal, v.recreate(e), "IAM made it on %s, after its entry of %s: %s", day(*p.CreatedAt),
					day(e.CreatedAt), effect)
			})
		},
	},
	{
		ID: "EA302", Name: "orphan", Severity: Medium,
		Title: "The principal no longer exists",
		Means: "EKS keeps the entries of deleted principals. They give no access, hide what is in use, and a role " +
			"that is created with the same name does not get the access.",
		Evidence: "IAM of the cluster's account has no role or user of that ARN. Entries for nodes are included, " +
			"those of service-linked roles are not.",
		Fix: "`eksaccess cleanup --orphaned` deletes such entries; with `--allow-node-removal` those for nodes " +
			"as well.",
		Refs: []string{guideEntries},
		Mistakes: "IAM lags some seconds behind for a role just made. Roles of permission sets with an old suffix " +
			"are found by EA303.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			v.each(o, v.deletable(), unexplored, func(e *spec.LiveEntry, p *snapshot.Principal) {
				if v.state.For(e.Principal).Life != access.Orphaned || isStale(p) {
					return
				}
				gives := grants(e.Entry)
				if eksfacts.IsNode(e.Type) {
					gives = "node access (type " + e.Type + ")"
				}
				elsewhere := ""
				if id := p.Identity(); id.ARN != "" {
					elsewhere = " (" + id.Elsewhere() + ")"
				}
				o.find(e.Principal, v.cleanUp(e), "IAM no longer has it%s; its entry gives %s", elsewhere, gives)
			})
		},
	},
	{
		ID: "EA303", Name: "stale-permission-set", Severity: Medium,
		Title: "The role of a permission set has another suffix now",
		Means: "Identity Center made a new role when the set was assigned again. The people of the set have lost " +
			"this access, and the entry waits for nobody.",
		Evidence: "The roles under /aws-reserved/sso.amazonaws.com/ of the cluster's account don't include the " +
			"entry's.",
		Fix: "Declare the set by name, `permissionSet: NAME`, and apply: the new role gets the access, the old " +
			"entry goes.",
		Refs:     []string{guideSSO},
		Mistakes: "None; a set without an assignment in the account has no role, and its entry is found too.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			v.each(o, v.own, func(p *snapshot.Principal) string {
				if p.PermissionSet != nil && p.PermissionSet.Current == nil {
					return p.PermissionSet.Why
				}
				return ""
			}, func(e *spec.LiveEntry, p *snapshot.Principal) {
				if isStale(p) {
					now, fix := "the account has no role of the set now", v.cleanUp(e)
					if role, _ := v.c.Resolve(spec.PrincipalRef{PermissionSet: p.PermissionSet.Name}); role != "" {
						now, fix = "now it is "+role, v.declareSet(p.PermissionSet.Name, role, e)
					}
					o.find(e.Principal, fix, "it was the role of permission set %q; %s", p.PermissionSet.Name, now)
				}
			})
		},
	},
	{
		ID: "EA304", Name: "no-session-name", Severity: Low,
		Title: "A role used by people has one username for all of them",
		Means: "In the audit log everybody with that role is the same user, and a binding to the username means " +
			"all of them.",
		Evidence: "Roles whose username holds no `{{SessionName}}` and whose name is not that of a program.",
		Fix: "Leave `username` out, which makes EKS derive one with the session's name, or write " +
			"\"team:{{SessionName}}\".",
		Refs:     []string{cis211, "EKS user guide: set-custom-username"},
		Mistakes: "Roles of programs whose name does not tell.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				p, err := arn.ParsePrincipal(e.Principal)
				if err != nil || p.Kind != arn.Role || isMachine(e.Principal) ||
					strings.Contains(e.Username, "{{SessionName") {
					continue
				}
				o.find(e.Principal, v.defaultUsername(e),
					"all sessions of the role are the user %q", e.Username)
			}
		},
	},
	{
		ID: "EA305", Name: "shared-username", Severity: Medium,
		Title:    "Two principals have one username",
		Means:    "A binding to the username means both, and the audit log does not tell them apart.",
		Evidence: "The usernames of the entries, and of rows of aws-auth that no entry hides.",
		Fix:      "Leave `username` out of all but one.",
		Refs:     []string{cis211, "EKS user guide: set-custom-username"},
		Mistakes: "Where the logs of the cluster are not used to tell people apart.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			v.authRows(o)
			users := map[string][]string{}
			for _, e := range v.own {
				if e.Username != "" {
					users[e.Username] = append(users[e.Username], e.Principal)
				}
			}
			for _, r := range v.rows {
				if r.Username != "" && !access.IsNodeRow(r.AWSAuthRow) && r.TakesEffect() {
					users[r.Username] = append(users[r.Username], r.ARN)
				}
			}
			for name, principals := range users {
				if len(principals) < 2 {
					continue
				}
				slices.Sort(principals)
				for i, p := range principals {
					others := slices.Concat(principals[:i], principals[i+1:])
					fix := "write another username in its row: " + editAWSAuth
					if e := v.live.Entry(p); e != nil {
						fix = v.defaultUsername(e)
					}
					o.find(p, fix, "its username %q is also that of %s", name, strings.Join(others, ", "))
				}
			}
		},
	},
}

// isStale reports whether a principal was the role of a permission set.
func isStale(p *snapshot.Principal) bool {
	return p.PermissionSet != nil && p.PermissionSet.Current != nil && !*p.PermissionSet.Current
}

// rightsRules are about what entries give.
var rightsRules = []Rule{
	{
		ID: "EA401", Name: "entry-without-rights", Severity: Low,
		Title: "An entry gives neither a policy nor a group",
		Means: "Its principal gets in and may do nothing but what all who get in may, unless a binding names its " +
			"username. Most often a half-finished change.",
		Evidence: "STANDARD entries without policies and groups; where the bindings of the cluster are known, none " +
			"names the username.",
		Fix:      "Give it a policy, or remove it.",
		Refs:     []string{guideEntries},
		Mistakes: "Without `--kube`, an entry whose username is bound by RBAC.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				if len(e.Policies) > 0 || len(e.Groups) > 0 {
					continue
				}
				bound := func(b snapshot.Binding) bool { return boundBy(b, e.Username, nil) != "" }
				if v.c.RBAC.Known() && slices.ContainsFunc(v.c.RBAC.Bindings, bound) {
					continue
				}
				o.find(e.Principal, v.remove(e.Principal), "its entry has neither a policy nor a group")
			}
		},
	},
	{
		ID: "EA402", Name: "unbound-group", Severity: Low,
		Title: "A group that no binding names",
		Means: "The group gives nothing now, and whoever makes a binding of that name gives it to all who have it " +
			"without knowing them.",
		Evidence: "Groups of entries against the subjects of all RoleBindings and ClusterRoleBindings.",
		Fix:      "Take the group out of the entry, or make the binding.",
		Refs:     []string{guideEntries},
		Mistakes: "Groups that an admission webhook or another authorizer knows.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || !known(o, "RBAC", v.c.RBAC.Fact) {
				return
			}
			bound := map[string]bool{}
			for _, b := range v.c.RBAC.Bindings {
				for _, g := range b.Groups {
					bound[g] = true
				}
			}
			for _, e := range v.own {
				for _, g := range e.Groups {
					if !bound[g] {
						o.find(e.Principal, v.withoutGroup(e, g), "group %q is in no binding", g)
					}
				}
			}
		},
	},
	{
		ID: "EA403", Name: "namespace-matches-nothing", Severity: Low,
		Title: "A namespace of a policy matches nothing",
		Means: "The right is not there where somebody thinks it is, and comes to life for whoever makes a " +
			"namespace of that name.",
		Evidence: "Namespaces and patterns of policies against the cluster's namespaces.",
		Fix:      "Write the namespace that is meant, or take it out.",
		Refs:     []string{guidePolicies},
		Mistakes: "Namespaces that come and go, as those of previews do.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || !known(o, "namespaces", v.c.Namespaces.Fact) {
				return
			}
			v.namespaces(func(e *spec.LiveEntry, p spec.Policy, pattern string) {
				if !slices.ContainsFunc(v.c.Namespaces.Names, func(n string) bool { return arn.Match(pattern, n) }) {
					o.find(e.Principal, v.withoutNamespace(e, p, pattern),
						"%s is given in %q, which is no namespace of the cluster", arn.PolicyName(p.ARN), pattern)
				}
			})
		},
	},
	{
		ID: "EA404", Name: "reaches-kube-system", Severity: High,
		Title: "A namespace scope reaches kube-system",
		Means: "Whoever may write there, or read its secrets, can take over the cluster: what runs it runs there, " +
			"and aws-auth lies there. A policy that only reads, and no secrets, is of severity low.",
		Evidence: "Namespaces and patterns of policies that match `kube-system`.",
		Fix:      "Write the namespaces that are meant in place of the pattern.",
		Refs:     []string{cis411, cis412, guidePolicies},
		Mistakes: "Teams that run the add-ons of the cluster.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			v.namespaces(func(e *spec.LiveEntry, p spec.Policy, pattern string) {
				if !arn.Match(pattern, "kube-system") {
					return
				}
				h := o.find(e.Principal, v.withoutNamespace(e, p, pattern),
					"%s is given in %q, which reaches kube-system", arn.PolicyName(p.ARN), pattern)
				if !readsSecrets(p.ARN) && arn.PolicyName(p.ARN) == "AmazonEKSViewPolicy" {
					h.severity = Low
				}
			})
		},
	},
	{
		ID: "EA405", Name: "cluster-scope", Severity: Medium,
		Title: "A policy for namespaces is given in the whole cluster",
		Means: "AmazonEKSAdminPolicy and AmazonEKSEditPolicy are made for teams in their namespaces. In the whole " +
			"cluster they write to kube-system too, which is as good as cluster admin.",
		Evidence: "Those two policies with scope cluster, on principals that are not cluster admin anyway.",
		Fix:      "Write `namespaces` beside the policy.",
		Refs:     []string{cis411, guidePolicies},
		Mistakes: "Clusters that belong to one team.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				for _, p := range e.Policies {
					name := arn.PolicyName(p.ARN)
					if clusterWide(p) && (name == "AmazonEKSAdminPolicy" || name == "AmazonEKSEditPolicy") &&
						!e.IsClusterAdmin() {
						o.find(e.Principal, v.narrow(e, p), "%s is given in the whole cluster, kube-system too", name)
					}
				}
			}
		},
	},
	{
		ID: "EA406", Name: "reads-all-secrets", Severity: Medium,
		Title: "Somebody who is no admin reads all secrets",
		Means: "AmazonEKSAdminViewPolicy and AmazonEKSEditPolicy sound harmless and read secrets. In the whole " +
			"cluster that includes the tokens by which programs are admin.",
		Evidence: "Policies that read secrets (AdminView, Edit, Admin, SecretReader, SecretAdmin) with scope " +
			"cluster, on principals that are not cluster admin.",
		Fix:      "Give AmazonEKSViewPolicy, which reads no secrets, or write `namespaces` beside the policy.",
		Refs:     []string{cis412, guidePolicies},
		Mistakes: "Programs whose work is to read secrets, as backups or scanners.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				for _, p := range e.Policies {
					if clusterWide(p) && readsSecrets(p.ARN) && !e.IsClusterAdmin() {
						o.find(e.Principal, v.narrow(e, p),
							"%s in the whole cluster reads every secret", arn.PolicyName(p.ARN))
					}
				}
			}
		},
	},
	{
		ID: "EA407", Name: "policy-not-for-people", Severity: High,
		Title: "A policy that is not for users, or one nobody knows",
		Means: "Some access policies are made for AWS services and give what no person should have. Of a policy " +
			"that is not in the catalogue nobody here can say what it gives; that is of severity medium.",
		Evidence: "The policies of entries against the catalogue of EKS access policies. Entries that EKS manages " +
			"are left out: those it tags, and roles of the cluster's account with a policy that AWS associates, " +
			"unless their trust policy lets people assume them.",
		Fix:      "Take the policy away, or give one that is made for users.",
		Refs:     []string{guidePolicies},
		Mistakes: "AWS adds policies; a newer version of this program may know it.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			unread := 0
			for _, e := range v.deletable() {
				id := v.live.Identities[e.Principal]
				switch {
				case v.live.IsManagedByEKS(e):
					if id.Trust == nil && v.live.IsSystem(e) && e.Principal != v.live.RoleARN && len(e.Tags) == 0 &&
						!eksfacts.IsNode(e.Type) {
						unread++
					}
					continue
				case eksfacts.IsNode(e.Type):
					continue
				}
				for _, p := range e.Policies {
					name := arn.PolicyName(p.ARN)
					switch catalogued, ok := policyNamed(p.ARN); {
					case !ok:
						o.find(e.Principal, v.withoutPolicy(e, p),
							"%s is in no list of access policies: nobody here knows what it gives",
							name).severity = Medium
					case catalogued.Use != eksfacts.ForUsers:
						o.find(e.Principal, v.withoutPolicy(e, p), "%s is made for %s", name, catalogued.Use)
					}
				}
			}
			if unread > 0 {
				o.skip(
					"%s with policies that AWS associates: the trust policy was not read, so it is not known whether "+
						"people can assume the role",
					phrase.Count(unread, "entry"),
				)
			}
		},
	},
}

// namespaces calls do for every namespace or pattern a policy is given in.
func (v *view) namespaces(do func(*spec.LiveEntry, spec.Policy, string)) {
	for _, e := range v.own {
		for _, p := range e.Policies {
			for _, pattern := range p.Namespaces {
				do(e, p, pattern)
			}
		}
	}
}
