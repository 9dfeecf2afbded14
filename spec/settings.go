package spec

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// settings checks values that may stand under defaults and on a cluster.
func (l *loader) settings(doc *document, s Settings) {
	if r := s.AssumeRole; r.Value != "" {
		if summary, hint := placeholderProblem(r.Value); summary != "" {
			l.errorf(r.Pos, hint, "%s", summary)
		} else {
			l.addVerdict(r.Pos, judgeAssumeRole(r.Value))
		}
	}
	if e := s.ExternalID; e.Value != "" && !eksfacts.IsExternalID(e.Value) {
		l.warnf(
			e.Pos,
			"write 2 to 1224 "+eksfacts.ExternalIDCharacters,
			"STS may refuse the external id %.80q",
			e.Value,
		)
	}
	switch m := s.AuthenticationMode; {
	case m.Value == "":
	case m.Value == eksfacts.ModeConfigMap:
		l.errorf(
			m.Pos,
			"write "+eksfacts.ModeAPIAndConfigMap+", or remove it",
			"a cluster in mode %q has no access entries",
			m.Value,
		)
	case eksfacts.ModeRank(m.Value) < 0:
		hint := suggest.DidYouMean(m.Value, eksfacts.Modes[1:])
		if hint == "" {
			hint = "the modes are " + phrase.And(eksfacts.Modes[1:])
		}
		l.errorf(m.Pos, hint, "unknown authenticationMode %.80q", m.Value)
	}
	kinds := []string{string(PruneNone), string(PruneOwned), string(PruneAll)}
	switch p := s.Prune; {
	case p.Value == "":
	case !slices.Contains(kinds, p.Value):
		hint := suggest.DidYouMean(p.Value, kinds)
		if hint == "" {
			hint = "the values are " + strings.Join(kinds, ", ")
		}
		l.errorf(p.Pos, hint, "unknown prune %.80q", p.Value)
	case doc.Owner.Given():
	case p.Value == string(PruneAll):
		l.errorf(
			p.Pos,
			`write "owner: NAME" on top of the document`,
			"prune %q requires an owner: without an owner, only principals listed under absent are deleted",
			p.Value,
		)
	case p.Value == string(PruneOwned):
		l.warnf(
			p.Pos,
			`write "owner: NAME" on top of the document`,
			"prune %q deletes nothing: the document has no owner",
			p.Value,
		)
	}
}

func judgeAssumeRole(s string) verdict {
	p, err := arn.ParsePrincipal(fill(s, example))
	switch {
	case err != nil:
		return refuse(
			"write arn:aws:iam::111122223333:role/NAME; ${account} is the account of the cluster",
			"assumeRole %.200q is not an ARN",
			s,
		)
	case p.Kind == arn.AssumedRole:
		return refuse(
			"write "+printable(p.RoleOf())+", with its path if it has one",
			"assumeRole %q is a session, not a role",
			s,
		)
	case p.Kind != arn.Role || !arn.IsAccount(p.Account) || !eksfacts.IsIAMName(p.Name, eksfacts.MaxRoleName):
		return refuse("write arn:aws:iam::111122223333:role/NAME", "assumeRole %.200q is not the ARN of an IAM role", s)
	}
	return verdict{}
}

// connect gives a cluster its settings: its own, else the document's.
func (l *loader) connect(c *draft, defaults, own Settings) {
	pick := func(own, other Text) string {
		if own.Given() {
			return own.Value
		}
		return other.Value
	}
	c.Profile = pick(own.Profile, defaults.Profile)
	c.AssumeRole = fill(pick(own.AssumeRole, defaults.AssumeRole), c.ID)
	c.ExternalID = pick(own.ExternalID, defaults.ExternalID)
	c.Mode = pick(own.AuthenticationMode, defaults.AuthenticationMode)
	c.Watch = defaults.Watch.Value
	if own.Watch.Pos.Line > 0 {
		c.Watch = own.Watch.Value
	}
	c.Prune = Prune(pick(own.Prune, defaults.Prune))
	if c.Prune == "" {
		c.Prune = PruneNone
		if c.doc.owner != "" {
			c.Prune = PruneOwned
		}
	}
	if a, err := arn.Parse(c.AssumeRole); err == nil && a.Partition != c.ID.Partition {
		at := own.AssumeRole
		if !at.Given() {
			at = defaults.AssumeRole
		}
		l.spreadError(
			c,
			at.Pos,
			"write ${partition} for the partition of the cluster",
			"assumeRole has another partition than the cluster",
		)
	}
}
