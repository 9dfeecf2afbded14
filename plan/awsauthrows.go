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

// An Access is what somebody has, and by what.
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

// authRows are the rows of aws-auth, by ARN; nil where it was not read. A dead
// entry lets nobody in, so that the row rules.
func (j Judgement) authRows() []AuthRow {
	if !j.readsAWSAuth() || j.Mode.Before == eksfacts.ModeAPI {
		return nil
	}
	before, after := map[string]*spec.Entry{}, map[string]*spec.Entry{}
	for i := range j.Have.Entries {
		if e := &j.Have.Entries[i]; !j.Have.IsDead(e) {
			before[spec.AWSAuthKey(e.Principal)] = &e.Entry
		}
	}
	living := j.living()
	for i := range j.Have.Entries {
		e := &j.Have.Entries[i]
		after[spec.AWSAuthKey(e.Principal)] = &e.Entry
	}
	for _, c := range j.Changes {
		if c.After != nil {
			after[spec.AWSAuthKey(c.Principal)] = c.After
		}
	}
	rows := []AuthRow{}
	for key, r := range j.Have.AWSAuth.ByKey() {
		row := AuthRow{ARN: r.ARN, Before: byRow(r), After: byRow(r)}
		if e := before[key]; e != nil {
			row.Before = byEntry(e)
		}
		switch {
		case living[key] && after[key] != nil:
			row.After = byEntry(after[key])
		case j.Mode.After == eksfacts.ModeAPI:
			row.After = Access{Groups: []string{}, Policies: []spec.Policy{}}
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b AuthRow) int { return cmp.Compare(a.ARN, b.ARN) })
	return rows
}
