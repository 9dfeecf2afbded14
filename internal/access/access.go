// Package access answers what the principals of a cluster can really do: their
// effective access in a cluster as it was read, and the difference between two
// such states.
//
// A principal has what its access entry gives, or nothing if the entry is
// stale or orphaned; without an entry, what its row of aws-auth gives while the
// authentication mode includes aws-auth; otherwise nothing that can be known.
// An entry hides the row: EKS does not merge the two (Amazon EKS user guide,
// migrating-access-entries; kubernetes-sigs/aws-iam-authenticator, pkg/server:
// the first mapper with a match wins).
//
// It is pure, and it is the only place that answers these questions.
package access

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

// Via says what gives a principal its access.
type Via string

const (
	ViaEntry   Via = "entry"
	ViaRow     Via = "aws-auth"
	ViaAccount Via = "aws-auth-accounts" // mapAccounts: its own ARN as username, and no group
	ViaNone    Via = ""                  // neither an entry nor a row
)

// Life says whether the principal of an entry or a row can use it.
type Life string

const (
	Alive     Life = "alive"     // IAM has it, and it is the one that the entry was made for
	Unchecked Life = "unchecked" // IAM was not asked, or could not answer
	Stale     Life = "stale"     // it was recreated after its entry: the entry gives nothing
	Orphaned  Life = "orphaned"  // IAM no longer has it
)

// An Access is the effective access of one principal.
type Access struct {
	Principal string // ARN; of a row as written there, so a role without its path
	Via       Via
	Life      Life

	ClusterAdmin bool          // policy AmazonEKSClusterAdminPolicy for the cluster, or group system:masters
	Node         bool          // it can act as a node
	Policies     []spec.Policy // access policies that take effect
	Groups       []string      // Kubernetes groups, rendered
	Templates    []string      // groups that only a session can render
	Username     string        // rendered as far as possible

	// Row is the row of aws-auth that gives the access, or that the entry hides.
	Row *spec.AWSAuthRow
	// Unknown says why the access is not known in full; "" if it is.
	Unknown string
}

// IsEmpty reports whether the principal is known to have no access beyond its
// name.
func (a Access) IsEmpty() bool {
	return a.Unknown == "" && !a.ClusterAdmin && !a.Node && len(a.Policies)+len(a.Groups)+len(a.Templates) == 0
}

// A State is the effective access of every principal of a cluster as read.
type State struct {
	live   *spec.Live
	all    []Access // by principal
	byARN  map[string]int
	rows   map[string]spec.AWSAuthRow // that have a principal, by [spec.AWSAuthKey]
	rowOf  map[string]int             // index in all of a row that takes effect, by key
	unread map[string]bool            // entries that were listed and not read
}

// NewState returns the effective access in a cluster as it was read.
func NewState(l *spec.Live) *State {
	s := &State{
		live:   l,
		byARN:  map[string]int{},
		rowOf:  map[string]int{},
		unread: map[string]bool{},
		rows:   map[string]spec.AWSAuthRow{},
	}
	if l.UsesAWSAuth() && l.AWSAuth != nil && l.AWSAuth.Read {
		for key, row := range l.AWSAuth.ByKey() {
			if canMatch(row) {
				s.rows[key] = row
			}
		}
	}
	hidden := map[string]bool{}
	for i := range l.Entries {
		e := &l.Entries[i]
		key := spec.AWSAuthKey(e.Principal)
		hidden[key] = true
		s.all = append(s.all, s.ofEntry(e, key))
	}
	for _, principal := range l.Unread {
		key := spec.AWSAuthKey(principal)
		hidden[key], s.unread[principal] = true, true
		s.all = append(
			s.all,
			Access{Principal: principal, Via: ViaEntry, Life: Unchecked, Unknown: "the entry was not read"},
		)
	}
	for key, row := range s.rows {
		if !hidden[key] {
			s.all = append(s.all, s.ofRow(row, key))
		}
	}
	slices.SortFunc(s.all, func(a, b Access) int { return strings.Compare(a.Principal, b.Principal) })
	for i, a := range s.all {
		s.byARN[a.Principal] = i
		if a.Via == ViaRow {
			s.rowOf[spec.AWSAuthKey(a.Principal)] = i
		}
	}
	return s
}

// canMatch reports whether a row can be about a principal: the ARN of a role is
// compared with one that has no path (aws-iam-authenticator, pkg/arn).
func canMatch(row spec.AWSAuthRow) bool {
	p, err := arn.ParsePrincipal(row.ARN)
	return err == nil && (p.Kind == arn.User || p.Kind == arn.Role && p.Path == "/" || p.Kind == arn.Root)
}

// All lists the access of every principal with an entry or a row that takes
// effect, by principal.
func (s *State) All() []Access { return s.all }

// For returns the access of one principal, given by its full ARN.
func (s *State) For(principal string) Access {
	if i, ok := s.byARN[principal]; ok {
		return s.all[i]
	}
	if i, ok := s.rowOf[spec.AWSAuthKey(principal)]; ok {
		return s.all[i]
	}
	a := Access{Principal: principal, Life: lifeOf(s.live.Identities[principal]), Unknown: s.RowsUnknown()}
	if s.live.UsesAWSAuth() && s.live.AWSAuth != nil && a.Life != Orphaned && s.live.AWSAuth.Account(principal) != "" {
		a.Via, a.Username = ViaAccount, withoutPath(principal)
	}
	return a
}

// withoutPath returns the ARN of a principal as aws-auth has it: of a role
// without its path.
func withoutPath(principal string) string {
	if p, err := arn.ParsePrincipal(principal); err == nil && p.Kind == arn.Role {
		return p.RoleOf()
	}
	return principal
}

// Row returns the principal's row of aws-auth, whether an entry hides it or
// not.
func (s *State) Row(principal string) (spec.AWSAuthRow, bool) {
	row, ok := s.rows[spec.AWSAuthKey(principal)]
	return row, ok
}

// A RowEffect is a row of aws-auth and what becomes of it.
type RowEffect struct {
	spec.AWSAuthRow
	// Access is what the row gives, or would give if no entry hid it.
	Access Access
	// HiddenBy is the access of the entry that hides the row; nil for none.
	HiddenBy *Access
	// Unmatched: the row is about no principal, since its ARN has a path or is
	// not that of a role or user.
	Unmatched bool
}

// TakesEffect reports whether the row gives its principal access.
func (r RowEffect) TakesEffect() bool { return !r.Unmatched && r.HiddenBy == nil }

// Rows lists the rows of aws-auth with their effect, in the order of the
// reading; none where aws-auth was not read or the mode ignores it.
func (s *State) Rows() []RowEffect {
	if !s.live.UsesAWSAuth() || s.live.AWSAuth == nil || !s.live.AWSAuth.Read {
		return nil
	}
	entries := map[string]*Access{}
	for i := range s.all {
		a := &s.all[i]
		key := spec.AWSAuthKey(a.Principal)
		if known := entries[key]; a.Via == ViaEntry && (known == nil || !known.canLogIn()) {
			entries[key] = a
		}
	}
	rows := make([]RowEffect, 0, len(s.live.AWSAuth.Rows))
	for _, row := range s.live.AWSAuth.Rows {
		key := spec.AWSAuthKey(row.ARN)
		r := RowEffect{AWSAuthRow: row, Access: s.ofRow(row, key), Unmatched: !canMatch(row)}
		if !r.Unmatched {
			r.HiddenBy = entries[key]
		}
		rows = append(rows, r)
	}
	return rows
}

// An UnusableNode is the entry of a node role that gives nothing any more.
type UnusableNode struct {
	Principal, Type string
	Life            Life // Stale or Orphaned
}

// IsOrphaned reports whether the role no longer exists.
func (n UnusableNode) IsOrphaned() bool { return n.Life == Orphaned }

// UnusableNodes lists the entries of node roles that are stale or orphaned, by
// principal.
func (s *State) UnusableNodes() []UnusableNode {
	var nodes []UnusableNode
	for i := range s.live.Entries {
		e := &s.live.Entries[i]
		if a := s.For(e.Principal); eksfacts.IsNode(e.Type) && a.IsDead() {
			nodes = append(nodes, UnusableNode{e.Principal, e.Type, a.Life})
		}
	}
	slices.SortFunc(nodes, func(a, b UnusableNode) int { return strings.Compare(a.Principal, b.Principal) })
	return nodes
}

// RowsUnknown says why the rows of aws-auth are not known; "" where they were
// read, or have no effect in the cluster's mode.
func (s *State) RowsUnknown() string {
	a := s.live.AWSAuth
	switch {
	case !s.live.UsesAWSAuth() || a != nil && a.Read:
		return ""
	case a != nil && a.Why != "":
		return a.Why
	}
	return "aws-auth was not read"
}

// HasInvisibleCreator reports whether the creator of the cluster is a cluster
// admin that no list shows: so in mode CONFIG_MAP (Amazon EKS user guide,
// grant-k8s-access).
func (s *State) HasInvisibleCreator() bool { return s.live.Mode == eksfacts.ModeConfigMap }

func (s *State) ofEntry(e *spec.LiveEntry, key string) Access {
	a := FromEntry(&e.Entry)
	a.Life = lifeOfEntry(e, s.live.Identities[e.Principal])
	if row, ok := s.rows[key]; ok {
		a.Row = &row
	}
	if a.Life == Stale || a.Life == Orphaned {
		a.ClusterAdmin, a.Node, a.Policies, a.Groups = false, false, nil, nil
	}
	return a
}

// FromEntry returns what an access entry gives to a principal that is alive.
func FromEntry(e *spec.Entry) Access {
	return Access{
		Principal:    e.Principal,
		Via:          ViaEntry,
		Life:         Unchecked,
		ClusterAdmin: e.IsClusterAdmin(),
		Node:         eksfacts.IsNode(e.Type),
		Policies:     e.Policies,
		Groups:       e.Groups,
		Username:     e.Username,
	}
}

func (s *State) ofRow(row spec.AWSAuthRow, key string) Access {
	a := FromRow(row)
	a.Life = lifeOf(s.live.AWSAuth.Identities[key])
	if a.Life == Orphaned {
		a.ClusterAdmin, a.Node, a.Groups, a.Templates = false, false, nil, nil
	}
	return a
}

// FromRow returns what a row of aws-auth gives to a principal that is alive.
func FromRow(row spec.AWSAuthRow) Access {
	a := Access{
		Principal: row.ARN,
		Via:       ViaRow,
		Life:      Unchecked,
		Row:       &row,
		Policies:  []spec.Policy{},
		Groups:    []string{},
		Username:  render(row.Username, row.ARN),
	}
	for _, g := range row.Groups {
		if g = render(g, row.ARN); strings.Contains(g, "{{") {
			a.Templates = append(a.Templates, g)
		} else {
			a.Groups = append(a.Groups, g)
		}
	}
	slices.Sort(a.Groups)
	slices.Sort(a.Templates)
	a.Groups, a.Templates = slices.Compact(a.Groups), slices.Compact(a.Templates)
	a.ClusterAdmin = slices.Contains(a.Groups, eksfacts.MastersGroup)
	a.Node = IsNodeRow(row)
	return a
}

// IsNodeRow reports whether a row lets its role act as a node: the Node
// authorizer asks for group system:nodes and a name that begins with
// system:node: (Kubernetes documentation, "Using Node Authorization").
func IsNodeRow(row spec.AWSAuthRow) bool {
	return strings.HasPrefix(row.Username, "system:node:") && slices.Contains(row.Groups, eksfacts.NodesGroup)
}

// RowText is what a row says, for people: "username \"x\", groups \"a\", \"b\"".
func RowText(row spec.AWSAuthRow) string {
	groups := "no groups"
	if len(row.Groups) > 0 {
		groups = "groups " + phrase.QuotedList(row.Groups)
	}
	if row.Username == "" {
		return groups
	}
	return "username " + strconv.Quote(row.Username) + ", " + groups
}

// NodeType is the entry type that gives what a row for nodes gives (EKS user
// guide, auth-configmap; eksctl's migration of aws-auth does the same).
func NodeType(row spec.AWSAuthRow) string {
	switch {
	case slices.Contains(row.Groups, eksfacts.NodeProxierGroup):
		return eksfacts.FargateLinux
	case slices.Contains(row.Groups, eksfacts.WindowsProxyGroup):
		return eksfacts.EC2Windows
	}
	return eksfacts.EC2Linux
}

// render fills in the only template that is known in advance
// (aws-iam-authenticator, pkg/server, renderTemplates).
func render(text, principal string) string {
	p, err := arn.ParsePrincipal(principal)
	if err != nil {
		return text
	}
	return strings.ReplaceAll(text, "{{AccountID}}", p.Account)
}

func lifeOfEntry(e *spec.LiveEntry, id spec.Identity) Life {
	if id.Existence == spec.Exists && id.CreatedAt.After(e.CreatedAt) {
		return Stale
	}
	return lifeOf(id)
}

func lifeOf(id spec.Identity) Life {
	switch id.Existence {
	case spec.Exists:
		return Alive
	case spec.Gone:
		return Orphaned
	}
	return Unchecked
}

// LivingAdmins lists the living cluster admins: those who are cluster admin by
// an entry or a row, and behind whose role are people, or automation for which
// isDeclared holds. A role whose trust policy was not read counts.
func (s *State) LivingAdmins(isDeclared func(principal string) bool) []Access {
	var admins []Access
	for _, a := range s.all {
		if a.ClusterAdmin && s.isUsable(a.Principal, isDeclared) {
			admins = append(admins, a)
		}
	}
	return admins
}

func (s *State) isUsable(principal string, isDeclared func(string) bool) bool {
	policy := s.live.Identities[principal].Trust
	if policy == nil && s.live.AWSAuth != nil {
		policy = s.live.AWSAuth.Identities[spec.AWSAuthKey(principal)].Trust
	}
	if policy == nil {
		return true
	}
	switch policy.Class() {
	case trust.People:
		return true
	case trust.Automation:
		return isDeclared != nil && isDeclared(principal)
	}
	return false
}
