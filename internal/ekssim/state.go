package ekssim

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
)

// A state is a World with indexes, as the handlers use it. Everything in it
// is guarded by Server.mu.
type state struct {
	settings    Settings
	accounts    map[string]*account
	credentials map[string]*Credential
	clusters    map[ClusterID]*cluster
	sequence    int
	complete    bool

	untrusted    []untrusted // see fillTrust
	serviceTrust map[TrustPolicy]bool
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

// An account's roles and users are keyed by name: IAM names are unique in an
// account whatever their path. IAM user guide: reference_iam-quotas.
type account struct {
	id, partition string
	roles, users  map[string]*Principal
	folded        map[string]bool // kind/name in lower case: names differ by more than case
}

func (a *account) add(kind string, p *Principal) (ok bool) {
	key := kind + "/" + strings.ToLower(p.Name)
	if a.folded[key] {
		return false
	}
	a.folded[key] = true
	a.named(kind)[p.Name] = p
	return true
}

func (a *account) remove(kind, name string) {
	delete(a.folded, kind+"/"+strings.ToLower(name))
	delete(a.named(kind), name)
}

func (a *account) arn(kind string, p *Principal) string {
	return arns.IAM{Partition: a.partition, Account: a.id, Kind: kind, Path: p.Path, Name: p.Name}.String()
}

func (a *account) named(kind string) map[string]*Principal {
	if kind == "user" {
		return a.users
	}
	return a.roles
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

// principal finds who an ARN names. known is false for an account the world
// says nothing about, so that nothing follows from p being nil.
func (st *state) principal(arn string) (p *Principal, known bool) {
	a, ok := arns.Parse(arn)
	if !ok {
		return nil, false
	}
	acct := st.accounts[a.Account]
	if acct == nil {
		return nil, false
	}
	p = acct.named(a.Kind)[a.Name]
	if p == nil || acct.arn(a.Kind, p) != arn {
		return nil, true // the whole ARN must match: a path left out names nobody
	}
	return p, true
}

// gone reports whether a principal is known not to exist.
func (st *state) gone(arn string) bool {
	p, known := st.principal(arn)
	return known && p == nil
}

// boundID is the unique id an entry made now would be bound to.
func (st *state) boundID(arn string) string {
	if p, _ := st.principal(arn); p != nil {
		return p.ID
	}
	return madeUpID(arn)
}

// madeUpID stands for the id of somebody in an account the world does not
// know.
func madeUpID(arn string) string {
	prefix := "AROA"
	if a, _ := arns.Parse(arn); a.Kind == "user" {
		prefix = "AIDA"
	}
	return arns.UniqueID(prefix, "foreign", arn)
}

func (st *state) next() int {
	st.sequence++
	return st.sequence
}

func (st *state) nextUUID() string { return arns.UUID("id", st.settings.Seed, st.next()) }

// world is the inverse of newState.
func (st *state) world(faults []Fault) World {
	w := World{Settings: st.settings, Faults: slices.Clone(faults), Sequence: st.sequence, Complete: true}
	for _, id := range slices.Sorted(maps.Keys(st.accounts)) {
		a := st.accounts[id]
		w.Accounts = append(
			w.Accounts,
			Account{ID: a.id, Partition: a.partition, Roles: byName(a.roles), Users: byName(a.users)},
		)
	}
	for _, key := range slices.Sorted(maps.Keys(st.credentials)) {
		c := *st.credentials[key]
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
			out.NodeGroups[i].Orphan = st.gone(out.NodeGroups[i].Role)
		}
		for i := range out.FargateProfiles {
			out.FargateProfiles[i].Orphan = st.gone(out.FargateProfiles[i].Role)
		}
		out.CertificateAuthorities = slices.Clone(c.CertificateAuthorities)
		out.Updates = slices.Clone(c.Updates)
		out.FailUpdate = clonePtr(c.FailUpdate)
		out.Connector = clonePtr(c.Connector)
		out.Bootstrap = clonePtr(c.Bootstrap)
		out.Kubernetes, _ = c.Kubernetes.WithDefaults() // a copy; it was right when it was loaded
		for _, arn := range slices.Sorted(maps.Keys(c.entries)) {
			e := cloneEntry(c.entries[arn])
			e.Orphan = st.gone(arn)
			out.Entries = append(out.Entries, e)
		}
		w.Clusters = append(w.Clusters, out)
	}
	return w
}

func byName(m map[string]*Principal) []Principal {
	var out []Principal
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
