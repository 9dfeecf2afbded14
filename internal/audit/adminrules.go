package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

// bootstrapTime is the longest time between the creation of a cluster and of its
// creator's entry: a cluster needs about a quarter of an hour to start.
const bootstrapTime = time.Hour

// adminRules are about cluster admins. A usable cluster admin exists, was not
// recreated after its entry, and can be assumed by people or declared automation.
var adminRules = []Rule{
	{
		ID: "EA201", Name: "few-admins", Severity: High,
		Title: "Fewer than two usable cluster admins",
		Impact: "If one role is deleted or one permission set is changed, only the EKS API can " +
			"restore access. Without any usable cluster admin, the severity is critical.",
		Evidence: "Entries with AmazonEKSClusterAdminPolicy at cluster scope and rows of aws-auth with " +
			"system:masters. The principal must exist, and people or declared automation must be " +
			"able to assume it. Principals that IAM was not asked about count as usable.",
		Fix: "Declare a second cluster admin, for example a role for emergencies that does not " +
			"depend on the first one.",
		Refs: []string{guideEntries},
		FalsePositives: "Clusters that are deliberately without cluster admins, and are managed with aws-auth " +
			"or the EKS API.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || len(v.living) >= 2 {
				return
			}
			var about []string
			if v.unreadCount(v.living) > 0 {
				about = append(about, "IAM was not asked about it")
			}
			if n := len(v.admins) - len(v.living); n > 0 {
				about = append(about, phrase.CountOf(n, "other cluster admin cannot be used", "others cannot be used"))
			}
			if why := v.state.RowsUnknown(); why != "" {
				about = append(about, "aws-auth, which can have more, was not read: "+why)
			}
			fix := one(v.under("admins: [{role: NAME}]")...)
			isCaller := func(a access.Access) bool { return slices.Contains(v.c.ReadBy, a.Principal) }
			if !slices.ContainsFunc(v.living, isCaller) {
				fix = fix.or("to make yourself cluster admin for a few hours", v.eksaccess("recover"))
			}
			h := o.find("", fix, "%s", strings.Join(about, "; "))
			h.others = principalsOf(v.living)
			if len(v.living) == 0 {
				h.severity, h.title = Critical, "No usable cluster admin"
			}
		},
	},
	{
		ID: "EA202", Name: "only-machines-are-admin", Severity: High,
		Title:  "Only automation is cluster admin",
		Impact: "If the pipeline is broken, no person can repair the cluster.",
		Evidence: "The trust policies of all cluster admins allow only AWS services, pods or OIDC " +
			"tokens, or their names are typical of programs (ci, deploy, github, terraform …). " +
			"Roles of permission sets count as people.",
		Fix:  "Declare a role or permission set for people under `admins`.",
		Refs: []string{guideEntries},
		FalsePositives: "If a trust policy also allows people, or was not read, the name decides. A role " +
			"called \"deploy\" that people use is counted as automation.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || len(v.admins) == 0 {
				return
			}
			if !slices.ContainsFunc(v.admins, func(a access.Access) bool { return !v.isAutomation(a.Principal) }) {
				o.find("", one(v.under("admins: [{permissionSet: NAME}]")...), "by trust policy or name").others =
					principalsOf(v.admins)
			}
		},
	},
	{
		ID: "EA203", Name: "one-identity-source", Severity: Medium,
		Title: "All cluster admins depend on one identity source",
		Impact: "If that source fails or is misconfigured, for example IAM Identity Center, all " +
			"cluster admins lose access at the same time.",
		Evidence: "The ARNs of all cluster admins: roles of permission sets, IAM users, or principals " +
			"of one other account.",
		Fix: "Declare a cluster admin that does not depend on this source, for example an IAM role " +
			"for emergencies.",
		Refs: []string{guideSSO, guideEntries},
		FalsePositives: "Roles of the account of the cluster are not examined further. All of them can depend " +
			"on one source without a finding.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || len(v.admins) == 0 {
				return
			}
			first, ok := sourceOf(v.admins[0].Principal, v.c.Account)
			if !ok || slices.ContainsFunc(v.admins, func(a access.Access) bool {
				s, ok := sourceOf(a.Principal,
					v.c.Account)
				return !ok || s != first
			}) {
				return
			}
			o.find("", one(v.under("admins: [{role: NAME}]")...), "%s (%s)", first,
				phrase.Count(len(v.admins), "cluster admin"))
		},
	},
	{
		ID: "EA204", Name: "required-admin-missing", Severity: High,
		Title: "Required cluster admin cannot be used",
		Impact: "The file requires this principal as cluster admin of every cluster. It is not a " +
			"usable cluster admin of this cluster.",
		Evidence: "`guards.requiredAdmins` of the files, compared with the usable cluster admins.",
		Fix: "Declare it under `admins` and apply. If its role was recreated, apply recreates the " +
			"entry.",
		Refs:           []string{guideEntries},
		FalsePositives: "None.",
		check: func(v *view, o *outcome) {
			if !v.inFiles(o) || !v.entries(o) {
				return
			}
			for _, required := range v.declared.Guards.RequiredAdmins {
				isRequired := func(a access.Access) bool { return required.Principal.Matches(a.Principal, v.c.Account) }
				if slices.ContainsFunc(v.living, isRequired) {
					continue
				}
				name, _ := v.c.Resolve(required.Principal)
				if name == "" {
					name = required.Principal.String()
				}
				fix := one(v.underItem("admins", refText(required.Principal))...)
				if want, ok := v.want[name]; ok && want.IsClusterAdmin() {
					fix = one(v.apply())
				}
				o.find(name, fix, "required by guards.requiredAdmins").source = required.Pos.String()
			}
		},
	},
	{
		ID: "EA205", Name: "creator-still-admin", Severity: Medium,
		Title: "Cluster creator is still cluster admin",
		Impact: "The principal that called CreateCluster, often a pipeline or one person, stays " +
			"cluster admin although no file declares it.",
		Evidence: "An entry with AmazonEKSClusterAdminPolicy only, without tags and groups, created " +
			"within one hour after the cluster, that no file declares. EKS does not mark the " +
			"entry of the creator.",
		Fix:  "Declare it under `admins` if it is needed; otherwise add it under `absent`.",
		Refs: []string{cis411, guideEntries},
		FalsePositives: "A cluster admin that was added right after the cluster was created. An entry that " +
			"EKS added later, with the change of the authentication mode, is not found.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			if v.c.CreatedAt == nil {
				o.skip("the creation time of the cluster is unknown")
				return
			}
			for _, e := range v.own {
				after := e.CreatedAt.Sub(*v.c.CreatedAt)
				if e.IsClusterAdmin() && len(e.Policies) == 1 && len(e.Groups) == 0 && len(e.Tags) == 0 &&
					after >= 0 && after <= bootstrapTime && len(v.items(e.Principal)) == 0 {
					o.find(e.Principal, v.removeOrKeep(e), "entry created %s after the cluster, without tags",
						after.Round(time.Second))
				}
			}
		},
	},
	{
		ID: "EA206", Name: "many-admins", Severity: Medium,
		Title: "Too many cluster admins",
		Impact: "Each one can do everything in the cluster. The limit is 5; `--max-admins` changes " +
			"it.",
		Evidence: "The number of cluster admins.",
		Fix: "Keep those that repair the cluster. Give the others AmazonEKSAdminPolicy or " +
			"AmazonEKSEditPolicy in their namespaces.",
		Refs:           []string{cis411},
		FalsePositives: "A large on-call team: raise the limit.",
		check: func(v *view, o *outcome) {
			if v.entries(o) && len(v.admins) > v.maxAdmins {
				fix := one(Step{Text: fmt.Sprintf("leave at most %d under admins", v.maxAdmins)},
					Step{Text: "write for the others",
						Line: "policies: [{policy: AmazonEKSEditPolicy, namespaces: [NAMES]}]"},
					v.apply())
				o.find("", fix, "%d, the limit is %d", len(v.admins), v.maxAdmins).others = principalsOf(v.admins)
			}
		},
	},
	{
		ID: "EA207", Name: "admin-iam-user", Severity: High,
		Title: "IAM user is cluster admin",
		Impact: "Access keys of users do not expire. One key on a laptop, in a repository or in a log " +
			"gives full access.",
		Evidence:       "IAM users that are cluster admin by an entry or a row of aws-auth.",
		Fix:            "Give the permission to a role that the person assumes, or to a permission set.",
		Refs:           []string{cis411, cis551},
		FalsePositives: "A user for emergencies whose keys are locked away: write a waiver.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, a := range v.admins { // that aws-auth is not known is reported by EA106
				if p, err := arn.ParsePrincipal(a.Principal); err == nil && p.Kind == arn.User {
					o.find(a.Principal, v.removeAdmin(a), "%s", by(a))
				}
			}
		},
	},
	{
		ID: "EA208", Name: "root-principal", Severity: Critical,
		Title: "Account root has access",
		Impact: "No policy can restrict the root user, and it must not be used for daily work. In " +
			"aws-auth its ARN matches the root user only, not the principals of the account.",
		Evidence:       "Entries and rows of aws-auth whose ARN ends in `:root`.",
		Fix:            "Remove it, and declare roles.",
		Refs:           []string{cis551, "AWS account management guide: root user best practices"},
		FalsePositives: "None.",
		check: func(v *view, o *outcome) {
			isRoot := func(s string) bool { p, err := arn.ParsePrincipal(s); return err == nil && p.Kind == arn.Root }
			if v.entries(o) {
				for _, e := range v.own {
					if isRoot(e.Principal) {
						o.find(e.Principal, v.remove(e.Principal), "access entry with %s", grants(e.Entry))
					}
				}
			}
			if v.authRows(o) {
				for _, r := range v.rows {
					if isRoot(r.ARN) {
						o.find(r.ARN, one(removeRow), "row of aws-auth with %s", access.RowText(r.AWSAuthRow))
					}
				}
			}
		},
	},
	{
		ID: "EA209", Name: "untrusted-account-admin", Severity: High,
		Title: "Cluster admin of an untrusted account",
		Impact: "The administrators of that account decide who is cluster admin here. IAM and " +
			"CloudTrail of your account do not show it.",
		Evidence: "The account of every cluster admin, compared with that of the cluster and " +
			"`guards.trustedAccounts`. Without a file, no other account is trusted.",
		Fix: "Add the account to `guards.trustedAccounts` if it is trusted; otherwise remove the " +
			"entry.",
		Refs:           []string{cis411, guideEntries},
		FalsePositives: "Without a file no account is trusted: use -f, or write a waiver.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, a := range v.admins {
				account := accountOf(a.Principal)
				if account == v.c.Account || account == "" {
					continue
				}
				fix := v.removeAdmin(a)
				why := "no file was given"
				if v.declared != nil {
					if slices.Contains(v.declared.Guards.TrustedAccounts, account) {
						continue
					}
					why = "not in guards.trustedAccounts"
					fix = fix.or("to trust the account", Step{Text: "write at the top of " + v.declared.Pos.File,
						Line: fmt.Sprintf("guards: {trustedAccounts: [%q]}", account)})
				}
				o.find(a.Principal, fix, "%s", phrase.Join("; ", by(a), "account "+account+", "+why))
			}
		},
	},
	{
		ID: "EA210", Name: "hidden-admin", Severity: High,
		Title: "RBAC makes a principal cluster admin",
		Impact: "A ClusterRoleBinding to cluster-admin, or to a role with the same permissions, makes " +
			"every principal with its groups or usernames cluster admin. Access policies do not " +
			"show this.",
		Evidence: "ClusterRoleBindings to ClusterRoles that allow every verb on every resource, " +
			"compared with the groups and usernames of entries and rows of aws-auth. A binding of " +
			"all authenticated users is critical.",
		Fix:  "Delete the binding, and declare the principals that need the access under `admins`.",
		Refs: []string{cis411, "Kubernetes: RBAC good practices"},
		FalsePositives: "Several narrow roles that are unlimited together are not found, nor are bindings of " +
			"service accounts.",
		check: hiddenAdmins,
	},
	{
		ID: "EA211", Name: "unused-admin", Severity: Medium,
		Title:  "Cluster admin not used for 90 days",
		Impact: "Access that is not needed is a risk. `--unused-days` changes the number of days.",
		Evidence: "RoleLastUsed of IAM at the time of the snapshot: any use of the role, not only in " +
			"this cluster. IAM records the last 400 days.",
		Fix: "Remove it. Principals of `guards.requiredAdmins` are not checked; write a waiver for " +
			"others that are kept for emergencies.",
		Refs: []string{cis411, "IAM API reference: RoleLastUsed"},
		FalsePositives: "Roles for emergencies are rarely used. A role that is used for other purposes counts " +
			"as used. IAM users are not checked.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			since := v.readAt.AddDate(0, 0, -v.unusedDays)
			isUser := func(e *spec.LiveEntry) bool {
				p, err := arn.ParsePrincipal(e.Principal)
				return err == nil && p.Kind == arn.User
			}
			roles := slices.DeleteFunc(v.adminEntries(), isUser)
			v.each(o, roles, func(p *snapshot.Principal) string {
				if p.LastUsed.Known() {
					return ""
				}
				return "last use unknown: " + p.LastUsed.Why
			}, func(e *spec.LiveEntry, p *snapshot.Principal) {
				used, when := p.LastUsed.At, "no use recorded in 400 days"
				switch {
				case v.requires(e.Principal), p.CreatedAt != nil && p.CreatedAt.After(since), e.CreatedAt.After(since):
					return // required, or too new
				case used != nil && used.After(since):
					return
				case used != nil:
					when = "last used " + day(*used)
				}
				fix := v.remove(e.Principal).or("if it is for emergencies",
					Step{Text: "write a waiver (docs/audit.md)"})
				if items := v.items(e.Principal); len(items) > 0 {
					fix = instruction(fmt.Sprintf("remove it from the file (%v), or write a waiver if it is for "+
						"emergencies (docs/audit.md)", items[0].Pos))
				}
				h := o.find(e.Principal, fix, "%s", when)
				h.title = fmt.Sprintf("Cluster admin not used for %d days", v.unusedDays)
			})
		},
	},
}

// requires reports whether the file requires a principal as cluster admin.
func (v *view) requires(principal string) bool {
	return v.declared != nil && v.declared.Guards != nil && slices.ContainsFunc(v.declared.Guards.RequiredAdmins,
		func(r spec.RequiredAdmin) bool { return r.Principal.Matches(principal, v.c.Account) })
}

// unreadCount counts principals that IAM was not asked about.
func (v *view) unreadCount(list []access.Access) int {
	n := 0
	for _, a := range list {
		if a.Life == access.Unchecked {
			n++
		}
	}
	return n
}

// removeAdmin returns how a principal stops being cluster admin.
func (v *view) removeAdmin(a access.Access) Fix {
	if a.Via == access.ViaRow {
		return one(append(v.otherAdminFirst(a.Principal), removeRow)...)
	}
	return v.remove(a.Principal)
}

// by says what gives access if it is not an entry.
func by(a access.Access) string {
	if a.Via == access.ViaRow {
		return "by its row of aws-auth"
	}
	return ""
}

// isAutomation reports whether a principal is used by a program: by its trust
// policy, or by its name where that allows people or was not read.
func (v *view) isAutomation(principal string) bool {
	policy := v.live.Identities[principal].Trust
	if policy == nil && v.live.AWSAuth != nil {
		policy = v.live.AWSAuth.Identities[spec.AWSAuthKey(principal)].Trust
	}
	return policy != nil && policy.Class() != trust.People || isMachine(principal)
}

// refText returns a principal of the file as an item of admins.
func refText(r spec.PrincipalRef) string {
	switch {
	case r.PermissionSet != "":
		return "{permissionSet: " + spec.YAMLText(r.PermissionSet) + "}"
	case r.Role != "":
		return "{role: " + spec.YAMLText(r.Role) + "}"
	case r.User != "":
		return "{user: " + spec.YAMLText(r.User) + "}"
	}
	return spec.YAMLText(r.ARN)
}

// inFiles reports whether a file declares the cluster; otherwise it records why
// the rule is not checked.
func (v *view) inFiles(o *outcome) bool {
	switch {
	case v.declared != nil:
		return true
	case v.in.Declared != nil:
		o.skip("no file declares the cluster")
	default:
		o.skipFor(NeedsFile, "no file was given; use -f")
	}
	return false
}

func accountOf(principal string) string {
	a, err := arn.Parse(principal)
	if err != nil {
		return ""
	}
	return a.Account
}

// commonGroups are the groups of all users (Kubernetes, "Discovery roles").
var commonGroups = []string{"system:authenticated", "system:unauthenticated"}

const deleteBinding = "kubectl delete clusterrolebinding "

func hiddenAdmins(v *view, o *outcome) {
	if !isKnown(o, "RBAC", v.c.RBAC.Fact) {
		return
	}
	v.entries(o)
	v.authRows(o)
	for _, b := range v.c.RBAC.Bindings {
		if b.Namespace != "" || b.RoleKind != "ClusterRole" || !slices.Contains(v.c.RBAC.Unlimited, b.Role) {
			continue
		}
		fix := one(command(deleteBinding + awscli.Quote(b.Name)))
		for _, g := range b.Groups {
			if slices.Contains(commonGroups, g) {
				h := o.find("", fix, "group %q, ClusterRoleBinding %q to ClusterRole %q", g, b.Name, b.Role)
				h.severity, h.title = Critical, "RBAC makes all users cluster admin"
			}
		}
		for _, e := range v.own {
			if a := v.state.For(e.Principal); a.ClusterAdmin || a.IsDead() {
				continue
			}
			if by := boundBy(b, e.Username, e.Groups); by != "" {
				o.find(e.Principal, fix, "%s, ClusterRoleBinding %q to ClusterRole %q; its entry has %s", by, b.Name,
					b.Role, grants(e.Entry))
			}
		}
		for _, r := range v.rows {
			if by := boundBy(b, r.Username, r.Groups); by != "" && !r.Access.ClusterAdmin && !r.Access.IsDead() &&
				r.TakesEffect() {
				o.find(r.ARN, fix, "%s of its row of aws-auth, ClusterRoleBinding %q to ClusterRole %q", by, b.Name,
					b.Role)
			}
		}
	}
}

// boundBy returns the group or username by which a binding applies to a user, or
// "". A template of a username matches every name of that form.
func boundBy(b snapshot.Binding, username string, groups []string) string {
	for _, g := range groups {
		if slices.Contains(b.Groups, g) {
			return fmt.Sprintf("group %q", g)
		}
	}
	before, after, template := strings.Cut(username, "{{")
	if template {
		_, after, _ = strings.Cut(after, "}}")
	}
	for _, u := range b.Users {
		if u == username ||
			template && len(u) > len(before)+len(after) && strings.HasPrefix(u, before) && strings.HasSuffix(u, after) {
			return fmt.Sprintf("username %q", u)
		}
	}
	return ""
}
