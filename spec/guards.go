package spec

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// addGuards puts the guards of all documents together; the strictest wins.
func (l *loader) addGuards() {
	var removals ShareText
	for _, doc := range l.documents {
		g := doc.Document.Guards
		if g.MinAdmins.Pos.Line > 0 && g.MinAdmins.Value == 0 && !g.Flawed {
			l.errorf(
				g.MinAdmins.Pos,
				"remove it for 1; --min-admins 0 lowers it for one run",
				"minAdmins must be at least 1",
			)
		}
		l.guards.MinAdmins = max(l.guards.MinAdmins, g.MinAdmins.Value)
		for _, line := range g.RequiredAdmins {
			ref, ok := l.principal(line.PrincipalLine, line.Mark, judgeARN)
			if ok &&
				!slices.ContainsFunc(
					l.guards.RequiredAdmins,
					func(r RequiredAdmin) bool { return r.Principal == ref },
				) {
				l.guards.RequiredAdmins = append(l.guards.RequiredAdmins, RequiredAdmin{ref, line.Pos})
			}
		}
		for _, a := range g.TrustedAccounts {
			switch {
			case a.Value == "":
			case !arn.IsAccount(a.Value):
				l.errorf(a.Pos, "an account number has 12 digits", "%.80q is not an account number", a.Value)
			case !slices.Contains(l.guards.TrustedAccounts, a.Value):
				l.guards.TrustedAccounts = append(l.guards.TrustedAccounts, a.Value)
			}
		}
		if g.MaxHold.Value > 0 && (l.guards.MaxHold == 0 || g.MaxHold.Value < l.guards.MaxHold) {
			l.guards.MaxHold = g.MaxHold.Value
		}
		l.addEndRules(g)
		switch next := g.MaxRemovals; {
		case !next.Set:
		case !removals.Set:
			removals = next
		case removals.Percent != next.Percent:
			l.errorf(
				next.Pos,
				"write both as a count, or both as a percentage",
				"maxRemovals is %v here and %v at %v, and these cannot be compared",
				next.Share,
				removals.Share,
				removals.Pos,
			)
		case next.Value < removals.Value:
			removals = next
		}
	}
	l.guards.MaxRemovals = removals.Share
	slices.Sort(l.guards.TrustedAccounts)
}

// guardsFor are the guards with the placeholders filled in for one cluster.
func (l *loader) guardsFor(id arn.Cluster) *Guards {
	dynamic := func(r RequiredAdmin) bool { return hasPlaceholder(r.Principal.ARN) }
	if !slices.ContainsFunc(l.guards.RequiredAdmins, dynamic) {
		return &l.guards
	}
	g := l.guards
	g.RequiredAdmins = slices.Clone(g.RequiredAdmins)
	for i := range g.RequiredAdmins {
		r := &g.RequiredAdmins[i].Principal
		r.ARN = fill(r.ARN, id)
	}
	return &g
}
