package spec

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// AWSAuth is what was read of the ConfigMap aws-auth in kube-system: who is let
// in by it where no access entry says otherwise.
type AWSAuth struct {
	Read bool   // false: nothing below is known but Why and Hint
	Why  string // it was not read
	Hint string

	Rows      []AWSAuthRow // by ARN; of several for one ARN the one that rules
	Accounts  []string     // mapAccounts: whoever is of them is let in
	Malformed []string     // parts that let nobody in as they are written, a note each
}

// An AWSAuthRow is one item of mapRoles or mapUsers.
type AWSAuthRow struct {
	ARN      string // as written; of a role it has no path, or it matches nobody
	Username string // a template
	Groups   []string
}

// Names reports whether the row is about the principal of an access entry. The
// authenticator compares without regard to case with an ARN whose path a
// session has lost, so a role is its account and name; a user keeps its path
// (kubernetes-sigs/aws-iam-authenticator, pkg/config and pkg/arn).
func (r AWSAuthRow) Names(principal string) bool { return rowKey(r.ARN) == rowKey(principal) }

func rowKey(s string) string {
	if p, err := arn.ParsePrincipal(s); err == nil && p.Kind == arn.Role {
		s = p.RoleOf()
	}
	return strings.ToLower(s)
}

// Row returns the row that lets a principal in when it has no entry, or nil.
func (a *AWSAuth) Row(principal string) *AWSAuthRow {
	var found *AWSAuthRow
	for i := range a.Rows {
		if r := &a.Rows[i]; r.Names(principal) && (found == nil || !hasPath(r.ARN)) {
			found = r
		}
	}
	return found
}

func hasPath(s string) bool {
	p, err := arn.ParsePrincipal(s)
	return err == nil && p.Kind == arn.Role && p.Path != "/"
}

// Account returns the principal's account where mapAccounts lets it in as a
// whole, or "".
func (a *AWSAuth) Account(principal string) string {
	p, err := arn.ParsePrincipal(principal)
	if err != nil {
		return ""
	}
	for _, id := range a.Accounts {
		if id == p.Account {
			return id
		}
	}
	return ""
}
