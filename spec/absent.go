package spec

import "slices"

// names reports whether a names the item's principal in a cluster of account.
// Principals that IAM has not been asked about are compared as written.
func (a Absent) names(item Item, account string) bool {
	p := item.Principal
	return a.Principal == p || p.ARN != "" && a.Principal.Matches(p.ARN, account)
}

// applyAbsent takes out the items that absent names. One that the cluster
// itself declares is a contradiction, since nothing more particular could say
// which of the two was meant.
func (c *Cluster) applyAbsent(items []Item) ([]Item, Problems) {
	if len(c.Absent) == 0 {
		return items, Problems{}
	}
	var r report
	keep := make([]Item, 0, len(items))
	for _, item := range items {
		i := slices.IndexFunc(c.Absent, func(a Absent) bool { return a.names(item, c.ID.Account) })
		switch {
		case i < 0:
			keep = append(keep, item)
		case item.Own:
			r.errorf(
				item.Pos,
				"remove one of the two",
				"%s is declared here and listed under absent at %v",
				item.Principal,
				c.Absent[i].Pos,
			)
		}
	}
	return keep, r.Problems
}
