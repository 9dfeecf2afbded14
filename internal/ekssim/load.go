package ekssim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
	"github.com/eksaccess/eksaccess/internal/ekssim/seed"
)

// Dates and names a seed gets where it gives none. Principals are older than
// the entries made for them.
var (
	defaultPrincipalDate = time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
	defaultClusterDate   = time.Date(2024, 6, 1, 9, 0, 0, 0, time.UTC)
	defaultEntryDate     = time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)
)

const (
	defaultAccount     = "111122223333"
	defaultRegion      = "eu-west-1"
	defaultCreator     = "role/cluster-creator"
	defaultClusterRole = "role/eks-cluster"
	defaultCaller      = "role/eksaccess"
)

// newState fills in what a world leaves out and checks the rest.
func newState(w World, now time.Time) (*state, error) {
	st := &state{
		Directory: iam.NewDirectory(),
		settings:  w.Settings,
		clusters:  map[ClusterID]*cluster{},
		sequence:  w.Sequence,
		complete:  w.Complete,
	}
	st.settings.RateLimit = clonePtr(w.Settings.RateLimit)
	st.settings.IAMRateLimit = clonePtr(w.Settings.IAMRateLimit)
	if len(w.Accounts) == 0 && len(w.Clusters) == 0 {
		return nil, fmt.Errorf("the world has neither accounts nor clusters")
	}
	first := defaultAccount
	if len(w.Accounts) > 0 {
		first = w.Accounts[0].ID
	}
	clusters := slices.Clone(w.Clusters)
	for i := range clusters {
		clusters[i].Account = cmp.Or(clusters[i].Account, first)
	}
	for _, a := range w.Accounts {
		if st.Accounts[a.ID] != nil {
			return nil, fmt.Errorf("account %q: listed twice", a.ID)
		}
		if err := st.addAccount(a, clusters, now); err != nil {
			return nil, fmt.Errorf("account %q: %w", a.ID, err)
		}
	}
	for _, c := range clusters {
		if err := st.addCluster(c, now); err != nil {
			return nil, fmt.Errorf("cluster %q: %w", c.Name, err)
		}
	}
	creds := slices.Clone(w.Credentials)
	if len(creds) == 0 {
		for id := range st.Accounts {
			creds = append(
				creds,
				iam.Credential{AccessKeyID: "AKIASIM" + id, Account: id, Principal: defaultCaller, Session: "sim"},
			)
		}
	}
	for _, c := range creds {
		c.Account = cmp.Or(c.Account, first)
		if err := st.addCredential(c, now); err != nil {
			return nil, fmt.Errorf("credential %q: %w", c.AccessKeyID, err)
		}
	}
	st.completePrincipals()
	return st, nil
}

func (st *state) addAccount(a Account, clusters []Cluster, now time.Time) error {
	if !arns.IsAccountID(a.ID) {
		return fmt.Errorf("an account has twelve digits (in quotes if it begins with 0)")
	}
	partition := a.Partition
	for _, c := range clusters {
		if partition == "" && c.Account == a.ID {
			partition = cmp.Or(c.Partition, arns.Partition(c.Region))
		}
	}
	acct := iam.NewAccount(a.ID, cmp.Or(partition, "aws"))
	st.Accounts[a.ID] = acct
	for kind, list := range map[string][]iam.Principal{"role": a.Roles, "user": a.Users} {
		for _, p := range list {
			for _, p := range expandBulk(p) {
				if err := st.addPrincipal(acct, kind, p, now); err != nil {
					return fmt.Errorf("%s %q: %w", kind, p.Name, err)
				}
			}
		}
	}
	return nil
}

func expandBulk(p iam.Principal) []iam.Principal {
	if p.Bulk == nil {
		return []iam.Principal{p}
	}
	b := *p.Bulk
	p.Bulk = nil
	out := make([]iam.Principal, b.Count)
	for i := range out {
		out[i] = p
		out[i].Path, out[i].Name = arns.SplitPath(bulkName(b, i))
	}
	return out
}

func bulkName(b seed.Bulk, i int) string { return fmt.Sprintf("%s%04d", b.Prefix, i+1) }

func (st *state) addPrincipal(acct *iam.Account, kind string, p iam.Principal, now time.Time) error {
	for _, d := range p.Policies {
		if err := d.Check(); err != nil {
			return err
		}
	}
	if p.Path == "" { // path/name is as good in one piece
		p.Path, p.Name = arns.SplitPath(p.Name)
	}
	if !arns.IsName(p.Name) || !arns.IsPath(p.Path) {
		return fmt.Errorf("path %q and name %q are not IAM's", p.Path, p.Name)
	}
	if p.ID == "" {
		prefix := "AROA"
		if kind == "user" {
			prefix = "AIDA"
		}
		p.ID = arns.UniqueID(prefix, acct.ARN(kind, &p))
	}
	p.CreatedAt, p.LastUsed = millis(p.CreatedAt), millis(p.LastUsed)
	if p.Propagation = clonePtr(p.Propagation); p.Propagation != nil && p.Propagation.For > 0 {
		p.Propagation.Until = millis(now.Add(time.Duration(p.Propagation.For)))
		p.Propagation.For = 0
	}
	if !acct.Add(kind, &p) {
		return fmt.Errorf("the name is taken in this account")
	}
	if kind == "role" && p.Trust == "" {
		st.untrusted = append(st.untrusted, roleWithoutTrust{acct, &p})
	}
	return nil
}

// ensure makes a principal that is named but not listed exist, if its account
// is a known one.
func (st *state) ensure(arn string, now time.Time) error {
	if p, known := st.Principal(arn); p != nil || !known || st.complete {
		return nil
	}
	a, _ := arns.Parse(arn)
	if a.Kind == "root" {
		return nil
	}
	acct := st.Accounts[a.Account]
	if acct.Partition != a.Partition {
		return nil
	}
	return st.addPrincipal(acct, a.Kind, iam.Principal{Name: a.Name, Path: a.Path}, now)
}

// completePrincipals fills in what depends on the clusters.
func (st *state) completePrincipals() {
	st.fillCreationDates()
	st.fillTrust()
}

// fillCreationDates gives principals without a date one: the default, or
// one after the newest entry that is bound to a predecessor, so that a seed
// with boundTo alone is consistent.
func (st *state) fillCreationDates() {
	remade := map[*iam.Principal]time.Time{}
	for _, c := range st.clusters {
		for arn, e := range c.entries {
			p, _ := st.Principal(arn)
			if p != nil && p.ID != e.BoundTo && e.CreatedAt.After(remade[p]) {
				remade[p] = e.CreatedAt
			}
		}
	}
	for _, a := range st.Accounts {
		for _, m := range []map[string]*iam.Principal{a.Roles, a.Users} {
			for _, p := range m {
				switch {
				case !p.CreatedAt.IsZero():
				case !remade[p].IsZero():
					p.CreatedAt = remade[p].Add(30 * 24 * time.Hour)
				default:
					p.CreatedAt = defaultPrincipalDate
				}
			}
		}
	}
}
