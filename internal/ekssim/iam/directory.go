// Package iam is the IAM and STS of the simulator: accounts, principals, access
// keys, policies, and the operations of both services.
//
// An operation takes a [Request] and returns what is written as XML, or an
// error. What it changes goes through a [World]. It does not know EKS.
package iam

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

// A Directory is what IAM and STS know: accounts with their principals, and
// access keys.
type Directory struct {
	Accounts    map[string]*Account
	Credentials map[string]*Credential

	serviceTrust map[TrustPolicy]bool // see IsServiceOnly
}

// NewDirectory returns an empty directory.
func NewDirectory() *Directory {
	return &Directory{
		Accounts: map[string]*Account{}, Credentials: map[string]*Credential{}, serviceTrust: map[TrustPolicy]bool{},
	}
}

// An Account has roles and users by name: IAM names are unique in an account,
// whatever their path. IAM user guide: reference_iam-quotas.
type Account struct {
	ID, Partition string
	Roles, Users  map[string]*Principal
	folded        map[string]bool // kind/name in lower case: names differ by more than case
}

// NewAccount returns an account without principals.
func NewAccount(id, partition string) *Account {
	return &Account{
		ID: id, Partition: partition,
		Roles: map[string]*Principal{}, Users: map[string]*Principal{}, folded: map[string]bool{},
	}
}

// Add adds a principal, a role or a user by kind, unless the name is in use.
func (a *Account) Add(kind string, p *Principal) (ok bool) {
	key := kind + "/" + strings.ToLower(p.Name)
	if a.folded[key] {
		return false
	}
	a.folded[key] = true
	a.Principals(kind)[p.Name] = p
	return true
}

// Remove removes a principal by name.
func (a *Account) Remove(kind, name string) {
	delete(a.folded, kind+"/"+strings.ToLower(name))
	delete(a.Principals(kind), name)
}

// ARN returns the ARN of a principal of the account.
func (a *Account) ARN(kind string, p *Principal) string {
	return arns.IAM{Partition: a.Partition, Account: a.ID, Kind: kind, Path: p.Path, Name: p.Name}.String()
}

// Principals returns the roles or the users, by name.
func (a *Account) Principals(kind string) map[string]*Principal {
	if kind == "user" {
		return a.Users
	}
	return a.Roles
}

// Principal returns the principal of an ARN. known is false for an account the world
// says nothing about, so that nothing follows from p being nil.
func (d *Directory) Principal(arn string) (p *Principal, known bool) {
	a, ok := arns.Parse(arn)
	if !ok {
		return nil, false
	}
	acct := d.Accounts[a.Account]
	if acct == nil {
		return nil, false
	}
	p = acct.Principals(a.Kind)[a.Name]
	if p == nil || acct.ARN(a.Kind, p) != arn {
		return nil, true // the whole ARN must match: a path left out names no principal
	}
	return p, true
}

// IsMissing reports whether a principal is known not to exist.
func (d *Directory) IsMissing(arn string) bool {
	p, known := d.Principal(arn)
	return known && p == nil
}

// BoundID returns the unique id that a new entry is bound to.
func (d *Directory) BoundID(arn string) string {
	if p, _ := d.Principal(arn); p != nil {
		return p.ID
	}
	return madeUpID(arn)
}

// madeUpID stands for the id of a principal in an account that the world does
// not know.
func madeUpID(arn string) string {
	prefix := "AROA"
	if a, _ := arns.Parse(arn); a.Kind == "user" {
		prefix = "AIDA"
	}
	return arns.UniqueID(prefix, "foreign", arn)
}

// IsOutlived reports whether a key was issued to a principal that does not exist
// any more, even if there is another with its name now.
func (d *Directory) IsOutlived(c *Credential) bool {
	a, _ := arns.Parse(c.Principal)
	p, known := d.Principal(c.Principal)
	return known && a.Kind != "root" && (p == nil || p.ID != c.BoundTo)
}

// IsServiceOnly reports whether only AWS services can assume a role. It is
// computed once for each policy.
func (d *Directory) IsServiceOnly(p *Principal) bool {
	if p == nil || p.Trust == "" {
		return false
	}
	only, known := d.serviceTrust[p.Trust]
	if !known {
		only = p.Trust.isServiceOnly()
		d.serviceTrust[p.Trust] = only
	}
	return only
}

// AddMatching adds the principal that an ARN names, whatever its case and path.
func (a *Account) AddMatching(out map[string]bool, name arns.IAM) {
	if p := a.Principals(name.Kind)[name.Name]; p != nil {
		out[a.ARN(name.Kind, p)] = true
		return
	}
	if !a.folded[name.Kind+"/"+strings.ToLower(name.Name)] {
		return
	}
	for n, p := range a.Principals(name.Kind) {
		if strings.EqualFold(n, name.Name) {
			out[a.ARN(name.Kind, p)] = true
		}
	}
}
