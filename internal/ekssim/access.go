package ekssim

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
)

// Ways to have access to a cluster: [Access.By].
const (
	ByEntry   = "entry"   // an access entry
	ByRow     = "row"     // a row of aws-auth
	ByAccount = "account" // mapAccounts of aws-auth
	ByCreator = "creator" // the creator of a cluster in CONFIG_MAP mode
	nodeGroup = "system:nodes"
	nodeUser  = "system:node:"
)

// An Access is the effective access of a principal to a cluster: by its access
// entry if it has one, else, where the mode includes aws-auth, by the row that
// aws-iam-authenticator finds for it.
//
// The record is the pessimistic one where sources differ: the entry of a
// principal that was deleted or recreated gives nothing, and still hides the
// row. (Logins follow the other reading; see mapUser.)
type Access struct {
	By       string `json:"by"`
	Type     string `json:"type,omitempty"` // of an entry
	Username string `json:"username,omitempty"`
	// Groups are sorted. {{AccountID}} is filled in, the templates that depend
	// on the session are not.
	Groups   []string `json:"groups,omitempty"`
	Policies []Grant  `json:"policies,omitempty"` // sorted by policy
	// Stale says that the principal of the entry was deleted or recreated. Such
	// an access gives nothing, and nothing else of it is set but the type.
	Stale bool `json:"stale,omitempty"`
	// ClusterAdmin: AmazonEKSClusterAdminPolicy at cluster scope on a STANDARD
	// entry, or group system:masters.
	ClusterAdmin bool `json:"clusterAdmin,omitempty"`
	// Node: an entry of a node type, or a user system:node:… in system:nodes.
	Node bool `json:"node,omitempty"`
	// ServiceOnly says that no person can use it: the role is service-linked,
	// its trust policy allows only AWS services, or only instances can log in.
	ServiceOnly bool `json:"serviceOnly,omitempty"`
}

// Admin reports whether this is a cluster admin that counts: one that people
// or their automation can use.
func (a *Access) Admin() bool { return a != nil && a.ClusterAdmin && !a.ServiceOnly }

// Permissions are the single things that the access gives, sorted: "cluster
// admin", "node", "group G", "policy P", "policy P in NAMESPACE". A username is
// none: it gives something only where a binding names it.
func (a *Access) Permissions() []string {
	var out []string
	if a == nil {
		return out
	}
	if a.ClusterAdmin {
		out = append(out, "cluster admin")
	}
	if a.Node {
		out = append(out, "node")
	}
	for _, g := range a.Groups {
		if g != kubeapi.MastersGroup && (!a.Node || !strings.HasPrefix(g, "system:") && !strings.HasPrefix(g, "eks:")) {
			out = append(out, "group "+g)
		}
	}
	for _, p := range a.Policies {
		if len(p.Namespaces) == 0 {
			out = append(out, "policy "+p.Policy)
		}
		for _, n := range p.Namespaces {
			out = append(out, "policy "+p.Policy+" in "+n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Missing are the permissions of want that a does not give. A cluster admin has
// all but that of a node; a policy at cluster scope has its namespaces.
func (a *Access) Missing(want *Access) []string {
	have := map[string]bool{}
	for _, p := range a.Permissions() {
		have[p] = true
	}
	var out []string
	for _, p := range want.Permissions() {
		wide, _, _ := strings.Cut(p, " in ")
		if !have[p] && !have[wide] && (p == "node" || !have["cluster admin"]) {
			out = append(out, p)
		}
	}
	return out
}

// An AccessChange is what one change did to the effective access of one
// principal. Before is nil where it had none, After where it has none.
type AccessChange struct {
	Seq         int       `json:"seq"` // of the call, or of the last one before a change that was none
	Time        time.Time `json:"time"`
	Operation   string    `json:"operation"`
	AccessKeyID string    `json:"accessKeyId,omitempty"` // of the call
	Cluster     ClusterID `json:"cluster"`
	Principal   string    `json:"principal"`
	Before      *Access   `json:"before"`
	After       *Access   `json:"after"`
	Admins      int       `json:"admins"` // of the cluster, afterwards: see [Access.Admin]
}

// accessOfCluster holds accesses that are never changed in place.
type accessOfCluster struct {
	by     map[string]*Access
	admins int
}

// A cause is what a change of access is put down to.
type cause struct {
	operation, key string
	seq            int
}

func (c *call) cause() cause { return cause{c.Operation, c.AccessKeyID, c.Seq} }

// accessOf works the effective access of one principal out.
func (st *state) accessOf(c *cluster, arn string) *Access {
	if c.Connector != nil {
		return nil
	}
	if e := c.entries[arn]; e != nil && hasEntries(c.Mode) {
		return st.entryAccess(c, e)
	}
	p, known := st.Principal(arn)
	if c.Mode == modeAPI || known && p == nil {
		return nil
	}
	a := &Access{ServiceOnly: arns.IsServiceLinked(arn) || st.IsServiceOnly(p)}
	canonical := arns.Canonical(arn)
	name, _ := arns.Parse(arn)
	row, found := c.authMap().Find(canonical)
	switch {
	case p != nil && c.isHiddenAdmin(arn, p.ID):
		a.By, a.Username, a.Groups = ByCreator, "kubernetes-admin", []string{kubeapi.MastersGroup}
	case found && !known && hasEntries(c.Mode) && c.hasEntryOf(canonical):
		return nil // written without the path that its entry has
	case found:
		a.By, a.Username = ByRow, strings.ReplaceAll(row.Username, "{{AccountID}}", name.Account)
		for _, g := range row.Groups {
			a.Groups = append(a.Groups, strings.ReplaceAll(g, "{{AccountID}}", name.Account))
			a.ServiceOnly = a.ServiceOnly || strings.Contains(g, authenticator.PrivateDNSName)
		}
		a.ServiceOnly = a.ServiceOnly || strings.Contains(row.Username, authenticator.PrivateDNSName)
		slices.Sort(a.Groups)
	case c.authMap().Accounts[name.Account]:
		a.By, a.Username = ByAccount, canonical
	default:
		return nil
	}
	a.ClusterAdmin = slices.Contains(a.Groups, kubeapi.MastersGroup)
	a.Node = slices.Contains(a.Groups, nodeGroup) && strings.HasPrefix(a.Username, nodeUser)
	return a
}

func (st *state) entryAccess(c *cluster, e *Entry) *Access {
	p, known := st.Principal(e.Principal)
	if known && (p == nil || p.ID != e.BoundTo) {
		return &Access{By: ByEntry, Type: e.Type, Stale: true}
	}
	a := &Access{By: ByEntry, Type: e.Type, Username: e.Username, Groups: slices.Sorted(slices.Values(e.Groups)),
		Node: isNodeType(e.Type), ServiceOnly: arns.IsServiceLinked(e.Principal) || st.IsServiceOnly(p)}
	for _, x := range e.Policies {
		a.Policies = append(a.Policies, Grant{x.Policy, sortedCopy(x.Namespaces)})
		if x.Policy == policyARN(c.Partition, policyClusterAdmin) && len(x.Namespaces) == 0 {
			a.ClusterAdmin = a.ClusterAdmin || e.Type == typeStandard
		}
	}
	return a
}

// hasEntryOf looks for the entry of a canonical ARN. It is asked only about
// accounts that the world does not know.
func (c *cluster) hasEntryOf(canonical string) bool {
	for arn := range c.entries {
		if strings.EqualFold(arns.Canonical(arn), canonical) {
			return true
		}
	}
	return false
}

// recordAccess brings the record of one principal up to date.
func (s *Server) recordAccess(c *cluster, arn string, why cause) {
	s.recordOne(c, arn, why)
	a, _ := arns.Parse(arn)
	if s.st.Accounts[a.Account] != nil {
		return
	}
	// Whom a row of an unknown account names is known by the row alone.
	if row, ok := c.authMap().Find(arns.Canonical(arn)); ok {
		s.recordOne(c, cmp.Or(row.RoleARN, row.UserARN), why)
	}
}

func (s *Server) recordOne(c *cluster, arn string, why cause) {
	before, after := c.access.by[arn], s.st.accessOf(c, arn)
	if before.Admin() {
		c.access.admins--
	}
	if after.Admin() {
		c.access.admins++
	}
	if c.access.by == nil {
		c.access.by = map[string]*Access{}
	}
	if after == nil {
		delete(c.access.by, arn)
	} else {
		c.access.by[arn] = after
	}
	if why.operation == "" || reflect.DeepEqual(before, after) {
		return
	}
	s.accessHistory = append(s.accessHistory, AccessChange{
		Seq: why.seq, Time: millis(s.now()), Operation: why.operation, AccessKeyID: why.key,
		Cluster: c.id(), Principal: arn, Before: before, After: after, Admins: c.access.admins,
	})
}

// recordAll brings the whole record of a cluster up to date. Without an
// operation the history does not show it.
func (s *Server) recordAll(c *cluster, why cause) {
	all := map[string]bool{}
	for arn := range c.access.by {
		all[arn] = true
	}
	for arn := range s.st.candidates(c) {
		all[arn] = true
	}
	for _, arn := range slices.Sorted(maps.Keys(all)) {
		s.recordOne(c, arn, why)
	}
}

// recordDeletedCluster is the end of a cluster.
func (s *Server) recordDeletedCluster(c *cluster, why cause) {
	c.entries, c.AWSAuth, c.Mode = nil, "", modeAPI
	s.recordAll(c, why)
}

// candidates are all principals that may have access.
func (st *state) candidates(c *cluster) map[string]bool {
	out := map[string]bool{}
	for arn := range c.entries {
		out[arn] = true
	}
	if c.Creator != "" {
		out[c.Creator] = true
	}
	auth := c.authMap()
	for _, rows := range []map[string]authenticator.Item{auth.Roles, auth.Users} {
		for _, r := range rows {
			arn := cmp.Or(r.RoleARN, r.UserARN)
			a, ok := arns.Parse(arn)
			if acct := st.Accounts[a.Account]; ok && acct != nil {
				acct.AddMatching(out, a)
			} else if ok {
				out[arn] = true
			}
		}
	}
	for id := range auth.Accounts {
		if acct := st.Accounts[id]; acct != nil {
			for _, kind := range []string{"role", "user"} {
				for _, p := range acct.Principals(kind) {
					out[acct.ARN(kind, p)] = true
				}
			}
		}
	}
	return out
}

// Access is the effective access of every principal of a cluster that has any,
// by principal ARN. A principal of an account that the world does not know has
// the ARN of its entry or row.
func (s *Server) Access(id ClusterID) map[string]Access {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]Access{}
	if c := s.st.clusters[id]; c != nil {
		s.endDueUpdate(c)
		for arn, a := range c.access.by {
			out[arn] = *a
		}
	}
	return out
}

// ClusterAdmins are the principals that are cluster admins of a cluster now, by
// entry or row, and that people or their automation can use, sorted.
func (s *Server) ClusterAdmins(id ClusterID) []string { return adminsOf(s.Access(id)) }

// ClusterAdminsAfter are the cluster admins after the call with this sequence
// number; see [Server.AccessAfter].
func (s *Server) ClusterAdminsAfter(id ClusterID, seq int) []string {
	return adminsOf(s.AccessAfter(id, seq))
}

func adminsOf(access map[string]Access) []string {
	out := []string{}
	for arn, a := range access {
		if a.Admin() {
			out = append(out, arn)
		}
	}
	slices.Sort(out)
	return out
}

// AccessHistory is every change of effective access since the world was
// loaded, in order.
func (s *Server) AccessHistory() []AccessChange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accessHistory)
}

// AccessAfter is the effective access in a cluster after the call with this
// sequence number, by principal ARN. 0 is the beginning.
func (s *Server) AccessAfter(id ClusterID, seq int) map[string]Access {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := map[string]*Access{}
	if c := s.st.clusters[id]; c != nil {
		maps.Copy(at, c.access.by)
	}
	for _, h := range slices.Backward(s.accessHistory) {
		if h.Cluster == id && h.Seq > seq {
			at[h.Principal] = h.Before
		}
	}
	out := map[string]Access{}
	for arn, a := range at {
		if a != nil {
			out[arn] = *a
		}
	}
	return out
}
