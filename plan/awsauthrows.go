package plan

import (
	"cmp"
	"slices"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// An AuthRow is a row of aws-auth, and what its principal has before and after
// the plan: by the row, by an entry, which hides the row, or nothing.
type AuthRow struct {
	ARN    string `json:"arn"` // as written in aws-auth
	Before Access `json:"before"`
	After  Access `json:"after"`
}

// What gives a principal of aws-auth its access.
const (
	ByRow    = "aws-auth"
	ByEntry  = "entry"
	ByNobody = "" // it is not let in
)

// An Access is what a principal has, and by what.
type Access struct {
	By       string        `json:"by"`
	Type     string        `json:"type,omitempty"` // of an entry
	Username string        `json:"username"`
	Groups   []string      `json:"groups"`
	Policies []spec.Policy `json:"policies"`
}

func byRow(r spec.AWSAuthRow) Access {
	return Access{By: ByRow, Username: r.Username, Groups: append([]string{}, r.Groups...), Policies: []spec.Policy{}}
}

func byEntry(e *spec.Entry) Access {
	c := e.Canonical()
	return Access{By: ByEntry, Type: c.Type, Username: c.Username, Groups: c.Groups, Policies: c.Policies}
}

// Same reports whether two accesses are the same, whatever they are by.
func (a Access) Same(b Access) bool {
	return a.By == b.By && a.Type == b.Type && a.Username == b.Username && slices.Equal(a.Groups, b.Groups) &&
		slices.EqualFunc(a.Policies, b.Policies, spec.Policy.Equal)
}

// authRows are the rows of aws-auth, by ARN, with what their principals have
// before and after; nil where aws-auth was not read.
func (j Judgement) authRows() []AuthRow {
	if !j.readsAWSAuth() || j.Mode.Before == eksfacts.ModeAPI {
		return nil
	}
	outcome := j.outcome()
	rows := []AuthRow{}
	for key, r := range j.Have.AWSAuth.ByKey() {
		rows = append(
			rows,
			AuthRow{
				ARN:    r.ARN,
				Before: rowAccess(j.Have, key, r, true),
				After:  rowAccess(outcome, key, r, j.Mode.After != eksfacts.ModeAPI),
			},
		)
	}
	slices.SortFunc(rows, func(a, b AuthRow) int { return cmp.Compare(a.ARN, b.ARN) })
	return rows
}

// rowAccess is what the principal of a row has: by its entry, which hides the
// row also if it is stale, else by the row while that has effect.
func rowAccess(l *spec.Live, key string, r spec.AWSAuthRow, rowsApply bool) Access {
	nothing := Access{Groups: []string{}, Policies: []spec.Policy{}}
	for i := range l.Entries {
		e := &l.Entries[i]
		switch {
		case spec.AWSAuthKey(e.Principal) != key:
		case l.IsDead(e), l.Identities[e.Principal].Existence == spec.Gone:
			return nothing
		default:
			return byEntry(&e.Entry)
		}
	}
	if rowsApply {
		return byRow(r)
	}
	return nothing
}
