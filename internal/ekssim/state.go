package ekssim

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
)

// A state is a World with indexes, as the handlers use it. Everything in it
// is guarded by Server.mu.
type state struct {
	*iam.Directory
	settings  Settings
	clusters  map[ClusterID]*cluster
	sequence  int
	complete  bool
	untrusted []roleWithoutTrust // see fillTrust
}

// A ClusterID is what makes a cluster unique.
type ClusterID struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Name    string `json:"name"`
}

func (id ClusterID) compare(o ClusterID) int {
	return cmp.Or(cmp.Compare(id.Account, o.Account), cmp.Compare(id.Region, o.Region), cmp.Compare(id.Name, o.Name))
}

// A cluster keeps its entries by principal ARN; Cluster.Entries is empty.
type cluster struct {
	Cluster
	entries map[string]*Entry
	rights  rightsOfCluster
	access  accessOfCluster
	auth    *authenticator.Map // see authMap
}

func (c *cluster) id() ClusterID { return ClusterID{c.Account, c.Region, c.Name} }

// arn as the Service Authorization Reference for EKS has it.
func (c *cluster) arn() string {
	return "arn:" + c.Partition + ":eks:" + c.Region + ":" + c.Account + ":cluster/" + c.Name
}

// authMap is the cluster's aws-auth, parsed once for each text.
func (c *cluster) authMap() *authenticator.Map {
	if c.auth == nil || c.auth.Text != c.AWSAuth {
		c.auth = authenticator.Parse(c.AWSAuth)
	}
	return c.auth
}

func (st *state) next() int {
	st.sequence++
	return st.sequence
}

func (st *state) nextUUID() string { return arns.UUID("id", st.settings.Seed, st.next()) }

// world is the inverse of newState.
func (st *state) world(faults []Fault) World {
	w := World{Settings: st.settings, Faults: slices.Clone(faults), Sequence: st.sequence, Complete: true}
	for _, id := range slices.Sorted(maps.Keys(st.Accounts)) {
		a := st.Accounts[id]
		w.Accounts = append(
			w.Accounts,
			Account{ID: a.ID, Partition: a.Partition, Roles: byName(a.Roles), Users: byName(a.Users)},
		)
	}
	for _, key := range slices.Sorted(maps.Keys(st.Credentials)) {
		c := *st.Credentials[key]
		c.Denied = slices.Clone(c.Denied)
		w.Credentials = append(w.Credentials, c)
	}
	for _, id := range slices.SortedFunc(maps.Keys(st.clusters), ClusterID.compare) {
		c := st.clusters[id]
		out := c.Cluster
		out.Tags = maps.Clone(c.Tags)
		out.NodeGroups = slices.Clone(c.NodeGroups)
		out.FargateProfiles = slices.Clone(c.FargateProfiles)
		for i := range out.NodeGroups {
			out.NodeGroups[i].Orphan = st.IsMissing(out.NodeGroups[i].Role)
		}
		for i := range out.FargateProfiles {
			out.FargateProfiles[i].Orphan = st.IsMissing(out.FargateProfiles[i].Role)
		}
		out.CertificateAuthorities = slices.Clone(c.CertificateAuthorities)
		out.Updates = slices.Clone(c.Updates)
		out.FailUpdate = clonePtr(c.FailUpdate)
		out.Connector = clonePtr(c.Connector)
		out.Bootstrap = clonePtr(c.Bootstrap)
		out.Kubernetes, _ = c.Kubernetes.WithDefaults() // a copy; it was right when it was loaded
		for _, arn := range slices.Sorted(maps.Keys(c.entries)) {
			e := cloneEntry(c.entries[arn])
			e.Orphan = st.IsMissing(arn)
			out.Entries = append(out.Entries, e)
		}
		w.Clusters = append(w.Clusters, out)
	}
	return w
}

func byName(m map[string]*iam.Principal) []iam.Principal {
	var out []iam.Principal
	for _, name := range slices.Sorted(maps.Keys(m)) {
		p := *m[name]
		p.Propagation = clonePtr(p.Propagation)
		p.AssumableBy = slices.Clone(p.AssumableBy)
		p.Denied = slices.Clone(p.Denied)
		out = append(out, p)
	}
	return out
}

func cloneEntry(e *Entry) Entry {
	out := *e
	out.Groups = slices.Clone(e.Groups)
	out.Tags = maps.Clone(e.Tags)
	out.Policies = slices.Clone(e.Policies)
	for i := range out.Policies {
		out.Policies[i].Namespaces = slices.Clone(out.Policies[i].Namespaces)
	}
	return out
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// millis cuts a time to what fits in a timestamp on the wire.
func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
