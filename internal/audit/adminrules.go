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

// bootstrapTime is how long after its cluster the entry of the creator may be
// made: a cluster takes about a quarter of an hour to come up.
const bootstrapTime = time.Hour

// adminRules are about who may do everything. A living admin has
// AmazonEKSClusterAdminPolicy in the whole cluster, type STANDARD, and a
// principal that is still the one the entry was made for.
var adminRules = []Rule{
	{
		ID: "EA201", Name: "few-admins", Severity: High,
		Title: "Fewer than two living admins",
		Means: "One deleted role, one changed permission set or one person on holiday, and nobody can repair the " +
			"cluster but by the EKS API. With none left the finding is critical.",
		Evidence: "Entries with AmazonEKSClusterAdminPolicy in the whole cluster and rows of aws-auth with " +
			"system:masters, whose principal still exists and can be assumed by people or declared automation; what " +
			"IAM could not be asked about is counted as living, and reported.",
		Fix:      "Declare a second admin, best a role for emergencies of another kind than the first.",
		Refs:     []string{guideEntries},
		Mistakes: "Clusters on purpose without anybody, where aws-auth or the EKS API is the way in.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || len(v.living) >= 2 {
				return
			}
			who := "no living cluster admin"
			if len(v.living) == 1 {
				who = "the only living cluster admin is " + v.living[0].Principal
			}
			if n := v.unasked(v.living); n > 0 {
				who += ", which IAM could not be asked about"
			}
			if n := len(v.admins) - len(v.living); n > 0 {
				who += fmt.Sprintf("; %s that neither people nor declared automation can assume", phrase.Count(n,
					"cluster admin"))
			}
			if why := v.state.RowsUnknown(); why != "" {
				who += "; aws-auth is not known and may have more: " + why
			}
			fix := v.under("admins: [{role: NAME}]")
			if !slices.ContainsFunc(v.living, func(a access.Access) bool {
				return slices.Contains(v.c.ReadBy,
					a.Principal)
			}) {
				fix += "; or, to make yourself cluster admin for some hours: " + v.command("recover")
			}
			h := o.find("", fix, "%s", who)
			if len(v.living) == 0 {
				h.severity = Critical
			}
		},
	},
	{
		ID: "EA202", Name: "only-machines-are-admin", Severity: High,
		Title: "Only automation is admin",
		Means: "When the pipeline is what is broken, no person can get in to repair the cluster.",
		Evidence: "The trust policies of all cluster admins allow only AWS services, pods or OIDC tokens, or their " +
			"names are those of programs (ci, deploy, github, terraform …). Roles of permission sets count as " +
			"people's.",
		Fix:  "Declare a role or permission set of people under admins.",
		Refs: []string{guideEntries},
		Mistakes: "Where a trust policy allows people too, or was not read, the name decides: a role called " +
			"\"deploy\" that people use is taken for a program's.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || len(v.admins) == 0 {
				return
			}
			if !slices.ContainsFunc(v.admins, func(a access.Access) bool { return !v.isAutomation(a.Principal) }) {
				o.find("", v.under("admins: [{permissionSet: NAME}]"),
					"by trust policy or name all cluster admins are automation: %s", namesOf(v.admins))
			}
		},
	},
	{
		ID: "EA203", Name: "one-identity-source", Severity: Medium,
		Title: "All admins come from one identity source",
		Means: "An outage or a wrong setting of that source, for example IAM Identity Center, locks out every " +
			"admin at once.",
		Evidence: "The ARNs of all living admins: roles of permission sets, IAM users, or principals of one other " +
			"account.",
		Fix: "Declare one admin of another kind: an IAM role for emergencies that is reached without the first " +
			"source.",
		Refs: []string{guideSSO, guideEntries},
		Mistakes: "Roles of the cluster's own account are not looked behind: all of them may be reached through one " +
			"source and not be found here.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) || len(v.admins) == 0 {
				return
			}
			first, told := sourceOf(v.admins[0].Principal, v.c.Account)
			if !told || slices.ContainsFunc(v.admins, func(a access.Access) bool {
				s, ok := sourceOf(a.Principal,
					v.c.Account)
				return !ok || s != first
			}) {
				return
			}
			o.find("", v.under("admins: [{role: NAME}]"), "all admins (%d) come from %s", len(v.admins), first)
		},
	},
	{
		ID: "EA204", Name: "required-admin-missing", Severity: High,
		Title:    "A required admin is no living admin",
		Means:    "The file says that this principal must be able to repair every cluster, and here it can't.",
		Evidence: "`guards.requiredAdmins` of the files against the living admins.",
		Fix:      "Declare it under admins and apply; if its role was made again, apply replaces the entry.",
		Refs:     []string{guideEntries},
		Mistakes: "None.",
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
				fix := v.under("admins: [" + refText(required.Principal) + "]")
				if want, ok := v.want[name]; ok && want.IsClusterAdmin() {
					fix = v.apply()
				}
				o.find(name, fix, "it is required as admin and is no living admin here").source = required.Pos.String()
			}
		},
	},
	{
		ID: "EA205", Name: "creator-still-admin", Severity: Medium,
		Title: "The cluster's creator is still admin by the entry EKS made",
		Means: "Whoever or whatever ran CreateCluster, often a pipeline or one person, keeps everything for good, " +
			"though nobody decided so.",
		Evidence: "An entry with nothing but AmazonEKSClusterAdminPolicy, without tags and groups, made within an " +
			"hour after the cluster, that no file declares. EKS marks it in no way.",
		Fix:  "Declare it under admins if it is wanted, else put it under absent.",
		Refs: []string{cis411, guideEntries},
		Mistakes: "An admin that somebody added right after the cluster was made looks the same. One that EKS added " +
			"later, at the switch of the mode, is not found.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			if v.c.CreatedAt == nil {
				o.skip("EKS does not tell when the cluster was made")
				return
			}
			for _, e := range v.own {
				after := e.CreatedAt.Sub(*v.c.CreatedAt)
				if e.IsClusterAdmin() && len(e.Policies) == 1 && len(e.Groups) == 0 && len(e.Tags) == 0 &&
					after >= 0 && after <= bootstrapTime && len(v.items(e.Principal)) == 0 {
					o.find(
						e.Principal,
						v.remove(e.Principal)+v.keep(e),
						"its admin entry was made %s after the cluster, without a tag, as EKS makes that of the "+
							"creator",
						after.Round(time.Second),
					)
				}
			}
		},
	},
	{
		ID: "EA206", Name: "many-admins", Severity: Medium,
		Title:    "More admins than a cluster needs",
		Means:    "Each is a way to everything in the cluster. 5 are accepted; `--max-admins` says otherwise.",
		Evidence: "The number of living admins.",
		Fix: "Leave those who repair the cluster; give the others AmazonEKSAdminPolicy or AmazonEKSEditPolicy " +
			"in their namespaces.",
		Refs:     []string{cis411},
		Mistakes: "A large team on call: raise the limit.",
		check: func(v *view, o *outcome) {
			if v.entries(o) && len(v.admins) > v.maxAdmins {
				o.find(
					"",
					fmt.Sprintf(
						"leave at most %d under admins; for the others: policies: [{policy: AmazonEKSEditPolicy, "+
							"namespaces: [NAMES]}]; then: %s",
						v.maxAdmins,
						v.apply(),
					),
					"%d living admins, %d are accepted: %s",
					len(v.admins),
					v.maxAdmins,
					namesOf(v.admins),
				)
			}
		},
	},
	{
		ID: "EA207", Name: "admin-iam-user", Severity: High,
		Title: "An IAM user is cluster admin",
		Means: "Users have keys that live until somebody deletes them: one in a laptop, a repository or a log is " +
			"all it takes.",
		Evidence: "IAM users that are cluster admin by an entry or a row of aws-auth.",
		Fix:      "Give the right to a role that the person assumes, or to a permission set.",
		Refs:     []string{cis411, cis551},
		Mistakes: "A user kept for emergencies with its keys locked away: write a waiver.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, a := range v.admins { // that aws-auth is not known is reported by EA106
				if p, err := arn.ParsePrincipal(a.Principal); err == nil && p.Kind == arn.User {
					o.find(a.Principal, v.removeAdmin(a), "an IAM user, whose keys don't expire, is cluster admin%s",
						by(a))
				}
			}
		},
	},
	{
		ID: "EA208", Name: "root-principal", Severity: Critical,
		Title: "The root of an AWS account has access",
		Means: "Root can't be limited by any policy and should not be used at all; where aws-auth names it, it " +
			"stands for nobody else.",
		Evidence: "Entries and rows of aws-auth whose ARN ends in `:root`.",
		Fix:      "Remove it and name roles.",
		Refs:     []string{cis551, "AWS account management guide: root user best practices"},
		Mistakes: "None.",
		check: func(v *view, o *outcome) {
			isRoot := func(s string) bool { p, err := arn.ParsePrincipal(s); return err == nil && p.Kind == arn.Root }
			if v.entries(o) {
				for _, e := range v.own {
					if isRoot(e.Principal) {
						o.find(
							e.Principal,
							v.remove(e.Principal),
							"the root of account %s has an access entry, which gives %s",
							accountOf(e.Principal),
							grants(e.Entry),
						)
					}
				}
			}
			if v.authRows(o) {
				for _, r := range v.rows {
					if isRoot(r.ARN) {
						o.find(r.ARN, removeRow, "aws-auth has a row for the root of account %s (%s)",
							accountOf(r.ARN), access.RowText(r.AWSAuthRow))
					}
				}
			}
		},
	},
	{
		ID: "EA209", Name: "untrusted-account-admin", Severity: High,
		Title: "An admin from an account that no file trusts",
		Means: "Whoever rules that account decides who is admin here. Neither this account's IAM nor its logs " +
			"show who that is.",
		Evidence: "The account of every admin against the cluster's own and `guards.trustedAccounts`. Without a " +
			"file, no other account is trusted.",
		Fix: "Put the account under guards.trustedAccounts if somebody has decided to trust it, else remove the " +
			"entry.",
		Refs:     []string{cis411, guideEntries},
		Mistakes: "Without a file nothing can be trusted: give the file, or a waiver.",
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
				why := "no file was given that trusts that account"
				if v.declared != nil {
					if slices.Contains(v.declared.Guards.TrustedAccounts, account) {
						continue
					}
					why = "guards.trustedAccounts does not name that account"
					fix += fmt.Sprintf(
						"; or, to trust the account, write at the top of %s: guards: {trustedAccounts: [%q]}",
						v.declared.Pos.File,
						account,
					)
				}
				o.find(a.Principal, fix, "a principal of account %s is admin%s, and %s", account, by(a), why)
			}
		},
	},
	{
		ID: "EA210", Name: "hidden-admin", Severity: High,
		Title: "Somebody is admin by RBAC and not by policy",
		Means: "A ClusterRoleBinding to cluster-admin, or to a role as unlimited, makes an admin whom no list of " +
			"policies shows: anybody with a group or username it names.",
		Evidence: "ClusterRoleBindings to ClusterRoles that allow every verb on every resource, against the groups " +
			"and usernames of entries and rows. A binding of all authenticated is critical.",
		Fix:  "Delete the binding; who needs the access is declared under admins, so that it is seen.",
		Refs: []string{cis411, "Kubernetes: RBAC good practices"},
		Mistakes: "Several narrow roles that together are unlimited are not found; neither are bindings of service " +
			"accounts.",
		check: hiddenAdmins,
	},
	{
		ID: "EA211", Name: "unused-admin", Severity: Medium,
		Title:    "An admin was not used for 90 days",
		Means:    "A right that nobody uses is a risk that nobody needs. `--unused-days` says how many days.",
		Evidence: "RoleLastUsed of IAM when the snapshot was taken: any use of the role, not only of the cluster.",
		Fix: "Remove it. Principals of `guards.requiredAdmins` are not looked at; another that is kept for " +
			"emergencies gets a waiver.",
		Refs: []string{cis411, "IAM API reference: RoleLastUsed"},
		Mistakes: "Roles for emergencies are unused on purpose: without a file nobody knows which they are. A role " +
			"that is used for other things looks used. IAM users are not checked.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			since := v.readAt.AddDate(0, 0, -v.unusedDays)
			v.each(o, v.adminEntries(), func(p *snapshot.Principal) string {
				if p.LastUsed.Known() {
					return ""
				}
				return "last use unknown: " + p.LastUsed.Why
			}, func(e *spec.LiveEntry, p *snapshot.Principal) {
				used, when := p.LastUsed.At, "in the 400 days that IAM remembers"
				switch {
				case v.requires(e.Principal), p.CreatedAt != nil && p.CreatedAt.After(since), e.CreatedAt.After(since):
					return // kept on purpose, or too young to tell
				case used != nil && used.After(since):
					return
				case used != nil:
					when = "since " + day(*used)
				}
				o.find(
					e.Principal,
					v.remove(e.Principal)+"; or, if it is kept for emergencies, accept it with a waiver: docs/audit.md",
					"admin, and not used %s",
					when,
				)
			})
		},
	},
}

// requires reports whether the files say that a principal must be admin.
func (v *view) requires(principal string) bool {
	return v.declared != nil && v.declared.Guards != nil && slices.ContainsFunc(v.declared.Guards.RequiredAdmins,
		func(r spec.RequiredAdmin) bool { return r.Principal.Matches(principal, v.c.Account) })
}

// unasked counts principals that IAM could not be asked about.
func (v *view) unasked(list []access.Access) int {
	n := 0
	for _, a := range list {
		if a.Life == access.Unchecked {
			n++
		}
	}
	return n
}

// removeAdmin is how a cluster admin loses that, by whatever gives it.
func (v *view) removeAdmin(a access.Access) string {
	if a.Via == access.ViaRow {
		return v.lastAdminFirst(a.Principal) + removeRow
	}
	return v.remove(a.Principal)
}

// by names what gives access where it is not an entry.
func by(a access.Access) string {
	if a.Via == access.ViaRow {
		return " by its row of aws-auth"
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

// refText is a principal that the file names elsewhere as an item of admins.
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

// inFiles reports whether a file declares the cluster; else o says so.
func (v *view) inFiles(o *outcome) bool {
	switch {
	case v.declared != nil:
		return true
	case v.in.Declared != nil:
		o.skip("no file declares the cluster")
	default:
		o.skip("no file was given; name one with -f")
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

// everyone are the groups that everybody who gets in has (Kubernetes,
// "Discovery roles").
var everyone = []string{"system:authenticated", "system:unauthenticated"}

const deleteBinding = "kubectl delete clusterrolebinding "

func hiddenAdmins(v *view, o *outcome) {
	if !known(o, "RBAC", v.c.RBAC.Fact) {
		return
	}
	v.entries(o)
	v.authRows(o)
	for _, b := range v.c.RBAC.Bindings {
		if b.Namespace != "" || b.RoleKind != "ClusterRole" || !slices.Contains(v.c.RBAC.Unlimited, b.Role) {
			continue
		}
		fix := deleteBinding + awscli.Quote(b.Name)
		for _, g := range b.Groups {
			if slices.Contains(everyone, g) {
				o.find("", deleteBinding+awscli.Quote(b.Name), "ClusterRoleBinding %q makes everybody in group %q "+
					"admin, by ClusterRole %q", b.Name, g, b.Role).severity = Critical
			}
		}
		for _, e := range v.own {
			if a := v.state.For(e.Principal); a.ClusterAdmin || a.Dead() {
				continue
			}
			if by := boundBy(b, e.Username, e.Groups); by != "" {
				o.find(
					e.Principal,
					fix,
					"admin by %s, which ClusterRoleBinding %q binds to ClusterRole %q; its entry shows %s",
					by,
					b.Name,
					b.Role,
					grants(e.Entry),
				)
			}
		}
		for _, r := range v.rows {
			if by := boundBy(b, r.Username, r.Groups); by != "" && !r.Access.ClusterAdmin && !r.Access.Dead() &&
				r.TakesEffect() {
				o.find(
					r.ARN,
					fix,
					"admin by %s of its aws-auth row, which ClusterRoleBinding %q binds to ClusterRole %q",
					by,
					b.Name,
					b.Role,
				)
			}
		}
	}
}

// boundBy is the group or username by which a binding means somebody, or "". A
// username that is a template means everybody whose name fits it.
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
