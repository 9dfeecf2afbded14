package ekssim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
)

// An Edit is a change behind the API's back: what another person, another
// tool or AWS itself does. Each member that is set is done.
type Edit struct {
	// DeletePrincipal takes a role or user out of IAM; its entries stay.
	DeletePrincipal string `json:"deletePrincipal,omitempty"`
	// RecreatePrincipal makes one again under the same ARN and a new id, or
	// for the first time.
	RecreatePrincipal string           `json:"recreatePrincipal,omitempty"`
	Propagation       *iam.Propagation `json:"propagation,omitempty"` // of RecreatePrincipal
	// SetTrust gives a role the trust policy in Trust, which is also that of a
	// role in RecreatePrincipal.
	SetTrust string          `json:"setTrust,omitempty"`
	Trust    iam.TrustPolicy `json:"trust,omitempty"`

	Cluster ClusterID `json:"cluster,omitzero"` // of all below
	// PutEntry puts an entry in the place of the one its principal has.
	PutEntry *Entry `json:"putEntry,omitempty"`
	// AddToEntry adds tags, groups and policies to the entry that its principal
	// has. A tag or policy that is there already gets the new value or scope.
	AddToEntry  *Entry   `json:"addToEntry,omitempty"`
	DeleteEntry string   `json:"deleteEntry,omitempty"`
	Mode        string   `json:"mode,omitempty"`
	Status      string   `json:"status,omitempty"`
	PutCluster  *Cluster `json:"putCluster,omitempty"`
	// AWSAuth is what aws-auth holds from then on; "" takes it away.
	AWSAuth *string `json:"awsAuth,omitempty"`
	// DeleteRow takes the rows of an ARN out of aws-auth, PutRow puts one in
	// their place. ARNs may be written role/name or user/[path/]name.
	DeleteRow string             `json:"deleteRow,omitempty"`
	PutRow    *authenticator.Row `json:"putRow,omitempty"`
	// Kubernetes takes the place of what the cluster has in Kubernetes.
	Kubernetes *kubeapi.Objects `json:"kubernetes,omitempty"`
	// Endpoint and CertificateAuthority (base64) are where its Kubernetes API
	// is from then on.
	Endpoint             string `json:"endpoint,omitempty"`
	CertificateAuthority string `json:"certificateAuthority,omitempty"`
	// CertificateAuthorities take the place of those of the cluster.
	CertificateAuthorities []CertificateAuthority `json:"certificateAuthorities,omitempty"`
	// DeleteCluster takes the cluster away.
	DeleteCluster bool `json:"deleteCluster,omitempty"`
	// Credential adds an access key.
	Credential *iam.Credential `json:"credential,omitempty"`
	// ExpireCredential ends one.
	ExpireCredential string `json:"expireCredential,omitempty"`
}

// Edit does one.
func (s *Server) Edit(e Edit) error {
	var err error
	s.withLock(func() { err = s.edit(e) })
	s.notifyChange()
	return err
}

func (s *Server) edit(e Edit) error {
	now := millis(s.now())
	if e.DeletePrincipal != "" || e.RecreatePrincipal != "" || e.SetTrust != "" {
		if err := s.editPrincipal(e); err != nil {
			return err
		}
	}
	if e.PutCluster != nil {
		c := *e.PutCluster
		id := ClusterID{c.Account, cmp.Or(c.Region, defaultRegion), c.Name}
		old := s.st.clusters[id]
		delete(s.st.clusters, id)
		if err := s.st.addCluster(c, now); err != nil {
			if old != nil {
				s.st.clusters[id] = old
			}
			return fmt.Errorf("cluster %q: %w", c.Name, err)
		}
		s.st.completePrincipals()
		s.st.initRights(s.st.clusters[id])
		if old != nil {
			s.st.clusters[id].access = old.access
		}
	}
	if e.Credential != nil {
		if err := s.st.addCredential(*e.Credential, now); err != nil {
			return fmt.Errorf("credential %q: %w", e.Credential.AccessKeyID, err)
		}
		s.st.completePrincipals()
	}
	if e.PutCluster != nil || e.Credential != nil { // both may add principals
		for _, id := range slices.SortedFunc(maps.Keys(s.st.clusters), ClusterID.compare) {
			s.recordAll(s.st.clusters[id], s.editCause())
		}
	}
	if e.ExpireCredential != "" {
		c := s.st.Credentials[e.ExpireCredential]
		if c == nil {
			return fmt.Errorf("no credential %q", e.ExpireCredential)
		}
		c.Expired = true
	}
	if e.Cluster != (ClusterID{}) {
		return s.editCluster(e)
	}
	if e.PutEntry != nil || e.AddToEntry != nil || e.DeleteEntry != "" || e.Mode != "" || e.Status != "" ||
		e.AWSAuth != nil || e.PutRow != nil || e.DeleteRow != "" || e.DeleteCluster || e.Endpoint != "" ||
		e.CertificateAuthorities != nil || e.CertificateAuthority != "" || e.Kubernetes != nil {
		return fmt.Errorf("a change of a cluster that names none")
	}
	return nil
}

func (s *Server) editPrincipal(e Edit) error {
	arn := cmp.Or(e.DeletePrincipal, e.RecreatePrincipal, e.SetTrust)
	a, ok := arns.Parse(arn)
	acct := s.st.Accounts[a.Account]
	if !ok || a.Kind == "root" || acct == nil || acct.Partition != a.Partition {
		return fmt.Errorf("%q is no role or user of an account of this world", arn)
	}
	old, _ := s.st.Principal(arn)
	if old == nil && e.RecreatePrincipal == "" {
		return fmt.Errorf("no such %s: %q", a.Kind, arn)
	}
	if old != nil && e.SetTrust == "" {
		acct.Remove(a.Kind, a.Name)
	}
	if e.SetTrust != "" {
		old.Trust = e.Trust
	}
	if e.RecreatePrincipal != "" {
		p := iam.Principal{Name: a.Name, Path: a.Path}
		if old != nil {
			p = *old
		}
		if e.Trust != "" {
			p.Trust = e.Trust
		}
		now := millis(s.now())
		p.CreatedAt, p.Propagation = now, e.Propagation
		p.ID = arns.UniqueID("AROA", "again", s.st.settings.Seed, s.st.next())
		if a.Kind == "user" {
			p.ID = "AIDA" + p.ID[4:]
		}
		if err := s.st.addPrincipal(acct, a.Kind, p, now); err != nil {
			return err
		}
		s.st.fillTrust()
	}
	for _, id := range slices.SortedFunc(maps.Keys(s.st.clusters), ClusterID.compare) {
		s.recordPrincipal(s.st.clusters[id], arn, "edit", s.journal.last)
	}
	return nil
}

func (s *Server) editCluster(e Edit) error {
	c := s.st.clusters[e.Cluster]
	if c == nil {
		return fmt.Errorf("no cluster %q in account %q, region %q", e.Cluster.Name, e.Cluster.Account, e.Cluster.Region)
	}
	s.endDueUpdate(c)
	if e.DeleteCluster {
		s.recordDeletedCluster(c, s.editCause())
		delete(s.st.clusters, e.Cluster)
		return nil
	}
	if e.Mode != "" {
		if c.Connector != nil || !slices.Contains([]string{modeNone, modeConfigMap, modeBoth, modeAPI}, e.Mode) {
			return fmt.Errorf("unknown mode %q", e.Mode)
		}
		c.Mode = e.Mode
	}
	if e.AWSAuth != nil {
		if _, err := authenticator.Data(*e.AWSAuth); err != nil {
			return err
		}
		c.AWSAuth = *e.AWSAuth
	}
	if e.DeleteRow != "" || e.PutRow != nil {
		if err := c.editRows(e); err != nil {
			return err
		}
	}
	if e.Mode != "" || e.AWSAuth != nil || e.DeleteRow != "" || e.PutRow != nil {
		s.recordAll(c, s.editCause())
	}
	if e.Kubernetes != nil {
		k, err := e.Kubernetes.WithDefaults()
		if err != nil {
			return err
		}
		c.Kubernetes = k
	}
	if old := c.CertificateAuthorities; e.CertificateAuthorities != nil {
		c.CertificateAuthorities = e.CertificateAuthorities
		if err := c.fillAuthorities(); err != nil {
			c.CertificateAuthorities = old
			return err
		}
	}
	c.Endpoint = cmp.Or(e.Endpoint, c.Endpoint)
	c.CertificateAuthority = cmp.Or(e.CertificateAuthority, c.CertificateAuthority)
	if e.Status != "" {
		if !slices.Contains(clusterStatuses, e.Status) {
			return fmt.Errorf("unknown status %q", e.Status)
		}
		c.Status = e.Status
	}
	if e.DeleteEntry != "" {
		arn, err := arns.Expand(e.DeleteEntry, c.Partition, c.Account)
		if err != nil {
			return err
		}
		if c.entries[arn] == nil {
			return fmt.Errorf("no entry for %q", arn)
		}
		delete(c.entries, arn)
		s.recordPrincipal(c, arn, "edit", s.journal.last)
	}
	if e.PutEntry != nil {
		return s.putEntry(c, *e.PutEntry)
	}
	if e.AddToEntry != nil {
		return s.addToEntry(c, *e.AddToEntry)
	}
	return nil
}

// editCause is the cause of what an edit changes.
func (s *Server) editCause() cause { return cause{operation: "edit", seq: s.journal.last} }

func (c *cluster) editRows(e Edit) error {
	if e.DeleteRow != "" {
		arn, err := arns.Expand(e.DeleteRow, c.Partition, c.Account)
		if err != nil {
			return err
		}
		if _, ok := c.authMap().Find(arn); !ok {
			return fmt.Errorf("no row for %q in aws-auth", arn)
		}
		if c.AWSAuth, err = authenticator.WithoutRow(c.AWSAuth, arn); err != nil {
			return err
		}
	}
	if e.PutRow == nil {
		return nil
	}
	row, err := *e.PutRow, error(nil)
	if row.ARN, err = arns.Expand(row.ARN, c.Partition, c.Account); err != nil {
		return err
	}
	c.AWSAuth, err = authenticator.WithoutRow(c.AWSAuth, row.ARN, row)
	return err
}

func (s *Server) putEntry(c *cluster, e Entry) error {
	now := millis(s.now())
	arn, err := arns.Expand(e.Principal, c.Partition, c.Account)
	if err != nil {
		return err
	}
	if e.CreatedAt.IsZero() {
		e.CreatedAt = now
	}
	if e.UUID == "" {
		e.UUID = s.st.nextUUID()
	}
	old := c.entries[arn]
	delete(c.entries, arn)
	// A principal that is named here exists, unless the edit says otherwise.
	complete := s.st.complete
	s.st.complete = e.Orphan
	err = s.st.addEntry(c, e, now)
	s.st.complete = complete
	if err != nil {
		if old != nil {
			c.entries[arn] = old
		}
		return fmt.Errorf("entry %q: %w", arn, err)
	}
	s.st.completePrincipals()
	s.recordPrincipal(c, arn, "edit", s.journal.last)
	return nil
}

func (s *Server) addToEntry(c *cluster, more Entry) error {
	arn, err := arns.Expand(more.Principal, c.Partition, c.Account)
	if err != nil {
		return err
	}
	if c.entries[arn] == nil {
		return fmt.Errorf("no entry for %q", arn)
	}
	e := cloneEntry(c.entries[arn])
	e.Groups = append(e.Groups, more.Groups...)
	if e.Tags == nil {
		e.Tags = map[string]string{}
	}
	maps.Copy(e.Tags, more.Tags)
	for _, p := range more.Policies {
		if !strings.HasPrefix(p.Policy, "arn:") {
			p.Policy = policyARN(c.Partition, p.Policy)
		}
		e.Policies = slices.DeleteFunc(e.Policies, func(a Association) bool { return a.Policy == p.Policy })
		e.Policies = append(e.Policies, p)
	}
	return s.putEntry(c, e)
}

// DeleteRole takes a role or user, by ARN, out of IAM.
func (s *Server) DeleteRole(arn string) error { return s.Edit(Edit{DeletePrincipal: arn}) }

// RecreateRole makes a role or user, by ARN, again with a new unique id.
func (s *Server) RecreateRole(arn string) error { return s.Edit(Edit{RecreatePrincipal: arn}) }

// SetTrust gives a role, by ARN, another trust policy.
func (s *Server) SetTrust(arn string, trust iam.TrustPolicy) error {
	return s.Edit(Edit{SetTrust: arn, Trust: trust})
}

// PutEntry writes an entry past the API.
func (s *Server) PutEntry(id ClusterID, e Entry) error {
	return s.Edit(Edit{Cluster: id, PutEntry: &e})
}

// DeleteEntry deletes one past the API.
func (s *Server) DeleteEntry(id ClusterID, principal string) error {
	return s.Edit(Edit{Cluster: id, DeleteEntry: principal})
}

// PutRow writes a row of aws-auth, in the place of those with the same ARN.
func (s *Server) PutRow(id ClusterID, row authenticator.Row) error {
	return s.Edit(Edit{Cluster: id, PutRow: &row})
}

// DeleteRow deletes the rows of an ARN from aws-auth.
func (s *Server) DeleteRow(id ClusterID, arn string) error {
	return s.Edit(Edit{Cluster: id, DeleteRow: arn})
}

// SetRows has aws-auth hold these rows, with ARNs in full, and nothing else.
func (s *Server) SetRows(id ClusterID, rows ...authenticator.Row) error {
	text := authenticator.Text(rows...)
	return s.Edit(Edit{Cluster: id, AWSAuth: &text})
}

// SetMode sets a cluster's authentication mode past the API, at once.
func (s *Server) SetMode(id ClusterID, mode string) error {
	return s.Edit(Edit{Cluster: id, Mode: mode})
}

// SetStatus sets a cluster's status.
func (s *Server) SetStatus(id ClusterID, status string) error {
	return s.Edit(Edit{Cluster: id, Status: status})
}

// Change changes settings while the server runs.
func (s *Server) Change(f func(*Settings)) {
	s.withLock(func() {
		f(&s.st.settings)
		s.offset.Store(int64(s.st.settings.ClockOffset))
		s.buckets = map[bucketKey]*bucket{}
	})
	s.notifyChange()
}
