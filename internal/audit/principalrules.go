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

// principalRules are about the principals of entries.
var principalRules = []Rule{
	{
		ID: "EA301", Name: "dead-principal", Severity: High,
		Title: "Stale entry: the principal was recreated",
		Impact: "An entry belongs to the unique id that its role or user had when the entry was " +
			"created. A stale entry looks correct, but every request of its principal is refused " +
			"with 401, and nodes of a stale node entry cannot join.",
		Evidence: "IAM reports a creation time of the principal that is later than that of the entry. " +
			"Entries of nodes are included, those of service-linked roles are not.",
		Fix:  "Declare it and apply: the entry is recreated with the same access.",
		Refs: []string{guideEntries},
		FalsePositives: "An entry that was created in the same second as its role, because the clocks of IAM " +
			"and EKS differ. If aws-auth has a row for the principal, EKS can use that row (not " +
			"confirmed).",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			v.each(o, v.deletable(), existenceUnknown, func(e *spec.LiveEntry, p *snapshot.Principal) {
				if v.state.For(e.Principal).Life != access.Stale {
					return
				}
				effect := ""
				if eksfacts.IsNode(e.Type) {
					effect = "; its nodes cannot join (type " + e.Type + ")"
				}
				o.find(e.Principal, v.recreate(e), "recreated %s, entry created %s%s", day(*p.CreatedAt),
					day(e.CreatedAt), effect)
			})
		},
	},
	{
		ID: "EA302", Name: "orphan", Severity: Medium,
		Title: "Orphaned entry: the principal no longer exists",
		Impact: "EKS keeps the entries of deleted principals. They give no access, also not to a new " +
			"role with the same name, and make reviews harder.",
		Evidence: "IAM of the account of the cluster has no role or user with this ARN. Entries of " +
			"nodes are included, those of service-linked roles are not.",
		Fix: "`eksaccess cleanup --orphaned` deletes these entries, with `--allow-node-removal` " +
			"also those of nodes.",
		Refs: []string{guideEntries},
		FalsePositives: "A role that was just created: IAM needs some seconds. Roles of permission sets with " +
			"an earlier suffix are found by EA303.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			v.each(o, v.deletable(), existenceUnknown, func(e *spec.LiveEntry, p *snapshot.Principal) {
				if v.state.For(e.Principal).Life != access.Orphaned || isStale(p) {
					return
				}
				had := grants(e.Entry)
				if eksfacts.IsNode(e.Type) {
					had = "node access (type " + e.Type + ")"
				}
				elsewhere := ""
				if id := p.Identity(); id.ARN != "" {
					elsewhere = "; " + id.Elsewhere()
				}
				o.find(e.Principal, v.cleanUp(e), "entry with %s%s", had, elsewhere)
			})
		},
	},
	{
		ID: "EA303", Name: "stale-permission-set", Severity: Medium,
		Title: "Permission set has a new role",
		Impact: "IAM Identity Center created a new role when the permission set was assigned again. " +
			"Its users have lost this access, and the entry of the earlier role has no effect.",
		Evidence: "The role of the entry is not among the roles under /aws-reserved/sso.amazonaws.com/ " +
			"of the account of the cluster.",
		Fix: "Declare the permission set by name, `permissionSet: NAME`, and apply: the new role " +
			"gets the access, and the old entry is deleted.",
		Refs: []string{guideSSO},
		FalsePositives: "None. A permission set without an assignment in the account has no role; its entry " +
			"is found too.",
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
					role, _ := v.c.Resolve(spec.PrincipalRef{PermissionSet: p.PermissionSet.Name})
					if role == "" {
						o.find(e.Principal, v.cleanUp(e), "").title = "Permission set has no role in the account"
						return
					}
					h := o.find(e.Principal, v.declareSet(p.PermissionSet.Name, role, e), "")
					h.others = []string{role}
				}
			})
		},
	},
	{
		ID: "EA304", Name: "no-session-name", Severity: Low,
		Title: "Role of people has one username for all sessions",
		Impact: "The audit log shows one user for all people with this role, and a binding of the " +
			"username applies to all of them.",
		Evidence: "Roles whose username has no `{{SessionName}}` and whose name is not typical of a " +
			"program.",
		Fix: "Remove `username`, so that EKS derives one with the session name, or write " +
			"\"team:{{SessionName}}\".",
		Refs:           []string{cis211, "EKS user guide: set-custom-username"},
		FalsePositives: "Roles of programs with a name that does not show it.",
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
				o.find(e.Principal, v.defaultUsername(e), "username %q", e.Username)
			}
		},
	},
	{
		ID: "EA305", Name: "shared-username", Severity: Medium,
		Title: "Username is shared by several principals",
		Impact: "A binding of the username applies to all of them, and the audit log does not " +
			"distinguish them.",
		Evidence:       "The usernames of entries, and of rows of aws-auth that no entry hides.",
		Fix:            "Remove `username` from all of them except one.",
		Refs:           []string{cis211, "EKS user guide: set-custom-username"},
		FalsePositives: "Clusters whose audit log is not used to identify people.",
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
					fix := one(Step{Text: "write another username in its row", Line: editAWSAuth})
					if e := v.live.Entry(p); e != nil {
						fix = v.defaultUsername(e)
					}
					o.find(p, fix, "username %q", name).others = others
				}
			}
		},
	},
}

// isStale reports whether a principal is an earlier role of a permission set.
func isStale(p *snapshot.Principal) bool {
	return p.PermissionSet != nil && p.PermissionSet.Current != nil && !*p.PermissionSet.Current
}

// rightsRules are about the permissions of entries.
var rightsRules = []Rule{
	{
		ID: "EA401", Name: "entry-without-rights", Severity: Low,
		Title: "Entry without policy and group",
		Impact: "Its principal can authenticate and has only the permissions of all users, unless a " +
			"binding names its username. Often it is an unfinished change.",
		Evidence: "STANDARD entries without policies and groups. If the bindings are known, none of " +
			"them names the username.",
		Fix:            "Add a policy, or remove the entry.",
		Refs:           []string{guideEntries},
		FalsePositives: "Without `--kube`, an entry whose username has a binding.",
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
				o.find(e.Principal, v.remove(e.Principal), "")
			}
		},
	},
	{
		ID: "EA402", Name: "unbound-group", Severity: Low,
		Title: "Group without binding",
		Impact: "The group gives no permissions now. A later binding with this name gives them to all " +
			"principals of the group, perhaps without intention.",
		Evidence: "Groups of entries, compared with the subjects of all RoleBindings and " +
			"ClusterRoleBindings.",
		Fix:            "Remove the group from the entry, or create the binding.",
		Refs:           []string{guideEntries},
		FalsePositives: "Groups that an admission webhook or another authorizer uses.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || !isKnown(o, "RBAC", v.c.RBAC.Fact) {
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
						o.find(e.Principal, v.withoutGroup(e, g), "group %q", g)
					}
				}
			}
		},
	},
	{
		ID: "EA403", Name: "namespace-matches-nothing", Severity: Low,
		Title: "Namespace of a policy does not exist",
		Impact: "The permission has no effect now. It takes effect in a namespace that is created " +
			"later with a matching name.",
		Evidence:       "Namespaces and patterns of policies, compared with the namespaces of the cluster.",
		Fix:            "Write the intended namespace, or remove it.",
		Refs:           []string{guidePolicies},
		FalsePositives: "Namespaces that are created and deleted often, for example for previews.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || !isKnown(o, "namespaces", v.c.Namespaces.Fact) {
				return
			}
			v.namespaces(func(e *spec.LiveEntry, p spec.Policy, pattern string) {
				if !slices.ContainsFunc(v.c.Namespaces.Names, func(n string) bool { return arn.Match(pattern, n) }) {
					o.find(e.Principal, v.withoutNamespace(e, p, pattern),
						"%s in %q", arn.PolicyName(p.ARN), pattern)
				}
			})
		},
	},
	{
		ID: "EA404", Name: "reaches-kube-system", Severity: High,
		Title: "Namespace scope includes kube-system",
		Impact: "A principal that can write in kube-system, or read its secrets, can take over the " +
			"cluster: its system components and aws-auth are there. For AmazonEKSViewPolicy, " +
			"which cannot read secrets, the severity is low.",
		Evidence:       "Namespaces and patterns of policies that match `kube-system`.",
		Fix:            "Write the intended namespaces in place of the pattern.",
		Refs:           []string{cis411, cis412, guidePolicies},
		FalsePositives: "Teams that operate the add-ons of the cluster.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			v.namespaces(func(e *spec.LiveEntry, p spec.Policy, pattern string) {
				if !arn.Match(pattern, "kube-system") {
					return
				}
				h := o.find(e.Principal, v.withoutNamespace(e, p, pattern),
					"%s in %q", arn.PolicyName(p.ARN), pattern)
				if !readsSecrets(p.ARN) && arn.PolicyName(p.ARN) == "AmazonEKSViewPolicy" {
					h.severity, h.title = Low, "Namespace scope includes kube-system, read only"
				}
			})
		},
	},
	{
		ID: "EA405", Name: "cluster-scope", Severity: Medium,
		Title: "Policy for namespaces has cluster scope",
		Impact: "AmazonEKSAdminPolicy and AmazonEKSEditPolicy are intended for namespaces. At cluster " +
			"scope they allow writing in kube-system, which can be used to become cluster admin.",
		Evidence:       "These two policies at cluster scope, for principals that are not cluster admin.",
		Fix:            "Add `namespaces` to the policy.",
		Refs:           []string{cis411, guidePolicies},
		FalsePositives: "Clusters that belong to one team.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				for _, p := range e.Policies {
					name := arn.PolicyName(p.ARN)
					if isClusterWide(p) && (name == "AmazonEKSAdminPolicy" || name == "AmazonEKSEditPolicy") &&
						!e.IsClusterAdmin() {
						o.find(e.Principal, v.narrow(e, p), "%s", name)
					}
				}
			}
		},
	},
	{
		ID: "EA406", Name: "reads-all-secrets", Severity: Medium,
		Title: "Principal that is not cluster admin can read all secrets",
		Impact: "AmazonEKSAdminViewPolicy and AmazonEKSEditPolicy can read secrets. At cluster scope, " +
			"these include tokens of service accounts that are cluster admin.",
		Evidence: "Policies that can read secrets (AdminView, Edit, Admin, SecretReader, SecretAdmin) " +
			"at cluster scope, for principals that are not cluster admin.",
		Fix: "Use AmazonEKSViewPolicy, which cannot read secrets, or add `namespaces` to the " +
			"policy.",
		Refs:           []string{cis412, guidePolicies},
		FalsePositives: "Programs that need all secrets, for example for backups.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				for _, p := range e.Policies {
					if isClusterWide(p) && readsSecrets(p.ARN) && !e.IsClusterAdmin() {
						o.find(e.Principal, v.narrow(e, p), "%s", arn.PolicyName(p.ARN))
					}
				}
			}
		},
	},
	{
		ID: "EA407", Name: "policy-not-for-people", Severity: High,
		Title: "Policy is not intended for users",
		Impact: "Some access policies are made for AWS services, and give permissions that users must " +
			"not have. Of a policy that eksaccess does not know, the permissions are unknown; its " +
			"severity is medium.",
		Evidence: "The policies of entries, compared with the list of EKS access policies. Entries that " +
			"EKS manages are skipped: those with its tag, and roles of the account of the cluster " +
			"with a policy that AWS associates, unless people can assume them.",
		Fix:            "Remove the policy, or use one for users.",
		Refs:           []string{guidePolicies},
		FalsePositives: "A new policy of AWS that this version of eksaccess does not know.",
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
						h := o.find(e.Principal, v.withoutPolicy(e, p), "%s", name)
						h.severity, h.title = Medium, "Unknown access policy"
					case catalogued.Use != eksfacts.ForUsers:
						o.find(e.Principal, v.withoutPolicy(e, p), "%s is for %s", name, catalogued.Use)
					}
				}
			}
			if unread > 0 {
				o.skip(
					"%s with policies that AWS associates: the trust policy was not read, so people can perhaps "+
						"assume the role",
					phrase.Count(unread, "entry"),
				)
			}
		},
	},
}

// namespaces calls do for every namespace or pattern of a policy.
func (v *view) namespaces(do func(*spec.LiveEntry, spec.Policy, string)) {
	for _, e := range v.own {
		for _, p := range e.Policies {
			for _, pattern := range p.Namespaces {
				do(e, p, pattern)
			}
		}
	}
}
