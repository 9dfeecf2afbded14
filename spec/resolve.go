package spec

import (
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// Refs are the declared principals whose ARN only IAM knows: permission sets,
// and roles and users by name. They are sorted, each once.
func (c *Cluster) Refs() []PrincipalRef {
	var refs []PrincipalRef
	for _, item := range c.Items {
		if item.Principal.ARN == "" {
			refs = append(refs, item.Principal)
		}
	}
	slices.SortFunc(refs, func(a, b PrincipalRef) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(refs)
}

// Resolve makes the entries that the cluster should have, given the ARNs of
// [Cluster.Refs]. Two ways to name one principal meet here for the first time,
// so what [Load] checks of the items of a principal is checked again.
//
// Passed expiries are no concern of it: they stand in [WantEntry.Expires].
func (c *Cluster) Resolve(arns map[PrincipalRef]string) (*Want, Problems) {
	var r report
	items := make([]Item, 0, len(c.Items))
	written := make(map[Pos]PrincipalRef, len(c.Items))
	for _, item := range c.Items {
		if item.Principal.ARN == "" {
			found, ok := arns[item.Principal]
			if !ok {
				r.errorf(item.Pos, "", "%s was not found in IAM", item.Principal)
				continue
			}
			if arn.IsServiceLinked(found) {
				r.addVerdict(item.Pos, judgeARN(found))
				continue
			}
			written[item.Pos] = item.Principal
			item.Principal = PrincipalRef{ARN: found}
		} else {
			written[item.Pos] = item.Principal
		}
		items = append(items, item)
	}
	items, problems := c.applyAbsent(items)
	r.add(problems)
	unions, problems := c.unite(items, PrincipalRef.String)
	r.add(problems)

	want := &Want{Cluster: c, Entries: make([]WantEntry, 0, len(unions))}
	for _, u := range unions {
		want.Entries = append(
			want.Entries,
			WantEntry{Entry: c.entry(u), Ref: written[u.Pos], Expires: u.Expires, Pos: u.Pos},
		)
	}
	slices.SortFunc(want.Entries, func(a, b WantEntry) int { return a.Entry.Compare(b.Entry) })
	if problems = r.sortedProblems(nil); problems.Failed() {
		return nil, problems
	}
	return want, problems
}

// entry is what a union comes to in EKS.
func (c *Cluster) entry(u *union) Entry {
	e := Entry{
		Principal: u.Principal.ARN,
		Type:      u.Type,
		Username:  u.Username,
		Groups:    u.Groups,
		Policies:  u.Policies,
		Tags:      overlay(c.Tags, u.Tags),
	}
	if e.Type == "" {
		e.Type = eksfacts.Standard
	}
	if e.Username == "" {
		e.Username = eksfacts.DefaultUsername(e.Type, e.Principal)
	}
	e = e.Canonical()
	if c.Owner == "" {
		return e
	}
	e.Tags[TagOwner] = c.Owner
	if !u.Expires.IsZero() {
		e.Tags[TagExpires] = formatTime(u.Expires)
	}
	if u.Reason != "" {
		e.Tags[TagReason] = u.Reason
	}
	return e
}

// formatTime is how times stand in tags.
func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
