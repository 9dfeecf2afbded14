package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// identity: whose access it is.
func (e *examination) identity() {
	switch {
	case e.Principal == "":
		e.check(CheckIdentity, Unchecked, "who runs this is not known")
		return
	case e.Guess:
		e.check(CheckIdentity, Warned, e.Principal, "who runs this: "+e.Caller,
			"a session does not tell the path of its role, and IAM could not be asked: if the role has one, this is "+
				"not its ARN").Hint =
			"allow iam:GetRole, or name it with --principal ARN"
	case e.Self:
		e.check(CheckIdentity, OK, e.Principal, "who runs this: "+e.Caller)
	case e.Caller != "":
		e.check(CheckIdentity, OK, e.Principal, "not who runs this, which is "+e.Caller)
	default:
		e.check(CheckIdentity, OK, e.Principal)
	}
}

// cluster reports whether there is anything further to look at.
func (e *examination) cluster() bool {
	if err := e.Cluster.Error; err != nil {
		var more []string
		if err.Action != "" {
			more = append(more, fmt.Sprintf("missing: %s on %s", err.Action, err.Resource))
		}
		if err.RequestID != "" {
			more = append(more, "request id "+err.RequestID)
		}
		message := err.Message
		if err.Code != "" {
			message = err.Code + ": " + message
		}
		e.check(CheckCluster, Failed, message, more...).Hint = err.Hint
		e.because(unread, message, nonEmpty(err.Hint, "read the message"), "")
		return false
	}
	e.check(CheckCluster, OK, e.Cluster.Status, versions(&e.Cluster))
	return true
}

func nonEmpty(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

func versions(c *snapshot.Cluster) string {
	if c.Version == "" {
		return ""
	}
	return strings.TrimSpace("Kubernetes " + c.Version + " " + c.PlatformVersion)
}

func (e *examination) mode() {
	switch m := e.Cluster.AuthenticationMode; m {
	case eksfacts.ModeConfigMap:
		e.check(CheckMode, OK, m, "aws-auth alone decides, and whoever made the cluster is an administrator unseen")
	case eksfacts.ModeUnknown:
		e.check(CheckMode, Unchecked, "EKS does not report the mode", "EKS lists access entries, so an entry decides; "+
			"whether aws-auth decides for principals without one is not known")
	case eksfacts.ModeAPI:
		e.check(CheckMode, OK, m, "access entries alone decide; aws-auth is not looked at")
	default:
		e.check(CheckMode, OK, m, "an access entry decides, and aws-auth for whoever has none")
	}
}

// way: how the cluster would know the principal.
func (e *examination) way() {
	e.auth = nil
	if e.Cluster.AuthenticationMode != eksfacts.ModeAPI {
		e.auth = e.Cluster.AWSAuth.Parse()
	}
	e.findEntry()
	e.alive()
	e.permissionSet()
	e.entryType()
	e.username()
	e.rowOf()
	e.decide()
}

func (e *examination) findEntry() {
	if !eksfacts.ReadsEntries(e.Cluster.AuthenticationMode) {
		e.check(CheckEntry, NotRelevant, "there are none in mode "+e.Cluster.AuthenticationMode)
		return
	}
	for i := range e.Cluster.Entries.Items {
		if item := &e.Cluster.Entries.Items[i]; item.Principal == e.Principal {
			e.entry = item
		}
	}
	if e.entry != nil {
		e.check(CheckEntry, OK, "there is one", "made at "+stamp(e.entry.CreatedAt), owner(e.entry))
		return
	}
	if !e.Listed.Known() {
		e.unknown(CheckEntry, "not known whether there is one", e.Listed)
		return
	}
	e.check(CheckEntry, Failed, "there is none for this principal", e.alike()...)
}

// Alike reports whether one principal could be taken for another: the same
// name under another path or in other letters, or a role of the same
// permission set.
func Alike(a, b string) bool {
	p, err := arn.ParsePrincipal(a)
	q, err2 := arn.ParsePrincipal(b)
	return err == nil && err2 == nil && p.Account == q.Account && p.Kind == q.Kind &&
		(strings.EqualFold(p.Name, q.Name) || sameSet(p, q))
}

// alike are entries that look as if they were the principal's and are not.
func (e *examination) alike() []string {
	var found []string
	p, err := arn.ParsePrincipal(e.Principal)
	if err != nil {
		return nil
	}
	for _, item := range e.Cluster.Entries.Items {
		q, err := arn.ParsePrincipal(item.Principal)
		switch {
		case err != nil || !Alike(e.Principal, item.Principal):
		case sameSet(p, q):
			found = append(
				found,
				fmt.Sprintf("there is one for %s, a role that the same permission set had before", item.Principal),
			)
		case q.Name == p.Name:
			found = append(
				found,
				fmt.Sprintf("there is one for %s, which has the name and another path", item.Principal),
			)
		default:
			found = append(
				found,
				fmt.Sprintf("there is one for %s, which is another to EKS: case counts", item.Principal),
			)
		}
	}
	return found
}

func sameSet(p, q arn.Principal) bool {
	a, _, ok := p.PermissionSet()
	b, _, also := q.PermissionSet()
	return ok && also && a == b
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func owner(item *snapshot.Entry) string {
	if o := item.Tags[spec.TagOwner]; o != "" {
		return fmt.Sprintf("%s=%s", spec.TagOwner, o)
	}
	return ""
}

// alive: an entry is bound to the id its principal had when it was made, not to
// the ARN (EKS user guide, creating-access-entries).
func (e *examination) alive() {
	p := e.Cluster.Principal(e.Principal)
	switch {
	case p == nil:
		e.unknown(CheckAlive, "IAM was not asked about the principal", snapshot.UnknownFact("", ""))
	case p.Existence == spec.Gone:
		e.orphaned(p)
	case p.Existence == spec.Unknown:
		e.unknown(
			CheckAlive,
			"not checked whether the principal is the one the entry was made for",
			snapshot.UnknownFact(p.Why, ""),
		)
	case e.entry == nil:
		e.check(CheckAlive, OK, "the principal exists", madeAt(p))
	case e.state.For(e.Principal).Life == access.Stale:
		e.dead = true
		e.check(
			CheckAlive,
			Failed,
			"the principal was deleted and made again after its entry, which looks right and lets nobody in",
			"principal made at "+stamp(*p.CreatedAt),
			"entry made at "+stamp(e.entry.CreatedAt),
		)
	default:
		e.check(CheckAlive, OK, "the principal is the one the entry was made for", madeAt(p))
	}
}

// orphaned: IAM does not have the principal, or has it under another ARN.
func (e *examination) orphaned(p *snapshot.Principal) {
	e.dead = e.entry != nil
	id := p.Identity()
	e.check(CheckAlive, Failed, "IAM has no such role or user", id.Elsewhere())
	switch {
	case id.ARN != "":
		e.because(nobody, "IAM has no "+e.Principal+": "+id.Elsewhere(), "look at the principal as IAM has it",
			e.command("doctor", "--principal", awscli.Quote(id.ARN)))
	case e.entry != nil && eksfacts.IsNode(e.entry.Type):
		e.because(nobody, "IAM has no "+e.Principal, "delete the entry that is left of it", e.nodeWayOut(e.entry.Type,
			e.Principal, true))
	default:
		e.because(nobody, "IAM has no "+e.Principal,
			"name a principal that exists: its whole ARN, or role=NAME, user=NAME, permissionSet=NAME",
			e.command("doctor", "--principal", "role=NAME"))
	}
}

func madeAt(p *snapshot.Principal) string {
	if p.CreatedAt == nil {
		return ""
	}
	return "made at " + stamp(*p.CreatedAt)
}

// permissionSet: when the last assignment of a set goes and another comes, its
// role has a new suffix (Identity Center user guide, "Referencing permission
// sets").
func (e *examination) permissionSet() {
	p, err := arn.ParsePrincipal(e.Principal)
	if err != nil {
		return
	}
	name, suffix, ok := p.PermissionSet()
	if !ok {
		return
	}
	var others []string
	for _, item := range e.Cluster.Entries.Items {
		if q, err := arn.ParsePrincipal(item.Principal); err == nil && item.Principal != e.Principal &&
			q.Account == p.Account &&
			sameSet(p, q) {
			others = append(others, item.Principal)
		}
	}
	sets := e.Cluster.PermissionSets
	current := e.Self || sets.Known() && slices.Contains(sets.Roles, e.Principal)
	switch {
	case !current && !sets.Known():
		e.unknown(CheckPermissionSet, "not known whether the role is the one that "+name+" has now", sets.Fact)
	case !current:
		var now []string
		for _, role := range sets.Roles {
			if q, err := arn.ParsePrincipal(role); err == nil && sameSet(p, q) {
				now = append(now, "now it is "+role)
			}
		}
		e.check(
			CheckPermissionSet,
			Failed,
			fmt.Sprintf("permission set %s no longer has the role with suffix %s", name, suffix),
			now...)
		if len(now) > 0 {
			e.because(
				otherSuffix,
				"permission set "+name+" has another role now",
				"look at the role that the permission set has now",
				e.command("doctor", "--principal", awscli.Quote("permissionSet="+name)),
			)
		}
	case e.entry == nil && len(others) > 0:
		e.check(
			CheckPermissionSet,
			Failed,
			fmt.Sprintf("permission set %s got another suffix, %s, after its entry was made", name, suffix),
			prefixed("entry of the role before: ", others)...)
	default:
		e.check(
			CheckPermissionSet,
			OK,
			fmt.Sprintf("%s, with the suffix of today, %s", name, suffix),
			prefixed("left over: the entry of ", others)...)
	}
}

func prefixed(prefix string, list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = prefix + s
	}
	return out
}

func (e *examination) entryType() {
	if e.entry == nil {
		return
	}
	if e.entry.Type == eksfacts.Standard {
		e.check(CheckType, OK, e.entry.Type)
		return
	}
	e.check(
		CheckType,
		Failed,
		e.entry.Type+": for nodes, and gives a person nothing",
		"the type can't be changed in place",
	)
	e.because(wrongType, "its entry is of type "+e.entry.Type,
		"use another role or user, and fill in what it needs: deleting the entry of nodes cuts them off",
		e.command("recover", "--principal", "role=NAME", "--policy", "POLICY", "--namespace", "NAMESPACE"))
}

func (e *examination) username() {
	if e.entry == nil {
		return
	}
	if e.entry.Username == eksfacts.DefaultUsername(e.entry.Type, e.Principal) {
		e.check(CheckUsername, OK, e.entry.Username, "the one EKS derives")
		return
	}
	e.check(CheckUsername, OK, e.entry.Username, "set, in place of the one EKS derives: bindings of users must name it")
}

// rowOf: the principal's row in aws-auth, and whether anybody looks at it.
func (e *examination) rowOf() {
	if e.auth == nil {
		if e.Cluster.AuthenticationMode == eksfacts.ModeAPI {
			e.check(CheckAWSAuth, NotRelevant, "not looked at in mode API")
			return
		}
		e.unknown(CheckAWSAuth, "aws-auth was not read", e.Cluster.AWSAuth.Fact)
		return
	}
	if !e.auth.Read {
		unread := snapshot.UnknownFact(e.auth.Why, e.auth.Hint)
		if e.Inside.Refusal != nil {
			unread.Hint = "" // it is that of the token's, or of the endpoint's
		}
		e.unknown(CheckAWSAuth, "aws-auth could not be read", unread)
		return
	}
	key := spec.AWSAuthKey(e.Principal)
	row, ok := e.auth.ByKey()[key]
	rules := e.entry != nil && !e.dead
	switch {
	case ok && strings.EqualFold(row.ARN, key) && e.entry != nil && e.dead:
		e.check(
			CheckAWSAuth,
			Warned,
			"its entry hides its row, also while the entry is stale; it is not known whether EKS uses the row instead",
			describe(row),
		)
	case ok && !strings.EqualFold(row.ARN, key):
		e.check(
			CheckAWSAuth,
			Failed,
			"its row is written with the path of the role, and so matches nobody",
			"row: "+row.ARN,
			"it has to be "+bare(e.Principal),
		)
	case ok && rules:
		status, summary := OK, "its row is not looked at, since it has an entry; groups are not merged"
		if more := access.Excess(access.FromRow(row), e.state.For(e.Principal)); len(more) > 0 {
			status, summary = Warned, "its row gives more than its entry, which hides it"
		}
		e.check(CheckAWSAuth, status, summary, describe(row))
	case ok:
		e.row = &row
		e.check(CheckAWSAuth, OK, "its row decides", describe(row))
	case rules && len(e.auth.Unparsed) > 0:
		e.check(CheckAWSAuth, Warned, "its entry decides; "+unparsed, e.auth.Unparsed...)
	case rules:
		e.check(CheckAWSAuth, OK, "no row, and none is needed")
	case e.auth.Account(e.Principal) != "":
		e.row = &spec.AWSAuthRow{ARN: e.Principal, Username: e.Principal}
		e.check(
			CheckAWSAuth,
			OK,
			"mapAccounts lets in its whole account, with no group",
			"username: "+bare(e.Principal),
		)
	case len(e.auth.Unparsed) > 0:
		e.check(CheckAWSAuth, Failed, unparsed, e.auth.Unparsed...)
	default:
		e.check(CheckAWSAuth, Failed, "there is no row for it", e.malformed()...)
	}
}

// unparsed is what it means that EKS cannot parse a key of aws-auth.
const unparsed = "aws-auth cannot be parsed, so that its rows have no effect: their principals and nodes are locked out"

// malformed are parts of aws-auth that let nobody in as they are written, as
// far as they may have been meant for the principal.
func (e *examination) malformed() []string {
	name := e.Principal[strings.LastIndexByte(e.Principal, '/')+1:]
	return slices.DeleteFunc(slices.Clone(e.auth.Malformed), func(note string) bool {
		return strings.Contains(note, "arn:") && !strings.Contains(note, name)
	})
}

// bare is the ARN of a role as aws-auth needs it: without its path.
func bare(principal string) string {
	if p, err := arn.ParsePrincipal(principal); err == nil && p.Kind == arn.Role {
		return p.RoleOf()
	}
	return principal
}

func describe(row spec.AWSAuthRow) string { return "row: " + row.ARN + ", " + access.RowText(row) }
