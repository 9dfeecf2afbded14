package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

const editAWSAuth = "kubectl edit configmap aws-auth -n kube-system"

var removeRow = Step{Text: "remove its row", Line: editAWSAuth}

// authRules are about the authentication mode and the ConfigMap aws-auth.
var authRules = []Rule{
	{
		ID: "EA101", Name: "config-map-mode", Severity: High,
		Title: "Authentication mode is CONFIG_MAP",
		Impact: "Access depends on one ConfigMap. Every principal that can write in kube-system can " +
			"change or delete it, and without it all principals except the cluster creator lose " +
			"access. The creator is a cluster admin that EKS does not list. Access entries cannot " +
			"be read in this mode.",
		Evidence: "`accessConfig.authenticationMode` of DescribeCluster.",
		Fix: "Write `authenticationMode: API_AND_CONFIG_MAP` under the cluster and apply. The " +
			"change cannot be undone; aws-auth continues to work.",
		Refs:           []string{cis417, cis551, guideMode},
		FalsePositives: "None.",
		check: func(v *view, o *outcome) {
			if v.live.Mode == eksfacts.ModeConfigMap {
				fix := one(v.under("authenticationMode: " + eksfacts.ModeAPIAndConfigMap)...)
				if v.declared != nil && v.declared.Mode != "" && v.declared.Mode != eksfacts.ModeConfigMap {
					fix = one(v.apply())
				}
				o.find("", fix, "only aws-auth and the cluster creator give access")
			}
		},
	},
	{
		ID: "EA102", Name: "people-in-aws-auth", Severity: Medium,
		Title: "aws-auth still has rows for roles and users",
		Impact: "Access is defined in two places. A plan or report that reads access entries only " +
			"does not show these rows. Changes of aws-auth are in no AWS log and no file.",
		Evidence: "Rows of `mapRoles` and `mapUsers` in mode API_AND_CONFIG_MAP, except those of nodes.",
		Fix: "Declare each principal, and remove its row from aws-auth. When no row is left, " +
			"change to mode API.",
		Refs:           []string{cis417, guideMigrate},
		FalsePositives: "Roles of self-managed nodes with an unusual username.",
		check: func(v *view, o *outcome) {
			if v.live.Mode == eksfacts.ModeConfigMap || !v.live.UsesAWSAuth() || !v.authRows(o) {
				return
			}
			for _, r := range v.rows {
				if r.Access.Node || access.IsNodeRow(r.AWSAuthRow) {
					continue
				}
				state := "no access entry"
				switch {
				case r.HiddenBy != nil:
					state = "hidden by its access entry"
				case r.Unmatched:
					state = "matches no principal"
				}
				o.find(r.ARN, v.replaceRow(r), "row with %s; %s", access.RowText(r.AWSAuthRow), state)
			}
		},
	},
	{
		ID: "EA103", Name: "aws-auth-unreadable", Severity: Medium,
		Title: "aws-auth could not be read",
		Impact: "The cluster uses aws-auth, and it is not known who has access through it. No rule " +
			"about aws-auth was checked.",
		Evidence: "The answer of the Kubernetes API with `--kube`.",
		Fix: "Allow the caller to read ConfigMaps in kube-system. AmazonEKSViewPolicy in that " +
			"namespace is enough.",
		Refs: []string{guideMigrate},
		FalsePositives: "A private endpoint that this machine cannot reach: take a snapshot inside the " +
			"network.",
		check: func(v *view, o *outcome) {
			a := v.c.AWSAuth
			switch {
			case !v.live.UsesAWSAuth() || a.Known():
			case a.NotAsked:
				isKnown(o, "aws-auth", a.Fact)
			default:
				fix := instruction(a.Hint)
				if a.Hint == "" {
					fix = one(v.eksaccess("snapshot --kube --save FILE"))
				}
				o.find("", fix, "%s", a.Why)
			}
		},
	},
	{
		ID: "EA104", Name: "aws-auth-malformed", Severity: Medium,
		Title: "aws-auth has invalid parts",
		Impact: "EKS ignores these parts, so principals that seem to have access have none. aws-auth " +
			"is not validated when it is written, so a later edit can activate them. A key that " +
			"cannot be parsed is critical: none of its rows has an effect, and its principals and " +
			"nodes have no access.",
		Evidence: "Text that is not a list, items without an ARN, role ARNs with a path.",
		Fix: "Correct the part or remove it from aws-auth. An access entry is the better " +
			"replacement.",
		Refs:           []string{cis417, guideMigrate},
		FalsePositives: "Keys of another tool in the same ConfigMap.",
		check: func(v *view, o *outcome) {
			if !v.authRows(o) || v.live.AWSAuth == nil {
				return
			}
			for _, m := range v.live.AWSAuth.Malformed {
				h := o.find("", one(Step{Text: "correct it", Line: editAWSAuth}), "%s", m)
				if slices.Contains(v.live.AWSAuth.Unparsed, m) {
					h.severity, h.title = Critical, "aws-auth cannot be parsed"
					h.detail += "; none of its rows has an effect: their principals and nodes have no access"
				}
			}
		},
	},
	{
		ID: "EA105", Name: "aws-auth-map-accounts", Severity: High,
		Title: "aws-auth gives access to whole AWS accounts",
		Impact: "Every principal of the account can authenticate to the cluster, with its ARN as " +
			"username. RBAC can bind that name. An access entry cannot do this.",
		Evidence: "`mapAccounts` of aws-auth.",
		Fix:      "Declare the principals that need access, and remove the account from `mapAccounts`.",
		Refs:     []string{cis417, guideMigrate},
		FalsePositives: "None. Without bindings of usernames, the principals can authenticate and do little " +
			"more.",
		check: func(v *view, o *outcome) {
			if !v.authRows(o) || v.live.AWSAuth == nil {
				return
			}
			for _, a := range v.live.AWSAuth.Accounts {
				o.find("", one(Step{Text: "declare the principals that need access"},
					Step{Text: "remove the account from mapAccounts", Line: editAWSAuth}), "account %s", a)
			}
		},
	},
	{
		ID: "EA106", Name: "aws-auth-masters", Severity: High,
		Title: "aws-auth gives system:masters",
		Impact: "Kubernetes allows every request of this group. No RBAC change, webhook or access " +
			"policy can restrict it.",
		Evidence:       "Rows of aws-auth with the group `system:masters`.",
		Fix:            "Declare the principal under `admins`, and remove the row from aws-auth.",
		Refs:           []string{cis411, cis417, cis551, guideMigrate},
		FalsePositives: "None.",
		check: func(v *view, o *outcome) {
			if !v.authRows(o) {
				return
			}
			for _, r := range v.rows {
				if slices.Contains(r.Groups, eksfacts.MastersGroup) && !r.Unmatched {
					note := ""
					if r.HiddenBy != nil {
						note = "hidden by its access entry as long as that exists"
					}
					o.find(r.ARN, v.replaceRow(r), "%s", note)
				}
			}
		},
	},
	{
		ID: "EA107", Name: "shadowed-row", Severity: Medium,
		Title: "Access entry hides a different row of aws-auth",
		Impact: "EKS uses the entry and ignores the row. aws-auth shows access that the principal " +
			"does not have. If the entry is deleted, the row takes effect with its own " +
			"permissions.",
		Evidence: "Rows of aws-auth and access entries of the same principal with different groups, " +
			"usernames or cluster admin access.",
		Fix:            "Add what is needed from the row to the entry, and remove the row.",
		Refs:           []string{guideMigrate},
		FalsePositives: "Groups without a binding.",
		check: func(v *view, o *outcome) {
			if v.live.Mode == eksfacts.ModeConfigMap || !v.live.UsesAWSAuth() || !v.authRows(o) || !v.entries(o) {
				return
			}
			for _, r := range v.rows {
				if r.HiddenBy == nil || r.HiddenBy.Unknown != "" {
					continue
				}
				if differ := rowDifferences(r); len(differ) > 0 {
					note := ""
					if r.HiddenBy.Life == access.Stale {
						note = "; the entry is stale, and it is not known whether EKS uses the row then"
					}
					o.find(r.HiddenBy.Principal, one(removeRow), "row with %s: %s%s", access.RowText(r.AWSAuthRow),
						strings.Join(differ, ", "), note)
				}
			}
		},
	},
}

// rowDifferences lists the differences of a row and the entry that hides it.
func rowDifferences(r access.RowEffect) []string {
	more, less := access.Difference(*r.HiddenBy, r.Access) // gained and lost if the row took effect
	var out []string
	for _, p := range more {
		out = append(out, "only the row gives "+p.String())
	}
	for _, p := range less {
		out = append(out, "only the entry gives "+p.String())
	}
	row, entry := r.Access, *r.HiddenBy
	if row.Username != "" && row.Username != entry.Username && !row.ClusterAdmin && !row.Node && !entry.IsDead() {
		out = append(out, fmt.Sprintf("usernames %q and %q", row.Username, entry.Username))
	}
	return out
}

// replaceRow returns how a row of aws-auth is replaced by an entry that gives the
// same access. A row without effect is removed only.
func (v *view) replaceRow(r access.RowEffect) Fix {
	p, err := arn.ParsePrincipal(r.ARN)
	if !r.TakesEffect() || r.Access.IsDead() || err != nil || p.Kind != arn.Role && p.Kind != arn.User {
		return one(removeRow)
	}
	ref := byARN(r.ARN)
	if p.Kind == arn.Role && p.Account == v.c.Account {
		ref = "role: " + spec.YAMLText(p.Name) // aws-auth has no paths
	}
	if r.Access.ClusterAdmin {
		return one(append(v.underItem("admins", "{"+ref+"}"), removeRow)...)
	}
	e := spec.Entry{Principal: r.ARN, Type: eksfacts.Standard, Username: r.Username}
	for _, g := range r.Access.Groups {
		if eksfacts.ReservedPrefix(g) == "" {
			e.Groups = append(e.Groups, g)
		}
	}
	if eksfacts.ReservedPrefix(r.Username) != "" {
		e.Username = ""
	}
	return one(append(v.declare(ref, e), removeRow)...)
}
