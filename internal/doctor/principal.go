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

// checkIdentity reports the principal and the caller.
func (e *examination) checkIdentity() {
	switch {
	case e.Principal == "":
		e.addCheck(CheckIdentity, Unchecked, "the caller is not known")
		return
	case e.Guess:
		e.addCheck(CheckIdentity, Warned, e.Principal, "caller: "+e.Caller,
			"IAM could not be asked for the path of the role: if it has one, this is not its ARN").Hint =
			"allow iam:GetRole, or pass --principal ARN"
	case e.Self:
		e.addCheck(CheckIdentity, OK, e.Principal, "caller: "+e.Caller)
	case e.Caller != "":
		e.addCheck(CheckIdentity, OK, e.Principal, "not the caller, which is "+e.Caller)
	default:
		e.addCheck(CheckIdentity, OK, e.Principal)
	}
}

// checkCluster reports whether the cluster was read.
func (e *examination) checkCluster() bool {
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
		e.addCheck(CheckCluster, Failed, message, more...).Hint = err.Hint
		e.addCause(clusterUnread, message, nonEmpty(err.Hint, "read the message"), "")
		return false
	}
	e.addCheck(CheckCluster, OK, e.Cluster.Status, versions(&e.Cluster))
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

func (e *examination) checkMode() {
	switch m := e.Cluster.AuthenticationMode; m {
	case eksfacts.ModeConfigMap:
		e.addCheck(CheckMode, OK, m, "only aws-auth decides; the creator of the cluster is a hidden cluster admin")
	case eksfacts.ModeUnknown:
		e.addCheck(CheckMode, Unchecked, "EKS does not report the mode",
			"EKS lists access entries, so an entry decides; it is not known whether aws-auth decides for principals "+
				"without one")
	case eksfacts.ModeAPI:
		e.addCheck(CheckMode, OK, m, "only access entries decide; aws-auth has no effect")
	default:
		e.addCheck(CheckMode, OK, m, "an access entry decides; aws-auth decides for principals without one")
	}
}

// checkAccess checks what gives the principal access: an entry, or a row.
func (e *examination) checkAccess() {
	e.auth = nil
	if e.Cluster.AuthenticationMode != eksfacts.ModeAPI {
		e.auth = e.Cluster.AWSAuth.Parse()
	}
	e.checkEntry()
	e.checkAlive()
	e.checkPermissionSet()
	e.checkType()
	e.checkUsername()
	e.checkRow()
	e.decideAccess()
}

func (e *examination) checkEntry() {
	if !eksfacts.ReadsEntries(e.Cluster.AuthenticationMode) {
		e.addCheck(CheckEntry, NotRelevant, "mode "+e.Cluster.AuthenticationMode+" has no access entries")
		return
	}
	for i := range e.Cluster.Entries.Items {
		if item := &e.Cluster.Entries.Items[i]; item.Principal == e.Principal {
			e.entry = item
		}
	}
	if e.entry != nil {
		e.addCheck(CheckEntry, OK, "exists", "created at "+stamp(e.entry.CreatedAt), owner(e.entry))
		return
	}
	if !e.Listed.Known() {
		e.addUnknown(CheckEntry, "not known whether it exists", e.Listed)
		return
	}
	e.addCheck(CheckEntry, Failed, "no access entry for this principal", e.similarEntries()...)
}

// Alike reports whether one principal could be confused with another: the same name
// with another path or in another case, or a role of the same permission set.
func Alike(a, b string) bool {
	p, err := arn.ParsePrincipal(a)
	q, err2 := arn.ParsePrincipal(b)
	return err == nil && err2 == nil && p.Account == q.Account && p.Kind == q.Kind &&
		(strings.EqualFold(p.Name, q.Name) || sameSet(p, q))
}

// similarEntries are entries of principals that could be confused with this one.
func (e *examination) similarEntries() []string {
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
				fmt.Sprintf("%s has one: a former role of the same permission set", item.Principal),
			)
		case q.Name == p.Name:
			found = append(
				found,
				fmt.Sprintf("%s has one: the same name with another path", item.Principal),
			)
		default:
			found = append(
				found,
				fmt.Sprintf("%s has one: the same name in another case", item.Principal),
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

// checkAlive checks whether the entry is stale: it is bound to the id that its
// principal had when it was created, not to the ARN (EKS user guide,
// creating-access-entries).
func (e *examination) checkAlive() {
	p := e.Cluster.Principal(e.Principal)
	switch {
	case p == nil:
		e.addUnknown(CheckAlive, "IAM was not asked about the principal", snapshot.UnknownFact("", ""))
	case p.Existence == spec.Gone:
		e.checkOrphaned(p)
	case p.Existence == spec.Unknown:
		e.addUnknown(
			CheckAlive,
			"not checked whether the principal was recreated",
			snapshot.UnknownFact(p.Why, ""),
		)
	case e.entry == nil:
		e.addCheck(CheckAlive, OK, "the principal exists", createdAt(p))
	case e.state.For(e.Principal).Life == access.Stale:
		e.stale = true
		e.addCheck(
			CheckAlive,
			Failed,
			"the entry is stale: the principal was deleted and recreated after the entry was created",
			"principal created at "+stamp(*p.CreatedAt),
			"entry created at "+stamp(e.entry.CreatedAt),
		)
	default:
		e.addCheck(CheckAlive, OK, "the principal was not recreated", createdAt(p))
	}
}

// checkOrphaned reports that IAM does not have the principal, or has it with another
// ARN.
func (e *examination) checkOrphaned(p *snapshot.Principal) {
	e.stale = e.entry != nil
	id := p.Identity()
	e.addCheck(CheckAlive, Failed, "IAM has no such role or user", id.Elsewhere())
	switch {
	case id.ARN != "":
		e.addCause(noPrincipal, "IAM has no "+e.Principal+": "+id.Elsewhere(), "use the ARN that IAM has",
			e.command("doctor", "--principal", awscli.Quote(id.ARN)))
	case e.entry != nil && eksfacts.IsNode(e.entry.Type):
		e.addCause(noPrincipal, "IAM has no "+e.Principal, "delete the orphaned entry", e.nodeFix(e.entry.Type,
			e.Principal, true))
	default:
		e.addCause(noPrincipal, "IAM has no "+e.Principal,
			"use a principal that exists: its full ARN, or role=NAME, user=NAME or permissionSet=NAME",
			e.command("doctor", "--principal", "role=NAME"))
	}
}

func createdAt(p *snapshot.Principal) string {
	if p.CreatedAt == nil {
		return ""
	}
	return "created at " + stamp(*p.CreatedAt)
}

// checkPermissionSet checks the suffix of the role of a permission set: the role is
// deleted with the last assignment in the account, and created with another suffix
// for the next (Identity Center user guide, "Referencing permission sets").
func (e *examination) checkPermissionSet() {
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
		e.addUnknown(CheckPermissionSet, "not known whether this is the current role of "+name, sets.Fact)
	case !current:
		var now []string
		for _, role := range sets.Roles {
			if q, err := arn.ParsePrincipal(role); err == nil && sameSet(p, q) {
				now = append(now, "its role is "+role)
			}
		}
		e.addCheck(
			CheckPermissionSet,
			Failed,
			fmt.Sprintf("permission set %s no longer has the role with suffix %s", name, suffix),
			now...)
		if len(now) > 0 {
			e.addCause(
				formerRole,
				"permission set "+name+" has another role now",
				"examine the current role of the permission set",
				e.command("doctor", "--principal", awscli.Quote("permissionSet="+name)),
			)
		}
	case e.entry == nil && len(others) > 0:
		e.addCheck(
			CheckPermissionSet,
			Failed,
			fmt.Sprintf("permission set %s has a new role with suffix %s, and its entry is for a former role",
				name, suffix),
			withPrefix("entry of a former role: ", others)...)
	default:
		e.addCheck(
			CheckPermissionSet,
			OK,
			fmt.Sprintf("%s, with the current suffix %s", name, suffix),
			withPrefix("entry of a former role: ", others)...)
	}
}

func withPrefix(prefix string, list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = prefix + s
	}
	return out
}

func (e *examination) checkType() {
	if e.entry == nil {
		return
	}
	if e.entry.Type == eksfacts.Standard {
		e.addCheck(CheckType, OK, e.entry.Type)
		return
	}
	e.addCheck(
		CheckType,
		Failed,
		e.entry.Type+" is for nodes, and gives people no access",
		"the type cannot be changed in place",
	)
	e.addCause(wrongType, "its entry is of type "+e.entry.Type,
		"use another role or user (replace NAME, POLICY and NAMESPACE); deleting this entry would cut off nodes",
		e.command("recover", "--principal", "role=NAME", "--policy", "POLICY", "--namespace", "NAMESPACE"))
}

func (e *examination) checkUsername() {
	if e.entry == nil {
		return
	}
	if e.entry.Username == eksfacts.DefaultUsername(e.entry.Type, e.Principal) {
		e.addCheck(CheckUsername, OK, e.entry.Username, "the default of EKS")
		return
	}
	e.addCheck(CheckUsername, OK, e.entry.Username, "not the default of EKS: bindings of users must have this name")
}

// checkRow checks the row of the principal in aws-auth, and whether it has effect.
func (e *examination) checkRow() {
	if e.auth == nil {
		if e.Cluster.AuthenticationMode == eksfacts.ModeAPI {
			e.addCheck(CheckAWSAuth, NotRelevant, "has no effect in mode API")
			return
		}
		e.addUnknown(CheckAWSAuth, "aws-auth was not read", e.Cluster.AWSAuth.Fact)
		return
	}
	if !e.auth.Read {
		clusterUnread := snapshot.UnknownFact(e.auth.Why, e.auth.Hint)
		if e.Inside.Refusal != nil {
			clusterUnread.Hint = "" // it is that of the token's, or of the endpoint's
		}
		e.addUnknown(CheckAWSAuth, "aws-auth could not be read", clusterUnread)
		return
	}
	key := spec.AWSAuthKey(e.Principal)
	row, ok := e.auth.ByKey()[key]
	rules := e.entry != nil && !e.stale
	switch {
	case ok && strings.EqualFold(row.ARN, key) && e.entry != nil && e.stale:
		e.addCheck(
			CheckAWSAuth,
			Warned,
			"the stale entry hides its row; it is not known whether EKS uses the row instead",
			rowText(row),
		)
	case ok && !strings.EqualFold(row.ARN, key):
		e.addCheck(
			CheckAWSAuth,
			Failed,
			"its row has the path of the role, so it does not match",
			"row: "+row.ARN,
			"required: "+withoutPath(e.Principal),
		)
	case ok && rules:
		status, summary := OK, "its row has no effect, because it has an entry; groups are not merged"
		if more := access.Excess(access.FromRow(row), e.state.For(e.Principal)); len(more) > 0 {
			status, summary = Warned, "its row gives more than its entry, which hides the row"
		}
		e.addCheck(CheckAWSAuth, status, summary, rowText(row))
	case ok:
		e.row = &row
		e.addCheck(CheckAWSAuth, OK, "its row gives access", rowText(row))
	case rules && len(e.auth.Unparsed) > 0:
		e.addCheck(CheckAWSAuth, Warned, "its entry gives access; "+unparsed, e.auth.Unparsed...)
	case rules:
		e.addCheck(CheckAWSAuth, OK, "no row, and none is needed")
	case e.auth.Account(e.Principal) != "":
		e.row = &spec.AWSAuthRow{ARN: e.Principal, Username: e.Principal}
		e.addCheck(
			CheckAWSAuth,
			OK,
			"mapAccounts gives access to its account, without groups",
			"username: "+withoutPath(e.Principal),
		)
	case len(e.auth.Unparsed) > 0:
		e.addCheck(CheckAWSAuth, Failed, unparsed, e.auth.Unparsed...)
	default:
		e.addCheck(CheckAWSAuth, Failed, "no row for this principal", e.malformedRows()...)
	}
}

// unparsed is the effect of an aws-auth that EKS cannot parse.
const unparsed = "aws-auth cannot be parsed, so its rows have no effect: their principals and nodes have no access"

// malformedRows are rows of aws-auth that match no principal and may be intended
// for this one.
func (e *examination) malformedRows() []string {
	name := e.Principal[strings.LastIndexByte(e.Principal, '/')+1:]
	return slices.DeleteFunc(slices.Clone(e.auth.Malformed), func(note string) bool {
		return strings.Contains(note, "arn:") && !strings.Contains(note, name)
	})
}

// withoutPath is the ARN of a role as aws-auth needs it.
func withoutPath(principal string) string {
	if p, err := arn.ParsePrincipal(principal); err == nil && p.Kind == arn.Role {
		return p.RoleOf()
	}
	return principal
}

func rowText(row spec.AWSAuthRow) string { return "row: " + row.ARN + ", " + access.RowText(row) }
