package spec

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// AWSAuth is what was read of the ConfigMap aws-auth in kube-system: who is let
// in by it where no access entry says otherwise.
type AWSAuth struct {
	Read bool   // false: nothing below is known but Why and Hint
	Why  string // it was not read
	Hint string
	// Required says that the run must not decide without it (--kube).
	Required bool

	Rows      []AWSAuthRow // by ARN; of several for one ARN the one that rules
	Accounts  []string     // mapAccounts: all their principals can authenticate
	Malformed []string     // parts that give no access as they are written, a note each

	// Identities says what IAM knows of the principals of rows, by
	// [AWSAuthKey]. One that is missing was not asked about.
	Identities map[string]Identity
	// Unparsed are the keys that cannot be parsed, with why: EKS reads nothing of
	// them, so that all their rows, those of nodes too, have no effect
	// (kubernetes-sigs/aws-iam-authenticator, pkg/mapper/configmap, ParseMap).
	// They are among Malformed too.
	Unparsed []string
}

// An AWSAuthRow is one item of mapRoles or mapUsers.
type AWSAuthRow struct {
	ARN      string // as written; that of a role with a path matches no principal
	Username string // a template
	Groups   []string
}

// UsesAWSAuth reports whether the cluster looks at aws-auth at all.
func (l *Live) UsesAWSAuth() bool { return l.Mode != eksfacts.ModeAPI }

// AWSAuthKey is equal for a row's ARN and the principals it is about. The
// authenticator compares without regard to case, and with an ARN that has lost
// its path if it is a session's: a role is its account and name, a user keeps
// its path (kubernetes-sigs/aws-iam-authenticator, pkg/config and pkg/arn).
func AWSAuthKey(principal string) string {
	if p, err := arn.ParsePrincipal(principal); err == nil && p.Kind == arn.Role {
		principal = p.RoleOf()
	}
	return strings.ToLower(principal)
}

// ByKey returns the rows by [AWSAuthKey]. Of a row with a path and one
// without, the latter is the one that rules.
func (a *AWSAuth) ByKey() map[string]AWSAuthRow {
	rows := make(map[string]AWSAuthRow, len(a.Rows))
	for _, r := range a.Rows {
		key := AWSAuthKey(r.ARN)
		if _, taken := rows[key]; !taken || strings.EqualFold(r.ARN, key) {
			rows[key] = r
		}
	}
	return rows
}

// Account returns the principal's account where mapAccounts admits it as a
// whole, or "".
func (a *AWSAuth) Account(principal string) string {
	if p, err := arn.ParsePrincipal(principal); err == nil && slices.Contains(a.Accounts, p.Account) {
		return p.Account
	}
	return ""
}
