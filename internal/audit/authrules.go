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

const (
	editAWSAuth = "kubectl edit configmap aws-auth -n kube-system"
	removeRow   = "remove its row: " + editAWSAuth
)

// authRules are about the authentication mode and the ConfigMap aws-auth.
var authRules = []Rule{
	{
		ID: "EA101", Name: "config-map-mode", Severity: High,
		Title: "The cluster is in authentication mode CONFIG_MAP",
		Means: "Access hangs on one ConfigMap that anybody with write access to kube-system can change or delete, " +
			"whose loss locks everybody out, and whose hidden admin, the cluster's creator, nothing shows. Access " +
			"entries can't even be read.",
		Evidence: "`accessConfig.authenticationMode` of DescribeCluster.",
		Fix: "Write `authenticationMode: API_AND_CONFIG_MAP` on the cluster and apply. It is one-way; aws-auth " +
			"goes on to work beside the entries.",
		Refs:     []string{cis417, cis551, guideMode},
		Mistakes: "None: the mode is what EKS says.",
		check: func(v *view, o *outcome) {
			if v.live.Mode == eksfacts.ModeConfigMap {
				fix := v.under("authenticationMode: " + eksfacts.ModeAPIAndConfigMap)
				if v.declared != nil && v.declared.Mode != "" && v.declared.Mode != eksfacts.ModeConfigMap {
					fix = v.apply()
				}
				o.find(
					"",
					fix,
					"the authentication mode is %s: only aws-auth and the hidden admin who created the cluster let "+
						"anybody in",
					v.live.Mode,
				)
			}
		},
	},
	{
		ID: "EA102", Name: "people-in-aws-auth", Severity: Medium,
		Title: "Rows for people are left in aws-auth beside access entries",
		Means: "There are two places that say who may get in, and a plan or a report that looks at entries alone " +
			"misses one of them. aws-auth is in no AWS log and no file.",
		Evidence: "Rows of `mapRoles` and `mapUsers` in mode API_AND_CONFIG_MAP whose username is not that of a node.",
		Fix:      "Give each an entry, take the row out of aws-auth, and when none is left go on to mode API.",
		Refs:     []string{cis417, guideMigrate},
		Mistakes: "Roles of self-managed nodes that have an unusual username.",
		check: func(v *view, o *outcome) {
			if v.live.Mode == eksfacts.ModeConfigMap || !v.live.UsesAWSAuth() || !v.authRows(o) {
				return
			}
			for _, r := range v.rows {
				if r.Access.Node || access.IsNodeRow(r.AWSAuthRow) {
					continue
				}
				state := "no access entry stands above it"
				switch {
				case r.HiddenBy != nil:
					state = "its access entry hides it, until that goes"
				case r.Unmatched:
					state = "it matches nobody"
				}
				o.find(r.ARN, v.replaceRow(r), "aws-auth has a row for it (%s); %s", access.RowText(r.AWSAuthRow),
					state)
			}
		},
	},
	{
		ID: "EA103", Name: "aws-auth-unreadable", Severity: Medium,
		Title: "aws-auth could not be read",
		Means: "The cluster still looks at aws-auth, and nobody can say whom it lets in. All rules about it are " +
			"not checked.",
		Evidence: "The answer of the cluster when it was asked with `--kube`.",
		Fix: "Let whoever runs the audit read ConfigMaps in kube-system; AmazonEKSViewPolicy in that namespace " +
			"is enough.",
		Refs:     []string{guideMigrate},
		Mistakes: "A private endpoint that this machine can't reach: run the snapshot from inside.",
		check: func(v *view, o *outcome) {
			a := v.c.AWSAuth
			switch {
			case !v.live.UsesAWSAuth() || a.Known():
			case !a.Asked():
				known(o, "aws-auth", a.Fact)
			default:
				fix := a.Hint
				if fix == "" {
					fix = v.command("snapshot --kube --save FILE")
				}
				o.find("", fix, "mode %s uses aws-auth, and it could not be read: %s", v.live.Mode, a.Why)
			}
		},
	},
	{
		ID: "EA104", Name: "aws-auth-malformed", Severity: Medium,
		Title: "aws-auth holds parts that let nobody in as they are written",
		Means: "Somebody believes to have access and has none, and the next edit may turn it on, or break the rest: " +
			"aws-auth is checked by nobody when it is written. " +
			"A key that cannot be parsed is critical: none of its rows has an effect, so its principals and its " +
			"nodes are locked out.",
		Evidence: "What the authenticator of EKS passes over: text that is no list, items without ARN, role ARNs " +
			"with their path.",
		Fix:      "Take the part out of aws-auth, or write it right; better, make an access entry of it.",
		Refs:     []string{cis417, guideMigrate},
		Mistakes: "Keys that another tool keeps in the same ConfigMap.",
		check: func(v *view, o *outcome) {
			if !v.authRows(o) || v.live.AWSAuth == nil {
				return
			}
			for _, m := range v.live.AWSAuth.Malformed {
				h := o.find("", "put it right with: "+editAWSAuth, "aws-auth: %s", m)
				if slices.Contains(v.live.AWSAuth.Unparsed, m) {
					h.severity = Critical
					h.message += "; all its rows have no effect: their principals are locked out, nodes too"
				}
			}
		},
	},
	{
		ID: "EA105", Name: "aws-auth-map-accounts", Severity: High,
		Title: "aws-auth lets in whole AWS accounts",
		Means: "Everybody who can become any principal of the account is a user of the cluster, under a name that " +
			"RBAC may know. No access entry can stand for that.",
		Evidence: "`mapAccounts` of aws-auth.",
		Fix:      "Give entries to those who need access and empty `mapAccounts`.",
		Refs:     []string{cis417, guideMigrate},
		Mistakes: "None; without bindings to usernames the account may do little, and may still get in.",
		check: func(v *view, o *outcome) {
			if !v.authRows(o) || v.live.AWSAuth == nil {
				return
			}
			for _, a := range v.live.AWSAuth.Accounts {
				o.find("", "give entries to those who need access, then take it out of mapAccounts with: "+editAWSAuth,
					"mapAccounts of aws-auth lets in every principal of account %s", a)
			}
		},
	},
	{
		ID: "EA106", Name: "aws-auth-masters", Severity: High,
		Title: "aws-auth gives system:masters",
		Means: "That group passes every check of Kubernetes: no policy, webhook or RBAC change can take anything " +
			"from it. An access entry can't give it.",
		Evidence: "Rows of aws-auth with the group `system:masters`.",
		Fix:      "Declare the principal under `admins` and take the row out of aws-auth.",
		Refs:     []string{cis411, cis417, cis551, guideMigrate},
		Mistakes: "None.",
		check: func(v *view, o *outcome) {
			if !v.authRows(o) {
				return
			}
			for _, r := range v.rows {
				if slices.Contains(r.Groups, eksfacts.MastersGroup) && !r.Unmatched {
					note := ""
					if r.HiddenBy != nil {
						note = "; an access entry hides the row, until that goes"
					}
					o.find(r.ARN, v.replaceRow(r), "aws-auth gives it %s, which nothing in the cluster can limit%s",
						eksfacts.MastersGroup, note)
				}
			}
		},
	},
	{
		ID: "EA107", Name: "shadowed-row", Severity: Medium,
		Title: "A row of aws-auth is hidden by an entry that gives something else",
		Means: "The two are not merged: the entry rules. Whoever reads aws-auth is misled, and if the entry is " +
			"deleted or dies, the row rules again with its other rights.",
		Evidence: "Rows of aws-auth and access entries of the same principal whose groups, usernames or admin rights " +
			"differ.",
		Fix:      "Give the entry what is needed of the row, then take the row out.",
		Refs:     []string{guideMigrate},
		Mistakes: "Groups that no binding names any more.",
		check: func(v *view, o *outcome) {
			if v.live.Mode == eksfacts.ModeConfigMap || !v.live.UsesAWSAuth() || !v.authRows(o) || !v.entries(o) {
				return
			}
			for _, r := range v.rows {
				if r.HiddenBy == nil || r.HiddenBy.Unknown != "" {
					continue
				}
				if differ := differences(r); len(differ) > 0 {
					note := ""
					if r.HiddenBy.Life == access.Stale {
						note = "; the entry is stale, and it is not known whether EKS uses the row instead"
					}
					o.find(
						r.HiddenBy.Principal,
						removeRow,
						"its entry hides a row of aws-auth (%s): %s%s",
						access.RowText(r.AWSAuthRow),
						strings.Join(differ, ", "),
						note,
					)
				}
			}
		},
	},
}

// differences are what a row and the entry that hides it give in different
// ways, in words.
func differences(r access.RowEffect) []string {
	more, less := access.Difference(*r.HiddenBy, r.Access) // gained and lost if the row took effect
	var out []string
	for _, p := range more {
		out = append(out, "only the row gives "+p.String())
	}
	for _, p := range less {
		out = append(out, "only the entry gives "+p.String())
	}
	row, entry := r.Access, *r.HiddenBy
	if row.Username != "" && row.Username != entry.Username && !row.ClusterAdmin && !row.Node && !entry.Dead() {
		out = append(out, fmt.Sprintf("usernames %q and %q", row.Username, entry.Username))
	}
	return out
}

// replaceRow is how a row of aws-auth is replaced by an entry that gives the
// same. A row that an entry hides, or whose principal no longer exists, gives
// nothing, so it can go.
func (v *view) replaceRow(r access.RowEffect) string {
	p, err := arn.ParsePrincipal(r.ARN)
	if !r.TakesEffect() || r.Access.Dead() || err != nil || p.Kind != arn.Role && p.Kind != arn.User {
		return removeRow
	}
	ref := byARN(r.ARN)
	if p.Kind == arn.Role && p.Account == v.c.Account {
		ref = "role: " + spec.YAMLText(p.Name) // its path is not part of the row
	}
	if r.Access.ClusterAdmin {
		return v.under("admins: [{"+ref+"}]") + "; then " + removeRow
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
	return v.declare(ref, e) + "; then " + removeRow
}
