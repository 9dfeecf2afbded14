package transfer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// LiveOptions say how live access is written.
type LiveOptions struct {
	// PermissionSets: name the set in place of its role, where IAM has one role
	// of that set.
	PermissionSets bool
	Owners         []spec.OwnerTag // how other tools mark what is theirs, beyond those known
	AssumeRole     string          // by which the clusters were reached, as a template; "" for none
	// Profiles are the AWS profiles by which clusters were reached, where they are
	// to be written.
	Profiles map[arn.Cluster]string
}

// liveHead opens a file made of live access.
var liveHead = []string{
	"Live access, as \"eksaccess import live\" found it.",
	"There is no owner: eksaccess writes no tags of its own and deletes only what absent names. With an owner,",
	"apply adopts the entries that have none; those of another owner, named behind them, need --take-ownership.",
}

// FromSnapshot makes an import of what was read of clusters. System entries are
// counted and left to EKS; temporary grants are reported, with their ends, and
// written as comments: a file would make them permanent.
func FromSnapshot(taken *snapshot.Snapshot, o LiveOptions) *Import {
	out := &Import{Source: "live access", Comments: slices.Clone(liveHead), AssumeRole: o.AssumeRole}
	for _, n := range taken.UnlistedRegions() {
		out.Comments = append(out.Comments, "Not read: "+n.Place()+": "+n.Reason)
	}
	for i := range taken.Clusters {
		c := fromReading(&taken.Clusters[i], taken.CreatedAt, o)
		c.Profile = o.Profiles[c.ID]
		out.Clusters = append(out.Clusters, c)
	}
	return out
}

// fromReading makes a cluster of what was read of one at a time. Grants that
// end before that time are over.
func fromReading(seen *snapshot.Cluster, at time.Time, o LiveOptions) Cluster {
	id := seen.ID()
	if seen.Error != nil {
		return Unread(id, because(seen.Error.Code, seen.Error.Message), seen.Error.Hint)
	}
	have := seen.Live()
	if !have.EntriesRead {
		return leftOut(id, "EKS does not report access entries in mode "+have.Mode,
			fmt.Sprintf("eksaccess import aws-auth --cluster %s makes a file of its aws-auth", id.ARN()))
	}
	c := Cluster{ID: id}
	var system systemCount
	unchecked := map[string]int{}
	for i := range have.Entries {
		e := &have.Entries[i]
		if have.IsSystem(e) {
			system.add(e, have)
			continue
		}
		if end := endOf(e); end != "" {
			c.leaveTemporary(e, end, at)
			continue
		}
		if until := e.Tags[spec.TagHoldUntil]; until != "" {
			c.note(Doubt, &Entry{Entry: e.Entry}, because("held until "+until, e.Tags[spec.TagReason])+
				"; what it was given for the emergency is in the file too", "")
		}
		c.Entries = append(
			c.Entries,
			Entry{Entry: e.Entry.Canonical(), Owner: owner(e.Tags, o.Owners), Comments: oddities(have, e)},
		)
		if who := have.Identities[e.Principal]; who.Existence == spec.Unknown {
			unchecked[who.Why]++
		}
	}
	if o.PermissionSets {
		c.nameSets(seen)
	}
	if text := system.String(); text != "" {
		c.Comments = append(c.Comments, text)
	}
	for _, why := range sortedKeys(unchecked) {
		c.Notes = append(c.Notes, Note{Outcome: Doubt, Subject: phrase.Count(unchecked[why], "entry"),
			Why: "not checked whether IAM still has the principal: " + why})
	}
	return c
}

// endOf says when and why a temporary grant ends, or "" for an entry that is
// none: one that has an end, or that an emergency made.
func endOf(e *spec.LiveEntry) string {
	switch {
	case e.Tags[spec.TagExpires] != "":
		return because("ends at "+e.Tags[spec.TagExpires], e.Tags[spec.TagReason])
	case e.Tags[spec.TagOwner] == spec.OwnerBreakGlass:
		return because("belongs to "+spec.OwnerBreakGlass+" and has no end", e.Tags[spec.TagReason])
	}
	return ""
}

// leaveTemporary leaves out a temporary grant.
func (c *Cluster) leaveTemporary(e *spec.LiveEntry, end string, at time.Time) {
	entry := Entry{Entry: e.Entry.Canonical()}
	do := "declare it by hand if it is to stay"
	if t, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires]); err == nil && t.Before(at) {
		do = "eksaccess cleanup --expired --cluster " + c.ID.ARN()
	}
	c.note(Left, &entry, "it is temporary, and a file would make it permanent: it "+end, do)
	c.Notes[len(c.Notes)-1].Temporary = true
	c.Comments = append(c.Comments,
		"left out, temporary: "+e.Principal+" ("+strings.Join(summary(&entry), "; ")+") "+end)
}

// nameSets writes permission sets in place of roles that are the one role of
// their set in the cluster's account.
func (c *Cluster) nameSets(seen *snapshot.Cluster) {
	roles := SetRoles(seen.PermissionSets.Roles)
	for i := range c.Entries {
		e := &c.Entries[i]
		set, ok := setOf(e.Principal)
		switch {
		case !ok:
		case !seen.PermissionSets.Known():
			c.note(Doubt, e, "written by its ARN: "+seen.PermissionSets.Why, seen.PermissionSets.Hint)
		case len(roles[set]) == 1 && roles[set][0] == e.Principal:
			e.Ref = spec.PrincipalRef{PermissionSet: set}
		}
	}
}

// SetRoles are roles of permission sets by the name of the set.
func SetRoles(arns []string) map[string][]string {
	roles := map[string][]string{}
	for _, role := range arns {
		if set, ok := setOf(role); ok {
			roles[set] = append(roles[set], role)
		}
	}
	return roles
}

func setOf(principal string) (string, bool) {
	p, err := arn.ParsePrincipal(principal)
	if err != nil {
		return "", false
	}
	set, _, ok := p.PermissionSet()
	return set, ok
}

// Unread is a cluster that could not be read.
func Unread(id arn.Cluster, why, hint string) Cluster {
	c := leftOut(id, why, hint)
	c.Failed = true
	return c
}

func leftOut(id arn.Cluster, why, do string) Cluster {
	return Cluster{ID: id, LeftOut: true, Notes: []Note{{Outcome: Left, Subject: "the cluster", Why: why, Hint: do}}}
}

// owner names whose an entry is, for a comment.
func owner(tags map[string]string, taught []spec.OwnerTag) string {
	if ours := tags[spec.TagOwner]; ours != "" {
		return ours + " (eksaccess)"
	}
	return spec.OwnerOf(tags, taught)
}

// oddities are what the editor of the file should know of an entry.
func oddities(have *spec.Live, e *spec.LiveEntry) []string {
	var odd []string
	switch id := have.Identities[e.Principal]; {
	case id.Existence == spec.Gone:
		odd = append(odd, "orphan: IAM no longer has this principal")
	case have.IsDead(e):
		odd = append(
			odd,
			fmt.Sprintf(
				"stale: the principal was recreated on %s, after its entry; apply recreates the entry",
				id.CreatedAt.UTC().Format(time.DateOnly),
			),
		)
	}
	if until := e.Tags[spec.TagHoldUntil]; until != "" {
		odd = append(odd, because("held until "+until, e.Tags[spec.TagReason]))
	}
	if len(e.Policies) == 0 && len(e.Groups) == 0 {
		odd = append(odd, "gives nothing: no policy, no group")
	}
	return odd
}

func because(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}

// A systemCount counts the entries that AWS keeps itself, by what they are.
type systemCount struct{ nodes, linked, cluster, managed int }

func (n *systemCount) add(e *spec.LiveEntry, have *spec.Live) {
	switch {
	case arn.IsServiceLinked(e.Principal):
		n.linked++
	case eksfacts.IsNode(e.Type):
		n.nodes++
	case e.Principal == have.RoleARN:
		n.cluster++
	default:
		n.managed++
	}
}

func (n systemCount) String() string {
	all := n.nodes + n.linked + n.cluster + n.managed
	if all == 0 {
		return ""
	}
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{n.nodes, "of nodes", "of nodes"}, {n.linked, "service-linked role", "service-linked roles"},
		{n.managed, "made by AWS for itself", "made by AWS for itself"},
	} {
		if p.n > 0 {
			parts = append(parts, phrase.CountOf(p.n, p.one, p.many))
		}
	}
	if n.cluster > 0 {
		parts = append(parts, "the cluster's own role")
	}
	return phrase.CountOf(
		all,
		"system entry",
		"system entries",
	) + " left out, which EKS keeps itself: " + strings.Join(
		parts,
		", ",
	)
}
