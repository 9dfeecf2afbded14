package ekssim

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

// A Right is what an entry gives its principal. It says nothing of aws-auth:
// see [Access] for what a principal can do in effect.
type Right struct {
	Type     string   `json:"type"`
	Username string   `json:"username"`
	Groups   []string `json:"groups"`   // sorted
	Policies []Grant  `json:"policies"` // sorted by policy
	// Alive says that the principal still is the one the entry was made for.
	// True where that can't be told.
	Alive bool `json:"alive"`
	// Admin says that this is a living cluster admin: alive, STANDARD, not
	// service-linked, AmazonEKSClusterAdminPolicy at cluster scope.
	Admin bool `json:"admin"`
}

// A Grant is a policy in namespaces, or if none are named in the cluster.
type Grant struct {
	Policy     string   `json:"policy"`
	Namespaces []string `json:"namespaces"` // sorted
}

// A RightsChange is what one change did to one principal. Before is nil where
// it had no entry, After where it has none any more.
type RightsChange struct {
	Seq          int       `json:"seq"` // of the call, or of the last one before a change that was none
	Time         time.Time `json:"time"`
	Operation    string    `json:"operation"`
	Cluster      ClusterID `json:"cluster"`
	Principal    string    `json:"principal"`
	Before       *Right    `json:"before"`
	After        *Right    `json:"after"`
	LivingAdmins int       `json:"livingAdmins"` // of the cluster, afterwards
}

// rightsOfCluster holds rights that are never changed in place, so that a
// history of changes costs one pointer each.
type rightsOfCluster struct {
	by     map[string]*Right
	admins int
}

func (st *state) initRights(c *cluster) {
	c.rights = rightsOfCluster{by: map[string]*Right{}}
	for arn := range c.entries {
		st.updateRight(c, arn)
	}
}

func (st *state) rightOf(c *cluster, arn string) *Right {
	e := c.entries[arn]
	if e == nil {
		return nil
	}
	r := &Right{Type: e.Type, Username: e.Username, Groups: sortedCopy(e.Groups), Policies: []Grant{}, Alive: true}
	if p, known := st.Principal(arn); known {
		r.Alive = p != nil && p.ID == e.BoundTo
	}
	for _, a := range e.Policies {
		r.Policies = append(r.Policies, Grant{a.Policy, sortedCopy(a.Namespaces)})
		if a.Policy == policyARN(c.Partition, policyClusterAdmin) && len(a.Namespaces) == 0 {
			r.Admin = r.Alive && e.Type == typeStandard && !arns.IsServiceLinked(arn)
		}
	}
	return r
}

func sortedCopy(s []string) []string {
	out := append([]string{}, s...)
	slices.Sort(out)
	return out
}

// updateRight brings what is known of one principal up to date.
func (st *state) updateRight(c *cluster, arn string) (before, after *Right) {
	before, after = c.rights.by[arn], st.rightOf(c, arn)
	if before != nil && before.Admin {
		c.rights.admins--
	}
	if after == nil {
		delete(c.rights.by, arn)
	} else {
		c.rights.by[arn] = after
		if after.Admin {
			c.rights.admins++
		}
	}
	return before, after
}

// recordPrincipal records what a change did to a principal's rights, if anything.
func (s *Server) recordPrincipal(c *cluster, arn, operation string, seq int) {
	s.recordAccess(c, arn, cause{operation: operation, seq: seq})
	s.recordEntry(c, arn, operation, seq)
}

// recordEntry is the part of noteRights that is about the entry alone.
func (s *Server) recordEntry(c *cluster, arn, operation string, seq int) {
	before, after := s.st.updateRight(c, arn)
	if reflect.DeepEqual(before, after) {
		return
	}
	s.history = append(s.history, RightsChange{
		Seq: seq, Time: millis(s.now()), Operation: operation, Cluster: c.id(), Principal: arn,
		Before: before, After: after, LivingAdmins: c.rights.admins,
	})
}

// recordCall notes the rights a call may have changed.
func (s *Server) recordCall(c *call) {
	cl := s.st.clusters[c.clusterID()]
	if cl != nil && c.Principal != "" {
		s.recordAccess(cl, c.Principal, c.cause())
		s.recordEntry(cl, c.Principal, c.Operation, c.Seq)
	}
}

// Rights are what a cluster's entries give now, by principal ARN.
func (s *Server) Rights(id ClusterID) map[string]Right {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]Right{}
	if c := s.st.clusters[id]; c != nil {
		s.endDueUpdate(c)
		for arn, r := range c.rights.by {
			out[arn] = *r
		}
	}
	return out
}

// LivingAdmins are the principals of a cluster whose entries make them
// cluster admins that can still log in. [Server.ClusterAdmins] also has those
// by aws-auth.
func (s *Server) LivingAdmins(id ClusterID) []string {
	out := []string{}
	for arn, r := range s.Rights(id) {
		if r.Admin {
			out = append(out, arn)
		}
	}
	slices.Sort(out)
	return out
}

// History is every change of rights since the world was loaded, in order.
// Applying it to what was there at first gives what there was after each.
func (s *Server) History() []RightsChange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.history)
}

// RightsAfter are the rights in a cluster after the call with this sequence
// number, by principal ARN. 0 is the beginning.
func (s *Server) RightsAfter(id ClusterID, seq int) map[string]Right {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]*Right{}
	if c := s.st.clusters[id]; c != nil {
		maps.Copy(out, c.rights.by)
	}
	for _, h := range slices.Backward(s.history) {
		if h.Cluster == id && h.Seq > seq {
			out[h.Principal] = h.Before
		}
	}
	rights := map[string]Right{}
	for arn, r := range out {
		if r != nil {
			rights[arn] = *r
		}
	}
	return rights
}
